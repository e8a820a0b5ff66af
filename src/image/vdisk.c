/* SPDX-License-Identifier: MIT */
/* vdisk: reads a machine's disk and its GPT (UEFI specification, chapter 5). */
#include "vdisk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "image/gpt.h"
#include "qcow2.h"

struct vdisk {
	char *path;
	int fd;		    /* raw: the disk; qcow2: the overlay */
	struct vdisk *base; /* under a qcow2, or NULL */
	uint64_t size;
	bool is_qcow2;
	struct qcow2 qcow2;
};

#define VDISK_LAYERS 2 /* qcow2 files over a raw base: a disk and its layer */

static int vdisk_open_file(const char *path, uint64_t *size, struct err *e)
{
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, "disk-read", "cannot read %s", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return err_set(e, ERR_FAILED, "disk-read", "%s is not a regular file", path);
}

static struct vdisk *vdisk_open_above(const char *path, const char *format, unsigned layers, struct err *e);

/* Opens the file below, which must be raw, or a layer, and in the folder of the overlay: debwiz creates nothing else,
 * and a name that leads elsewhere may be planted. `layers`: as many qcow2 files may follow. */
static int vdisk_open_base(struct vdisk *d, unsigned layers, struct err *e)
{
	const char *format = d->qcow2.backing_format;
	AUTO_FREE char *dir = NULL, *path = NULL;

	if (!*d->qcow2.backing)
		return 0;
	if ((strcmp(format, "raw") && (!layers || strcmp(format, "qcow2"))) || strchr(d->qcow2.backing, '/') ||
	    strchr(d->qcow2.backing, ':'))
		return err_set(e, ERR_FAILED, "disk-foreign",
			       "%s was not created by debwiz: its backing file is \"%s\"", d->path, d->qcow2.backing);
	dir = file_dirname(d->path);
	path = file_join(dir, d->qcow2.backing);
	d->base = vdisk_open_above(path, format, layers, e);
	return d->base ? 0 : -1;
}

static struct vdisk *vdisk_open_above(const char *path, const char *format, unsigned layers, struct err *e)
{
	struct vdisk *d = xcalloc(1, sizeof(*d));

	d->path = xstrdup(path);
	d->is_qcow2 = !strcmp(format, "qcow2");
	d->fd = vdisk_open_file(path, &d->size, e);
	if (d->fd < 0)
		goto fail;
	if (d->is_qcow2) {
		d->is_qcow2 = qcow2_open(&d->qcow2, d->fd, path, e) == 0;
		if (!d->is_qcow2 || vdisk_open_base(d, layers - 1, e) < 0)
			goto fail;
		d->size = d->qcow2.size;
	}
	return d;
fail:
	vdisk_close(d);
	return NULL;
}

struct vdisk *vdisk_open(const char *path, const char *format, struct err *e)
{
	return vdisk_open_above(path, format, VDISK_LAYERS, e);
}

void vdisk_close(struct vdisk *d)
{
	if (!d)
		return;
	if (d->is_qcow2)
		qcow2_fini(&d->qcow2);
	if (d->fd >= 0)
		close(d->fd);
	vdisk_close(d->base);
	free(d->path);
	free(d);
}

uint64_t vdisk_size(const struct vdisk *d)
{
	return d->size;
}

/* Reads; bytes beyond the end of a file are zeros: a base may be smaller than its overlay, and the last cluster of a
 * qcow2 file may be incomplete. */
static int vdisk_read_fd(struct vdisk *d, int fd, uint64_t pos, char *p, size_t n, struct err *e)
{
	ssize_t r = file_read_at(fd, p, n, pos);

	if (r < 0)
		return err_errno(e, errno, "disk-read", "cannot read %s", d->path);
	memset(p + r, 0, n - (size_t)r);
	return 0;
}

/* Reads what a file below its overlay has; beyond its end, zeros. */
static int vdisk_read_base(struct vdisk *d, uint64_t pos, char *p, size_t n, struct err *e)
{
	size_t has = pos >= d->size ? 0 : d->size - pos < n ? (size_t)(d->size - pos) : n;

	memset(p + has, 0, n - has);
	return has ? vdisk_read(d, pos, p, has, e) : 0;
}

