/* SPDX-License-Identifier: MIT */
/* ccache: takes, creates and collects the volumes; reads what ccache did. */
#include "build/ccache.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/strv.h"
#include "base/text.h"
#include "build/reason.h"
#include "host/file.h"
#include "image/disk.h"
#include "machine/temporary.h"

#define VOLUME_BYTES ((uint64_t)32 << 30) /* more than build.ccache_size may be */
#define ENDING ".raw"
#define DAY_SECONDS (24 * 3600)
#define WHAT "building with this compiler cache"
#define UNUSED "a compiler cache that was not used for long"

/* Beside the base images, which machines of all stores share. */
static char *ccache_top(const struct store *s)
{
	AUTO_FREE char *data = file_dirname(s->bases_dir);

	return file_join(data, "ccache");
}

static char *ccache_path(const struct store *s, const char *key, const char *ending)
{
	AUTO_FREE char *top = ccache_top(s);

	return xasprintf("%s/%s%s", top, key, ending);
}

/* ---- use ---- */

/* Creates the volume if there is none, or something else in its place. */
static int ccache_create(struct ccache *c, struct err *e)
{
	struct stat st;
	bool exists = lstat(c->volume, &st) == 0;

	if (exists && S_ISREG(st.st_mode) && (uint64_t)st.st_size == VOLUME_BYTES)
		return 0;
	c->remade = exists;
	return file_remove_tree(c->volume, e) < 0 ? -1 : disk_create_empty(c->volume, VOLUME_BYTES, e);
}

int ccache_take(const struct store *s, const char *release, const char *arch, struct ccache *out, struct err *e)
{
	AUTO_FREE char *key = xasprintf("%s-%s", release, arch);
	AUTO_FREE char *top = ccache_top(s), *lock = ccache_path(s, key, ".lock");
	AUTO_ERR struct err own = ERR_INIT;

	*out = (struct ccache){.volume = ccache_path(s, key, ENDING)};
	if (file_mkdirs(top, e) == 0)
		out->lock = lock_take(lock, WHAT, &own);
	if (own.kind == ERR_BUSY)
		err_set(e, ERR_BUSY, "busy", "another build for %s %s uses it", arch, release);
	else if (own.kind)
		err_copy(e, &own);
	if (out->lock) {
		temporary_collect(s); /* the machine of a killed build may still write to it */
		if (ccache_create(out, e) == 0)
			return 0;
	}
	ccache_release(out);
	return -1;
}

int ccache_create_stand_in(const char *path, struct err *e)
{
	return disk_create_empty(path, VOLUME_BYTES, e);
}

void ccache_release(struct ccache *c)
{
	lock_release(c->lock);
	free(c->volume);
	*c = (struct ccache){.volume = NULL};
}

/* ---- counts ---- */

void ccache_read_counts(const char *text, struct ccache_counts *out)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	const char *rest;
	uint64_t hits, misses;

	*out = (struct ccache_counts){.counted = false};
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		const char *line = lines.items[i];

		if (reason_read_count(line, "cached", &hits, &rest) &&
		    number_parse(rest, 0, UINT_MAX, &misses, NULL) == 0) {
			out->counted = true;
			out->hits = (unsigned)hits;
			out->misses = (unsigned)misses;
		} else if (!strcmp(line, "remade")) {
			out->remade = true;
		} else if (!out->why && !strncmp(line, "uncached ", strlen("uncached "))) {
			line += strlen("uncached ");
			out->why = text_plain(line, strlen(line));
		}
	}
}

void ccache_counts_fini(struct ccache_counts *c)
{
	free(c->why);
	*c = (struct ccache_counts){.counted = false};
}

/* ---- what is no longer needed ---- */

static int ccache_collect_one(const struct store *s, const char *key, unsigned days, uint64_t *freed, bool *removed,
			      struct err *e)
{
	AUTO_FREE char *path = ccache_path(s, key, ENDING), *lock_path = ccache_path(s, key, ".lock");
	struct lock *lock;
	struct stat st;
	int r = 0;

	if (lstat(path, &st) < 0 || time(NULL) - st.st_mtime <= (time_t)days * DAY_SECONDS)
		return 0;
	lock = lock_take(lock_path, "removing this compiler cache", NULL);
	if (!lock)
		return 0;
	r = file_remove_tree(path, e);
	*removed = !r;
	if (!r)
		*freed += (uint64_t)st.st_blocks * 512;
	lock_remove(lock);
	return r;
}

int ccache_collect(const struct store *s, unsigned days, uint64_t *freed,
		   void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e)
{
	AUTO_FREE char *top = ccache_top(s);
	AUTO_STRV struct strv keys = STRV_INIT;
	DIR *d = opendir(top);
	struct dirent *entry;
	int r = 0;

	while (d && (entry = readdir(d))) {
		size_t n = strlen(entry->d_name), end = strlen(ENDING);

		if (n > end && !strcmp(entry->d_name + n - end, ENDING))
			strv_take(&keys, xstrndup(entry->d_name, n - end));
	}
	if (d)
		closedir(d);
	for (size_t i = 0; i < keys.len && !r; i++) {
		bool gone = false;

		r = ccache_collect_one(s, keys.items[i], days, freed, &gone, e);
		if (gone)
			removed(keys.items[i], UNUSED, arg);
	}
	return r;
}
