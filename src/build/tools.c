/* SPDX-License-Identifier: MIT */
/* tools: finds, makes and collects the folders of compilers. */
#include "build/tools.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/file.h"
#include "image/folder.h"
#include "prepare/job.h"

#define LOCK "lock"
#define MANIFEST "manifest.json"
#define PART ".part"
#define DAY_SECONDS (24 * 3600)
#define UNUSED "compilers that were not used for long"

/* Beside the base images, which machines of all stores share. */
static char *tools_top(const struct store *s)
{
	AUTO_FREE char *data = file_dirname(s->bases_dir);

	return file_join(data, "tools");
}

static char *tools_path(const struct store *s, const char *key, const char *ending)
{
	AUTO_FREE char *top = tools_top(s);

	return xasprintf("%s/%s%s", top, key, ending);
}

static bool tools_take(const struct store *s, const char *key, struct tools *out)
{
	AUTO_FREE char *dir = tools_path(s, key, "");
	AUTO_FREE char *lock = file_join(dir, LOCK);

	*out = (struct tools){.usr = NULL};
	if (!file_exists(lock))
		return false;
	out->hold = lock_share(lock, NULL);
	if (out->hold)
		out->usr = file_join(dir, "usr");
	return out->hold;
}

void tools_release(struct tools *t)
{
	free(t->usr);
	lock_release(t->hold);
	*t = (struct tools){.usr = NULL};
}

/* ---- the archive -------------------------------------------------------------------------- */

struct tools_fetching {
	const struct tools_wish *wish;
	const struct catalog_arch *host; /* this host's row */
	struct archive *archive;
	struct archive_op *op;
	struct package_set set;
	struct err err;
};

static void tools_on_progress(uint64_t done, uint64_t total, const char *text, void *arg)
{
	const struct tools_fetching *f = arg;

	(void)done;
	(void)total;
	if (text && *text)
		f->wish->progress(text, f->wish->arg);
}

static void tools_on_signal(void *arg)
{
	struct tools_fetching *f = arg;

	if (f->op)
		archive_cancel(f->op);
}

static int tools_wait(struct tools_fetching *f, struct err *e)
{
	struct loop_exit *signals = loop_exit_start(f->wish->loop, tools_on_signal, f);

	loop_run(f->wish->loop);
	loop_exit_stop(signals);
	return f->err.kind ? err_move(e, &f->err) : 0;
}

static void tools_on_archive(struct archive *a, const struct err *e, void *arg)
{
	struct tools_fetching *f = arg;

	f->archive = a;
	f->op = NULL;
	if (e)
		err_copy(&f->err, e);
	loop_stop(f->wish->loop);
}

static void tools_on_fetched(const struct err *e, void *arg)
{
	struct tools_fetching *f = arg;

	f->op = NULL;
	if (e)
		err_copy(&f->err, e);
	loop_stop(f->wish->loop);
}

/* Opens the archive of the machine's release for this host's architecture. */
static int tools_open(struct tools_fetching *f, struct err *e)
{
	const struct tools_wish *w = f->wish;
	struct job_options o = {.goal = JOB_PREPARED, .offline = w->offline};
	struct spec s;
	struct job job;
	int r;

	spec_copy(&s, w->spec);
	free(s.arch);
	s.arch = xstrdup(f->host->name);
	r = job_init(&job, w->loop, w->catalog, w->store, &s, &o, e);
	if (!r) {
		f->op = job_begin_archive(&job, tools_on_progress, tools_on_archive, f);
		r = tools_wait(f, e);
		job_fini(&job);
	}
	spec_fini(&s);
	return r;
}

static int tools_check_version(const struct tools_fetching *f, const char *package, struct err *e)
{
	const struct outside_compiler *c = f->wish->compiler;
	const char *version = archive_version(f->archive, package);
	AUTO_FREE char *upstream = version ? outside_upstream(version) : NULL;

	if (upstream && !strcmp(upstream, c->version))
		return 0;
	return err_set(e, ERR_MISSING, "compiler-version", "Debian %s has no %s %s for %s", f->wish->spec->release,
		       package, c->version, f->host->name);
}

