/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the root builder share. root.c starts and ends a build on the loop's thread;
 * root_lane.c decompresses on several threads; root_queue.c hands the results over in an order that
 * depends on the packages alone; root_write.c, on one thread, puts them into the image.
 */
#ifndef IMAGE_ROOT_PRIVATE_H
#define IMAGE_ROOT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deb.h"
#include "image/root.h"

/*
 * The packages are dealt to a fixed number of lanes; a lane is unpacked from its first package to
 * its last, in chunks. The writer always takes the next chunk of the lane that is least far, as a
 * share of the lane's compressed bytes: so all lanes end together, and the order of chunks is a
 * property of the packages. Any worker may unpack the next chunk of any lane.
 */
#define ROOT_LANES 4
#define ROOT_CHUNK (512u << 10) /* bytes of content and names in a chunk */
#define ROOT_QUEUE 6u		/* chunks a lane may be ahead of the writer */

enum op_type {
	OP_CONTROL, /* a member of control.tar begins */
	OP_ENTRY,   /* an entry of data.tar begins */
	OP_BYTES,   /* content of the one that began last */
	OP_END,	    /* the package was read to its end and verified */
};

struct op {
	enum op_type type;
	struct deb_entry entry;	   /* OP_CONTROL, OP_ENTRY: its strings lie in the chunk */
	const unsigned char *data; /* OP_BYTES */
	size_t len;
};

struct chunk {
	struct chunk *next;
	size_t job;   /* all ops belong to one */
	uint64_t pos; /* of the lane, behind this chunk */
	struct op *ops;
	size_t count;
	size_t room;
	size_t used;
	unsigned char bytes[ROOT_CHUNK];
};

/* One file to read: jobs below request->deb_count are packages to unpack, the others extras. */
struct root_job {
	const struct root_deb *deb;
	bool is_extra;
	uint64_t weight; /* its share of the lane's length */
};

struct lane {
	size_t *jobs;
	size_t job_count;
	uint64_t total; /* sum of weights */

	/* the worker's side */
	size_t at;     /* in jobs */
	uint64_t base; /* weights of the jobs before */
	int fd;
	struct deb *deb;
	enum { LANE_OPEN, LANE_CONTROL, LANE_DATA, LANE_COPY } state;
	bool in_file;
	uint64_t copied;
	struct hash *copy_hash;

	/* under the lock */
	bool is_busy;
	bool is_ended;
	uint64_t sealed; /* pos of the newest chunk */
	uint64_t taken;	 /* pos of the newest chunk that the writer has taken */
	struct chunk *first, *last;
	unsigned queued;
};

struct root_build {
	struct loop *loop;
	const struct root_request *req;
	root_progress_fn progress;
	root_done_fn done;
	void *arg;
	struct loop_timer *timer;
	unsigned running; /* work items that have not ended */
	struct root_job *jobs;
	size_t job_count;
	uint64_t total;
	struct root_file *listed; /* from the asset */
	size_t listed_count;
	struct lane lanes[ROOT_LANES];
	int fd;

	atomic_bool stop; /* cancelled or failed */
	atomic_bool cancelled;
	atomic_uint_fast64_t bytes; /* read of all packages */
	atomic_size_t current;	    /* job being written, + 1 */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct err err; /* the first failure; under the lock */
};

/* root_queue.c */
void root_deal(struct root_build *b);
/* Whether x of x_total is a smaller share than y of y_total, exactly: the order of chunks must not
 * depend on how a processor rounds. Totals are not 0. */
bool root_share_less(uint64_t x, uint64_t x_total, uint64_t y, uint64_t y_total);
/* The lane to unpack next, marked busy; blocks. NULL: nothing is left to do. */
struct lane *root_lane_take(struct root_build *b);
/* Gives it back with its new chunk (taken; NULL when the lane failed). */
void root_lane_give(struct root_build *b, struct lane *lane, struct chunk *c);
/* The next chunk in order; blocks. NULL: all were had, or the build stops. Freed by chunk_free. */
struct chunk *root_chunk_take(struct root_build *b, struct lane **lane);
void chunk_free(struct chunk *c);
/* Ends the build with an error (moved). Only the first one counts. */
void root_fail(struct root_build *b, struct err *e);

/* root_lane.c: the next chunk of a lane; NULL after root_fail. Sets lane->at behind the last job
 * when it was the last. */
struct chunk *lane_unpack(struct root_build *b, struct lane *lane);
void lane_close(struct lane *lane);

/* root_write.c: the writer's whole work. */
void root_write(struct root_build *b);

/* root_files.c: what an asset list names; `out` is owned by the caller (its strings too). */
int root_files_load(const char *list, struct root_file **out, size_t *count, struct err *e);
void root_files_free(struct root_file *files, size_t count);

#endif
