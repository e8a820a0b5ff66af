/* SPDX-License-Identifier: MIT */
/*
 * seed: a guest that applied its settings before it was suspended still has the seed's device: an empty disk of that
 * size takes its place. A seed that was not applied exists, and stays until the guest reports it.
 */
#include "seed.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "host/file.h"
#include "sup.h"

/* Returns whether the file is a hole: not a seed, but the replacement that a killed supervisor left. */
static bool seed_is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 && !st.st_blocks;
}

void sup_seed_prepare(struct sup *s)
{
	struct stat st;
	int fd;

	s->req.seed_empty = false;
	if (!*s->req.seed)
		return;
	if (!s->req.resume && !*s->req.snapshot) {
		s->req.seed_size = stat(s->req.seed, &st) == 0 ? (uint64_t)st.st_size : 0;
		return;
	}
	if (!s->req.seed_size)
		return;
	if (file_exists(s->req.seed)) {
		s->req.seed_empty = seed_is_empty(s->req.seed);
		return;
	}
	fd = file_open(s->req.seed, FILE_NEW);
	s->req.seed_empty = fd >= 0;
	if (fd >= 0 && ftruncate(fd, (off_t)s->req.seed_size) < 0)
		log_msg("vm", "%s: %s", s->req.seed, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void sup_seed_remove_empty(struct sup *s)
{
	if (s->req.seed_empty)
		unlink(s->req.seed);
	s->req.seed_empty = false;
}
