/* SPDX-License-Identifier: MIT */
/* file_priv: what differs by host, for file.c. */
#ifndef HOST_FILE_PRIV_H
#define HOST_FILE_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Does what file_open does; a new file gets `mode`. */
int file_open_mode(const char *path, unsigned intent, mode_t mode);
/* Creates a folder, or accepts an existing one: the last one of a path must be ours alone. */
int file_mkdir_one(const char *path, bool last, struct err *e);
/* Sets the error for a file that is not a folder ("folder-type"). Returns -1. */
int file_not_folder(const char *path, struct err *e);

#endif
