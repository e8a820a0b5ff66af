/* SPDX-License-Identifier: MIT */
/* verdicts: see verdicts.h. A file that cannot be read is as good as none. */
#include "verdicts.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"

#define ENTRIES_MAX 200

char *verdict_key(const char *binary, const char *what)
{
	struct stat st = {.st_size = 0};
	struct host_facts host;
	char *key;

	host_facts_get(&host);
	(void)stat(binary, &st); /* a program that is not there has no age */
	key = xasprintf("%s %s %s, %s %lld %lld: %s", host.os, host.machine, host.kernel, binary,
			(long long)st.st_mtime, (long long)st.st_size, what);
	host_facts_fini(&host);
	return key;
}

static json_t *read_all(const char *cache_dir)
{
	char *path = file_join(cache_dir, "accelerators.json");
	json_t *all = json_read(path, NULL);

	free(path);
	if (json_is_object(all) && json_object_size(all) < ENTRIES_MAX)
		return all;
	json_decref(all);
	return json_object();
}

bool verdict_get(const char *cache_dir, const char *key, bool *ok, char **why)
{
	json_t *all = read_all(cache_dir);
	const json_t *one = json_object_get(all, key);
	bool known = json_is_object(one);

	if (known) {
		*ok = json_bool(one, "ok", false);
		*why = xstrdup(json_str(one, "why", ""));
	}
	json_decref(all);
	return known;
}

int verdict_put(const char *cache_dir, const char *key, bool ok, const char *why, struct err *e)
{
	char *path = file_join(cache_dir, "accelerators.json");
	json_t *all = read_all(cache_dir);
	int r;

	json_object_set_new(all, key, json_pack("{s:b, s:s}", "ok", (int)ok, "why", why));
	r = file_mkdirs(cache_dir, e);
	if (!r)
		r = json_write(path, all, e);
	json_decref(all);
	free(path);
	return r;
}
