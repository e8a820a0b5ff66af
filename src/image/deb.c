/* SPDX-License-Identifier: MIT */
/*
 * deb: reads one package: finds its parts (ar.c), unpacks them and walks the tar in them. It checks every name and
 * size, and writes nothing.
 *
 * xz is unpacked with liblzma itself: libarchive's own xz filter has no memory limit, so that a hostile dictionary
 * size in any block would be obeyed. Exactly one filter is set and nothing is guessed: a compressed file inside a
 * compressed member is an invalid tar.
 */
#include "deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ar.h"
#include "base/mem.h"

#define DEB_BUFFER (64u << 10)

enum deb_packing {
	DEB_PLAIN,
	DEB_GZIP,
	DEB_XZ,
	DEB_ZSTD,
};

struct deb {
	struct ar ar;
	char *name;
	uint64_t max_output;

	/* the member that is read */
	bool has_control; /* its member was passed */
	bool has_data;
	enum deb_part part;

	/* its unpacked bytes */
	struct archive *tar;
	lzma_stream xz;
	bool has_xz;
	bool xz_ended;
	unsigned char in[DEB_BUFFER];
	unsigned char out[DEB_BUFFER];
	struct err source_err; /* why the source failed, kept while libarchive unwinds */

	/* its entries */
	uint64_t entries;
	uint64_t output;    /* bytes that the entries so far declare */
	uint64_t file_left; /* of the current file */
	char *path;	    /* normalised names of the current entry */
	char *link;
};

/* ---- A member's bytes, unpacked */

/* A decoder for a dictionary of DEB_DICT_MAX needs little more than the dictionary. */
#define XZ_MEMORY (DEB_DICT_MAX + (4u << 20))

/* Reads the next compressed bytes of the member into d->in. */
static ssize_t deb_source_read_member(struct deb *d)
{
	return ar_read(&d->ar, d->in, sizeof d->in, &d->source_err);
}

static la_ssize_t deb_source_give_raw(struct archive *a, void *arg, const void **p)
{
	struct deb *d = arg;
	ssize_t n = deb_source_read_member(d);

	if (n < 0) {
		archive_set_error(a, EIO, "%s", d->source_err.text);
		return ARCHIVE_FATAL;
	}
	*p = d->in;
	return n;
}

static const char *deb_source_xz_reason(lzma_ret r)
{
	switch (r) {
	case LZMA_MEMLIMIT_ERROR:
		return "its xz dictionary is larger than 64 MiB";
	case LZMA_FORMAT_ERROR:
		return "it is not xz data";
	case LZMA_OPTIONS_ERROR:
		return "it uses unknown xz options";
	case LZMA_BUF_ERROR:
		return "its xz data ends too early";
	default:
		return "its xz data is damaged";
	}
}

static la_ssize_t deb_source_give_unxz(struct archive *a, void *arg, const void **p)
{
	struct deb *d = arg;

	d->xz.next_out = d->out;
	d->xz.avail_out = sizeof d->out;
	while (!d->xz_ended && d->xz.avail_out > 0) {
		lzma_ret r;

		if (d->xz.avail_in == 0 && d->ar.left > 0) {
			ssize_t n = deb_source_read_member(d);

			if (n < 0) {
				archive_set_error(a, EIO, "%s", d->source_err.text);
				return ARCHIVE_FATAL;
			}
			d->xz.next_in = d->in;
			d->xz.avail_in = (size_t)n;
		}
		r = lzma_code(&d->xz, d->ar.left > 0 ? LZMA_RUN : LZMA_FINISH);
		if (r == LZMA_STREAM_END) {
			d->xz_ended = true;
		} else if (r != LZMA_OK) {
			err_set(&d->source_err, ERR_VERIFY, "deb-format", "%s is damaged: %s", d->name,
				deb_source_xz_reason(r));
			archive_set_error(a, EINVAL, "%s", d->source_err.text);
			return ARCHIVE_FATAL;
		}
	}
	*p = d->out;
	return (la_ssize_t)(sizeof d->out - d->xz.avail_out);
}

