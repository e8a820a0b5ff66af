/* SPDX-License-Identifier: MIT */
/* state: an opened archive. */
#ifndef ARCHIVE_STATE_H
#define ARCHIVE_STATE_H

#include "archive/archive.h"
#include "env.h"
#include "suite.h"

struct s_Pool;

struct archive {
	struct archive_env env;
	struct s_Pool *pool;
	struct suite **suites;
	struct archive_suite *pub; /* shallow copies, in the same order */
	size_t suite_count;
	struct strv warnings;
	struct strv left_out;
	struct strv components; /* that were opened */
	char *arch;
	struct strv without;
};

#endif
