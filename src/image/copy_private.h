/* SPDX-License-Identifier: MIT */
/* copy_private: what the halves of copying share. */
#ifndef IMAGE_COPY_PRIVATE_H
#define IMAGE_COPY_PRIVATE_H

#include <stdbool.h>

#include "host/proc_stream.h"
#include "image/copy.h"

/* Writes the paths as a tar archive for cp-take.sh. A stream that broke is an error without id: its end says why. */
int copy_pack(struct copy *c, const struct strv *paths, struct proc_stream *s, struct err *e);
/* Reads the archives of cp-give.sh into the folder `part`, whose path has no link in it; `first` (n bytes) came
 * already. As copy_pack. */
int copy_unpack(struct copy *c, const struct strv *paths, const char *part, const char *first, size_t n,
		struct proc_stream *s, struct err *e);
/* Moves what is in `part` to `target`, of which is known whether it is a folder. */
int copy_place(const struct strv *paths, const char *part, const char *target, bool folder, struct err *e);

/* What a path's last part is; "" where the content of a folder is meant: "", ".", "..", "/" or one that ends so.
 * Owned. */
char *copy_name(const char *path);
/* "copy-file", with what the errno says. */
int copy_file_error(int errnum, const char *path, struct err *e);

#endif
