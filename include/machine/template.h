/* SPDX-License-Identifier: MIT */
/*
 * template: a guest that was booted once up to the point where it needs an identity, and was saved there. A machine of
 * the same shape that is new resumes a copy of it instead of booting (prepare/step_template.c makes and uses it).
 *
 * DATA/templates/KEY/ has `ram` (the guest's memory, which each copy maps privately: nothing ever changes the file),
 * suspend.state (its devices, QEMU's migration stream), disk.qcow2 (its disk, copied for each machine), manifest.json
 * and `lock`. KEY is a digest of everything that must be equal in both. KEY.part is one that is being made, KEY.lock
 * its maker's lock, KEY.failed has the reason why none could be made. A folder KEY is complete; what does not fit its
 * manifest is removed and not used.
 */
#ifndef MACHINE_TEMPLATE_H
#define MACHINE_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/store.h"

#define TEMPLATE_DISK "disk.qcow2"
#define TEMPLATE_RAM "ram"

struct template
{
	char *dir;
	struct lock *hold; /* keeps template_collect from removing it */
};

/* Finds the template and compares its files with the manifest (state and disk by their digests, the memory by its size
 * and time), which takes tenths of a second; removes a broken one. False: there is none. Blocks. */
bool template_take(const struct store *s, const char *key, struct template *out);
void template_release(struct template *t);

/* Begins to make one: takes the maker's lock ("busy": another command has it) and creates an empty folder KEY.part
 * (*part, owned), after what a killed maker left is ended and removed. Blocks. */
int template_begin(const struct store *s, const char *key, char **part, struct lock **lock, struct err *e);
/* Completes the folder KEY.part: removes everything but the parts of a template, writes the manifest, syncs and
 * renames. `base`: id of the base image that its disk needs; `about`: what it is of, for people. Blocks. */
int template_publish(const struct store *s, const char *key, const char *base, const char *about, struct err *e);
/* Removes KEY.part or KEY, ends what runs there, and records why there is none (NULL: does not). The maker's lock must
 * be held for KEY.part. Blocks. */
void template_fail(const struct store *s, const char *key, const char *why);
/* Returns why the last attempt failed, within the last week; owned, NULL: it did not. */
char *template_failure(const struct store *s, const char *key);

/* Removes those that no machine resumes now and that belong to no base image of the store, were not used for `days`,
 * are broken, or were left by a killed maker. `removed` is called for each complete one. Adds the freed bytes. Blocks.
 */
int template_collect(const struct store *s, unsigned days, uint64_t *freed,
		     void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e);

#endif
