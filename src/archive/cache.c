/* SPDX-License-Identifier: MIT */
/* cache: files by their SHA-256, shared by all processes of one user. */
#include "archive/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "host/file.h"

char *cache_path(const char *cache_dir, const uint8_t sha256[HASH_SIZE])
{
	char hex[HASH_HEX];

	hash_hex(sha256, hex);
	return xasprintf("%s/sha256/%.2s/%s", cache_dir, hex, hex);
}

/* Checks that the file is a regular file of ours that no other user may write. */
static int cache_check_file(int fd, const char *path, struct stat *st, struct err *e)
{
	if (fstat(fd, st) < 0)
		return err_errno(e, errno, "cache-read", "cannot examine %s", path);
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || (st->st_mode & 022) || st->st_nlink > 1) {
		err_set(e, ERR_FAILED, "cache-foreign", "%s is not a plain file of yours that only you can write",
			path);
		return err_hint(e, "remove it");
	}
	return 0;
}

/* Opens the part file. One that was complete and read-only when its run was stopped before the rename becomes
 * writable again. */
static int cache_open_part(const char *part)
{
	int fd = file_open(part, FILE_READ | FILE_ENSURE);
	struct stat st;
	int old;

	if (fd >= 0 || errno != EACCES)
		return fd;
	old = file_open(part, FILE_READ);
	if (old >= 0 && cache_check_file(old, part, &st, NULL) == 0 && fchmod(old, 0600) == 0)
		fd = file_open(part, FILE_READ | FILE_WRITE);
	else
		errno = EACCES;
	if (old >= 0)
		close(old);
	return fd;
}

int cache_begin_at(const char *path, struct cache_part *out, struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", path);
	AUTO_FREE char *dir = file_dirname(path);
	struct stat st;
	int fd = -1;
	int r = file_mkdirs(dir, e);

	if (!r) {
		fd = cache_open_part(part);
		if (fd < 0) {
			int why = errno;

			r = err_errno(e, why, "cache-write", "cannot write %s", part);
			if (why == ELOOP || why == ENXIO || why == EISDIR)
				err_hint(e, "something else is in its place: remove it");
		} else if (cache_check_file(fd, part, &st, e) < 0) {
			r = -1;
		} else if (file_lock(fd, true) == EWOULDBLOCK) {
			r = 1;
		} else if (!file_is_still(fd, part)) {
			r = 1; /* its writer has just finished */
		}
	}
	if (r && fd >= 0)
		close(fd);
	if (!r)
		*out = (struct cache_part){.fd = fd, .path = xstrdup(path)};
	return r;
}

int cache_begin(const char *cache_dir, const uint8_t sha256[HASH_SIZE], struct cache_part *out, struct err *e)
{
	AUTO_FREE char *path = cache_path(cache_dir, sha256);

	return cache_begin_at(path, out, e);
}

static void cache_part_fini(struct cache_part *part)
{
	close(part->fd); /* which unlocks it */
	free(part->path);
	*part = (struct cache_part){.fd = -1};
}

int cache_commit(struct cache_part *part, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s.part", part->path);
	int r = 0;

	if (file_sync(part->fd) < 0)
		r = err_errno(e, errno, "cache-write", "cannot finish %s", name);
	else if (fchmod(part->fd, 0400) < 0)
		r = err_errno(e, errno, "cache-write", "cannot finish %s", name);
	else
		r = file_rename(name, part->path, e);
	if (r < 0)
		unlink(name); /* what is not completely on the disk cannot be resumed */
	cache_part_fini(part);
	return r;
}

void cache_abandon(struct cache_part *part, bool keep)
{
	char *name;

	if (!part->path)
		return;
	if (!keep) {
		name = xasprintf("%s.part", part->path);
		unlink(name);
		free(name);
	}
	cache_part_fini(part);
}

int cache_put(const char *path, const void *p, size_t n, struct err *e)
{
	struct cache_part part;
	int r = cache_begin_at(path, &part, e);

	if (r > 0)
		return 0;
	if (r < 0)
		return -1;
	if (ftruncate(part.fd, 0) < 0)
		r = err_errno(e, errno, "cache-write", "cannot write %s", path);
	else
		r = file_write_all(part.fd, p, n, path, e);
	if (r < 0) {
		cache_abandon(&part, false);
		return -1;
	}
	return cache_commit(&part, e);
}

int cache_store(const char *cache_dir, const void *p, size_t n, uint8_t sha256[HASH_SIZE], struct err *e)
{
	char *path;
	int fd, r;

	hash_bytes(p, n, sha256);
	fd = archive_cache_open(cache_dir, sha256, n, true, NULL);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	path = cache_path(cache_dir, sha256);
	r = cache_put(path, p, n, e);
	free(path);
	return r;
}

int cache_open_at(const char *path, uint64_t *size, struct err *e)
{
	int fd = file_open(path, FILE_READ);
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "cache-missing" : "cache-read",
				 "cannot read %s from the cache", path);
	if (cache_check_file(fd, path, &st, e) < 0) {
		close(fd);
		return -1;
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

int archive_cache_open(const char *cache_dir, const uint8_t sha256[HASH_SIZE], uint64_t size, bool check, struct err *e)
{
	AUTO_FREE char *path = cache_path(cache_dir, sha256);
	uint8_t digest[HASH_SIZE];
	uint64_t there;
	int fd = cache_open_at(path, &there, e);
	bool damaged = false;

	if (fd >= 0 && there != size) {
		damaged = true;
	} else if (fd >= 0 && check) {
		damaged = hash_fd(fd, digest, NULL, e) < 0 || memcmp(digest, sha256, HASH_SIZE) ||
			  lseek(fd, 0, SEEK_SET) < 0;
	}
	if (damaged) {
		err_set(e, ERR_VERIFY, "cache-damaged", "%s in the cache was damaged or changed and is removed", path);
		err_hint(e, "run the same command again to download it again");
		unlink(path);
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		futimens(fd, NULL); /* "used today", for archive_cache_gc */
	return fd;
}

/* Removes old files of the folder `dir` and of `depth` levels below. */
static void cache_sweep(const char *dir, int depth, time_t before, uint64_t *freed)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		struct stat st;
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		path = file_join(dir, entry->d_name);
		if (lstat(path, &st) < 0)
			; /* another process removed it */
		else if (S_ISDIR(st.st_mode) && depth)
			cache_sweep(path, depth - 1, before, freed);
		else if (S_ISREG(st.st_mode) && st.st_mtime < before && unlink(path) == 0)
			*freed += (uint64_t)st.st_blocks * 512;
		free(path);
	}
	closedir(d);
}

int archive_cache_gc(const char *cache_dir, unsigned days, uint64_t *freed, struct err *e)
{
	static const struct {
		const char *name;
		int depth;
	} folders[] = {{"sha256", 1}, {"solv", 0}, {CACHE_FILES, 0}};
	time_t before = time(NULL) - (time_t)days * 24 * 3600;

	*freed = 0;
	if (!file_exists(cache_dir))
		return 0;
	if (access(cache_dir, R_OK | W_OK | X_OK) < 0)
		return err_errno(e, errno, "cache-read", "cannot clean up %s", cache_dir);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *dir = file_join(cache_dir, folders[i].name);

		cache_sweep(dir, folders[i].depth, before, freed);
		free(dir);
	}
	return 0;
}
