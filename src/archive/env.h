/* SPDX-License-Identifier: MIT */
/* env: what every operation on an archive has. The operation owns it; the functions that it calls borrow it. */
#ifndef ARCHIVE_ENV_H
#define ARCHIVE_ENV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "archive/archive.h"
#include "base/loop.h"
#include "http.h"

struct archive_env {
	struct loop *loop;
	struct http *http;
	char *cache_dir;
	bool offline;
	bool floor; /* dates of releases are recorded and compared: not for snapshots */
	time_t (*now)(void);
	atomic_bool stop; /* cancelled: read by work on pool threads */
};

/* First member of every operation. */
struct archive_op {
	void (*cancel)(struct archive_op *op);
};

/* `stall_s`: seconds without data that end a transfer, 0: the default. `now`: NULL for the wall clock. */
void archive_env_init(struct archive_env *env, struct loop *l, const char *cache_dir, const char *proxy,
		      unsigned stall_s, time_t (*now)(void));
void archive_env_fini(struct archive_env *env);

/* Appends the base URLs that a suite may come from, in order of preference: http and https, without a slash at the
 * end. They are the snapshot service's, or the mirror that is named, or for "auto" the host's own and then the
 * catalogue's. Error ids: mirror-url, mirror-none, mirror-snapshot. */
int archive_mirror_bases(const struct archive_conf *conf, bool security, struct strv *out, struct err *e);

#endif
