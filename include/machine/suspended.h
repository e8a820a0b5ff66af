/* SPDX-License-Identifier: MIT */
/*
 * suspended: the suspended state of a machine, in its folder: suspend.state (QEMU's migration stream) and
 * suspend.json (how QEMU must be started to load it: its whole argv, with the versioned machine type). The machine is
 * suspended exactly if both exist: the JSON file is written last and removed first. Until it is resumed nothing may
 * change its disk or start it in another way.
 */
#ifndef MACHINE_SUSPENDED_H
#define MACHINE_SUSPENDED_H

#include <stdbool.h>

#include "base/err.h"
#include "machine/run.h"

/* How the guest was; the texts are owned. */
struct suspended_state {
	struct vm_request request; /* for vm_start as it is; resume is set */
	bool login, ready;
	char *kernel, *ip;
};

char *suspended_state_path(const char *dir); /* owned */
char *suspended_part_path(const char *dir);  /* its path while it is written; owned */
bool suspended_exists(const char *dir);
/* Returns -1 with id "suspended" and what to do about it if the machine is suspended. */
int suspended_refuse(const char *dir, const char *name, struct err *e);

/* Syncs and renames the complete part, and writes the JSON file. Blocks. */
int suspended_commit(const char *dir, const struct suspended_state *k, struct err *e);
int suspended_read(const char *dir, struct suspended_state *out, struct err *e);
/* Converts it to the JSON object that is written: a new reference, NULL if a text is not UTF-8; and back (-1: not
 * such an object). */
json_t *suspended_json(const struct suspended_state *k);
int suspended_from_json(struct suspended_state *out, const json_t *o);
void suspended_fini(struct suspended_state *k);
/* Removes the state, before the guest is resumed. Blocks. */
int suspended_remove(const char *dir, struct err *e);
/* Discards the state, like pulling the plug, and records that in run.json. The machine's lock must be held. */
int suspended_discard(const char *dir, struct err *e);

/* Changes the argv to another folder of the sockets. */
void suspended_move_sockets(struct vm_request *r, const char *runtime_dir);
/* Changes the argv to another path of the machine's folder (a rename, or a home that moved): its files, and the
 * name, which is the folder's. suspended_read and snapshot_meta_read do this by themselves. */
void suspended_move_dir(struct vm_request *r, const char *dir);

#endif
