/* SPDX-License-Identifier: MIT */
/* qcow2: reads qcow2 images. Numbers on disk are big-endian. */
#include "qcow2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

#define MAGIC 0x514649fbu
#define HEADER_V2 72
#define HEADER_V3 104
#define INCOMPATIBLE_DIRTY 1u
#define INCOMPATIBLE_CORRUPT 2u
#define INCOMPATIBLE_DATA_FILE 4u
#define EXT_END 0u
#define EXT_BACKING_FORMAT 0xe2792acau
#define EXT_DATA_FILE 0x44415441u
#define BACKING_NAME_MAX 1023
#define L1_MAX (32u << 20) /* bytes, as in QEMU */

/* Table entries */
#define OFFSET_MASK 0x00fffffffffffe00u
#define L2_COMPRESSED (1ull << 62)
#define L2_ZERO 1u

static uint32_t qcow2_get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t qcow2_get64(const unsigned char *p)
{
	return (uint64_t)qcow2_get32(p) << 32 | qcow2_get32(p + 4);
}

static int qcow2_broken(const struct qcow2 *q, struct err *e, const char *what)
{
	err_set(e, ERR_FAILED, "disk-broken", "%s is not a sound qcow2 image: %s", q->name, what);
	return err_hint(e, "examine it with: qemu-img check -f qcow2 %s", q->name);
}

static int qcow2_foreign(const struct qcow2 *q, struct err *e, const char *what)
{
	if (q->any)
		return err_set(e, ERR_FAILED, "disk-foreign", "%s cannot be used: %s", q->name, what);
	return err_set(e, ERR_FAILED, "disk-foreign", "%s was not created by debwiz: %s", q->name, what);
}

/* Reads n bytes: the file must have them. */
static int qcow2_read_at(const struct qcow2 *q, void *p, size_t n, uint64_t pos, struct err *e)
{
	ssize_t r = file_read_at(q->fd, p, n, pos);

	if (r < 0)
		return err_errno(e, errno, "disk-read", "cannot read %s", q->name);
	return (size_t)r < n ? qcow2_broken(q, e, "it is cut short") : 0;
}

static bool qcow2_is_within(const struct qcow2 *q, uint64_t offset, uint64_t length)
{
	return offset <= q->file_size && length <= q->file_size - offset;
}

static int qcow2_read_extensions(struct qcow2 *q, uint64_t pos, uint64_t end, struct err *e)
{
	unsigned char head[8];

	while (end - pos >= sizeof(head)) {
		uint32_t type, length;

		if (qcow2_read_at(q, head, sizeof(head), pos, e) < 0)
			return -1;
		type = qcow2_get32(head);
		length = qcow2_get32(head + 4);
		pos += sizeof(head);
		if (type == EXT_END)
			return 0;
		if (length > end - pos)
			return qcow2_broken(q, e, "a header extension is longer than the header");
		if (type == EXT_DATA_FILE)
			return qcow2_foreign(q, e, "its data lie in another file");
		if (type == EXT_BACKING_FORMAT) {
			char *format = xcalloc(1, (size_t)length + 1);

			free(q->backing_format);
			q->backing_format = format;
			if (qcow2_read_at(q, format, length, pos, e) < 0)
				return -1;
		}
		length = (length + 7) & ~7u;
		pos += length < end - pos ? length : end - pos;
	}
	return 0;
}

static int qcow2_read_backing(struct qcow2 *q, uint64_t offset, uint32_t length, uint64_t cluster, struct err *e)
{
	if (!offset)
		return 0;
	if (length == 0 || length > BACKING_NAME_MAX || offset > cluster || length > cluster - offset)
		return qcow2_broken(q, e, "the name of its backing file is out of place");
	free(q->backing);
	q->backing = xcalloc(1, (size_t)length + 1);
	if (qcow2_read_at(q, q->backing, length, offset, e) < 0)
		return -1;
	if (memchr(q->backing, '\0', length))
		return qcow2_broken(q, e, "the name of its backing file holds a NUL");
	return 0;
}

