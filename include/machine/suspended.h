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
struct vm_kept {
	struct vm_request request; /* to be handed to vm_start as it is; resume is set */
	bool login, ready;
	char *kernel, *ip;
};

char *vm_kept_state_path(const char *dir); /* owned */
char *vm_kept_part_path(const char *dir);  /* where it is written until it is whole; owned */
bool vm_kept_is(const char *dir);
/* -1 with "suspended" in words and what to do about it when the machine is suspended. */
int vm_kept_refuse(const char *dir, const char *name, struct err *e);

/* The part is whole: syncs it, names it, and writes the JSON file. Blocks. */
int vm_kept_seal(const char *dir, const struct vm_kept *k, struct err *e);
int vm_kept_read(const char *dir, struct vm_kept *out, struct err *e);
/* What is written there: a new reference, NULL when a text is not UTF-8; and back (-1: it is none). */
json_t *vm_kept_json(const struct vm_kept *k);
int vm_kept_from_json(struct vm_kept *out, const json_t *o);
void vm_kept_fini(struct vm_kept *k);
/* The guest is about to go on: there is no state any more, on disk either. Blocks. */
int vm_kept_remove(const char *dir, struct err *e);
/* Drops it like pulling the plug, and says so in the run record. The machine's lock must be held. */
int vm_kept_drop(const char *dir, struct err *e);

/* The folder of the sockets is another one now: the argv is changed to it. */
void vm_kept_move_sockets(struct vm_request *r, const char *runtime_dir);
/* The machine's folder is at another path now (a rename, or a home that moved): its files, and the name
 * that is the folder's, are changed to it. vm_kept_read and vm_mark_get do this by themselves. */
void vm_kept_move_dir(struct vm_request *r, const char *dir);
/* Puts the versioned machine type ("virt-7.2") in the place of its alias behind -machine. */
void vm_kept_pin_machine(struct strv *argv, const char *type);

#endif
