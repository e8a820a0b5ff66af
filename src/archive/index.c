/* SPDX-License-Identifier: MIT */
/* index: loads Packages files into libsolv's pool, and caches their parsed form. */
#include "index.h"

#include <errno.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <solv/repo_solv.h>
#include <solv/repo_write.h>
#include <solv/solvversion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/file.h"
#include "unpack.h"

#define PLAIN_CAP (UINT64_C(256) * 1024 * 1024)
#define FORM 1 /* of what we add to a .solv file */

static void index_add_urls(const struct suite *s, const char *base, const char *by_hash, const char *name,
			   struct strv *out)
{
	if (s->release.by_hash)
		strv_addf(out, "%s/dists/%s/%s", base, s->pub.suite, by_hash);
	strv_addf(out, "%s/dists/%s/%s", base, s->pub.suite, name);
}

/* The bytes that it may have, unpacked. */
static uint64_t index_cap(const struct index *ix)
{
	return ix->plain_size && ix->plain_size < PLAIN_CAP ? ix->plain_size : PLAIN_CAP;
}

static int index_check_plain(const struct index *ix, uint64_t size, const uint8_t digest[HASH_SIZE], struct err *e)
{
	if (!ix->plain_size || (size == ix->plain_size && !memcmp(digest, ix->plain_sha256, HASH_SIZE)))
		return 0;
	return err_set(e, ERR_VERIFY, "index-size", "the unpacked content of %s differs from the signed list",
		       ix->name);
}

/* `folder`: of the index, below that of the suite; false if the release file lists none. */
static bool index_choose_file(const struct suite *s, const char *folder, const char *base_name, struct index *out)
{
	static const char *const ends[] = {".xz", ".gz", ""};
	AUTO_FREE char *plain = xasprintf("%s/%s", folder, base_name);
	AUTO_FREE char *path = NULL;
	const struct release_file *file = NULL;
	const struct release_file *unpacked = release_find(&s->release, plain);
	char hex[HASH_HEX];

	for (size_t i = 0; !file && i < ARRAY_SIZE(ends); i++) {
		char *name = xasprintf("%s%s", plain, ends[i]);

		file = release_find(&s->release, name);
		free(name);
	}
	*out = (struct index){.solv_fd = -1};
	if (!file)
		return false;
	out->base = s->pub.base;
	out->size = file->size;
	memcpy(out->sha256, file->sha256, HASH_SIZE);
	if (unpacked) {
		out->plain_size = unpacked->size;
		memcpy(out->plain_sha256, unpacked->sha256, HASH_SIZE);
	}
	hash_hex(file->sha256, hex);
	path = xasprintf("%s/by-hash/SHA256/%s", folder, hex);
	index_add_urls(s, s->pub.base, path, file->name, &out->urls);
	for (size_t i = 0; i < s->others.len; i++)
		index_add_urls(s, s->others.items[i], path, file->name, &out->others);
	return true;
}

int index_choose(const struct suite *s, const char *component, const char *arch, struct index *out, struct err *e)
{
	AUTO_FREE char *folder = xasprintf("%s/binary-%s", component, arch);

	if (!index_choose_file(s, folder, "Packages", out)) {
		err_set(e, ERR_VERIFY, "index-absent", "%s has no component %s for %s", s->pub.suite, component, arch);
		return err_hint(e, "name the components that it has (mirror.components), or another "
				   "mirror");
	}
	out->name = xasprintf("the package list of %s %s %s", s->pub.suite, component, arch);
	return 0;
}

bool index_choose_sources(const struct suite *s, const char *component, struct index *out)
{
	AUTO_FREE char *folder = xasprintf("%s/source", component);

	if (!index_choose_file(s, folder, "Sources", out))
		return false;
	out->name = xasprintf("the source list of %s %s", s->pub.suite, component);
	return true;
}

int index_read(struct archive_env *env, const struct index *ix,
	       int (*take)(const char *line, size_t n, void *arg, struct err *e), void *arg, struct err *e)
{
	int in = archive_cache_open(env->cache_dir, ix->sha256, ix->size, true, e);
	uint8_t digest[HASH_SIZE];
	uint64_t size;
	int r;

	if (in < 0)
		return -1;
	r = unpack_lines(in, index_cap(ix), &env->stop, ix->name, take, arg, &size, digest, e);
	close(in);
	return r ? r : index_check_plain(ix, size, digest, e);
}

