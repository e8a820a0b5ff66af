/* SPDX-License-Identifier: MIT */
/* copy_pack: writes files of this host as a tar stream. libarchive reads the disk (with its holes) and writes pax. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "copy_private.h"

#define ZEROS (1 << 16)

struct pack {
	struct copy *copy;
	struct proc_stream *stream;
	struct archive *disk, *out;
	struct archive_entry_linkresolver *links;
	const char *path; /* as it was given */
	size_t skip;	  /* of a path that was read: what is replaced */
	const char *as;	  /* by this: "0/NAME" */
	bool count;	  /* only compute the total size */
	struct err *e;
};

static la_ssize_t pack_write(struct archive *a, void *arg, const void *p, size_t n)
{
	struct pack *k = arg;

	if (proc_stream_write(k->stream, p, n) < 0) {
		archive_set_error(a, errno, "stream");
		return -1;
	}
	return (la_ssize_t)n;
}

/* Fails without a message: the other end of the broken stream reports why. */
static int pack_broken(struct pack *k)
{
	err_fini(k->e);
	return -1;
}

static int pack_data(struct pack *k, const char *path)
{
	static const char zeros[ZEROS];
	const void *p;
	size_t n;
	la_int64_t at = 0, offset;
	int r;

	while ((r = archive_read_data_block(k->disk, &p, &n, &offset)) >= ARCHIVE_WARN && r != ARCHIVE_EOF) {
		while (at < offset) { /* a hole: the writer omits it */
			size_t gap = offset - at > ZEROS ? ZEROS : (size_t)(offset - at);

			if (archive_write_data(k->out, zeros, gap) < 0)
				return pack_broken(k);
			at += (la_int64_t)gap;
		}
		if (n && archive_write_data(k->out, p, n) < 0)
			return pack_broken(k);
		at += (la_int64_t)n;
		atomic_fetch_add(&k->copy->done, n);
	}
	if (r != ARCHIVE_EOF)
		return copy_file_error(archive_errno(k->disk), path, k->e);
	return 0;
}

static int pack_entry(struct pack *k, struct archive_entry *entry, const char *path)
{
	if (archive_write_header(k->out, entry) < ARCHIVE_WARN)
		return pack_broken(k);
	return archive_entry_size(entry) > 0 ? pack_data(k, path) : 0;
}

static int pack_found(struct pack *k, struct archive_entry *entry)
{
	AUTO_FREE char *path = xstrdup(archive_entry_pathname(entry));
	AUTO_FREE char *name = xasprintf("%s%s", k->as, path + k->skip);
	struct archive_entry *spare = NULL;
	int r;

	archive_entry_copy_pathname(entry, name);
	archive_entry_set_uname(entry, NULL);
	archive_entry_set_gname(entry, NULL);
	archive_entry_linkify(k->links, &entry, &spare);
	r = entry ? pack_entry(k, entry, path) : 0;
	return r;
}

static int pack_walk(struct pack *k)
{
	struct archive_entry *entry = archive_entry_new();
	int r = 0, got = ARCHIVE_OK;

	while (!r && (got = archive_read_next_header2(k->disk, entry)) >= ARCHIVE_WARN && got != ARCHIVE_EOF) {
		if (k->copy->cancel && atomic_load(k->copy->cancel))
			r = pack_broken(k);
		else if (archive_entry_filetype(entry) == AE_IFSOCK)
			continue; /* belongs to the process that listens on it */
		else if (k->count && archive_entry_filetype(entry) == AE_IFREG)
			atomic_fetch_add(&k->copy->total, (unsigned long long)archive_entry_size(entry));
		else if (!k->count)
			r = pack_found(k, entry);
		if (!r && archive_read_disk_can_descend(k->disk))
			got = archive_read_disk_descend(k->disk);
		if (got < ARCHIVE_WARN)
			break;
	}
	if (!r && got != ARCHIVE_EOF)
		r = copy_file_error(archive_errno(k->disk),
				    archive_entry_pathname(entry) ? archive_entry_pathname(entry) : k->path, k->e);
	archive_entry_free(entry);
	return r;
}

/* Packs a path. A path that is a link is followed; links in a folder stay links. */
static int pack_path(struct pack *k, const char *path, size_t number)
{
	AUTO_FREE char *name = copy_name(path);
	AUTO_FREE char *clean = xstrdup(*path ? path : ".");
	size_t n = strlen(clean);
	char *as;
	int r = 0;

	while (n > 1 && clean[n - 1] == '/')
		clean[--n] = '\0';
	as = *name ? xasprintf("%zu/%s", number, name) : xasprintf("%zuc", number);
	k->disk = archive_read_disk_new();
	k->path = path;
	k->as = as;
	k->skip = strcmp(clean, "/") ? n : 0;
	archive_read_disk_set_symlink_hybrid(k->disk);
	archive_read_disk_set_behavior(k->disk, ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL |
							ARCHIVE_READDISK_NO_FFLAGS);
	if (archive_read_disk_open(k->disk, clean) != ARCHIVE_OK)
		r = copy_file_error(archive_errno(k->disk), path, k->e);
	if (!r)
		r = pack_walk(k);
	archive_read_free(k->disk);
	free(as);
	return r;
}

static int pack_all(struct pack *k, const struct strv *paths, bool count)
{
	int r = 0;

	k->count = count;
	for (size_t i = 0; !r && i < paths->len; i++)
		r = pack_path(k, paths->items[i], i);
	return r;
}

/* Writes the end mark: a stream without it is incomplete. */
static int pack_end(struct pack *k)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	archive_entry_copy_pathname(entry, "end");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, 0);
	r = archive_write_header(k->out, entry);
	archive_entry_free(entry);
	return r < ARCHIVE_WARN || archive_write_close(k->out) < ARCHIVE_WARN ? pack_broken(k) : 0;
}

int copy_pack(struct copy *c, const struct strv *paths, struct proc_stream *s, struct err *e)
{
	struct pack k = {.copy = c, .stream = s, .e = e, .out = archive_write_new()};
	int r;

	k.links = archive_entry_linkresolver_new();
	archive_write_set_format_pax(k.out);
	archive_write_set_options(k.out, "pax:hdrcharset=BINARY");
	archive_write_set_bytes_per_block(k.out, 1 << 16);
	archive_write_set_bytes_in_last_block(k.out, 1);
	archive_entry_linkresolver_set_strategy(k.links, archive_format(k.out));
	r = pack_all(&k, paths, true); /* before anything is sent: a missing path is reported first */
	if (!r && archive_write_open(k.out, &k, NULL, pack_write, NULL) != ARCHIVE_OK)
		r = pack_broken(&k);
	if (!r)
		r = pack_all(&k, paths, false);
	if (!r)
		r = pack_end(&k);
	if (r < 0)
		archive_write_fail(k.out);
	archive_entry_linkresolver_free(k.links);
	archive_write_free(k.out);
	return r;
}
