/* SPDX-License-Identifier: MIT */
/*
 * firmware: UEFI code and variables for pflash out of a Debian firmware package.
 *
 * The package's own descriptors (/usr/share/qemu/firmware/NN-NAME.json; QEMU:
 * docs/interop/firmware.json) say which files serve which machine; among those that fit, the
 * first by name whose files are in the package is taken. Only regular files of that package are
 * read, and written nowhere but to the two paths.
 */
#ifndef IMAGE_FIRMWARE_H
#define IMAGE_FIRMWARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct firmware_want {
	const char *arch;    /* as descriptors name it: "arm" */
	const char *machine; /* pattern in them: "virt-*" */
	uint64_t size;	     /* bytes the machine's flash has, 0: the file's own size */
	bool secure_boot;    /* with keys enrolled; else one without */
	bool smm;	     /* the machine has system management mode, which some firmware requires */
};

/* Writes both as sparse raw images padded with zeros, each atomically with mode 0600. `fd` is the
 * package, `name` its name for messages. `cancel` may be NULL; once it is true the call ends
 * within a second with ERR_INTERRUPTED. Errors: "firmware-none", "firmware-large", those of
 * src/image/deb.h and of writing. Blocks for about half a second. */
int firmware_extract(int fd, const char *name, const struct firmware_want *want, const char *code_path,
		     const char *vars_path, const atomic_bool *cancel, struct err *e);

#endif
