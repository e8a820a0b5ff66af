/* SPDX-License-Identifier: MIT */
/*
 * bundle: a machine in one file, to be imported elsewhere: a tar file, packed by zstd, of manifest.json, machine.ini
 * and the files of the machine's folder (store_copied), the disk without a base. The manifest names each with its size
 * and SHA-256. It holds secrets as the machine does: its keys, a password's hash.
 *
 * Calls block and may run as work; `progress` (0 to 100) is called from their thread, and they end within a second with
 * ERR_INTERRUPTED once *cancel is true. Then, as on any error, there is nothing of the result.
 */
#ifndef EXPORT_BUNDLE_H
#define EXPORT_BUNDLE_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "spec/spec.h"

struct bundle_work {
	const atomic_bool *cancel;
	void (*progress)(double percent, void *arg);
	void *arg;
};

/* Writes the machine of the folder `dir`, whose lock is held, to the new file `path`. `s`: its record. What the bundle
 * lacks is added to `notes`, a sentence each. Ids: "disk-space" (there is not enough of it, with how much is needed),
 * those of disk_check. */
int bundle_write(struct spec *s, const char *dir, const char *path, const struct bundle_work *w, struct strv *notes,
		 struct err *e);

/* Imports the bundle `path` as the machine `name` (NULL: the name that it has there): its folder, and its file among
 * the saved ones. Nothing of the file is agreed to: it is another person's. Fills *out with the record. Ids:
 * "name-bad", "name-taken", "disk-space", "bundle-bad" (the manifest, or a file that differs from it),
 * "bundle-version", "tarball-bad", "tarball-refused", and those of spec_read, spec_check and disk_check. */
int bundle_import(const struct store *store, const struct catalog *c, const char *path, const char *name,
		  const struct bundle_work *w, struct spec *out, struct err *e);

#endif
