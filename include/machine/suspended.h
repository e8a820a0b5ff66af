/* SPDX-License-Identifier: MIT */
/*
 * kept: the suspended state of a machine, in its folder: suspend.state (QEMU's migration stream) and
 * suspend.json (how QEMU must be started to take it back: its whole argv, with the versioned machine
 * type). The machine is suspended exactly when both are there: the JSON file is written last and
 * removed first. While it is, nothing may change its disk or start it in another way.
 */
#ifndef MACHINE_SUSPENDED_H
#define MACHINE_SUSPENDED_H

#include <stdbool.h>

#include "base/err.h"
#include "machine/run.h"

/* What the guest was like; the texts are owned. */
struct suspended_state {
	struct vm_request request; /* to be handed to vm_start as it is; resume is set */
	bool login, ready;
	char *kernel, *ip;
};

char *suspended_state_path(const char *dir); /* owned */
char *suspended_part_path(const char *dir);  /* where it is written until it is whole; owned */
bool suspended_exists(const char *dir);
/* -1 with "suspended" in words and what to do about it when the machine is suspended. */
int suspended_refuse(const char *dir, const char *name, struct err *e);

/* The part is whole: syncs it, names it, and writes the JSON file. Blocks. */
int suspended_commit(const char *dir, const struct suspended_state *k, struct err *e);
int suspended_read(const char *dir, struct suspended_state *out, struct err *e);
/* What is written there: a new reference, NULL when a text is not UTF-8; and back (-1: it is none). */
json_t *suspended_json(const struct suspended_state *k);
int suspended_from_json(struct suspended_state *out, const json_t *o);
void suspended_fini(struct suspended_state *k);
/* The guest is about to go on: there is no state any more, on disk either. Blocks. */
int suspended_remove(const char *dir, struct err *e);
/* Drops it like pulling the plug, and says so in the run record. The machine's lock must be held. */
int suspended_discard(const char *dir, struct err *e);

/* The folder of the sockets is another one now: the argv is changed to it. */
void suspended_move_sockets(struct vm_request *r, const char *runtime_dir);
/* The machine's folder is at another path now (a rename, or a home that moved): its files, and the name
 * that is the folder's, are changed to it. suspended_read and snapshot_meta_read do this by themselves. */
void suspended_move_dir(struct vm_request *r, const char *dir);
/* Puts the versioned machine type ("virt-7.2") in the place of its alias behind -machine. */
void suspended_pin_machine(struct strv *argv, const char *type);

#endif
