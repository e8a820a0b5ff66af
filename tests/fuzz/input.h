/* SPDX-License-Identifier: MIT */
/* input: bytes as a file, for targets whose parsers read one. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(int ok)
{
	if (!ok)
		abort();
}

/* An error is one of ours: a kind, an id and a sentence, and here always of an expected kind. */
static inline void must_be_error(struct err *e, enum err_kind kind)
{
	must(e->kind == kind && *e->id && e->text && *e->text);
	err_fini(e);
}

/* The file of this process that holds nothing but these bytes, at its beginning. Removed with the
 * process; the path is that of the last call. */
static inline int fuzz_file(const void *data, size_t size, char path[64])
{
	int fd;

	snprintf(path, 64, "/tmp/debwiz-fuzz-%ld", (long)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0);
	must(pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

#endif
