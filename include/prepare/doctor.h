/* SPDX-License-Identifier: MIT */
/* doctor: what machines require and this host has or lacks, with the exact command that installs it. */
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
	DOCTOR_LOW,	/* little disk space */
};

enum doctor_kind { DOCTOR_PROGRAM, DOCTOR_ACCELERATOR, DOCTOR_SPACE };

struct doctor_row {
	enum doctor_kind kind;
	enum doctor_state state;
	bool must;     /* nothing works without it */
	char *name;    /* "qemu-img", "kvm", "disk" */
	char *what;    /* what it is for, or a remark about it */
	char *found;   /* path of the program, or NULL */
	char *install; /* command that installs it, or NULL: not known, or nothing to do */
};

struct doctor {
	struct doctor_row *rows;
	size_t len;
};

/* Checks the programs in PATH, the accelerators and the free disk space; takes some milliseconds. */
void doctor_check(const struct catalog *c, const struct store *store, struct doctor *out);
/* Returns whether nothing necessary is missing, and QEMU for at least one architecture is installed. */
bool doctor_is_fine(const struct doctor *d);
void doctor_fini(struct doctor *d);

#endif
