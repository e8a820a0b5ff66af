/* SPDX-License-Identifier: MIT */
/* argv_option: appends options to QEMU's command line while it is built. */
#ifndef QEMU_ARGV_OPTION_H
#define QEMU_ARGV_OPTION_H

#include "base/json.h"
#include "qemu/argv.h"

/* What the command line is built from; borrowed. */
struct argv_in {
	const struct spec *s;
	const struct catalog_arch *arch;
	const struct qemu_facts *facts;
	const struct qemu_files *files;
};

/* Returns a value for `a=b,c=d`: commas are doubled (QEMU's keyval and opts syntax). Owned. */
char *argv_value(const char *s);
/* Returns a JSON object as an argument, keys in the order given; takes `o`. Owned. */
char *argv_json(json_t *o);
/* Appends an element and takes `text`. `why` (or NULL) is copied, `key` static. */
void argv_add(struct qemu_argv *v, char *text, const char *key, const char *why);
/* Appends an option and its value, which is taken. */
void argv_pair(struct qemu_argv *v, const char *option, char *value, const char *key, const char *why);
/* Returns "virtio-blk-pci" for "virtio-blk", the architecture's kind of the device, as a JSON string. */
json_t *argv_virtio(const struct argv_in *in, const char *name);
/* Appends -device with that object, which is taken. */
void argv_device(struct qemu_argv *v, const char *key, const char *why, json_t *device);
/* Sets the error for a path that JSON cannot hold. Returns -1. */
int argv_bad_path(struct err *e, const char *key, const char *path);

#endif
