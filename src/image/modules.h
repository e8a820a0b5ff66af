/* SPDX-License-Identifier: MIT */
/*
 * modules: kernel modules with all their dependencies, in an order in which they can be loaded.
 */
#ifndef IMAGE_MODULES_H
#define IMAGE_MODULES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "image/extfs.h"

struct module {
	char *name;	 /* file name: "virtio_blk.ko" */
	struct buf data; /* unpacked */
};

struct modules {
	struct module *items; /* in load order */
	size_t count;
	size_t size;
};

/* Reads modules from /usr/lib/modules/VERSION. Built-in ones are omitted; names unknown to this kernel are appended
 * to `unknown`, which may be NULL. The caller calls modules_fini, also after an error. */
int modules_load(struct modules *m, struct extfs *fs, const char *version, const struct strv *names,
		 struct strv *unknown, struct err *e);
void modules_fini(struct modules *m);

#endif
