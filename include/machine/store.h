/* SPDX-License-Identifier: MIT */
/*
 * store: what debwiz keeps on disk and where (the README's architecture chapter shows the tree).
 * Machines by name, their folders and INI files, stamps of finished steps, base images.
 */
#ifndef MACHINE_STORE_H
#define MACHINE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "host/lock.h"

struct store {
	char *config_dir; /* …/debwiz, with machines/NAME.ini */
	char *data_dir;	  /* …/debwiz, with machines/NAME/ and bases/ */
	char *cache_dir;  /* …/debwiz */
	char *bases_dir;  /* base images: DATA/bases, also for machines that are stored elsewhere */
};

/* Finds the folders and makes those that are missing (0700). */
int store_open(struct store *s, struct err *e);
void store_fini(struct store *s);

/* A verb's argument NAME or FILE -> path of the INI file (owned). With a `/` or ending in .ini it
 * is a file; a name is looked up among the saved and the made machines. */
int store_find_ini(const struct store *s, const char *ref, char **path, struct err *e);
/* Names of all machines that are saved, made or being made, sorted. */
void store_machines(const struct store *s, struct strv *names);
/* Where a machine of that name is saved (owned), whether it is or not. */
char *store_saved_ini(const struct store *s, const char *name);
/* Folder of a machine (owned); it may not be there yet. */
char *store_machine_dir(const struct store *s, const char *name);
/* Makes the folder and notes the INI file that it belongs to; refused when another file has the name. */
int store_claim(const struct store *s, const char *name, const char *ini_path, struct err *e);
/* Takes the name for what changes a machine as a whole (preparing, starting, renaming, deleting …), its folder
 * being there or not. "busy" names the holder. To be released by lock_remove. */
struct lock *store_lock_name(const struct store *s, const char *name, const char *what, struct err *e);
/* Path of the INI file that a machine's folder belongs to, or NULL; owned. */
char *store_claimed_ini(const struct store *s, const char *name);
char *store_bases_dir(const struct store *s);

/* Stamps: DIR/stamps.json, name of a step -> key of the inputs that it was made from. */
char *store_stamp(const char *dir, const char *step); /* owned, NULL when there is none */
int store_set_stamp(const char *dir, const char *step, const char *key, struct err *e);

/* A base image as found on disk. */
struct store_base {
	char *dir;
	char *id; /* folder's name */
	json_t *manifest;
	int64_t created;   /* seconds since the epoch */
	uint64_t machines; /* how many machines hold a link to its disk */
};

/* Newest complete base whose folder begins with `prefix`; false when there is none. */
bool store_find_base(const struct store *s, const char *prefix, struct store_base *out);
/* All complete bases; returns their number, *out is owned (array and items). */
size_t store_bases(const struct store *s, struct store_base **out);
/* Folders in which a base or a clone is being made, or which an interrupted run left; whole paths,
 * each with a lock beside it that ends in .lock instead of .part. */
void store_parts(const struct store *s, struct strv *paths);
void store_base_fini(struct store_base *b);
/* Two locks on a base's folder, taken without waiting. Held: whoever is about to make a machine on it;
 * many at once. Claimed: who removes it. What has a machine's link needs neither. Ids "busy" (the
 * other lock is taken), "lock-missing" (the folder has gone). */
struct lock *store_base_hold(const char *dir, struct err *e);
struct lock *store_base_claim(const char *dir, struct err *e);

#endif
