/* SPDX-License-Identifier: MIT */
/* manifest: what a bundle holds: names, sizes and digests. */
#ifndef EXPORT_MANIFEST_H
#define EXPORT_MANIFEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "export/bundle.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_INI "machine.ini"
#define MANIFEST_VERSION 1
#define MANIFEST_MAX 65536	   /* bytes of manifest.json */
#define MANIFEST_INI_MAX (1 << 20) /* as spec_read takes */

struct manifest_file {
	char *name;
	uint64_t size;
	uint8_t digest[HASH_SIZE];
	bool seen; /* reading: it was there, as it should be */
};

struct manifest {
	char *name; /* the machine's */
	struct manifest_file *files;
	size_t count;
};

/* Adds a file; the digest is copied. */
void manifest_add(struct manifest *m, const char *name, uint64_t size, const uint8_t digest[HASH_SIZE]);
/* Returns the text of manifest.json; owned. */
char *manifest_text(const struct manifest *m, const struct spec *s);
/* Reads the text; refuses unknown versions ("bundle-version") and names of files that a machine does not have
 * ("bundle-bad"). `path` is the bundle's, for messages. On an error `out` is empty. */
int manifest_parse(const char *text, size_t n, const char *path, struct manifest *out, struct err *e);
/* Returns the file of that name, NULL: none. */
struct manifest_file *manifest_find(const struct manifest *m, const char *name);
/* Returns the bytes of all files. */
uint64_t manifest_size(const struct manifest *m);
void manifest_fini(struct manifest *m);

/* Fails with ERR_INTERRUPTED if the work is to be cancelled. */
int bundle_check_cancel(const struct bundle_work *w, struct err *e);
/* Fails ("disk-space") if the file system of the folder `dir` has not so many free bytes. */
int bundle_check_space(const char *dir, uint64_t needed, struct err *e);

#endif
