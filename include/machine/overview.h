/* SPDX-License-Identifier: MIT */
/*
 * machine: what there is to show of one machine, found without touching it: its file, its folder,
 * its lock and its run record. The lists of all faces are made from this.
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
	char *system;	    /* "bookworm armhf", "?" when its file cannot be read */
	char *boot;	    /* "uefi", "direct", "?" */
	char *state;	    /* word: a vm_state_name, "preparing", "new" */
	char *detail;	    /* how long it has been running, why it ended, or what is wrong with its file; "" */
	char *warnings;	    /* what the guest reported of settings that it could not apply; "" */
	char *wrong;	    /* what is wrong with its file; NULL: nothing */
	bool made;	    /* its disk is there */
	char *pending;	    /* suites whose updates it lacks so far (machine/pending.h); NULL: none */
	uint64_t disk_size; /* bytes as the file wants it, 0 when that cannot be read */
	uint64_t disk_used; /* bytes on the host, without the base */
	struct vm_run run;
};

/* Looks at the machine `name` (spec_name_ok). A broken INI file is no error: it is said in
 * `detail`; a run record that cannot be read is. Blocks for a few small files. `out` is to be freed
 * in either case. */
int overview_read(const struct store *store, const struct catalog *c, const char *name, struct overview *out,
		  struct err *e);
void overview_fini(struct overview *l);

#endif
