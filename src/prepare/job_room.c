/* SPDX-License-Identifier: MIT */
/* job_room: how much room a step wants that found none; see include/prepare/job.h. */
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/cache.h"
#include "base/mem.h"
#include "base/size.h"
#include "prepare/job.h"

/* Bytes on disk of a file (holes take none), 0 when it is not there. */
static uint64_t job_room_taken(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

uint64_t job_to_download(const struct job *j, const struct package_set *set)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->len; i++) {
		char *path = cache_path(j->store->cache_dir, set->items[i].sha256);
		struct stat st;

		if (stat(path, &st) < 0)
			bytes += set->items[i].size;
		free(path);
	}
	return bytes;
}

void job_say_room(const char *dir, const char *file, uint64_t needed, struct err *e)
{
	char want[SIZE_TEXT], have[SIZE_TEXT];
	uint64_t room;

	if (!e || !e->no_room || !needed || host_free_space(dir, &room, NULL) < 0)
		return;
	if (file)
		room += job_room_taken(file);
	err_hint(e, "about %s needed at %s, %s free: free disk space there and run the same command again",
		 size_human(needed, want), dir, size_human(room, have));
}
