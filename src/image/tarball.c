/* SPDX-License-Identifier: MIT */
/* tarball: tar files with regular files alone, by libarchive (include/image/tarball.h). */
#include "image/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"

#define PIECE (128u << 10)
#define HOLE (4u << 10) /* a block of zeros of that size is not written */

struct tarball {
	struct archive *a;
	struct archive_entry *entry; /* reading: the present one */
	char *name;		     /* of the tar file, for messages */
	bool writes;
};

/* ---- writing ---- */

/* Sets the error of a failed write. Returns -1. */
static int tarball_write_failed(struct tarball *t, struct err *e)
{
	int number = archive_errno(t->a);

	return err_errno(e, number > 0 ? number : EIO, "file-write", "cannot write %s", t->name);
}

struct tarball *tarball_create(int fd, const char *name, struct err *e)
{
	struct tarball *t = xcalloc(1, sizeof(*t));

	*t = (struct tarball){.a = archive_write_new(), .name = xstrdup(name), .writes = true};
	archive_write_set_format_pax_restricted(t->a);
	if (archive_write_add_filter_zstd(t->a) >= ARCHIVE_WARN && archive_write_open_fd(t->a, fd) == ARCHIVE_OK)
		return t;
	err_set(e, ERR_FAILED, "file-write", "cannot write %s: %s", name, archive_error_string(t->a));
	tarball_free(t);
	return NULL;
}

static int tarball_begin(struct tarball *t, const char *name, uint64_t size, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	archive_entry_copy_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (la_int64_t)size);
	r = archive_write_header(t->a, entry);
	archive_entry_free(entry);
	return r < ARCHIVE_WARN ? tarball_write_failed(t, e) : 0;
}

int tarball_add_bytes(struct tarball *t, const char *name, const void *p, size_t n, struct err *e)
{
	if (tarball_begin(t, name, n, e) < 0)
		return -1;
	return n && archive_write_data(t->a, p, n) < 0 ? tarball_write_failed(t, e) : 0;
}

int tarball_add(struct tarball *t, const char *name, int from, uint64_t size, tarball_step_fn step, void *arg,
		struct err *e)
{
	AUTO_FREE char *piece = xmalloc(PIECE);
	uint64_t at = 0;
	int r = tarball_begin(t, name, size, e);

	while (!r && at < size) {
		size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t n = file_read_at(from, piece, want, at);

		if (n != (ssize_t)want)
			return n < 0 ? err_errno(e, errno, "file-read", "cannot read %s", name)
				     : err_set(e, ERR_FAILED, "file-changed", "%s became shorter", name);
		if (archive_write_data(t->a, piece, want) < 0)
			return tarball_write_failed(t, e);
		at += want;
		r = step ? step(piece, want, arg, e) : 0;
	}
	return r;
}

int tarball_finish(struct tarball *t, struct err *e)
{
	return archive_write_close(t->a) < ARCHIVE_WARN ? tarball_write_failed(t, e) : 0;
}

/* ---- reading ---- */

static int tarball_bad(struct tarball *t, struct err *e)
{
	const char *why = archive_error_string(t->a);

	err_set(e, ERR_FAILED, "tarball-bad", "%s cannot be unpacked: %s", t->name, why ? why : "it is cut off");
	return err_hint(e, "copy or download it again");
}

struct tarball *tarball_open(const char *path, struct err *e)
{
	struct tarball *t = xcalloc(1, sizeof(*t));
	struct stat st;

