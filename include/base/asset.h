/* SPDX-License-Identifier: MIT */
/*
 * asset: the files of assets/ that debwiz needs at run time. They are compiled in; where the
 * environment has DEBWIZ_ASSETS=FOLDER, a file of that name there is read instead.
 */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct asset {
	const char *name; /* "catalog/arches.ini" */
	const unsigned char *data;
	size_t len; /* data has a NUL behind len bytes */
};

/* Borrowed, valid until the program ends. NULL with e filled when there is none of that name. */
const struct asset *asset_get(const char *name, struct err *e);
/* Compiled-in assets whose name begins with `prefix`, one per call; *i starts at 0. NULL: no more. */
const struct asset *asset_next(const char *prefix, size_t *i);

#endif
