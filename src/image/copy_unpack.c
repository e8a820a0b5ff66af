/* SPDX-License-Identifier: MIT */
/* copy_unpack: unpacks a guest's tar stream into a folder of this host, and moves the files from there to their
 * destination. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "copy_private.h"
#include "host/file.h"

#define BLOCK (1 << 16)

struct unpack {
	struct copy *copy;
	struct proc_stream *stream;
	const struct strv *paths;
	const char *part;
	const char *first; /* n bytes that were read before; consumed once */
	size_t n;
	char block[BLOCK];
	struct archive *in, *out;
	struct err *e;
};

static la_ssize_t unpack_read(struct archive *a, void *arg, const void **p)
{
	struct unpack *u = arg;
	ssize_t n = (ssize_t)u->n;

	*p = u->first;
	if (!n) {
		*p = u->block;
		n = proc_stream_read(u->stream, u->block, sizeof(u->block));
	}
	u->n = 0;
	if (n < 0)
		archive_set_error(a, errno, "stream");
	return n;
}

static int unpack_refuse(struct unpack *u, const char *name)
{
	err_set(u->e, ERR_VERIFY, "copy-refused", "%s sent \"%s\", which was not requested", u->copy->machine, name);
	return err_hint(u->e, "nothing was written; do not trust that guest");
}

/* Accepts only paths within the folder, and below the number of a requested path only its content. */
static bool unpack_is_asked(const struct unpack *u, const char *name)
{
	char *end, *top, *wanted;
	unsigned long number = strtoul(name, &end, 10);
	bool fine;

	if (end == name || number >= u->paths->len || (*end && *end != '/') || strstr(name, "//"))
		return false;
	for (const char *at = end; *at; at += strcspn(at, "/")) {
		at++;
		if (!strncmp(at, "..", 2) && (!at[2] || at[2] == '/'))
			return false;
	}
	wanted = copy_name(u->paths->items[number]);
	top = *end ? xstrndup(end + 1, strcspn(end + 1, "/")) : xstrdup("");
	fine = !*wanted || !strcmp(top, wanted) || (*top && file_name_matches(wanted, top));
	free(top);
	free(wanted);
	return fine;
}

