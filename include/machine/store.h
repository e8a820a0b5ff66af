/* SPDX-License-Identifier: MIT */
/*
 * store: what debwiz keeps on disk and where (src/README shows the tree). Machines by name, their folders and INI
 * files, stamps of finished steps, base images.
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

/* Finds the folders and creates missing ones (0700). */
int store_open(struct store *s, struct err *e);
void store_fini(struct store *s);

/* Finds the INI file (owned) of a verb's argument NAME or FILE. With a `/` or ending in .ini it is a file; a name is
 * looked up among the saved and the created machines. */
int store_find_ini(const struct store *s, const char *ref, char **path, struct err *e);
/* Gets the names of all machines that are saved, created or being created, sorted. */
void store_machines(const struct store *s, struct strv *names);
/* Returns the path of a saved machine of that name (owned), which need not exist. */
char *store_saved_ini(const struct store *s, const char *name);
/* Returns the folder of a machine (owned), which need not exist. */
char *store_machine_dir(const struct store *s, const char *name);
/* Creates the folder and records the INI file that it belongs to; "name-taken" if another file has the name. */
int store_claim(const struct store *s, const char *name, const char *ini_path, struct err *e);
/* Records in the machine's folder `dir` the INI file that it belongs to. */
int store_note_ini(const char *dir, const char *ini_path, struct err *e);
/* The files of a machine's folder that a copy of the machine has, the disk last, for it may be large. Links to a base
 * are not among them. */
#define STORE_DISK "disk.qcow2"
#define STORE_STAMPS "stamps.json"
#define STORE_STAMP_BASE "base"			 /* of the base image or layer that the disk began with */
#define STORE_PFLASH_CODE "QEMU_EFI-pflash.raw"	 /* the two flash devices of UEFI: firmware, read-only */
#define STORE_PFLASH_VARS "QEMU_VARS-pflash.raw" /* and its variables, which belong to the machine */
#define STORE_TPM "tpm/tpm2-00.permall"		 /* what swtpm keeps */
extern const char *const store_copied[];
extern const size_t store_copied_count;
/* Locks the name for a change of the machine as a whole (preparing, starting, renaming, deleting ...), whether its
 * folder exists or not. "busy" names the holder. Released by lock_remove. */
struct lock *store_lock_name(const struct store *s, const char *name, const char *what, struct err *e);
/* Returns the path of the INI file that a machine's folder belongs to, or NULL; owned. */
char *store_claimed_ini(const struct store *s, const char *name);
char *store_bases_dir(const struct store *s);

/* Stamps: DIR/stamps.json, name of a step -> key of the inputs that it was created from. */
char *store_stamp(const char *dir, const char *step); /* owned, NULL if there is none */
int store_set_stamp(const char *dir, const char *step, const char *key, struct err *e);

/* A base image as found on disk, or a layer: an overlay of a base with more packages. */
struct store_base {
	char *dir;
	char *id;   /* folder's name */
	char *disk; /* path: raw, or a layer's qcow2 */
	bool layer; /* its manifest names the base: "parent" */
	json_t *manifest;
	int64_t created;   /* seconds since the epoch */
	uint64_t machines; /* machines that hold a link to its disk */
};

/* Finds the newest complete base or layer whose folder begins with `prefix`; false if there is none. */
bool store_find_base(const struct store *s, const char *prefix, struct store_base *out);
/* Gets all complete bases and layers, a layer before its base; returns their number, *out is owned (array and items).
 */
size_t store_bases(const struct store *s, struct store_base **out);
/* Gets the folders in which a base, a layer or a clone is being created, or which an interrupted run left; whole paths,
 * each with a lock beside it that ends in .lock instead of .part. */
void store_parts(const struct store *s, struct strv *paths);
void store_base_fini(struct store_base *b);
/* Two locks on a base's folder, which do not wait. Hold: for creating a machine on it; shared. Claim: for removing
 * it. A base that has a machine's link needs neither. Ids "busy" (the other lock is held), "lock-missing" (the
 * folder is gone). */
struct lock *store_base_hold(const char *dir, struct err *e);
struct lock *store_base_claim(const char *dir, struct err *e);

#endif