/* Solves for the compilers and distccd, and downloads what the cache lacks. */
static int tools_fetch(struct tools_fetching *f, struct err *e)
{
	AUTO_FREE char *gcc = outside_package(f->wish->compiler, "gcc");
	AUTO_FREE char *gxx = outside_package(f->wish->compiler, "g++");
	AUTO_STRV struct strv names = STRV_INIT;

	strv_add(&names, gcc);
	strv_add(&names, gxx);
	strv_add(&names, "distcc");
	if (tools_check_version(f, gcc, e) < 0 || archive_solve_alone(f->archive, &names, &f->set, e) < 0)
		return -1;
	f->op = archive_fetch(f->archive, &f->set, tools_on_progress, tools_on_fetched, f);
	return tools_wait(f, e);
}

/* ---- the folder --------------------------------------------------------------------------- */

static int tools_unpack(const struct tools_fetching *f, const char *to, struct err *e)
{
	struct root_deb *debs = xcalloc(f->set.len, sizeof(*debs));
	char packages[SIZE_TEXT];
	AUTO_FREE char *text = xasprintf("unpacking %s", count_human(f->set.len, "package", packages));
	AUTO_STRV struct strv paths = STRV_INIT;
	int r;

	f->wish->progress(text, f->wish->arg);
	for (size_t i = 0; i < f->set.len; i++) {
		const struct package *p = &f->set.items[i];

		strv_take(&paths, cache_path(f->wish->store->cache_dir, p->sha256));
		debs[i] = (struct root_deb){.name = p->name,
					    .version = p->version,
					    .arch = p->arch,
					    .path = paths.items[i],
					    .size = p->size};
		memcpy(debs[i].sha256, p->sha256, HASH_SIZE);
	}
	r = folder_unpack(to, debs, f->set.len, e);
	free(debs);
	return r;
}

/* Records what it is made of. */
static int tools_write_manifest(const struct tools_fetching *f, const char *part, struct err *e)
{
	AUTO_FREE char *path = file_join(part, MANIFEST);
	json_t *packages = json_object();
	uint64_t bytes = 0;
	json_t *manifest;
	int r;

	for (size_t i = 0; i < f->set.len; i++) {
		json_object_set_new(packages, f->set.items[i].name, json_string(f->set.items[i].version));
		bytes += f->set.items[i].installed;
	}
	manifest = json_pack("{s:I, s:o}", "bytes", (json_int_t)bytes, "packages", packages);
	r = json_write(path, manifest, e);
	json_decref(manifest);
	return r;
}

/* Makes the folder KEY under the lock KEY.lock, which is held. */
static int tools_make(const struct tools_fetching *f, const char *key, struct err *e)
{
	const struct store *s = f->wish->store;
	AUTO_FREE char *part = tools_path(s, key, PART), *dir = tools_path(s, key, "");
	AUTO_FREE char *lock = file_join(part, LOCK);

	if (file_remove_tree(part, e) < 0 || file_mkdirs(part, e) < 0 || tools_unpack(f, part, e) < 0 ||
	    tools_write_manifest(f, part, e) < 0 || file_write(lock, "", 0, 0600, e) < 0)
		return -1;
	file_sync_all();
	return file_rename(part, dir, e);
}

/* Finds the architecture of this host in the catalogue by the name that its kernel reports (uname -m). */
static const struct catalog_arch *tools_host(const struct catalog *c)
{
	const struct catalog_arch *found = NULL, *a;
	struct host_facts host;
	size_t i = 0;

	host_facts_get(&host);
	while (!found && (a = catalog_arch_next(c, &i)))
		if (!strcmp(a->name, host.machine) || strv_has(&a->aliases, host.machine))
			found = a;
	host_facts_fini(&host);
	return found;
}

static int tools_obtain(struct tools_fetching *f, const char *key, struct err *e)
{
	AUTO_FREE char *top = tools_top(f->wish->store);
	AUTO_FREE char *path = tools_path(f->wish->store, key, ".lock");
	AUTO_FREE char *part = tools_path(f->wish->store, key, PART);
	struct lock *lock = file_mkdirs(top, e) < 0 ? NULL : lock_take(path, "making the compilers' folder", e);
	int r = lock ? tools_open(f, e) : -1;

	if (!r)
		r = tools_fetch(f, e);
	if (!r)
		r = tools_make(f, key, e);
	if (lock && r < 0)
		file_remove_tree(part, NULL);
	lock_remove(lock);
	return r;
}

