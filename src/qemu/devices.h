/* SPDX-License-Identifier: MIT */
/* devices: the machine's devices as options; what argv.c's parts share. */
#ifndef QEMU_DEVICES_H
#define QEMU_DEVICES_H

#include "base/json.h"
#include "qemu/argv.h"

struct argv_in {
	const struct spec *s;
	const struct catalog_arch *arch;
	const struct qemu_facts *facts;
	const struct qemu_files *files;
};

/* "virtio-blk-pci" for "virtio-blk": the architecture's kind of it, as a JSON string. */
json_t *argv_virtio(const struct argv_in *in, const char *name);
/* -device with that object; takes it. */
void argv_device(const struct argv_in *in, struct qemu_argv *v, const char *key, const char *why, json_t *device);
/* A path that JSON cannot hold. Returns -1. */
int argv_bad_path(struct err *e, const char *key, const char *path);

int argv_disk(const struct argv_in *in, struct qemu_argv *v, struct err *e); /* and the seed */
int argv_drives(const struct argv_in *in, struct qemu_argv *v, struct err *e);
int argv_network(const struct argv_in *in, struct qemu_argv *v, struct err *e);
void argv_rng(const struct argv_in *in, struct qemu_argv *v);
int argv_extras(const struct argv_in *in, struct qemu_argv *v, struct err *e); /* USB, sound */
int argv_shares(const struct argv_in *in, struct qemu_argv *v, struct err *e);

#endif