static int deb_source_open_xz(struct deb *d, struct err *e)
{
	/* The checksums inside are not computed: what is read is covered by the package's SHA-256.
	 */
	lzma_ret r = lzma_stream_decoder(&d->xz, XZ_MEMORY, LZMA_CONCATENATED | LZMA_IGNORE_CHECK);

	if (r != LZMA_OK)
		return err_set(e, ERR_FAILED, "deb-memory", "xz could not be started for %s", d->name);
	d->has_xz = true;
	d->xz_ended = false;
	return 0;
}

static void deb_source_close(struct deb *d)
{
	archive_read_free(d->tar);
	d->tar = NULL;
	if (d->has_xz)
		lzma_end(&d->xz);
	d->has_xz = false;
	d->xz = (lzma_stream)LZMA_STREAM_INIT;
}

static int deb_source_error(struct deb *d, struct err *e)
{
	const char *why = archive_error_string(d->tar);

	if (d->source_err.kind != ERR_NONE)
		return err_move(e, &d->source_err);
	return err_set(e, ERR_VERIFY, "deb-format", "%s is damaged: %s", d->name, why ? why : "no reason given");
}

static int deb_source_open(struct deb *d, enum deb_packing packing, struct err *e)
{
	int r;

	deb_source_close(d);
	d->tar = archive_read_new();
	if (!d->tar)
		return err_set(e, ERR_FAILED, "deb-memory", "libarchive could not be started");
	archive_read_support_format_tar(d->tar);
	if (packing == DEB_XZ && deb_source_open_xz(d, e))
		return -1;
	if (packing == DEB_GZIP)
		r = archive_read_append_filter(d->tar, ARCHIVE_FILTER_GZIP);
	else if (packing == DEB_ZSTD)
		r = archive_read_append_filter(d->tar, ARCHIVE_FILTER_ZSTD);
	else
		r = archive_read_append_filter(d->tar, ARCHIVE_FILTER_NONE);
	if (r != ARCHIVE_OK ||
	    archive_read_open2(d->tar, d, NULL, packing == DEB_XZ ? deb_source_give_unxz : deb_source_give_raw, NULL,
			       NULL) != ARCHIVE_OK)
		return deb_source_error(d, e);
	return 0;
}

/* ---- Members and entries */

#define NAME_MAX_BYTES 255
/* Limits of a device number (32 bits, as in Linux) */
#define MAJOR_MAX 4095
#define MINOR_MAX 0xfffff

static int deb_bad(struct deb *d, struct err *e, const char *what)
{
	return ar_bad(&d->ar, e, what);
}

static bool deb_is_part(const char *name, const char *stem)
{
	return strncmp(name, stem, strlen(stem)) == 0;
}

static int deb_find_packing(struct deb *d, const char *ext, enum deb_packing *out, struct err *e)
{
	if (*ext == '\0')
		*out = DEB_PLAIN;
	else if (strcmp(ext, ".gz") == 0)
		*out = DEB_GZIP;
	else if (strcmp(ext, ".xz") == 0)
		*out = DEB_XZ;
	else if (strcmp(ext, ".zst") == 0)
		*out = DEB_ZSTD;
	else
		return deb_bad(d, e, "its members are compressed in an unknown way");
	return 0;
}

static int deb_read_version(struct deb *d, struct err *e)
{
	struct ar_member m;
	char text[16] = "";
	int r = ar_next(&d->ar, &m, e);

	if (r < 0)
		return -1;
	if (r == 0 || strcmp(m.name, "debian-binary") != 0)
		return deb_bad(d, e, "debian-binary is not its first member");
	if (m.size < 4 || m.size > sizeof text)
		return deb_bad(d, e, "its debian-binary has a strange size");
	if (ar_read(&d->ar, text, (size_t)m.size, e) < 0)
		return -1;
	if (memcmp(text, "2.", 2) != 0 || !memchr(text, '\n', (size_t)m.size))
		return deb_bad(d, e, "its format is not 2.x");
	return 0;
}

struct deb *deb_open(int fd, const char *name, struct err *e)
{
	struct deb *d = xcalloc(1, sizeof *d);

	d->name = xstrdup(name);
	d->max_output = DEB_DATA_MAX;
	d->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (ar_open(&d->ar, fd, d->name, e) || deb_read_version(d, e)) {
		deb_free(d);
		return NULL;
	}
	return d;
}

void deb_limit(struct deb *d, uint64_t max_output)
{
	if (max_output < d->max_output)
		d->max_output = max_output;
}

