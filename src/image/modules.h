/* SPDX-License-Identifier: MIT */
/*
 * modules: kernel modules with all that they depend on, in an order in which they can be loaded.
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

/* Reads them from /usr/lib/modules/VERSION. What is built in is left out; names that this kernel
 * does not have are appended to `unknown`, which may be NULL. Free with modules_fini, also after
 * an error. */
int modules_load(struct modules *m, struct extfs *fs, const char *version, const struct strv *names,
		 struct strv *unknown, struct err *e);
void modules_fini(struct modules *m);

#endif
