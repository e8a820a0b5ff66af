/* SPDX-License-Identifier: MIT */
/*
 * doctor: what this host has of what machines need, and the exact command that installs the rest.
 */
#ifndef PREPARE_DOCTOR_H
#define PREPARE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "catalog/catalog.h"
#include "machine/store.h"

enum doctor_state {
	DOCTOR_FINE,
	DOCTOR_MISSING, /* nothing works without it */
	DOCTOR_ABSENT,	/* something does not work, or is slower, without it */
	DOCTOR_LOW,	/* little room */
};

enum doctor_kind { DOCTOR_PROGRAM, DOCTOR_ACCELERATOR, DOCTOR_ROOM };

struct doctor_row {
	enum doctor_kind kind;
	enum doctor_state state;
	bool must;     /* nothing works without it */
	char *name;    /* "qemu-img", "kvm", "disk" */
	char *what;    /* what it is for, or what is to be said of it */
	char *found;   /* path of the program, or NULL */
	char *install; /* command that installs it, or NULL: not known, or nothing to do */
};

struct doctor {
	struct doctor_row *rows;
	size_t len;
};

/* Looks for programs in PATH, at accelerators and at the free space: some milliseconds. */
void doctor_look(const struct catalog *c, const struct store *store, struct doctor *out);
/* Nothing that must be is missing, and QEMU for one architecture at least is there. */
bool doctor_is_fine(const struct doctor *d);
void doctor_fini(struct doctor *d);

#endif
