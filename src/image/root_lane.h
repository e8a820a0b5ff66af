/* SPDX-License-Identifier: MIT */
/* root_lane: unpacks the packages of a root on several threads, for one writer. */
#ifndef IMAGE_ROOT_LANE_H
#define IMAGE_ROOT_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deb.h"
#include "image/root.h"

#define ROOT_LANES 4

enum root_op_type {
	OP_CONTROL, /* a member of control.tar begins */
	OP_ENTRY,   /* an entry of data.tar begins */
	OP_BYTES,   /* content of the entry or member that began last */
	OP_END,	    /* the package was read to its end and verified */
};

struct root_op {
	enum root_op_type type;
	struct deb_entry entry;	   /* OP_CONTROL, OP_ENTRY: its strings lie in the chunk */
	const unsigned char *data; /* OP_BYTES */
	size_t len;
};

/* A piece of one package. */
struct root_chunk {
	struct root_chunk *next;
	size_t job;    /* of all its ops */
	unsigned lane; /* the packages of a lane come one after the other */
	uint64_t pos;  /* of the lane, behind this chunk */
	struct root_op *ops;
	size_t count;
	size_t size; /* of ops, allocated */
	size_t used; /* of bytes */
	unsigned char bytes[];
};

/* One package of the request. */
struct root_job {
	const struct root_deb *deb;
	bool is_extra;	 /* copied as it is, not unpacked */
	uint64_t weight; /* its share of the lane's length */
};

struct root_lanes;

/* Distributes the request's packages, which are borrowed. */
struct root_lanes *root_lanes_new(const struct root_request *req);
void root_lanes_free(struct root_lanes *all);
/* Unpacks until nothing is left or the build has failed. Blocks: for each of several pool threads. */
void root_lanes_unpack(struct root_lanes *all);
/* Returns the next chunk in order, freed by root_chunk_free, or NULL: it was the last, or the build has failed.
 * Blocks: for the writer's thread. */
struct root_chunk *root_lanes_take(struct root_lanes *all);
void root_chunk_free(struct root_chunk *c); /* NULL is fine */
/* Jobs below the request's deb_count are packages to unpack, the others extras. */
const struct root_job *root_lanes_job(const struct root_lanes *all, size_t job);
/* Returns the bytes of packages that were read, and the sum of all. */
uint64_t root_lanes_bytes(struct root_lanes *all, uint64_t *total);

/* Ends the build with an error, which is moved; only the first one counts. An empty one stops it without. */
void root_lanes_fail(struct root_lanes *all, struct err *e);
bool root_lanes_failed(struct root_lanes *all);
/* Moves the first failure to e. */
void root_lanes_error(struct root_lanes *all, struct err *e);

/* Returns whether x of x_total is a smaller share than y of y_total, exactly: the order of chunks must not depend on
 * how a processor rounds. Totals are not 0. */
bool root_share_less(uint64_t x, uint64_t x_total, uint64_t y, uint64_t y_total);

#endif
