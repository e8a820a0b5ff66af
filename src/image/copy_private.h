/* SPDX-License-Identifier: MIT */
/* copy_private: packing and unpacking, for copy.c. */
#ifndef IMAGE_COPY_PRIVATE_H
#define IMAGE_COPY_PRIVATE_H

#include <stdbool.h>

#include "host/proc_stream.h"
#include "image/copy.h"

/* Writes the paths as a tar archive for cp-take.sh. A broken stream is an error without id: its end reports why. */
int copy_pack(struct copy *c, const struct strv *paths, struct proc_stream *s, struct err *e);
/* Reads the archives of cp-give.sh into the folder `part`, whose path has no link; `first` (n bytes) was read
 * before. Errors as copy_pack. */
int copy_unpack(struct copy *c, const struct strv *paths, const char *part, const char *first, size_t n,
		struct proc_stream *s, struct err *e);
/* Moves the content of `part` to `target`; `folder`: target is a folder. */
int copy_place(const struct strv *paths, const char *part, const char *target, bool folder, struct err *e);

/* Returns the last part of a path, or "" if the content of a folder is meant: "", ".", "..", "/" or one that ends
 * so. The caller frees it. */
char *copy_name(const char *path);
/* Fills e with id "copy-file" and the text of errnum. Returns -1. */
int copy_file_error(int errnum, const char *path, struct err *e);

#endif
