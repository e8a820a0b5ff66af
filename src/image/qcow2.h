/* SPDX-License-Identifier: MIT */
/*
 * qcow2: reads images of the kind that debwiz creates with qemu-img: version 2 or 3, without encryption, external
 * data file and subclusters. Follows QEMU's docs/interop/qcow2.txt. Nothing in the file is trusted: every offset is
 * checked, and the backing file's name is returned to the caller, never opened here.
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
	bool any;	      /* of any origin: only its header was read */
	bool dirty;	      /* was not closed; only the reference counts may be stale */
	/* L2 tables read last, by L1 index modulo the slots */
	struct qcow2_slot {
		uint64_t *table;
		uint32_t index;
	} slots[16];
};

/* Reads and checks the header and the L1 table. `fd` must stay open. */
int qcow2_open(struct qcow2 *q, int fd, const char *name, struct err *e);
/* Reads and checks only the header of an image of any origin; one whose data are in another file is refused.
 * qcow2_map and qcow2_check must not follow. */
int qcow2_open_header(struct qcow2 *q, int fd, const char *name, struct err *e);
void qcow2_fini(struct qcow2 *q);

enum qcow2_kind { QCOW2_DATA, QCOW2_ZERO, QCOW2_BACKING };

/* Finds the bytes at `pos`: their kind, for data the offset in the file, and how many bytes from there on belong to
 * the same cluster. */
int qcow2_map(struct qcow2 *q, uint64_t pos, enum qcow2_kind *kind, uint64_t *offset, uint64_t *length, struct err *e);
/* Checks that every cluster of the tables begins within the file, so a truncated file is found. Also counts the
 * clusters of the guest's data. Reads all tables (16 MiB for a full 128 GiB). */
int qcow2_check(struct qcow2 *q, uint64_t *clusters, struct err *e);

#endif
