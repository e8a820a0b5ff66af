/* SPDX-License-Identifier: MIT */
/* modinfo: the .modinfo section of a kernel module (an ELF file of any class and byte order). */
#ifndef IMAGE_MODINFO_H
#define IMAGE_MODINFO_H

#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"

/* Appends the names in the module's depends= entry. `name` is for messages. */
int modinfo_depends(const void *elf, size_t n, const char *name, struct strv *out, struct err *e);

#endif
