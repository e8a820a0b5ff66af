/* SPDX-License-Identifier: MIT */
/*
 * qcow2: reads images of the kind that debwiz makes with qemu-img: version 2 or 3, no encryption,
 * no external data file, no subclusters. Follows QEMU's docs/interop/qcow2.txt. What the file says
 * is believed only within the file: every offset is checked, and the backing file's name is given
 * to the caller, never opened here.
 */
#ifndef IMAGE_QCOW2_H
#define IMAGE_QCOW2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct qcow2 {
	int fd;	    /* borrowed */
	char *name; /* for messages */
	uint64_t file_size;
	uint64_t size; /* virtual, bytes */
	unsigned cluster_bits;
	uint64_t *l1; /* offsets of the L2 tables, 0: none */
	uint32_t l1_count;
	uint32_t snapshots;
	char *backing;	      /* "" without one */
	char *backing_format; /* "" where the file does not say */
	bool any;	      /* of any maker: its header alone was read */
	bool dirty;	      /* was not closed; only the reference counts may be stale */
	/* L2 tables read last, by L1 index modulo the slots */
	struct qcow2_slot {
		uint64_t *table;
		uint32_t index;
	} slots[16];
};

/* Reads and checks the header and the L1 table. `fd` must stay open. */
int qcow2_open(struct qcow2 *q, int fd, const char *name, struct err *e);
/* Reads and checks the header alone, of an image that any program may have made; one whose data lie in
 * another file is refused. qcow2_map and qcow2_check must not follow. */
int qcow2_open_header(struct qcow2 *q, int fd, const char *name, struct err *e);
void qcow2_fini(struct qcow2 *q);

enum qcow2_kind { QCOW2_DATA, QCOW2_ZERO, QCOW2_BACKING };

/* Where the bytes at `pos` lie: kind, for data the offset in the file, and how many bytes from
 * there on are of the same cluster. */
int qcow2_map(struct qcow2 *q, uint64_t pos, enum qcow2_kind *kind, uint64_t *offset, uint64_t *length, struct err *e);
/* Whether every cluster that the tables name begins within the file; a file that was cut is found
 * out. Also counts the clusters of the guest's data. Reads all tables (16 MiB for a full 128 GiB). */
int qcow2_check(struct qcow2 *q, uint64_t *clusters, struct err *e);

#endif