int vdisk_read(struct vdisk *d, uint64_t pos, void *p, size_t n, struct err *e)
{
	char *to = p;

	if (pos > d->size || n > d->size - pos)
		return err_set(e, ERR_FAILED, "disk-read", "%s ends before byte %llu", d->path,
			       (unsigned long long)(pos + n));
	if (!d->is_qcow2)
		return vdisk_read_fd(d, d->fd, pos, to, n, e);
	while (n) {
		enum qcow2_kind kind;
		uint64_t offset, length;
		size_t now;
		int r = 0;

		if (qcow2_map(&d->qcow2, pos, &kind, &offset, &length, e) < 0)
			return -1;
		now = length < n ? (size_t)length : n;
		if (kind == QCOW2_DATA)
			r = vdisk_read_fd(d, d->fd, offset, to, now, e);
		else if (kind == QCOW2_BACKING && d->base)
			r = vdisk_read_base(d->base, pos, to, now, e);
		else
			memset(to, 0, now);
		if (r < 0)
			return -1;
		to += now;
		pos += now;
		n -= now;
	}
	return 0;
}

static uint64_t vdisk_get_le(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* Compares a UTF-16 name with ASCII. */
static bool vdisk_name_is(const unsigned char *entry, const char *name)
{
	const unsigned char *p = entry + 56;
	size_t i = 0;

	for (; i < 36 && name[i]; i++)
		if (vdisk_get_le(p + 2 * i, 2) != (unsigned char)name[i])
			return false;
	return !name[i] && (i == 36 || vdisk_get_le(p + 2 * i, 2) == 0);
}

/* Compares the type; the first three fields are little-endian on disk. */
static bool vdisk_type_is(const unsigned char *entry, const char *type)
{
	static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	struct gpt_guid guid;

	if (gpt_guid_parse(type, &guid) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (entry[i] != guid.b[order[i]])
			return false;
	return true;
}

static bool vdisk_is_used(const unsigned char *entry, const char *what)
{
	static const unsigned char none[16];

	(void)what;
	return memcmp(entry, none, sizeof(none)) != 0;
}

/* Finds the first partition from the entry *at on for which `is` holds, and sets *at to the entry after it. 1: found,
 * 0: none, -1: error. */
static int vdisk_find(struct vdisk *d, bool (*is)(const unsigned char *entry, const char *what), const char *what,
		      uint64_t *at, uint64_t *start, uint64_t *length, struct err *e)
{
	unsigned char head[GPT_SECTOR];
	AUTO_FREE unsigned char *table = NULL;
	uint64_t count, size, first, last, sectors = d->size / GPT_SECTOR;

	if (vdisk_read(d, GPT_SECTOR, head, sizeof(head), e) < 0)
		return -1;
	count = vdisk_get_le(head + 80, 4);
	size = vdisk_get_le(head + 84, 4);
	if (memcmp(head, "EFI PART", 8) || count > 1024 || size < 128 || size > 4096 ||
	    vdisk_get_le(head + 72, 8) > sectors)
		return err_set(e, ERR_FAILED, "gpt-missing", "%s has no GPT partition table", d->path);
	table = xmalloc((size_t)(count * size) + 1);
	if (vdisk_read(d, vdisk_get_le(head + 72, 8) * GPT_SECTOR, table, (size_t)(count * size), e) < 0)
		return -1;
	for (uint64_t i = *at; i < count; i++) {
		const unsigned char *entry = table + i * size;

		first = vdisk_get_le(entry + 32, 8);
		last = vdisk_get_le(entry + 40, 8);
		if (!is(entry, what) || first < 2 || last < first || last >= sectors)
			continue;
		*start = first * GPT_SECTOR;
		*length = (last - first + 1) * GPT_SECTOR;
		*at = i + 1;
		return 1;
	}
	return 0;
}

int vdisk_find_partition(struct vdisk *d, const char *name, uint64_t *start, uint64_t *length, struct err *e)
{
	uint64_t at = 0;
	int found = vdisk_find(d, vdisk_name_is, name, &at, start, length, e);

	if (!found)
		return err_set(e, ERR_FAILED, "gpt-partition", "%s has no partition named %s", d->path, name);
	return found < 0 ? -1 : 0;
}

int vdisk_find_type(struct vdisk *d, const char *type, uint64_t *start, uint64_t *length, struct err *e)
{
	uint64_t at = 0;
	int found = vdisk_find(d, vdisk_type_is, type, &at, start, length, e);

	if (!found)
		return err_set(e, ERR_FAILED, "gpt-partition", "%s has no partition of the type %s", d->path, type);
	return found < 0 ? -1 : 0;
}

int vdisk_next_partition(struct vdisk *d, uint64_t *at, uint64_t *start, uint64_t *length, struct err *e)
{
	return vdisk_find(d, vdisk_is_used, NULL, at, start, length, e);
}
