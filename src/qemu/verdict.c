/* SPDX-License-Identifier: MIT */
/* verdict: the record of what trials found (verdict.h). */
#include "verdict.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"

#define ENTRIES_MAX 200
#define PASSING_S 3600

char *verdict_key(const char *binary, const char *what)
{
	struct stat st = {.st_size = 0};
	struct host_facts host;
	char *key;

	host_facts_get(&host);
	(void)stat(binary, &st); /* a missing program has no age */
	key = xasprintf("%s %s %s, %s %lld %lld: %s", host.os, host.machine, host.kernel, binary,
			(long long)st.st_mtime, (long long)st.st_size, what);
	host_facts_fini(&host);
	return key;
}

static char *verdict_file(const char *cache_dir)
{
	return file_join(cache_dir, "accelerators.json");
}

static json_t *verdict_read_all(const char *cache_dir)
{
	char *path = verdict_file(cache_dir);
	json_t *all = json_read(path, NULL);

	free(path);
	if (json_is_object(all) && json_object_size(all) < ENTRIES_MAX)
		return all;
	json_decref(all);
	return json_object();
}

/* Returns whether it still holds; one with an end later than any is of a clock that was wrong. */
static bool verdict_holds(const json_t *one)
{
	json_int_t until = json_int(one, "until", 0), now = (json_int_t)time(NULL);

	return !until || (now < until && until - now <= PASSING_S);
}

bool verdict_get(const char *cache_dir, const char *key, bool *ok, char **why)
{
	json_t *all = verdict_read_all(cache_dir);
	const json_t *one = json_object_get(all, key);
	bool known = json_is_object(one) && verdict_holds(one);

	if (known) {
		*ok = json_bool(one, "ok", false);
		*why = xstrdup(json_str(one, "why", ""));
	}
	json_decref(all);
	return known;
}

static int verdict_write_all(const char *cache_dir, const json_t *all, struct err *e)
{
	AUTO_FREE char *path = verdict_file(cache_dir);
	int r = file_mkdirs(cache_dir, e);

	if (!r)
		r = json_write(path, all, e);
	return r;
}

int verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, bool passing, struct err *e)
{
	json_t *all = verdict_read_all(cache_dir);
	json_t *one = json_pack("{s:b, s:s}", "ok", (int)ok, "why", why);
	int r;

	if (passing)
		json_object_set_new(one, "until", json_integer((json_int_t)time(NULL) + PASSING_S));
	json_object_set_new(all, key, one);
	r = verdict_write_all(cache_dir, all, e);
	json_decref(all);
	return r;
}

int verdict_forget_refusals(const char *cache_dir, struct err *e)
{
	json_t *all = verdict_read_all(cache_dir);
	size_t before = json_object_size(all);
	const char *key;
	json_t *one;
	void *next;
	int r = 0;

	json_object_foreach_safe(all, next, key, one) if (!json_bool(one, "ok", false)) json_object_del(all, key);
	if (json_object_size(all) != before)
		r = verdict_write_all(cache_dir, all, e) < 0 ? -1 : 1;
	json_decref(all);
	return r;
}
