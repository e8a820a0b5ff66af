/* SPDX-License-Identifier: MIT */
/* disk_original: records the user's image that is itself a base's disk (include/image/disk.h has the checks). */
#ifndef IMAGE_DISK_ORIGINAL_H
#define IMAGE_DISK_ORIGINAL_H

#include <sys/stat.h>

#include "base/err.h"

/* Records beside the base's disk that it is the file `path`, with the size and the time of change in `st`. */
int disk_original_record(const char *base_disk, const char *path, const struct stat *st, struct err *e);

#endif
