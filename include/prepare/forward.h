/* SPDX-License-Identifier: MIT */
/*
 * forward: which ports of this host lead to a machine: those of its file, and those of its QEMU where it runs.
 */
#ifndef PREPARE_FORWARD_H
#define PREPARE_FORWARD_H

#include "prepare/job.h"

struct forward {
	char *item;	       /* as the file has it, NULL: it is not in the file (any more) */
	char *rule;	       /* for QEMU (qemu/hostfwd.h); NULL: its port is chosen at the next boot */
	struct spec_forward f; /* with the port that it has or had */
	bool active;	       /* QEMU has it */
};

/* All of them, those of the file first. `running`: QEMU's are read from DIR/request.json. Owned: forwards_free. */
int forwards_list(const struct job *j, bool running, struct forward **out, size_t *count, struct err *e);
void forwards_free(struct forward *all, size_t count);

/* Chooses and keeps the host port of an item that QEMU shall have now. "port-busy". */
int forward_choose(const struct job *j, struct forward *f, struct err *e);

#endif
