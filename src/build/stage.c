/* SPDX-License-Identifier: MIT */
/* stage: copies a source into the folder that the guest gets. */
#include "build/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/cache.h"
#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/proc.h"

#define LIST_MAX (256u << 20) /* names of a working tree */

/* Makes a hard link to the file or, if that is impossible, a copy with its mode and times. */
static int stage_file(const char *from, const char *to, const struct stat *st, struct err *e)
{
	const struct timespec times[2] = {st->st_mtim, st->st_mtim};

	if (link(from, to) == 0)
		return 0;
	if (file_copy_sparse(from, to, st->st_mode & 0777, e) < 0)
		return -1;
	utimensat(AT_FDCWD, to, times, 0); /* if it fails, a newer time */
	return 0;
}

static int stage_link(const char *from, const char *to, struct err *e)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n >= 0) {
		target[n] = '\0';
		if (symlink(target, to) == 0)
			return 0;
	}
	return err_errno(e, errno, "source-copy", "cannot copy the link %s", from);
}

/* Creates the folders above `path`, which lie below `top`. */
static int stage_parents(const char *path, const char *top, struct err *e)
{
	char *dir = file_dirname(path);
	int r = 0;

	if (strlen(dir) > strlen(top) && mkdir(dir, 0755) < 0) {
		if (errno == ENOENT && stage_parents(dir, top, e) == 0 && mkdir(dir, 0755) == 0)
			r = 0;
		else if (errno != EEXIST)
			r = err_errno(e, errno, "source-copy", "cannot create %s", dir);
	}
	free(dir);
	return r;
}

/* Goes through what is staged: copies it, or (marks) hashes names, sizes and times. */
struct stage {
	struct hash *marks; /* NULL: copies */
};

static int stage_entry(const struct stage *s, const char *from_dir, const char *name, const char *to_dir,
		       struct err *e);

static void stage_mark(const struct stage *s, const char *path, const struct stat *st)
{
	AUTO_FREE char *text = xasprintf("%s %o %lld %lld.%09ld", path, (unsigned)st->st_mode, (long long)st->st_size,
					 (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);

	hash_add(s->marks, text, strlen(text) + 1);
}

static int stage_mkdir(const struct stage *s, const char *path)
{
	return s->marks || mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

static int stage_tree(const struct stage *s, const char *from, const char *to, struct err *e)
{
	DIR *d = opendir(from);
	struct dirent *entry;
	int r = 0;

	if (!d || stage_mkdir(s, to) < 0) {
		r = err_errno(e, errno, "source-copy", "cannot copy the folder %s", from);
	} else {
		while (!r && (entry = readdir(d)))
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			    strcmp(entry->d_name, ".git") != 0)
				r = stage_entry(s, from, entry->d_name, to, e);
	}
	if (d)
		closedir(d);
	return r;
}

/* Ignores sockets, FIFOs and devices, and files that git lists but that were deleted. */
static int stage_entry(const struct stage *s, const char *from_dir, const char *name, const char *to_dir, struct err *e)
{
	char *from = file_join(from_dir, name);
	char *to = file_join(to_dir, name);
	struct stat st;
	int r = 0;

	if (lstat(from, &st) < 0)
		r = errno == ENOENT ? 0 : err_errno(e, errno, "source-copy", "cannot read %s", from);
	else if (s->marks && !S_ISDIR(st.st_mode))
		stage_mark(s, from, &st);
	else if (!s->marks && stage_parents(to, to_dir, e) < 0)
		r = -1;
	else if (S_ISLNK(st.st_mode))
		r = stage_link(from, to, e);
	else if (S_ISREG(st.st_mode))
		r = stage_file(from, to, &st, e);
	else if (S_ISDIR(st.st_mode))
		r = stage_tree(s, from, to, e);
	free(to);
	free(from);
	return r;
}

static bool stage_is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What git tracks or would add, of submodules too. The working tree may be foreign: its configuration must not
 * start a program (core.fsmonitor, git-config(1)). */
static int stage_git(const struct stage *s, const char *from, const char *to, struct err *e)
{
	char *const argv[] = {"git",	  "-c",	      "core.fsmonitor=false", "-C", (char *)from, "ls-files", "-z",
			      "--cached", "--others", "--exclude-standard",   NULL};
	struct buf list;
	int r = proc_run(argv, LIST_MAX, &list, e);

	if (r < 0)
		return r;
	for (const char *p = list.data, *end = list.data + list.len; p < end && !r; p += strlen(p) + 1) {
		char *path = file_join(from, p);
		char *place = file_join(to, p);

		if (!stage_is_folder(path)) {
			r = stage_entry(s, from, p, to, e);
		} else { /* a submodule */
			char *dot = file_join(path, ".git");

			r = s->marks ? 0 : stage_parents(place, to, e);
			if (!r && stage_mkdir(s, place) < 0)
				r = err_errno(e, errno, "source-copy", "cannot create %s", place);
			if (!r && file_exists(dot))
				r = stage_git(s, path, place, e);
			free(dot);
		}
		free(place);
		free(path);
	}
	buf_fini(&list);
	return r;
}

static int stage_folder(const struct stage *how, const struct source *s, const char *to, struct err *e)
{
	char *place = file_join(to, "source");
	char *dot = file_join(s->path, ".git");
	int r = how->marks || mkdir(place, 0755) == 0 ? 0
						      : err_errno(e, errno, "source-copy", "cannot create %s", place);

	if (!r)
		r = file_exists(dot) ? stage_git(how, s->path, place, e) : stage_tree(how, s->path, place, e);
	free(dot);
	free(place);
	return r;
}

static int stage_all(const struct stage *how, const struct source *s, const char *to, struct err *e)
{
	int r = s->kind == SOURCE_DSC ? stage_entry(how, s->dir, file_basename(s->path), to, e)
				      : stage_folder(how, s, to, e);

	for (size_t i = 0; i < s->files.len && !r; i++)
		r = stage_entry(how, s->dir, s->files.items[i], to, e);
	return r;
}

int stage_source(const struct source *s, const char *to, struct err *e)
{
	return stage_all(&(struct stage){.marks = NULL}, s, to, e);
}

int stage_fingerprint(const struct source *s, uint8_t digest[HASH_SIZE], struct err *e)
{
	struct stage how = {.marks = hash_new()};
	int r = stage_all(&how, s, "/", e);

	hash_end(how.marks, digest);
	return r;
}

char *stage_fetched(const struct archive_source *s, const char *cache_dir, const char *to, struct err *e)
{
	char *dsc = NULL;
	int r = file_mkdirs(to, e);

	for (size_t i = 0; i < s->files.len && !r; i++) {
		const struct package *p = &s->files.items[i];
		AUTO_FREE char *from = cache_path(cache_dir, p->sha256);
		char *place = file_join(to, p->name);
		size_t n = strlen(place);
		struct stat st;

		r = stat(from, &st) < 0 ? err_errno(e, errno, "cache-missing", "cannot read %s from the cache", from)
					: stage_file(from, place, &st, e);
		if (!r && !dsc && n > 4 && !strcmp(place + n - 4, ".dsc"))
			dsc = mem_take(&place);
		free(place);
	}
	if (r < 0) {
		free(dsc);
		dsc = NULL;
	}
	return dsc;
}
