/* SPDX-License-Identifier: MIT */
/* env: see include/archive/env.h. */
#include "archive/env.h"

#include <stdlib.h>

#include "base/mem.h"

static time_t wall_clock(void)
{
	return time(NULL);
}

void archive_env_init(struct archive_env *env, struct loop *l, const char *cache_dir,
		      const char *proxy, unsigned stall_s, time_t (*now)(void))
{
	env->loop = l;
	env->http = http_new(l, proxy, stall_s);
	env->cache_dir = xstrdup(cache_dir);
	env->offline = false;
	env->floor = true;
	env->now = now ? now : wall_clock;
	atomic_init(&env->stop, false);
}

void archive_env_fini(struct archive_env *env)
{
	http_free(env->http);
	free(env->cache_dir);
}
