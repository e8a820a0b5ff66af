/* SPDX-License-Identifier: MIT */
/* env: see src/archive/env.h. */
#include "env.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/size.h"

/* Seconds without data that end a transfer, as tests set them; 0: http's own. */
static unsigned env_stall_setting(void)
{
	const char *text = getenv("DEBWIZ_STALL");
	uint64_t seconds;

	if (!text || number_parse(text, 1, 600, &seconds, NULL) < 0)
		return 0;
	return (unsigned)seconds;
}

static time_t env_wall_clock(void)
{
	return time(NULL);
}

void archive_env_init(struct archive_env *env, struct loop *l, const char *cache_dir, const char *proxy,
		      unsigned stall_s, time_t (*now)(void))
{
	env->loop = l;
	env->http = http_new(l, proxy, stall_s ? stall_s : env_stall_setting());
	env->cache_dir = xstrdup(cache_dir);
	env->offline = false;
	env->floor = true;
	env->now = now ? now : env_wall_clock;
	atomic_init(&env->stop, false);
}

void archive_env_fini(struct archive_env *env)
{
	http_free(env->http);
	free(env->cache_dir);
}
