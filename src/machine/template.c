/* SPDX-License-Identifier: MIT */
/* template: the folders of templates (include/machine/template.h). */
#include "machine/template.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/run.h"

#define FORMAT 1
#define FAILURE_MAX 4096
#define FAILURE_SECONDS (7 * 24 * 3600)
#define DAY_SECONDS (24 * 3600)
#define MANIFEST "manifest.json"
#define LOCK "lock"
#define PART ".part"
#define FAILED ".failed"

/* The parts; the memory is too large to be read each time. */
static const struct {
	const char *name;
	bool digest;
} template_parts[] = {{TEMPLATE_RAM, false}, {"suspend.state", true}, {TEMPLATE_DISK, true}};

/* Beside the base images, which machines of all stores share. */
static char *template_path(const struct store *s, const char *key, const char *ending)
{
	AUTO_FREE char *data = file_dirname(s->bases_dir);

	return xasprintf("%s/templates/%s%s", data, key, ending);
}

/* ---- the manifest ---- */

static int template_digest(const char *path, char hex[HASH_HEX], struct err *e)
{
	AUTO_CLOSE int fd = file_open(path, FILE_READ);
	uint8_t digest[HASH_SIZE];

	if (fd < 0)
		return err_set(e, ERR_FAILED, "template-read", "cannot read %s", path);
	if (hash_fd(fd, digest, NULL, e) < 0)
		return -1;
	hash_hex(digest, hex);
	return 0;
}

/* Returns what a part is: its size and time, and its digest; NULL: it cannot be read. */
static json_t *template_part(const char *dir, size_t i, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, template_parts[i].name);
	char hex[HASH_HEX] = "";
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_FAILED, "template-read", "%s is missing", path);
		return NULL;
	}
	if (template_parts[i].digest && template_digest(path, hex, e) < 0)
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:s}", "size", (json_int_t)st.st_size, "seconds",
			 (json_int_t)st.st_mtim.tv_sec, "nanoseconds", (json_int_t)st.st_mtim.tv_nsec, "sha256", hex);
}

static json_t *template_all_parts(const char *dir, struct err *e)
{
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(template_parts); i++) {
		json_t *part = template_part(dir, i, e);

		if (!part) {
			json_decref(all);
			return NULL;
		}
		json_object_set_new(all, template_parts[i].name, part);
	}
	return all;
}

static json_t *template_manifest(const char *dir)
{
	AUTO_FREE char *path = file_join(dir, MANIFEST);

	return json_read(path, NULL);
}

static bool template_is_whole(const char *dir)
{
	json_t *manifest = template_manifest(dir);
	json_t *parts = json_int(manifest, "format", 0) == FORMAT ? template_all_parts(dir, NULL) : NULL;
	bool whole = parts && json_equal(parts, json_object_get(manifest, "parts"));

	json_decref(parts);
	json_decref(manifest);
	return whole;
}

/* ---- use ---- */

static int template_remove(const char *dir, struct err *e)
{
	AUTO_FREE char *manifest = file_join(dir, MANIFEST);

	unlink(manifest); /* first: a folder without one is never used */
	return file_remove_tree(dir, e);
}

bool template_take(const struct store *s, const char *key, struct template *out)
{
	AUTO_FREE char *dir = template_path(s, key, "");
	AUTO_FREE char *lock = file_join(dir, LOCK);
	struct lock *hold;

	*out = (struct template){.dir = NULL};
	if (!file_exists(lock))
		return false;
	hold = lock_share(lock, NULL);
	if (!hold)
		return false;
	if (template_is_whole(dir)) {
		(void)utimensat(AT_FDCWD, lock, NULL, 0); /* when it was used last */
		*out = (struct template){.dir = xstrdup(dir), .hold = hold};
		return true;
	}
	lock_release(hold);
	hold = lock_take(lock, "removing this template", NULL);
	if (hold)
		(void)template_remove(dir, NULL);
	lock_release(hold);
	return false;
}

void template_release(struct template *t)
{
	lock_release(t->hold);
	free(t->dir);
	*t = (struct template){.dir = NULL};
}

/* ---- making one ---- */

int template_begin(const struct store *s, const char *key, char **part, struct lock **lock, struct err *e)
{
	AUTO_FREE char *path = template_path(s, key, ".lock");
	AUTO_FREE char *dir = template_path(s, key, PART);
	AUTO_FREE char *top = file_dirname(dir);

	*lock = NULL;
	if (file_mkdirs(top, e) < 0)
		return -1;
	*lock = lock_take(path, "making this template", e);
	if (!*lock)
		return -1;
	if (vm_run_end(dir, e) < 0 || file_remove_tree(dir, e) < 0 || file_mkdirs(dir, e) < 0) {
		lock_remove(*lock);
		*lock = NULL;
		return -1;
	}
	*part = xstrdup(dir);
	return 0;
}

static bool template_is_part(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(template_parts); i++)
		if (!strcmp(name, template_parts[i].name))
			return true;
	return false;
}

/* Removes what only the making needed: links, records, the console's log. */
static int template_strip(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int r = 0;

	while (d && !r && (entry = readdir(d))) {
		AUTO_FREE char *path = file_join(dir, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !template_is_part(entry->d_name))
			r = file_remove_tree(path, e);
	}
	if (d)
		closedir(d);
	return r;
}

static int template_sync(const char *dir, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(template_parts) && !r; i++) {
		AUTO_FREE char *path = file_join(dir, template_parts[i].name);

		r = file_sync_path(path, e);
	}
	return r;
}

