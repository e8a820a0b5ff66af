/* SPDX-License-Identifier: MIT */
/* mkdeb: small Debian packages for tests, sound ones and such that are not, built in memory. */
#ifndef TESTS_UNIT_MKDEB_H
#define TESTS_UNIT_MKDEB_H

#include <archive.h>
#include <archive_entry.h>

#include "../lib/check.h"
#include "base/buf.h"

struct mk_entry {
	char type; /* f d l(ink) h(ard link) c b p(ipe); 0 ends a list */
	const char *path;
	const char *data; /* content, or target of a link */
	unsigned mode;
	size_t size; /* of a file without data: zeros */
	unsigned uid, gid;
	int64_t mtime;	   /* 0: MK_MTIME */
	unsigned major;	   /* of a device; 0: 5, 1 */
	const char *xattr; /* name of an extended attribute: the tar is in pax format */
	size_t hole;	   /* of a file without data: so many of its zeros are a hole (pax) */
};

#define MK_MTIME 1600000000

#define MK(t, p, d, m)                                                                                                 \
	{                                                                                                              \
		.type = (t), .path = (p), .data = (d), .mode = (m)                                                     \
	}
#define MK_OWNED(t, p, d, m, u, g)                                                                                     \
	{                                                                                                              \
		.type = (t), .path = (p), .data = (d), .mode = (m), .uid = (u), .gid = (g)                             \
	}
#define MK_ZEROS(p, m, n)                                                                                              \
	{                                                                                                              \
		.type = 'f', .path = (p), .mode = (m), .size = (n)                                                     \
	}
#define MK_END                                                                                                         \
	{                                                                                                              \
		.type = 0                                                                                              \
	}

static inline la_ssize_t mk_collect(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	assert_int_equal(buf_add(arg, p, n), 0);
	return (la_ssize_t)n;
}

static inline void mk_add_entry(struct archive *a, const struct mk_entry *m)
{
	static const char zeros[65536];
	struct archive_entry *ae = archive_entry_new();
	size_t n = m->type != 'f' ? 0 : m->data ? strlen(m->data) : m->size;

	archive_entry_set_pathname(ae, m->path);
	archive_entry_set_perm(ae, (__LA_MODE_T)m->mode);
	archive_entry_set_uid(ae, m->uid);
	archive_entry_set_gid(ae, m->gid);
	archive_entry_set_mtime(ae, m->mtime ? m->mtime : MK_MTIME, 0);
	archive_entry_set_size(ae, (la_int64_t)n);
	archive_entry_set_filetype(ae, m->type == 'd'	? AE_IFDIR
				       : m->type == 'l' ? AE_IFLNK
				       : m->type == 'c' ? AE_IFCHR
				       : m->type == 'b' ? AE_IFBLK
				       : m->type == 'p' ? AE_IFIFO
							: AE_IFREG);
	if (m->type == 'l')
		archive_entry_set_symlink(ae, m->data);
	if (m->type == 'h')
		archive_entry_set_hardlink(ae, m->data);
	if (m->type == 'c' || m->type == 'b') {
		archive_entry_set_rdevmajor(ae, m->major ? m->major : 5);
		archive_entry_set_rdevminor(ae, 1);
	}
	if (m->xattr)
		archive_entry_xattr_add_entry(ae, m->xattr, "value", 5);
	if (m->hole)
		archive_entry_sparse_add_entry(ae, (la_int64_t)m->hole, (la_int64_t)(n - m->hole));
	assert_int_equal(archive_write_header(a, ae), ARCHIVE_OK);
	for (size_t done = 0; done < n;) {
		size_t now = n - done < sizeof zeros ? n - done : sizeof zeros;

		assert_int_equal(archive_write_data(a, m->data ? m->data + done : zeros, now), (la_ssize_t)now);
		done += now;
	}
	archive_entry_free(ae);
}

/* A tar; `ext` is "", ".gz", ".xz" or ".zst". */
static inline void mk_tar(struct buf *out, const struct mk_entry *list, const char *ext)
{
	struct archive *a = archive_write_new();

	bool pax = false;

	for (const struct mk_entry *it = list; it->type; it++)
		pax = pax || it->xattr || it->hole || it->mtime < 0;
	buf_init(out, 0);
	if (pax)
		archive_write_set_format_pax(a);
	else
		archive_write_set_format_gnutar(a);
	if (strcmp(ext, ".gz") == 0)
		archive_write_add_filter_gzip(a);
	if (strcmp(ext, ".xz") == 0)
		archive_write_add_filter_xz(a);
	if (strcmp(ext, ".zst") == 0)
		archive_write_add_filter_zstd(a);
	archive_write_set_filter_option(a, NULL, "compression-level", "1");
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open2(a, out, NULL, mk_collect, NULL, NULL), ARCHIVE_OK);
	for (; list->type; list++)
		mk_add_entry(a, list);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static inline void mk_ar_member(struct buf *ar, const char *name, const void *p, size_t n)
{
	if (ar->len == 0)
		buf_adds(ar, "!<arch>\n");
	buf_addf(ar, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, MK_MTIME, 0, 0, "100644", n);
	buf_add(ar, p, n);
	if (n & 1)
		buf_addc(ar, '\n');
}

static inline void mk_ar_tar(struct buf *ar, const char *stem, const char *ext, const struct mk_entry *list)
{
	struct buf tar;
	struct buf name;

	mk_tar(&tar, list, ext);
	buf_init(&name, 16);
	assert_int_equal(buf_addf(&name, "%s%s", stem, ext), 0);
	mk_ar_member(ar, name.data, tar.data, tar.len);
	buf_fini(&name);
	buf_fini(&tar);
}

/* A whole package in memory. */
static inline void mk_deb(struct buf *ar, const struct mk_entry *control, const struct mk_entry *data, const char *ext)
{
	buf_init(ar, 0);
	mk_ar_member(ar, "debian-binary", "2.0\n", 4);
	mk_ar_tar(ar, "control.tar", ext, control);
	mk_ar_tar(ar, "data.tar", ext, data);
}

/* Writes bytes to DIR/NAME; the path is owned by the caller. */
static inline char *mk_file(const char *dir, const char *name, const void *p, size_t n)
{
	char *path = file_join(dir, name);

	assert_int_equal(file_write(path, p, n, 0600, NULL), 0);
	return path;
}

#endif