void deb_free(struct deb *d)
{
	if (!d)
		return;
	deb_source_close(d);
	ar_fini(&d->ar);
	err_fini(&d->source_err);
	free(d->path);
	free(d->link);
	free(d->name);
	free(d);
}

/* Goes to the next member that is control.tar* or data.tar*, in this order. */
static int deb_next_part(struct deb *d, struct ar_member *m, struct err *e)
{
	const char *stem = d->has_control ? "data.tar" : "control.tar";
	int r;

	do {
		r = ar_next(&d->ar, m, e);
		if (r < 0)
			return -1;
		if (r == 0)
			return err_set(e, ERR_VERIFY, "deb-format", "%s is not a valid Debian package: it has no %s",
				       d->name, stem);
	} while (m->name[0] == '_'); /* deb(5): such members are to be ignored */
	if (!deb_is_part(m->name, stem))
		return err_set(e, ERR_VERIFY, "deb-format",
			       "%s is not a valid Debian package: %s is where %s should be", d->name, m->name, stem);
	return 0;
}

int deb_enter(struct deb *d, enum deb_part part, struct err *e)
{
	struct ar_member m = {.size = 0};
	enum deb_packing packing = DEB_PLAIN;

	if (part == DEB_CONTROL ? d->has_control : d->has_data)
		return deb_bad(d, e, "a part of it was read already");
	deb_source_close(d);
	if (deb_next_part(d, &m, e))
		return -1;
	if (!d->has_control) {
		d->has_control = true;
		if (deb_find_packing(d, m.name + strlen("control.tar"), &packing, e))
			return -1;
		if (part == DEB_CONTROL)
			goto open;
		if (deb_next_part(d, &m, e))
			return -1;
	}
	d->has_data = true;
	if (deb_find_packing(d, m.name + strlen("data.tar"), &packing, e))
		return -1;
open:
	d->part = part;
	d->entries = 0;
	d->output = 0;
	d->file_left = 0;
	return deb_source_open(d, packing, e);
}

/* Returns the name as deb.h documents it, or NULL with e filled if it is not acceptable. */
static char *deb_clean_path(struct deb *d, const char *raw, struct err *e)
{
	char *out;
	size_t len = 0;

	if (!raw || strlen(raw) > DEB_PATH_MAX || strchr(raw, '\n')) {
		deb_bad(d, e, "it has an entry with an impossible name");
		return NULL;
	}
	while (*raw == '/')
		raw++;
	out = xmalloc(strlen(raw) + 1);
	while (*raw) {
		size_t n = strcspn(raw, "/");

		if (n == 0 || n > NAME_MAX_BYTES || (n == 2 && memcmp(raw, "..", 2) == 0)) {
			free(out);
			deb_bad(d, e, "it has an entry whose name leads elsewhere");
			return NULL;
		}
		if (!(n == 1 && *raw == '.')) {
			if (len > 0)
				out[len++] = '/';
			memcpy(out + len, raw, n);
			len += n;
		}
		raw += n;
		if (*raw == '/')
			raw++;
	}
	out[len] = '\0';
	return out;
}

static int deb_find_type(struct deb *d, struct archive_entry *ae, enum deb_type *out, struct err *e)
{
	if (archive_entry_hardlink(ae)) {
		*out = DEB_HARDLINK;
		return 0;
	}
	switch (archive_entry_filetype(ae)) {
	case AE_IFREG:
		*out = DEB_FILE;
		return 0;
	case AE_IFDIR:
		*out = DEB_DIR;
		return 0;
	case AE_IFLNK:
		*out = DEB_SYMLINK;
		return 0;
	case AE_IFCHR:
		*out = DEB_CHAR;
		return 0;
	case AE_IFBLK:
		*out = DEB_BLOCK;
		return 0;
	case AE_IFIFO:
		*out = DEB_FIFO;
		return 0;
	default:
		return deb_bad(d, e, "it has an entry of an unknown kind");
	}
}

static int deb_check_caps(struct deb *d, const struct deb_entry *entry, struct err *e)
{
	uint64_t cap = DEB_RATIO_FREE + d->ar.size * DEB_RATIO_MAX;

	if (cap > d->max_output)
		cap = d->max_output;
	if (d->part == DEB_CONTROL)
		cap = DEB_CONTROL_MAX;
	if (++d->entries > DEB_ENTRIES_MAX)
		return deb_bad(d, e, "it has too many entries");
	if (entry->size > cap - d->output)
		return err_set(e, ERR_VERIFY, "deb-too-large", "%s would unpack to more than the %llu bytes allowed",
			       d->name, (unsigned long long)cap);
	d->output += entry->size;
	return 0;
}