void index_fini(struct index *ix)
{
	if (ix->name && ix->solv_fd >= 0)
		close(ix->solv_fd);
	free(ix->name);
	strv_fini(&ix->urls);
	strv_fini(&ix->others);
	*ix = (struct index){.solv_fd = -1};
}

static char *index_solv_path(const char *cache_dir, const struct index *ix)
{
	char hex[HASH_HEX];

	hash_hex(ix->sha256, hex);
	return xasprintf("%s/solv/%s-%s-%d.solv", cache_dir, hex, solv_version, FORM);
}

void index_open_parsed(struct archive_env *env, struct index *ix)
{
	char *path = index_solv_path(env->cache_dir, ix);
	const size_t chunk = 256 * 1024;
	uint8_t digest[HASH_SIZE];
	uint8_t stated[HASH_SIZE];
	uint64_t size, left;
	struct hash *h = hash_new();
	char *p = xmalloc(chunk);
	ssize_t n = 0;
	int fd = cache_open_at(path, &size, NULL);

	if (fd >= 0) {
		for (left = size > HASH_SIZE ? size - HASH_SIZE : 0; left; left -= (uint64_t)n) {
			n = read(fd, p, left < chunk ? (size_t)left : chunk);
			if (n <= 0)
				break;
			hash_add(h, p, (size_t)n);
		}
		hash_end(h, digest);
		h = NULL;
		if (n <= 0 || read(fd, stated, HASH_SIZE) != HASH_SIZE || memcmp(stated, digest, HASH_SIZE) ||
		    lseek(fd, 0, SEEK_SET) < 0) {
			log_msg("archive", "%s is damaged: removed", path);
			unlink(path);
			close(fd);
			fd = -1;
		} else {
			futimens(fd, NULL);
		}
	}
	hash_free(h);
	free(p);
	free(path);
	ix->solv_fd = fd;
}

static int index_load_parsed(struct archive_env *env, struct index *ix, Repo *repo, struct err *e)
{
	FILE *in = fdopen(ix->solv_fd, "rb");
	char *path;
	int r = -1;

	if (in) {
		r = repo_add_solv(repo, in, 0);
		fclose(in);
	} else {
		close(ix->solv_fd);
	}
	ix->solv_fd = -1;
	if (!r)
		return 0;
	path = index_solv_path(env->cache_dir, ix);
	unlink(path);
	free(path);
	return err_set(e, ERR_FAILED, "index-solv", "the parsed form of %s cannot be read", ix->name);
}

/* Opens a file without a name, in the cache's file system. */
static int index_nameless(const char *cache_dir, struct err *e)
{
	AUTO_FREE char *dir = file_join(cache_dir, "solv");
	int fd;

	if (file_mkdirs(dir, e) < 0)
		return -1;
	fd = file_open_nameless(dir);
	return fd < 0 ? err_errno(e, errno, "cache-write", "cannot write to %s", dir) : fd;
}

/* Adds what libsolv does not keep; stanzas and solvables have the same order. */
static int index_add_extras(Repo *repo, const struct unpacked *u, const char *name, struct err *e)
{
	Pool *pool = repo->pool;
	Repodata *data = repo_add_repodata(repo, 0);
	Id essential = pool_str2id(pool, INDEX_ESSENTIAL, 1);
	Id base = pool_str2id(pool, INDEX_BASE, 1);
	Solvable *s;
	size_t i = 0;
	Id p;

	FOR_REPO_SOLVABLES(repo, p, s)
	{
		const struct unpack_stanza *t = &u->stanzas[i];

		if (i++ >= u->len || strcmp(pool_id2str(pool, s->name), u->names.data + t->name))
			break;
		repodata_set_num(data, p, SOLVABLE_DOWNLOADSIZE, t->size);
		if (t->essential)
			repodata_set_void(data, p, essential);
		if (t->base)
			repodata_set_void(data, p, base);
	}
	repodata_internalize(data);
	if (i != u->len || (size_t)repo->nsolvables != u->len)
		return err_set(e, ERR_VERIFY, "index-parse", "%s cannot be read: %d of %zu packages", name,
			       repo->nsolvables, u->len);
	return 0;
}