static int qcow2_read_l1(struct qcow2 *q, uint64_t offset, uint32_t count, struct err *e)
{
	uint64_t per_table = 1ull << (2 * q->cluster_bits - 3); /* bytes of disk under one L1 entry */
	uint64_t needed = q->size / per_table + (q->size % per_table != 0);
	unsigned char *raw;

	if (count < needed || (uint64_t)count * 8 > L1_MAX || !qcow2_is_within(q, offset, (uint64_t)count * 8))
		return qcow2_broken(q, e, "its first table does not fit");
	raw = xmalloc((size_t)count * 8 + 1);
	if (qcow2_read_at(q, raw, (size_t)count * 8, offset, e) < 0) {
		free(raw);
		return -1;
	}
	q->l1 = xcalloc(count ? count : 1, sizeof(*q->l1));
	q->l1_count = count;
	for (uint32_t i = 0; i < count; i++)
		q->l1[i] = qcow2_get64(raw + (size_t)i * 8) & OFFSET_MASK;
	free(raw);
	return 0;
}

static int qcow2_read_header(struct qcow2 *q, struct err *e)
{
	unsigned char h[HEADER_V3] = {0};
	uint64_t cluster, incompatible;
	uint32_t version, length = HEADER_V2;

	if (q->file_size < HEADER_V2)
		return qcow2_broken(q, e, q->file_size ? "it is cut short" : "it is empty");
	if (qcow2_read_at(q, h, q->file_size < HEADER_V3 ? HEADER_V2 : HEADER_V3, 0, e) < 0)
		return -1;
	version = qcow2_get32(h + 4);
	if (qcow2_get32(h) != MAGIC || (version != 2 && version != 3))
		return qcow2_foreign(q, e, "it is not a qcow2 image of version 2 or 3");
	q->cluster_bits = qcow2_get32(h + 20);
	if (q->cluster_bits < 9 || q->cluster_bits > 21)
		return qcow2_broken(q, e, "its clusters have an impossible size");
	cluster = 1ull << q->cluster_bits;
	q->size = qcow2_get64(h + 24);
	if (q->size > 1ull << 60)
		return qcow2_broken(q, e, "its size is impossible");
	if (qcow2_get32(h + 32))
		return qcow2_foreign(q, e, "it is encrypted");
	if (version == 3) {
		incompatible = qcow2_get64(h + 72);
		length = qcow2_get32(h + 100);
		if (length < HEADER_V3 || length > cluster)
			return qcow2_broken(q, e, "its header has an impossible length");
		if (incompatible & INCOMPATIBLE_CORRUPT)
			return qcow2_broken(q, e, "QEMU has marked it as corrupt");
		if (incompatible & INCOMPATIBLE_DATA_FILE)
			return qcow2_foreign(q, e, "its data lie in another file");
		if (!q->any && (incompatible & ~(uint64_t)INCOMPATIBLE_DIRTY))
			return qcow2_foreign(q, e, "it uses features that debwiz never asks for");
		q->dirty = incompatible & INCOMPATIBLE_DIRTY;
	}
	q->snapshots = qcow2_get32(h + 60);
	if (!qcow2_is_within(q, qcow2_get64(h + 48), (uint64_t)qcow2_get32(h + 56) * cluster))
		return qcow2_broken(q, e, "its reference counts lie outside the file");
	if (qcow2_read_backing(q, qcow2_get64(h + 8), qcow2_get32(h + 16), cluster, e) < 0 ||
	    qcow2_read_extensions(q, length, qcow2_get64(h + 8) ? qcow2_get64(h + 8) : cluster, e) < 0)
		return -1;
	return q->any ? 0 : qcow2_read_l1(q, qcow2_get64(h + 40), qcow2_get32(h + 36), e);
}

static int qcow2_open_as(struct qcow2 *q, int fd, const char *name, bool any, struct err *e)
{
	struct stat st;

	*q = (struct qcow2){.fd = fd, .name = xstrdup(name), .any = any};
	q->backing = xstrdup("");
	q->backing_format = xstrdup("");
	if (fstat(fd, &st) < 0)
		err_errno(e, errno, "disk-read", "cannot examine %s", name);
	else {
		q->file_size = (uint64_t)st.st_size;
		if (qcow2_read_header(q, e) == 0)
			return 0;
	}
	qcow2_fini(q);
	return -1;
}