static int deb_read_link(struct deb *d, struct archive_entry *ae, struct deb_entry *out, struct err *e)
{
	free(d->link);
	d->link = NULL;
	if (out->type == DEB_HARDLINK) {
		d->link = deb_clean_path(d, archive_entry_hardlink(ae), e);
		if (!d->link)
			return -1;
	} else if (out->type == DEB_SYMLINK) {
		const char *target = archive_entry_symlink(ae);

		if (!target || !*target || strlen(target) > DEB_PATH_MAX)
			return deb_bad(d, e, "it has a symbolic link with an impossible target");
		d->link = xstrdup(target);
	}
	return 0;
}

int deb_next(struct deb *d, struct deb_entry *out, struct err *e)
{
	struct archive_entry *ae;
	struct deb_entry it = {0};
	int r = archive_read_next_header(d->tar, &ae);

	d->file_left = 0;
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return deb_source_error(d, e);
	if (deb_find_type(d, ae, &it.type, e))
		return -1;
	if (archive_entry_sparse_count(ae) > 0)
		return deb_bad(d, e, "it has a sparse file, which dpkg does not unpack either");
	if (archive_entry_size(ae) < 0)
		return deb_bad(d, e, "it has an entry of negative size");
	free(d->path);
	d->path = deb_clean_path(d, archive_entry_pathname(ae), e);
	if (!d->path || deb_read_link(d, ae, &it, e))
		return -1;
	it.path = d->path;
	it.link = d->link;
	it.mode = (unsigned)archive_entry_perm(ae) & 07777;
	it.mtime = archive_entry_mtime(ae);
	if (archive_entry_uid(ae) < 0 || archive_entry_uid(ae) > UINT32_MAX || archive_entry_gid(ae) < 0 ||
	    archive_entry_gid(ae) > UINT32_MAX)
		return deb_bad(d, e, "it has an entry with an impossible owner");
	it.uid = (uint32_t)archive_entry_uid(ae);
	it.gid = (uint32_t)archive_entry_gid(ae);
	it.size = it.type == DEB_FILE ? (uint64_t)archive_entry_size(ae) : 0;
	if (it.type == DEB_CHAR || it.type == DEB_BLOCK) {
		it.major = (unsigned)archive_entry_rdevmajor(ae);
		it.minor = (unsigned)archive_entry_rdevminor(ae);
		if (it.major > MAJOR_MAX || it.minor > MINOR_MAX)
			return deb_bad(d, e, "it has a device with an impossible number");
	}
	if (deb_check_caps(d, &it, e))
		return -1;
	d->file_left = it.size;
	*out = it;
	return 1;
}

ssize_t deb_read(struct deb *d, void *p, size_t n, struct err *e)
{
	size_t done = 0;

	if (n > d->file_left)
		n = (size_t)d->file_left;
	while (done < n) {
		la_ssize_t got = archive_read_data(d->tar, (char *)p + done, n - done);

		if (got < 0)
			return deb_source_error(d, e);
		if (got == 0)
			return deb_bad(d, e, "a file in it ends before its size");
		done += (size_t)got;
	}
	d->file_left -= done;
	return (ssize_t)done;
}

int deb_finish(struct deb *d, uint8_t sha256[HASH_SIZE], uint64_t *size, struct err *e)
{
	struct ar_member m = {.size = 0};
	int r = 0;

	deb_source_close(d);
	while (!d->has_data) {
		if (deb_next_part(d, &m, e))
			return -1;
		d->has_data = d->has_control;
		d->has_control = true;
	}
	while ((r = ar_next(&d->ar, &m, e)) > 0)
		if (deb_is_part(m.name, "debian-binary") || deb_is_part(m.name, "control.tar") ||
		    deb_is_part(m.name, "data.tar"))
			return deb_bad(d, e, "it has a member twice");
	if (r < 0)
		return -1;
	*size = d->ar.pos;
	ar_digest(&d->ar, sha256);
	return 0;
}

uint64_t deb_position(const struct deb *d)
{
	return d->ar.pos;
}