int tools_get(const struct tools_wish *w, struct tools *out, struct err *e)
{
	struct tools_fetching f = {.wish = w, .host = tools_host(w->catalog)};
	AUTO_FREE char *key = NULL;
	int r;

	*out = (struct tools){.usr = NULL};
	if (!f.host)
		return err_set(e, ERR_MISSING, "tools-host", "Debian has no compilers that run on this host");
	key = xasprintf("%s-%s-%s-%s", w->spec->release, f.host->name, w->compiler->gnu, w->compiler->version);
	if (tools_take(w->store, key, out))
		return 0;
	if (w->offline) {
		err_set(e, ERR_MISSING, "tools-offline", "the compilers of Debian %s were not downloaded yet",
			w->spec->release);
		return err_hint(e, "build once without --offline");
	}
	r = tools_obtain(&f, key, e);
	package_set_fini(&f.set);
	archive_close(f.archive);
	err_fini(&f.err);
	if (!r && !tools_take(w->store, key, out))
		r = err_set(e, ERR_FAILED, "folder", "the compilers' folder is gone");
	return r;
}

/* ---- what is no longer needed ---------------------------------------------------------- */

static uint64_t tools_bytes(const char *dir)
{
	AUTO_FREE char *path = file_join(dir, MANIFEST);
	json_t *manifest = json_read(path, NULL);
	uint64_t bytes = (uint64_t)json_int(manifest, "bytes", 0);

	json_decref(manifest);
	return bytes;
}

static int tools_collect_one(const struct store *s, const char *key, unsigned days, uint64_t *freed, bool *removed,
			     struct err *e)
{
	AUTO_FREE char *dir = tools_path(s, key, "");
	AUTO_FREE char *path = file_join(dir, LOCK);
	struct stat st;
	struct lock *claim;
	int r = 0;

	if (stat(path, &st) == 0 && time(NULL) - st.st_mtime <= (time_t)days * DAY_SECONDS)
		return 0;
	claim = lock_take(path, "removing these compilers", NULL);
	if (claim || !file_exists(path)) {
		*freed += tools_bytes(dir);
		unlink(path); /* first: a folder without it is never used */
		r = file_remove_tree(dir, e);
		*removed = !r;
	}
	lock_release(claim);
	return r;
}

static int tools_collect_part(const struct store *s, const char *key, struct err *e)
{
	AUTO_FREE char *path = tools_path(s, key, ".lock"), *dir = tools_path(s, key, PART);
	struct lock *lock = lock_take(path, "collecting garbage", NULL);
	int r = lock ? file_remove_tree(dir, e) : 0;

	lock_remove(lock);
	return r;
}

int tools_collect(const struct store *s, unsigned days, uint64_t *freed,
		  void (*removed)(const char *key, const char *why, void *arg), void *arg, struct err *e)
{
	AUTO_FREE char *top = tools_top(s);
	AUTO_STRV struct strv names = STRV_INIT;
	DIR *d = opendir(top);
	struct dirent *entry;
	int r = 0;

	while (d && (entry = readdir(d)))
		if (*entry->d_name != '.')
			strv_add(&names, entry->d_name);
	if (d)
		closedir(d);
	for (size_t i = 0; i < names.len && !r; i++) {
		const char *name = names.items[i];
		size_t n = strlen(name), end = strlen(PART);
		AUTO_FREE char *key = n > end && !strcmp(name + n - end, PART) ? xstrndup(name, n - end) : NULL;
		AUTO_FREE char *path = tools_path(s, name, "");
		bool gone = false;
		struct stat st;

		if (key)
			r = tools_collect_part(s, key, e);
		else if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			r = tools_collect_one(s, name, days, freed, &gone, e);
		if (gone)
			removed(name, UNUSED, arg);
	}
	return r;
}