int qcow2_open(struct qcow2 *q, int fd, const char *name, struct err *e)
{
	return qcow2_open_as(q, fd, name, false, e);
}

int qcow2_open_header(struct qcow2 *q, int fd, const char *name, struct err *e)
{
	return qcow2_open_as(q, fd, name, true, e);
}

void qcow2_fini(struct qcow2 *q)
{
	for (size_t i = 0; i < ARRAY_SIZE(q->slots); i++)
		free(q->slots[i].table);
	free(q->l1);
	free(q->name);
	free(q->backing);
	free(q->backing_format);
	*q = (struct qcow2){.fd = -1};
}

/* Returns the L2 table of an L1 entry; borrowed until the next call. */
static uint64_t *qcow2_l2_table(struct qcow2 *q, uint32_t index, struct err *e)
{
	struct qcow2_slot *slot = &q->slots[index % ARRAY_SIZE(q->slots)];
	size_t bytes = (size_t)1 << q->cluster_bits;

	if (slot->table && slot->index == index)
		return slot->table;
	if (!qcow2_is_within(q, q->l1[index], bytes)) {
		qcow2_broken(q, e, "it is cut short");
		return NULL;
	}
	if (!slot->table)
		slot->table = xmalloc(bytes);
	slot->index = index;
	if (qcow2_read_at(q, slot->table, bytes, q->l1[index], e) < 0) {
		free(slot->table);
		slot->table = NULL;
		return NULL;
	}
	for (size_t i = 0; i < bytes / 8; i++)
		slot->table[i] = qcow2_get64((unsigned char *)&slot->table[i]);
	return slot->table;
}

int qcow2_map(struct qcow2 *q, uint64_t pos, enum qcow2_kind *kind, uint64_t *offset, uint64_t *length, struct err *e)
{
	uint64_t cluster = 1ull << q->cluster_bits;
	uint64_t inside = pos & (cluster - 1);
	uint64_t number = pos >> q->cluster_bits;
	uint32_t index = (uint32_t)(number >> (q->cluster_bits - 3));
	uint64_t *table, entry;

	if (pos >= q->size)
		return err_set(e, ERR_FAILED, "disk-read", "%s has no byte %llu", q->name, (unsigned long long)pos);
	*length = cluster - inside < q->size - pos ? cluster - inside : q->size - pos;
	*kind = QCOW2_BACKING;
	*offset = 0;
	if (!q->l1[index])
		return 0;
	table = qcow2_l2_table(q, index, e);
	if (!table)
		return -1;
	entry = table[number & (cluster / 8 - 1)];
	if (entry & L2_COMPRESSED) {
		err_set(e, ERR_FAILED, "disk-compressed", "%s holds compressed data", q->name);
		return err_hint(e, "debwiz flatten writes it without");
	}
	if (entry & L2_ZERO)
		*kind = QCOW2_ZERO;
	else if (entry & OFFSET_MASK)
		*kind = QCOW2_DATA;
	*offset = (entry & OFFSET_MASK) + inside;
	if (*kind == QCOW2_DATA && *offset >= q->file_size)
		return qcow2_broken(q, e, "it is cut short");
	return 0;
}

int qcow2_check(struct qcow2 *q, uint64_t *clusters, struct err *e)
{
	*clusters = 0;
	for (uint32_t i = 0; i < q->l1_count; i++) {
		uint64_t *table;

		if (!q->l1[i])
			continue;
		table = qcow2_l2_table(q, i, e);
		if (!table)
			return -1;
		for (size_t k = 0; k < (size_t)1 << (q->cluster_bits - 3); k++) {
			if (!table[k])
				continue;
			++*clusters;
			/* a compressed cluster's entry has another layout; QEMU checks those */
			if (!(table[k] & L2_COMPRESSED) && (table[k] & OFFSET_MASK) >= q->file_size)
				return qcow2_broken(q, e, "it is cut short");
		}
	}
	return 0;
}
