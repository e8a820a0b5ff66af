/* SPDX-License-Identifier: MIT */
/* opt: how values are put into QEMU's options so that none of them is taken for more than a value. */
#ifndef QEMU_OPT_H
#define QEMU_OPT_H

#include <stddef.h>

#include "base/json.h"
#include "qemu/argv.h"

/* A value within `a=b,c=d`: commas are doubled (QEMU's keyval and opts syntax). Owned. */
char *opt_value(const char *s);
/* A JSON object as an argument, keys in the order given; takes `o`. Owned. */
char *opt_json(json_t *o);
/* Appends an element and takes `text`. `why` (or NULL) is copied, `key` static. */
void opt_add(struct qemu_argv *v, char *text, const char *key, const char *why);
/* Appends an option and its value, taking `value`. */
void opt_pair(struct qemu_argv *v, const char *option, char *value, const char *key, const char *why);

#endif