/* Prepares an entry: below the folder, and without attributes that a guest must not set here. */
static int unpack_adapt(struct unpack *u, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	char *path;
	size_t n;

	if (!name || !unpack_is_asked(u, name) || (link && !unpack_is_asked(u, link)))
		return unpack_refuse(u, name ? name : "");
	switch (archive_entry_filetype(entry)) {
	case AE_IFCHR:
	case AE_IFBLK:
		err_set(u->e, ERR_FAILED, "copy-file", "%s is a device of the guest", name);
		return err_hint(u->e, "copy its folder without it");
	default:
		break;
	}
	path = xasprintf("%s/%s", u->part, name);
	for (n = strlen(path); n && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	archive_entry_copy_pathname(entry, path);
	free(path);
	if (link) {
		path = xasprintf("%s/%s", u->part, link);
		archive_entry_copy_hardlink(entry, path);
		free(path);
	}
	archive_entry_set_perm(entry, archive_entry_perm(entry) & 01777);
	archive_entry_unset_atime(entry);
	return 0;
}

/* Returns a path of the guest, for a message. */
static const char *copy_unpack_shown(const struct unpack *u, const char *path)
{
	size_t n = strlen(u->part);
	const char *name = strncmp(path, u->part, n) ? path : path + n + strspn(path + n, "/");
	const char *behind = strchr(name, '/');

	return behind ? behind + 1 : name;
}

static int unpack_disk_error(struct unpack *u, struct archive_entry *entry)
{
	return copy_file_error(archive_errno(u->out), copy_unpack_shown(u, archive_entry_pathname(entry)), u->e);
}

static int unpack_data(struct unpack *u, struct archive_entry *entry)
{
	const void *p;
	size_t n;
	la_int64_t offset;
	int r;

	while ((r = archive_read_data_block(u->in, &p, &n, &offset)) == ARCHIVE_OK) {
		/* of a failed write libarchive only warns */
		if (archive_write_data_block(u->out, p, n, offset) != ARCHIVE_OK)
			return unpack_disk_error(u, entry);
		atomic_fetch_add(&u->copy->done, n);
	}
	return r == ARCHIVE_EOF ? 0 : -1;
}

static int unpack_all(struct unpack *u)
{
	struct archive_entry *entry;
	int r = 0, got;

	while (!r && (got = archive_read_next_header(u->in, &entry)) >= ARCHIVE_WARN && got != ARCHIVE_EOF) {
		r = unpack_adapt(u, entry);
		if (!r && archive_write_header(u->out, entry) < ARCHIVE_WARN)
			r = unpack_disk_error(u, entry);
		if (!r)
			r = unpack_data(u, entry);
		if (!r && archive_write_finish_entry(u->out) < ARCHIVE_WARN)
			r = unpack_disk_error(u, entry);
	}
	return r < 0 || got != ARCHIVE_EOF ? -1 : 0;
}

int copy_unpack(struct copy *c, const struct strv *paths, const char *part, const char *first, size_t n,
		struct proc_stream *s, struct err *e)
{
	struct unpack *u = xcalloc(1, sizeof(*u));
	int r;

	*u = (struct unpack){.copy = c, .stream = s, .paths = paths, .part = part, .first = first, .n = n, .e = e};
	u->in = archive_read_new();
	u->out = archive_write_disk_new();
	archive_read_support_format_tar(u->in);
	archive_read_support_format_empty(u->in);
	archive_read_set_options(u->in, "tar:read_concatenated_archives");
	archive_write_disk_set_options(u->out, ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM |
						       ARCHIVE_EXTRACT_SECURE_SYMLINKS |
						       ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	r = archive_read_open(u->in, u, NULL, unpack_read, NULL) == ARCHIVE_OK ? unpack_all(u) : -1;
	archive_read_free(u->in);
	if (archive_write_close(u->out) < ARCHIVE_WARN && !r)
		r = copy_file_error(archive_errno(u->out), part, e);
	archive_write_free(u->out);
	free(u);
	return r;
}

/* ---- to its place ------------------------------------------------------------------------- */

static int copy_unpack_place(const char *from, const char *to, struct err *e);

/* Moves to a free name. A read-only folder cannot get another parent. */
static int copy_unpack_place_new(const char *from, const struct stat *st, const char *to, struct err *e)
{
	bool locked = S_ISDIR(st->st_mode) && !(st->st_mode & S_IWUSR);

	if (locked)
		(void)chmod(from, (st->st_mode & 07777) | S_IWUSR);
	if (file_move(from, to) < 0)
		return copy_file_error(errno, to, e);
	if (locked)
		(void)chmod(to, st->st_mode & 07777);
	return 0;
}

/* Moves each item of the folder; then sets the folder's own times and mode. */
static int copy_unpack_place_items(const char *from, const struct stat *st, const char *to, bool own, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	DIR *dir = NULL;
	struct dirent *d;
	int r = 0;

	(void)chmod(from, (st->st_mode & 07777) | S_IRWXU);
	dir = opendir(from);
	if (!dir)
		return copy_file_error(errno, from, e);
	while (!r && (d = readdir(dir))) {
		char *a, *b;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		a = file_join(from, d->d_name);
		b = file_join(to, d->d_name);
		r = copy_unpack_place(a, b, e);
		free(a);
		free(b);
	}
	closedir(dir);
	if (!r && own) {
		(void)chmod(to, st->st_mode & 07777);
		(void)utimensat(AT_FDCWD, to, times, 0);
	}
	return r;
}

static int copy_unpack_place(const char *from, const char *to, struct err *e)
{
	struct stat a, b, behind;

	if (lstat(from, &a) < 0)
		return copy_file_error(errno, from, e);
	if (lstat(to, &b) < 0)
		return copy_unpack_place_new(from, &a, to, e);
	if (S_ISDIR(a.st_mode) && S_ISDIR(b.st_mode))
		return copy_unpack_place_items(from, &a, to, true, e);
	if (S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode))
		return copy_file_error(S_ISDIR(b.st_mode) ? EISDIR : ENOTDIR, to, e);
	if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT) && !S_ISREG(b.st_mode) &&
	    (stat(to, &behind) == 0 ? !S_ISREG(behind.st_mode) && !S_ISDIR(behind.st_mode) : !S_ISLNK(b.st_mode))) {
		err_set(e, ERR_FAILED, "copy-file", "%s is neither a file nor a folder", to);
		return err_hint(e, "`debwiz ssh M -- cat FILE` prints a file");
	}
	return copy_unpack_place_new(from, &a, to, e);
}

/* Returns the only item of the folder, or NULL if it has none or several; the caller frees it. */
static char *copy_unpack_only_item(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *item;
	char *found = NULL;
	size_t count = 0;

	while (d && (item = readdir(d))) {
		if (!strcmp(item->d_name, ".") || !strcmp(item->d_name, ".."))
			continue;
		if (!count++)
			found = file_join(dir, item->d_name);
	}
	if (d)
		closedir(d);
	if (count != 1) {
		free(found);
		found = NULL;
	}
	return found;
}

int copy_place(const struct strv *paths, const char *part, const char *target, bool folder, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < paths->len; i++) {
		char *group = xasprintf("%s/%zu", part, i);
		char *name = copy_name(paths->items[i]);
		char *only = folder || !*name ? NULL : copy_unpack_only_item(group);
		struct stat st;

		if (lstat(group, &st) < 0) {
			r = copy_file_error(errno, paths->items[i], e);
		} else if (!S_ISDIR(st.st_mode)) { /* a link would lead to files of this host */
			r = err_set(e, ERR_VERIFY, "copy-refused", "the guest sent something else than the folder %s",
				    *paths->items[i] ? paths->items[i] : ".");
			err_hint(e, "do not trust that guest");
		} else if (folder) {
			r = copy_unpack_place_items(group, &st, target, !*name, e);
		} else if (!*name) {
			r = copy_unpack_place(group, target, e);
		} else if (only) {
			r = copy_unpack_place(only, target, e);
		} else {
			r = err_set(e, ERR_USAGE, "usage", "%s names several, and %s is not a folder", paths->items[i],
				    target);
		}
		free(only);
		free(name);
		free(group);
	}
	return r;
}
