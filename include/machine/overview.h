/* SPDX-License-Identifier: MIT */
/*
 * overview: what lists show of one machine, found without touching it: its file, its folder, its lock and its run
 * record.
 */
#ifndef MACHINE_OVERVIEW_H
#define MACHINE_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "catalog/catalog.h"
#include "machine/run.h"
#include "machine/store.h"

struct overview {
	char *name;
	char *system;	    /* "bookworm armhf", "?" if its file cannot be read */
	char *boot;	    /* "uefi", "direct", "?" */
	char *state;	    /* a vm_state_name, "preparing" or "new" */
	char *detail;	    /* how long it has been running, why it exited, or what is wrong with its file; "" */
	char *warnings;	    /* what the guest reported of settings that it could not apply; "" */
	char *wrong;	    /* what is wrong with its file; NULL: nothing */
	bool has_disk;	    /* its disk is there */
	char *pending;	    /* suites whose updates it lacks (machine/pending.h); NULL: none */
	uint64_t disk_size; /* bytes according to the file, 0 if that cannot be read */
	uint64_t disk_used; /* bytes on the host, without the base */
	struct vm_run run;
};

/* Examines the machine `name` (spec_name_ok). An invalid INI file is not an error: `detail` says it; a run record
 * that cannot be read is. Blocks for a few small files. The caller frees `out` in either case. */
int overview_read(const struct store *store, const struct catalog *c, const char *name, struct overview *out,
		  struct err *e);
void overview_fini(struct overview *l);

#endif
