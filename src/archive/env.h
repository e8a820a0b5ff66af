/* SPDX-License-Identifier: MIT */
/* env: what the parts of one archive operation share. Owned by the operation; the parts borrow it. */
#ifndef ARCHIVE_ENV_H
#define ARCHIVE_ENV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/loop.h"
#include "http.h"

struct archive_env {
	struct loop *loop;
	struct http *http;
	char *cache_dir;
	bool offline;
	bool floor; /* freshness is remembered and asked for: not for snapshots */
	time_t (*now)(void);
	atomic_bool stop; /* cancelled: read by work on pool threads */
};

void archive_env_init(struct archive_env *env, struct loop *l, const char *cache_dir, const char *proxy,
		      unsigned stall_s, time_t (*now)(void));
void archive_env_fini(struct archive_env *env);

#endif
