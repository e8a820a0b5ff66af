/* SPDX-License-Identifier: MIT */
/*
 * packed: unpacks gzip, xz and zstd. xz by liblzma itself, since libarchive does not limit the memory of a
 * dictionary.
 */
#include "packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <lzma.h>
#include <stdbool.h>
#include <string.h>

#define XZ_MEMORY (128u << 20)
#define CHUNK (64u << 10)

static int packed_fail(struct err *e, const char *name, const char *why)
{
	return err_set(e, ERR_FAILED, "unpack", "cannot unpack %s: %s", name, why);
}

static int packed_too_large(struct err *e, const char *name, size_t cap)
{
	return err_set(e, ERR_FAILED, "unpack-large", "%s unpacks to more than %zu bytes", name, cap);
}

static int packed_unpack_xz(const void *p, size_t n, size_t cap, struct buf *out, const char *name, struct err *e)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_stream_decoder(&xz, XZ_MEMORY, LZMA_CONCATENATED);
	int r = 0;

	xz.next_in = p;
	xz.avail_in = n;
	while (rc == LZMA_OK && !r) {
		char *to = buf_reserve(out, CHUNK);

		xz.next_out = (uint8_t *)to;
		xz.avail_out = CHUNK;
		rc = lzma_code(&xz, LZMA_FINISH);
		out->len += CHUNK - xz.avail_out;
		if (out->len > cap)
			r = packed_too_large(e, name, cap);
	}
	lzma_end(&xz);
	if (!r && rc != LZMA_STREAM_END)
		r = packed_fail(e, name, rc == LZMA_MEMLIMIT_ERROR ? "its dictionary is too large" : "bad xz data");
	return r;
}

static int packed_unpack_other(const void *p, size_t n, size_t cap, struct buf *out, const char *name, struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	la_ssize_t got = 0;
	int r = 0;

	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, p, n) != ARCHIVE_OK || archive_read_next_header(a, &entry) != ARCHIVE_OK)
		r = packed_fail(e, name, archive_error_string(a) ? archive_error_string(a) : "bad data");
	while (!r) {
		char *to = buf_reserve(out, CHUNK);

		got = archive_read_data(a, to, CHUNK);
		if (got <= 0)
			break;
		out->len += (size_t)got;
		if (out->len > cap)
			r = packed_too_large(e, name, cap);
	}
	if (!r && got < 0)
		r = packed_fail(e, name, archive_error_string(a) ? archive_error_string(a) : "bad data");
	archive_read_free(a);
	return r;
}

int unpack_bytes(const void *p, size_t n, size_t cap, struct buf *out, const char *name, struct err *e)
{
	bool is_xz = n >= 6 && !memcmp(p,
				       "\375"
				       "7zXZ\0",
				       6);
	bool is_gzip = n >= 2 && !memcmp(p, "\037\213", 2);
	bool is_zstd = n >= 4 && !memcmp(p, "\050\265\057\375", 4);
	struct buf b;
	int r;

	if (!is_xz && !is_gzip && !is_zstd)
		return packed_fail(e, name, "it is neither gzip, xz nor zstd");
	buf_init(&b, 0);
	r = is_xz ? packed_unpack_xz(p, n, cap, &b, name, e) : packed_unpack_other(p, n, cap, &b, name, e);
	if (r < 0) {
		buf_fini(&b);
		return -1;
	}
	buf_reserve(&b, 1)[0] = '\0';
	*out = b;
	return 0;
}
