/* SPDX-License-Identifier: MIT */
/*
 * temporary: a machine that exists for the duration of one command. It is in a store of its own (DATA/temporary),
 * which no list shows, and shares the base images. The command that owns it holds the lock NAME.owner there; the
 * machine of a killed command has no owner, and the next temporary_collect removes it. temporary_keep makes a lasting
 * machine of one.
 */
#ifndef MACHINE_TEMPORARY_H
#define MACHINE_TEMPORARY_H

#include "machine/store.h"
#include "spec/spec.h"

struct temporary {
	struct store store; /* for everything that is done with it */
	char *name;
	char *ini; /* path of its file, which temporary_write writes */
	struct lock *owner;
};

/* Chooses a name ("run-4711" for the prefix "run" and the process 4711) and takes its lock. To be ended by
 * temporary_remove. */
int temporary_new(const struct store *store, const char *prefix, struct temporary *t, struct err *e);
/* Creates a folder of this host for files on their way; it goes with the machine. The path is owned, NULL with e. */
char *temporary_folder(const struct temporary *t, struct err *e);
/* Creates a folder elsewhere that goes with the machine, too, whatever is in it: its path is recorded first, so that
 * the next temporary_collect finds it. One for a machine. */
int temporary_add_folder(const struct temporary *t, const char *path, struct err *e);
/* Writes the record, which must be agreed to (spec/risk.h), as the machine's own: its name, one forward to its
 * ssh server on a free port, no shares, drives or display. `s` is changed. */
int temporary_write(struct temporary *t, struct spec *s, struct err *e);
/* Ends its supervisor and QEMU if they run, and removes all of it. Blocks, usually for some milliseconds. Frees t, on
 * an error too: temporary_collect tries again. */
int temporary_remove(struct temporary *t, struct err *e);
/* Makes the machine, which must be stopped, one of `store` under the same name: its file first, then its folder, so
 * that a kill leaves at worst a machine without a disk. temporary_remove then removes what is left. Ids: "name-taken",
 * "busy". Blocks. */
int temporary_keep(const struct temporary *t, const struct store *store, struct err *e);
/* Removes those that no command owns; returns their number. Blocks as temporary_remove does. */
size_t temporary_collect(const struct store *store);

#endif
