/* SPDX-License-Identifier: MIT */
/*
 * asset: the files of assets/ that debwiz needs at run time. They are compiled in. If the environment has
 * DEBWIZ_ASSETS=FOLDER, files of that folder are read instead.
 */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct asset {
	const char *name; /* "catalog/arches.ini" */
	const unsigned char *data;
	size_t len; /* a NUL follows the len bytes of data */
};

/* Returns the asset, valid until the program exits, or NULL with e filled if there is none of that name. */
const struct asset *asset_get(const char *name, struct err *e);
/* Returns the next compiled-in asset whose name begins with `prefix`, or NULL after the last; *i starts at 0. */
const struct asset *asset_next(const char *prefix, size_t *i);

#endif
