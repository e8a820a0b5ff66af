/* SPDX-License-Identifier: MIT */
/* posix_darwin: the POSIX names that macOS has under other names or in other headers. */
#ifndef HOST_POSIX_DARWIN_H
#define HOST_POSIX_DARWIN_H

#include <sys/random.h> /* getentropy */
#include <sys/stat.h>

#define st_mtim st_mtimespec

#endif
