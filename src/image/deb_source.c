/* SPDX-License-Identifier: MIT */
/*
 * deb_source: the bytes of a package's members. In: a descriptor. Out: hashed raw bytes, and a
 * libarchive tar reader over one member's unpacked bytes.
 *
 * xz is unpacked with liblzma itself: libarchive's own xz filter has no memory limit, and a hostile
 * dictionary size in any block would be obeyed. Exactly one filter is set, nothing is guessed, so a
 * compressed file inside a compressed member is just a bad tar.
 */
#include "deb_private.h"

#include <errno.h>
#include <unistd.h>

#include "host/file.h"

/* A decoder for a dictionary of DEB_DICT_MAX needs little more than the dictionary. */
#define XZ_MEMORY (DEB_DICT_MAX + (4u << 20))

int deb_read_raw(struct deb *d, void *p, size_t n, struct err *e)
{
	ssize_t got = file_read_at(d->fd, p, n, d->pos);

	if (got < 0)
		return err_errno(e, errno, "deb-read", "%s cannot be read", d->name);
	if ((size_t)got < n)
		return err_set(e, ERR_VERIFY, "deb-format", "%s ends too early", d->name);
	hash_add(d->hash, p, n);
	d->pos += n;
	return 0;
}

/* The next compressed bytes of the member into d->in. */
static ssize_t deb_source_read_member(struct deb *d)
{
	size_t n = d->left < sizeof d->in ? (size_t)d->left : sizeof d->in;

	if (n > 0 && deb_read_raw(d, d->in, n, &d->source_err))
		return -1;
	d->left -= n;
	return (ssize_t)n;
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

		if (d->xz.avail_in == 0 && d->left > 0) {
			ssize_t n = deb_source_read_member(d);

			if (n < 0) {
				archive_set_error(a, EIO, "%s", d->source_err.text);
				return ARCHIVE_FATAL;
			}
			d->xz.next_in = d->in;
			d->xz.avail_in = (size_t)n;
		}
		r = lzma_code(&d->xz, d->left > 0 ? LZMA_RUN : LZMA_FINISH);
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

int deb_source_open(struct deb *d, enum deb_packing packing, struct err *e)
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

void deb_source_close(struct deb *d)
{
	archive_read_free(d->tar);
	d->tar = NULL;
	if (d->has_xz)
		lzma_end(&d->xz);
	d->has_xz = false;
	d->xz = (lzma_stream)LZMA_STREAM_INIT;
}

int deb_source_error(struct deb *d, struct err *e)
{
	const char *why = archive_error_string(d->tar);

	if (d->source_err.kind != ERR_NONE)
		return err_move(e, &d->source_err);
	return err_set(e, ERR_VERIFY, "deb-format", "%s is damaged: %s", d->name, why ? why : "no reason given");
}
