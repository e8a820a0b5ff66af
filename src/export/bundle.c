/* SPDX-License-Identifier: MIT */
/* bundle: writes a bundle (include/export/bundle.h). */
#include "export/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "image/tarball.h"
#include "machine/snapshot_disk.h"
#include "manifest.h"

#define COPY_NAME "disk.export" /* the disk without a base, in the machine's folder while it is packed */
#define COPIED 50.0		/* percent of the time until the copy is complete */
#define DIGESTED 60.0
#define PIECE (1u << 20)

struct bundle {
	const struct bundle_work *w;
	const char *dir;
	char *ini;  /* text of the machine's file */
	char *copy; /* path of the disk without a base */
	struct manifest m;
	uint64_t done; /* bytes that are packed */
};

static void bundle_show(const struct bundle *b, double percent)
{
	if (b->w->progress)
		b->w->progress(percent, b->w->arg);
}

static void bundle_on_copied(double percent, void *arg)
{
	bundle_show(arg, percent * COPIED / 100);
}

static int bundle_on_packed(const void *p, size_t n, void *arg, struct err *e)
{
	struct bundle *b = arg;
	uint64_t total = manifest_size(&b->m);

	(void)p;
	b->done += n;
	bundle_show(b, DIGESTED + (100 - DIGESTED) * (double)b->done / (double)(total ? total : 1));
	return bundle_check_cancel(b->w, e);
}

/* Returns the path of a file that is packed; owned. */
static char *bundle_source(const struct bundle *b, const char *name)
{
	return !strcmp(name, STORE_DISK) ? xstrdup(b->copy) : file_join(b->dir, name);
}

/* Opens a file that is packed; -1 with errno. */
static int bundle_open(const struct bundle *b, const char *name)
{
	AUTO_FREE char *path = bundle_source(b, name);

	return file_open(path, FILE_READ);
}

/* Computes the digest of the file and its size; hash_fd could not be cancelled. */
static int bundle_hash(const struct bundle *b, int fd, struct hash *h, uint64_t *size, struct err *e)
{
	AUTO_FREE char *piece = xmalloc(PIECE);
	ssize_t n;

	for (*size = 0; (n = file_read_at(fd, piece, PIECE, *size)) > 0; *size += (uint64_t)n) {
		hash_add(h, piece, (size_t)n);
		if (bundle_check_cancel(b->w, e) < 0)
			return -1;
	}
	return n < 0 ? err_errno(e, errno, "file-read", "cannot read the files of %s", b->dir) : 0;
}

static int bundle_digest(struct bundle *b, const char *name, struct err *e)
{
	AUTO_CLOSE int fd = bundle_open(b, name);
	uint8_t digest[HASH_SIZE];
	struct hash *h;
	uint64_t size;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(e, errno, "file-read", "cannot read %s of %s", name, b->dir);
	h = hash_new();
	r = bundle_hash(b, fd, h, &size, e);
	hash_end(h, digest);
	if (!r)
		manifest_add(&b->m, name, size, digest);
	return r;
}

static int bundle_digest_all(struct bundle *b, struct err *e)
{
	uint8_t digest[HASH_SIZE];
	int r = 0;

	hash_bytes(b->ini, strlen(b->ini), digest);
	manifest_add(&b->m, MANIFEST_INI, strlen(b->ini), digest);
	for (size_t i = 0; i < store_copied_count && !r; i++)
		r = bundle_digest(b, store_copied[i], e);
	return r;
}

static int bundle_pack_file(struct bundle *b, struct tarball *t, const struct manifest_file *f, struct err *e)
{
	AUTO_CLOSE int fd = -1;

	if (!strcmp(f->name, MANIFEST_INI))
		return tarball_add_bytes(t, f->name, b->ini, strlen(b->ini), e);
	fd = bundle_open(b, f->name);
	if (fd < 0)
		return err_errno(e, errno, "file-read", "cannot read %s of %s", f->name, b->dir);
	return tarball_add(t, f->name, fd, f->size, bundle_on_packed, b, e);
}

static int bundle_pack(struct bundle *b, const struct spec *s, int fd, const char *path, struct err *e)
{
	AUTO_FREE char *text = manifest_text(&b->m, s);
	struct tarball *t = tarball_create(fd, path, e);
	int r = t ? tarball_add_bytes(t, MANIFEST_NAME, text, strlen(text), e) : -1;

	for (size_t i = 0; i < b->m.count && !r; i++)
		r = bundle_pack_file(b, t, &b->m.files[i], e);
	if (!r)
		r = tarball_finish(t, e);
	tarball_free(t);
	return r;
}

/* The copy of the disk is in the machine's folder, the bundle may be on another file system; packed it is smaller,
 * but by how much is not known. */
static int bundle_check_room(const struct bundle *b, const char *disk, const char *path, struct err *e)
{
	AUTO_FREE char *to = file_dirname(path);
	struct stat here, there;
	uint64_t size;
	bool same;

	if (disk_measure_whole(disk, &size, e) < 0)
		return -1;
	same = stat(b->dir, &here) == 0 && stat(to, &there) == 0 && here.st_dev == there.st_dev;
	if (bundle_check_space(b->dir, same ? 2 * size : size, e) < 0)
		return -1;
	return bundle_check_space(to, size, e);
}

static int bundle_make(struct bundle *b, const struct spec *s, const char *path, struct err *e)
{
	AUTO_FREE char *disk = file_join(b->dir, STORE_DISK);
	int fd;

	if (snapshot_recover(b->dir, disk, e) < 0 || bundle_check_room(b, disk, path, e) < 0 ||
	    disk_copy_whole(disk, b->copy, b->w->cancel, bundle_on_copied, b, e) < 0)
		return -1;
	bundle_show(b, COPIED);
	if (bundle_digest_all(b, e) < 0 || file_begin(path, 0600, &fd, e) < 0)
		return -1;
	if (bundle_pack(b, s, fd, path, e) < 0) {
		file_abandon(path, fd);
		return -1;
	}
	return file_commit(path, fd, e);
}

/* Files of this host that the machine's file names stay here. */
static void bundle_note(const struct spec *s, const char *disk, struct strv *notes)
{
	struct disk_info info;

	for (size_t i = 0; i < s->drives.len; i++)
		strv_addf(notes, "devices.drive: not in the bundle: %s", s->drives.items[i]);
	for (size_t i = 0; i < s->shares.len; i++)
		strv_addf(notes, "devices.share: not in the bundle: %s", s->shares.items[i]);
	if (disk_check(disk, &info, NULL) == 0 && info.snapshots)
		strv_addf(notes, "%u snapshot%s of the disk not in the bundle", info.snapshots,
			  info.snapshots == 1 ? " is" : "s are");
}

int bundle_write(struct spec *s, const char *dir, const char *path, const struct bundle_work *w, struct strv *notes,
		 struct err *e)
{
	AUTO_FREE char *disk = file_join(dir, STORE_DISK);
	struct bundle b = {.w = w, .dir = dir, .copy = file_join(dir, COPY_NAME), .ini = spec_text(s, e)};
	int r = b.ini ? bundle_make(&b, s, path, e) : -1;

	(void)unlink(b.copy);
	if (!r)
		bundle_note(s, disk, notes);
	manifest_fini(&b.m);
	free(b.copy);
	free(b.ini);
	return r;
}