int template_publish(const struct store *s, const char *key, const char *base, const char *about, struct err *e)
{
	AUTO_FREE char *part = template_path(s, key, PART);
	AUTO_FREE char *dir = template_path(s, key, "");
	AUTO_FREE char *manifest = file_join(part, MANIFEST);
	AUTO_FREE char *lock = file_join(part, LOCK);
	json_t *parts, *o;
	int r = template_strip(part, e);

	if (!r)
		r = template_sync(part, e);
	parts = r ? NULL : template_all_parts(part, e);
	if (!parts)
		return -1;
	o = json_pack("{s:i, s:I, s:s, s:s, s:o}", "format", FORMAT, "created", (json_int_t)time(NULL), "base", base,
		      "about", about, "parts", parts);
	r = file_write(lock, "", 0, 0600, e);
	if (!r)
		r = json_write(manifest, o, e);
	if (!r)
		r = file_remove_tree(dir, e); /* a broken one */
	if (!r)
		r = file_rename(part, dir, e);
	json_decref(o);
	return r;
}

void template_fail(const struct store *s, const char *key, const char *why)
{
	AUTO_FREE char *part = template_path(s, key, PART);
	AUTO_FREE char *dir = template_path(s, key, "");
	AUTO_FREE char *note = template_path(s, key, FAILED);

	(void)vm_run_end(part, NULL);
	(void)file_remove_tree(part, NULL);
	if (!why)
		return;
	(void)template_remove(dir, NULL);
	(void)file_write(note, why, strlen(why), 0600, NULL);
}

char *template_failure(const struct store *s, const char *key)
{
	AUTO_FREE char *note = template_path(s, key, FAILED);
	struct stat st;
	struct buf text;

	if (stat(note, &st) < 0 || time(NULL) - st.st_mtime > FAILURE_SECONDS ||
	    file_read(note, FAILURE_MAX, &text, NULL) < 0)
		return NULL;
	return buf_steal(&text);
}

/* ---- gc ---- */

struct template_collecting {
	const struct store *store;
	unsigned days;
	uint64_t *freed;
	void (*removed)(const char *key, const char *why, void *arg);
	void *arg;
};

/* Returns why it is not kept, NULL: it is. */
static const char *template_why_not(const struct template_collecting *c, const char *dir, const char *lock)
{
	json_t *manifest = template_manifest(dir);
	AUTO_FREE char *base = file_join(c->store->bases_dir, json_str(manifest, "base", ""));
	bool known = json_int(manifest, "format", 0) == FORMAT;
	struct stat st;

	json_decref(manifest);
	if (!known || stat(lock, &st) < 0)
		return "a template that is not complete";
	if (!file_exists(base))
		return "a template of a base image that is gone";
	if (time(NULL) - st.st_mtime > (time_t)c->days * DAY_SECONDS)
		return "a template that was not used for long";
	return NULL;
}

static uint64_t template_bytes(const char *dir)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(template_parts); i++) {
		AUTO_FREE char *path = file_join(dir, template_parts[i].name);
		struct stat st;

		if (stat(path, &st) == 0)
			bytes += (uint64_t)st.st_blocks * 512;
	}
	return bytes;
}

static int template_collect_one(const struct template_collecting *c, const char *key, struct err *e)
{
	AUTO_FREE char *dir = template_path(c->store, key, "");
	AUTO_FREE char *path = file_join(dir, LOCK);
	const char *why = template_why_not(c, dir, path); /* first: the claim changes the lock's time */
	struct lock *claim = why ? lock_take(path, "removing this template", NULL) : NULL;
	int r = 0;

	if (why && (claim || !file_exists(path))) {
		*c->freed += template_bytes(dir);
		r = template_remove(dir, e);
		if (!r)
			c->removed(key, why, c->arg);
	}
	lock_release(claim);
	return r;
}

static int template_collect_part(const struct template_collecting *c, const char *key, struct err *e)
{
	AUTO_FREE char *path = template_path(c->store, key, ".lock");
	AUTO_FREE char *dir = template_path(c->store, key, PART);
	struct lock *lock = lock_take(path, "collecting garbage", NULL);
	int r = lock ? vm_run_end(dir, e) : 0;

	if (lock && !r)
		r = file_remove_tree(dir, e);
	lock_remove(lock);
	return r;
}

/* Collects one entry of the folder; files that are not a folder's belong to one. */
static int template_collect_entry(const struct template_collecting *c, const char *name, struct err *e)
{
	AUTO_FREE char *path = template_path(c->store, name, "");
	size_t n = strlen(name), end = strlen(PART);
	AUTO_FREE char *key = n > end && !strcmp(name + n - end, PART) ? xstrndup(name, n - end) : NULL;
	AUTO_FREE char *failure = NULL;
	struct stat st;

	if (*name == '.' || lstat(path, &st) < 0)
		return 0;
	if (key)
		return template_collect_part(c, key, e);
	if (S_ISDIR(st.st_mode))
		return template_collect_one(c, name, e);
	end = strlen(FAILED);
	if (n <= end || strcmp(name + n - end, FAILED) != 0)
		return 0;
	key = xstrndup(name, n - end);
	failure = template_failure(c->store, key);
	return failure ? 0 : file_remove_tree(path, e);
}

int template_collect(const struct store *s, unsigned days, uint64_t *freed,
		     void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e)
{
	struct template_collecting c = {.store = s, .days = days, .freed = freed, .removed = removed, .arg = arg};
	AUTO_FREE char *data = file_dirname(s->bases_dir);
	AUTO_FREE char *top = file_join(data, "templates");
	AUTO_STRV struct strv names = STRV_INIT;
	DIR *d = opendir(top);
	struct dirent *entry;
	int r = 0;

	while (d && (entry = readdir(d)))
		strv_add(&names, entry->d_name);
	if (d)
		closedir(d);
	for (size_t i = 0; i < names.len && !r; i++)
		r = template_collect_entry(&c, names.items[i], e);
	return r;
}
