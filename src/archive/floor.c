/* SPDX-License-Identifier: MIT */
/* floor: records the newest accepted state of release files in small JSON files, written atomically. */
#include "floor.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/json.h"
#include "base/mem.h"
#include "verify.h"

static char *floor_copy_path(const char *cache_dir, const char *url)
{
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	hash_bytes(url, strlen(url), digest);
	hash_hex(digest, hex);
	return xasprintf("%s/lists/%.32s.json", cache_dir, hex);
}

static char *floor_path(const char *cache_dir, const char *key, const char *origin, const char *suite)
{
	char *path = xasprintf("%s/lists/floor-%s-%s%s%s.json", cache_dir, *origin ? origin : "none", suite,
			       *key ? "-" : "", key);

	for (char *p = path + strlen(cache_dir) + strlen("/lists/"); *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			*p = '_';
	return path;
}

static int floor_write_json(const char *path, json_t *o, struct err *e)
{
	char *text = json_line(o);
	int r = cache_put(path, text, strlen(text), e);

	free(text);
	json_decref(o);
	return r;
}

static bool floor_load_entry(const char *cache_dir, const uint8_t digest[HASH_SIZE], uint64_t size, struct buf *out)
{
	size_t got = 0;
	ssize_t n = 1;
	char *p;
	int fd;

	if (!size || size > VERIFY_CAP)
		return false;
	fd = archive_cache_open(cache_dir, digest, size, true, NULL);
	if (fd < 0)
		return false;
	buf_init(out, VERIFY_CAP);
	p = buf_reserve(out, size);
	while (got < size && (n = read(fd, p + got, size - got)) > 0)
		got += (size_t)n;
	close(fd);
	p[got] = '\0';
	out->len = got;
	if (got == size)
		return true;
	buf_fini(out);
	return false;
}

bool floor_copy_load(const char *cache_dir, const char *url, struct floor_copy *out)
{
	AUTO_FREE char *path = floor_copy_path(cache_dir, url);
	json_t *o = json_read(path, NULL);
	uint8_t digest[HASH_SIZE];
	bool ok = false;

	*out = (struct floor_copy){0};
	if (o && !strcmp(json_str(o, "url", ""), url) && hash_from_hex(json_str(o, "sha256", ""), digest) &&
	    floor_load_entry(cache_dir, digest, (uint64_t)json_int(o, "size", 0), &out->bytes)) {
		out->etag = xstrdup(json_str(o, "etag", NULL));
		out->modified = xstrdup(json_str(o, "modified", NULL));
		ok = true;
	}
	json_decref(o);
	return ok;
}

void floor_copy_fini(struct floor_copy *c)
{
	buf_fini(&c->bytes);
	free(c->etag);
	free(c->modified);
	*c = (struct floor_copy){0};
}

static void floor_add_string(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

int floor_copy_store(const char *cache_dir, const char *url, const void *p, size_t n, const char *etag,
		     const char *modified, struct err *e)
{
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];
	char *path;
	json_t *o;
	int r;

	if (cache_store(cache_dir, p, n, digest, e) < 0)
		return -1;
	hash_hex(digest, hex);
	o = json_object();
	floor_add_string(o, "url", url);
	floor_add_string(o, "sha256", hex);
	json_object_set_new(o, "size", json_integer((json_int_t)n));
	floor_add_string(o, "etag", etag);
	floor_add_string(o, "modified", modified);
	path = floor_copy_path(cache_dir, url);
	r = floor_write_json(path, o, e);
	free(path);
	return r;
}

bool floor_load(const char *cache_dir, const char *key, const char *origin, const char *suite, struct floor *out)
{
	AUTO_FREE char *path = floor_path(cache_dir, key, origin, suite);
	json_t *o = json_read(path, NULL);
	bool ok = false;

	*out = (struct floor){0};
	if (o && json_int(o, "date", 0) > 0) {
		out->date = (time_t)json_int(o, "date", 0);
		out->version = xstrdup(json_str(o, "version", ""));
		out->size = (uint64_t)json_int(o, "size", 0);
		out->keyless = !json_str(o, "key", NULL);
		ok = true;
		if (!hash_from_hex(json_str(o, "sha256", ""), out->sha256))
			out->size = 0;
	}
	json_decref(o);
	return ok;
}

bool floor_bytes(const char *cache_dir, const struct floor *f, struct buf *out)
{
	return floor_load_entry(cache_dir, f->sha256, f->size, out);
}

void floor_fini(struct floor *f)
{
	free(f->version);
	*f = (struct floor){0};
}

void floor_forget(const char *cache_dir, const char *key, const char *origin, const char *suite)
{
	AUTO_FREE char *path = floor_path(cache_dir, key, origin, suite);

	unlink(path);
}

int floor_raise(const char *cache_dir, const char *key, const struct release *r, const char *suite, const void *p,
		size_t n, struct err *e)
{
	uint8_t digest[HASH_SIZE];
	struct floor old;
	char hex[HASH_HEX];
	char *path;
	json_t *o;
	bool higher;
	int result;

	higher = !floor_load(cache_dir, key, r->origin, suite, &old) || r->date > old.date ||
		 (r->date == old.date && old.keyless);
	floor_fini(&old);
	if (!higher || !r->date)
		return 0;
	hash_bytes(p, n, digest);
	hash_hex(digest, hex);
	o = json_object();
	floor_add_string(o, "key", *key ? key : "debian");
	json_object_set_new(o, "date", json_integer((json_int_t)r->date));
	floor_add_string(o, "version", r->version);
	floor_add_string(o, "sha256", hex);
	json_object_set_new(o, "size", json_integer((json_int_t)n));
	path = floor_path(cache_dir, key, r->origin, suite);
	result = floor_write_json(path, o, e);
	free(path);
	return result;
}

enum floor_verdict floor_compare(const struct floor *f, const struct release *r)
{
	if (r->date && r->date < f->date)
		return FLOOR_OLDER;
	if (*f->version && release_version_cmp(r->version, f->version) < 0)
		return FLOOR_VERSION;
	return FLOOR_FINE;
}