	*t = (struct tarball){.a = archive_read_new(), .name = xstrdup(path)};
	archive_read_support_filter_zstd(t->a);
	archive_read_support_format_tar(t->a);
	if (stat(path, &st) < 0)
		err_errno(e, errno, errno == ENOENT ? "file-missing" : "file-read", "cannot read %s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_USAGE, "file-type", "%s is not a regular file", path);
	else if (archive_read_open_filename(t->a, path, PIECE) == ARCHIVE_OK)
		return t;
	else
		tarball_bad(t, e);
	tarball_free(t);
	return NULL;
}

/* Returns whether the name stays in the folder that it is relative to: no part of it is empty or begins with a dot. */
static bool tarball_stays(const char *name)
{
	for (; name; name = strchr(name, '/') ? strchr(name, '/') + 1 : NULL)
		if (!*name || *name == '/' || *name == '.')
			return false;
	return true;
}

/* Returns what is wrong with an entry, NULL: it is a plain file. */
static const char *tarball_unfit(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
		return "is a link";
	if (archive_entry_filetype(entry) != AE_IFREG)
		return "is not a regular file";
	if (!name || strchr(name, '\\') || !tarball_stays(name))
		return "has a name that may leave the folder";
	return archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0 ? NULL : "has no size";
}

int tarball_next(struct tarball *t, const char **name, uint64_t *size, struct err *e)
{
	int r = archive_read_next_header(t->a, &t->entry);
	const char *unfit;

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return tarball_bad(t, e);
	unfit = tarball_unfit(t->entry);
	*name = archive_entry_pathname(t->entry);
	if (unfit) {
		AUTO_FREE char *shown = *name ? text_plain(*name, strlen(*name)) : xstrdup("an entry");

		return err_set(e, ERR_FAILED, "tarball-refused", "%s: %s %s; nothing of it was used", t->name, shown,
			       unfit);
	}
	*size = (uint64_t)archive_entry_size(t->entry);
	return 1;
}

int tarball_read(struct tarball *t, size_t cap, char **out, size_t *n, struct err *e)
{
	la_int64_t size = archive_entry_size(t->entry);
	AUTO_FREE char *text = NULL;

	if (size > (la_int64_t)cap)
		return err_set(e, ERR_FAILED, "tarball-refused", "%s: %s has more than %zu bytes", t->name,
			       archive_entry_pathname(t->entry), cap);
	text = xcalloc(1, (size_t)size + 1);
	if (archive_read_data(t->a, text, (size_t)size) != (la_ssize_t)size)
		return tarball_bad(t, e);
	*out = mem_take(&text);
	*n = (size_t)size;
	return 0;
}

static bool tarball_is_zero(const char *p, size_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

/* Writes the blocks that are not zero; the file ends with a hole if it has to. */
static int tarball_write_sparse(int to, const char *p, size_t n, uint64_t at)
{
	while (n) {
		size_t block = n < HOLE ? n : HOLE;

		if (!tarball_is_zero(p, block) && file_write_at(to, p, block, at) < 0)
			return -1;
		p += block;
		at += block;
		n -= block;
	}
	return 0;
}

int tarball_extract(struct tarball *t, int to, tarball_step_fn step, void *arg, struct err *e)
{
	AUTO_FREE char *piece = xmalloc(PIECE);
	uint64_t at = 0, size = (uint64_t)archive_entry_size(t->entry);
	la_ssize_t n;
	int r = 0;

	while (!r && (n = archive_read_data(t->a, piece, PIECE)) > 0) {
		if (tarball_write_sparse(to, piece, (size_t)n, at) < 0)
			return err_errno(e, errno, "file-write", "cannot write %s", archive_entry_pathname(t->entry));
		at += (uint64_t)n;
		r = step ? step(piece, (size_t)n, arg, e) : 0;
	}
	if (!r && at != size)
		r = tarball_bad(t, e);
	if (!r && ftruncate(to, (off_t)size) < 0)
		r = err_errno(e, errno, "file-write", "cannot write %s", archive_entry_pathname(t->entry));
	return r;
}

void tarball_free(struct tarball *t)
{
	if (!t)
		return;
	if (t->writes)
		archive_write_fail(t->a);
	if (t->writes)
		archive_write_free(t->a);
	else
		archive_read_free(t->a);
	free(t->name);
	free(t);
}
