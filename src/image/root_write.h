/* SPDX-License-Identifier: MIT */
/* root_write: the one writer of a root image. */
#ifndef IMAGE_ROOT_WRITE_H
#define IMAGE_ROOT_WRITE_H

#include <stdatomic.h>

#include "root_lane.h"

struct root_content {
	const struct root_request *req;
	int fd; /* the disk, all zeros */
	struct root_lanes *lanes;
	const struct root_file *listed; /* those of req->file_list */
	size_t listed_count;
	atomic_size_t *current; /* set to the job that is being written, + 1 */
};

/* Writes the whole disk. Blocks until the workers have unpacked everything: for a pool thread. Returns -1 with e
 * filled, or empty if the workers failed. */
int root_write(const struct root_content *from, struct err *e);

#endif
