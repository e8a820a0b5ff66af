/* SPDX-License-Identifier: MIT */
/*
 * folder: unpacks packages into a folder of this host, as an ordinary user: for programs that run from there, not for a
 * system. Only /usr is unpacked, and what older packages have beside it (/bin, /lib ...), which belongs below /usr
 * (UsrMerge); documentation and headers are left out.
 */
#ifndef IMAGE_FOLDER_H
#define IMAGE_FOLDER_H

#include <stddef.h>

#include "base/err.h"
#include "image/root.h"

/* Unpacks them into the existing, empty folder `to`. Each package is compared with its size and SHA-256 as it is read.
 * Programs get mode 0755, other files 0644; links are created last, so that nothing is written through one. The bytes
 * are not synced. Blocks for seconds. Errors: those of a package (ERR_VERIFY), "folder" (this host's). */
int folder_unpack(const char *to, const struct root_deb *debs, size_t count, struct err *e);

#endif