/* Caches the parsed form; without it the next run is only slower. */
static void index_keep_parsed(struct archive_env *env, const struct index *ix, Repo *repo)
{
	AUTO_FREE char *path = index_solv_path(env->cache_dir, ix);
	struct cache_part part;
	uint8_t digest[HASH_SIZE];
	AUTO_ERR struct err e = ERR_INIT;
	FILE *out;
	int fd, r;

	if (cache_begin_at(path, &part, &e) == 0) {
		r = ftruncate(part.fd, 0);
		fd = r < 0 ? -1 : dup(part.fd);
		out = fd < 0 ? NULL : fdopen(fd, "wb");
		r = out ? repo_write(repo, out) : -1;
		if (out && fclose(out) != 0)
			r = -1;
		if (!r)
			r = hash_fd(part.fd, digest, NULL, &e);
		if (!r)
			r = file_write_all(part.fd, digest, HASH_SIZE, path, &e);
		if (r)
			cache_abandon(&part, false);
		else
			cache_commit(&part, &e);
	}
	if (e.kind != ERR_NONE)
		log_msg("archive", "%s", e.text);
}

static int index_parse(struct index *ix, Repo *repo, int fd, const struct unpacked *u, struct err *e)
{
	FILE *in = NULL;
	int r;

	if (lseek(fd, 0, SEEK_SET) == 0)
		in = fdopen(fd, "rb");
	if (!in) {
		close(fd);
		return err_errno(e, errno, "cache-read", "cannot read an unpacked index");
	}
	r = repo_add_debpackages(repo, in, 0);
	fclose(in);
	if (r)
		return err_set(e, ERR_VERIFY, "index-parse", "%s cannot be read", ix->name);
	return index_add_extras(repo, u, ix->name, e);
}

static int index_load_packed(struct archive_env *env, struct index *ix, Repo *repo, struct err *e)
{
	struct unpacked u;
	int in, out, r;

	in = archive_cache_open(env->cache_dir, ix->sha256, ix->size, true, e);
	if (in < 0)
		return -1;
	out = index_nameless(env->cache_dir, e);
	if (out < 0) {
		close(in);
		return -1;
	}
	r = unpack_index(in, out, index_cap(ix), &env->stop, ix->name, &u, e);
	close(in);
	if (!r && index_check_plain(ix, u.size, u.sha256, e) < 0) {
		r = -1;
		unpacked_fini(&u);
	}
	/* a file that is not empty and names no package is something else, such as a page of the mirror */
	if (!r && u.size && !u.len) {
		r = err_set(e, ERR_VERIFY, "index-parse", "%s is not a list of packages", ix->name);
		unpacked_fini(&u);
	}
	if (r < 0) {
		close(out);
		return -1;
	}
	r = index_parse(ix, repo, out, &u, e);
	unpacked_fini(&u);
	if (!r && !atomic_load(&env->stop))
		index_keep_parsed(env, ix, repo);
	return r;
}

/* Drops the packages whose names do not begin so. */
static void index_drop_others(Repo *repo, const char *only)
{
	Solvable *s;
	Id p;

	FOR_REPO_SOLVABLES(repo, p, s)
	if (strncmp(pool_id2str(repo->pool, s->name), only, strlen(only)) != 0)
		repo_free_solvable(repo, p, 0);
}

int index_load(struct archive_env *env, struct index *ix, struct s_Pool *pool, struct err *e)
{
	Repo *repo = repo_create(pool, ix->name);
	int r = ix->solv_fd >= 0 ? index_load_parsed(env, ix, repo, e) : index_load_packed(env, ix, repo, e);

	repo->appdata = (void *)ix->base;
	if (!r && ix->only)
		index_drop_others(repo, ix->only);
	ix->packages = r ? 0 : (size_t)repo->nsolvables;
	if (r < 0 && e && e->kind == ERR_VERIFY && !e->hint)
		err_hint(e, "try again later or name another mirror");
	if (!r)
		log_msg("archive", "%s: %d packages", ix->name, repo->nsolvables);
	return r;
}
