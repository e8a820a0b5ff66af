/* SPDX-License-Identifier: MIT */
/*
 * installer: Debian's installer out of its package, with what debwiz adds to its initrd: the answers (image/preseed.h),
 * the script that ends the installation, and, for a system that debwiz sets up, the guest's files.
 */
#ifndef IMAGE_INSTALLER_H
#define IMAGE_INSTALLER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct installer_medium {
	const char *name;	     /* of the package, for messages */
	const char *kernel, *initrd; /* paths in it */
	const char *preseed;	     /* text of preseed.cfg */
	bool guest_files;	     /* with the guest's files */
};

/* Writes the kernel and the initrd out of the package `fd` to these paths. `cancel` may be NULL; once it is true the
 * call ends within a second with ERR_INTERRUPTED. Errors: "installer-files" (the package has no such files), those of
 * src/image/deb.h, src/image/initrd.h and of writing. Blocks for some seconds. */
int installer_extract(int fd, const struct installer_medium *m, const char *kernel_path, const char *initrd_path,
		      const atomic_bool *cancel, struct err *e);

#endif
