/* SPDX-License-Identifier: MIT */
/*
 * vdisk: the bytes of a machine's disk, read-only: a raw file, or a qcow2 file over a raw base, or over a layer (a
 * qcow2 file over a raw base), in the same folder. The caller gives the format; it is never guessed from the content.
 */
#ifndef IMAGE_VDISK_H
#define IMAGE_VDISK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vdisk;

/* Opens a disk; `format` is "raw" or "qcow2". Returns NULL on error. */
struct vdisk *vdisk_open(const char *path, const char *format, struct err *e);
void vdisk_close(struct vdisk *d); /* NULL is fine */
uint64_t vdisk_size(const struct vdisk *d);
/* Reads exactly n bytes; beyond the end is an error. Blocks. */
int vdisk_read(struct vdisk *d, uint64_t pos, void *p, size_t n, struct err *e);
/* Finds first byte and length of the GPT partition of that name. */
int vdisk_find_partition(struct vdisk *d, const char *name, uint64_t *start, uint64_t *length, struct err *e);
/* The same of the first partition of that type (GPT_TYPE_*). */
int vdisk_find_type(struct vdisk *d, const char *type, uint64_t *start, uint64_t *length, struct err *e);
/* Goes through all partitions in the table's order; *at starts at 0. 1: found, 0: no more, -1: error. */
int vdisk_next_partition(struct vdisk *d, uint64_t *at, uint64_t *start, uint64_t *length, struct err *e);

#endif
