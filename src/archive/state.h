/* SPDX-License-Identifier: MIT */
/* state: what an opened archive is made of, and what all archive operations have in common; for
 * src/archive alone. */
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

/* First member of every operation. */
struct archive_op {
	void (*cancel)(struct archive_op *op);
};

#endif
