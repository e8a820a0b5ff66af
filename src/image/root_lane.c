/* SPDX-License-Identifier: MIT */
/*
 * root_lane: unpacks one chunk's worth of a lane. In: packages. Out: chunks of ops that own their
 * bytes. It runs on worker threads, one at a time per lane, and knows nothing of the image.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "root_private.h"

/* A chunk is sealed rather than begun with an entry when less is left: names must fit. */
#define ENTRY_ROOM (2 * (DEB_PATH_MAX + 1))
#define CONTROL_MEMBER_MAX (16u << 20)

static const char again[] = "run the command again: the package is then downloaded again";

static struct op *root_lane_add_op(struct chunk *c, enum op_type type)
{
	struct op *op;

	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 64;
		c->ops = xreallocarray(c->ops, c->room, sizeof *c->ops);
	}
	op = &c->ops[c->count++];
	*op = (struct op){.type = type};
	return op;
}

static const char *root_lane_add_string(struct chunk *c, const char *s)
{
	size_t n = strlen(s) + 1;
	char *at = (char *)c->bytes + c->used;

	memcpy(at, s, n);
	c->used += n;
	return at;
}

static void root_lane_add_entry(struct chunk *c, enum op_type type, const struct deb_entry *entry)
{
	struct op *op = root_lane_add_op(c, type);

	op->entry = *entry;
	op->entry.path = root_lane_add_string(c, entry->path);
	if (entry->link)
		op->entry.link = root_lane_add_string(c, entry->link);
}

static const struct root_job *root_lane_current(const struct root_build *b, const struct lane *lane)
{
	return &b->jobs[lane->jobs[lane->at]];
}

static int root_lane_open_job(struct root_build *b, struct lane *lane, struct err *e)
{
	const struct root_job *job = root_lane_current(b, lane);
	struct stat st;

	lane->fd = file_open(job->deb->path, FILE_READ);
	if (lane->fd < 0 || fstat(lane->fd, &st))
		return err_errno(e, errno, "root-deb", "the package %s cannot be opened", job->deb->name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != job->deb->size) {
		err_set(e, ERR_VERIFY, "root-mismatch", "the file of package %s has another size than the index says",
			job->deb->name);
		return err_hint(e, "%s", again);
	}
	lane->in_file = false;
	if (job->is_extra) {
		lane->state = LANE_COPY;
		lane->copied = 0;
		lane->copy_hash = hash_new();
		return 0;
	}
	lane->deb = deb_open(lane->fd, job->deb->name, e);
	if (!lane->deb)
		return -1;
	deb_limit(lane->deb, b->req->size);
	lane->state = LANE_CONTROL;
	return deb_enter(lane->deb, DEB_CONTROL, e);
}

void lane_close(struct lane *lane)
{
	deb_free(lane->deb);
	lane->deb = NULL;
	hash_free(lane->copy_hash);
	lane->copy_hash = NULL;
	if (lane->fd >= 0)
		close(lane->fd);
	lane->fd = -1;
	lane->state = LANE_OPEN;
}

static int root_lane_check_digest(const struct root_job *job, const uint8_t sha256[HASH_SIZE], uint64_t size,
				  struct err *e)
{
	if (size == job->deb->size && memcmp(sha256, job->deb->sha256, HASH_SIZE) == 0)
		return 0;
	err_set(e, ERR_VERIFY, "root-mismatch",
		"the file of package %s was changed: its SHA-256 is not the verified one", job->deb->name);
	return err_hint(e, "%s", again);
}

/* The job's file was read: 0 when it was what the index promised. */
static int root_lane_end_job(struct root_build *b, struct lane *lane, struct chunk *c, struct err *e)
{
	const struct root_job *job = root_lane_current(b, lane);
	uint8_t sha256[HASH_SIZE];
	uint64_t size = lane->copied;

	if (job->is_extra) {
		hash_end(lane->copy_hash, sha256);
		lane->copy_hash = NULL;
	} else if (deb_finish(lane->deb, sha256, &size, e)) {
		return -1;
	}
	if (root_lane_check_digest(job, sha256, size, e))
		return -1;
	root_lane_add_op(c, OP_END);
	lane_close(lane);
	lane->base += job->weight;
	lane->at++;
	return 0;
}

/* Content of the current file until it ends or the chunk is full. */
static int root_lane_fill_content(struct lane *lane, struct chunk *c, struct err *e)
{
	size_t room = ROOT_CHUNK - c->used;
	ssize_t n = deb_read(lane->deb, c->bytes + c->used, room, e);
	struct op *op;

	if (n < 0)
		return -1;
	if ((size_t)n < room)
		lane->in_file = false;
	if (n == 0)
		return 0;
	op = root_lane_add_op(c, OP_BYTES);
	op->data = c->bytes + c->used;
	op->len = (size_t)n;
	c->used += (size_t)n;
	return 0;
}

/* One entry or piece of content. *ended: the package has no more. */
static int root_lane_fill_deb(struct root_build *b, struct lane *lane, struct chunk *c, bool *ended, struct err *e)
{
	struct deb_entry entry;
	int r;

	if (lane->in_file)
		return root_lane_fill_content(lane, c, e);
	r = deb_next(lane->deb, &entry, e);
	if (r < 0)
		return -1;
	if (r == 0) {
		*ended = lane->state == LANE_DATA;
		if (*ended)
			return 0;
		lane->state = LANE_DATA;
		return deb_enter(lane->deb, DEB_DATA, e);
	}
	if (lane->state == LANE_CONTROL && entry.size > CONTROL_MEMBER_MAX)
		return err_set(e, ERR_VERIFY, "deb-too-large", "%s in package %s is too large", entry.path,
			       root_lane_current(b, lane)->deb->name);
	root_lane_add_entry(c, lane->state == LANE_CONTROL ? OP_CONTROL : OP_ENTRY, &entry);
	lane->in_file = entry.size > 0;
	return 0;
}

static int root_lane_fill_copy(struct root_build *b, struct lane *lane, struct chunk *c, bool *ended, struct err *e)
{
	const struct root_deb *deb = root_lane_current(b, lane)->deb;
	size_t room = ROOT_CHUNK - c->used;
	struct op *op;
	ssize_t n;

	if (lane->copied == 0 && !lane->in_file) {
		struct deb_entry entry = {.path = "", .type = DEB_FILE, .size = deb->size};

		root_lane_add_entry(c, OP_ENTRY, &entry);
		lane->in_file = true;
		return 0;
	}
	if (room > deb->size - lane->copied)
		room = (size_t)(deb->size - lane->copied);
	*ended = room == 0;
	if (*ended)
		return 0;
	n = file_read_at(lane->fd, c->bytes + c->used, room, lane->copied);
	if (n <= 0)
		return err_errno(e, n < 0 ? errno : EIO, "root-deb", "the package %s cannot be read", deb->name);
	op = root_lane_add_op(c, OP_BYTES);
	op->data = c->bytes + c->used;
	op->len = (size_t)n;
	hash_add(lane->copy_hash, op->data, op->len);
	c->used += op->len;
	lane->copied += op->len;
	return 0;
}

static uint64_t root_lane_job_position(const struct lane *lane)
{
	return lane->state == LANE_COPY ? lane->copied : deb_position(lane->deb);
}

static int root_lane_fill(struct root_build *b, struct lane *lane, struct chunk *c, struct err *e)
{
	const struct root_job *job = root_lane_current(b, lane);
	uint64_t before = lane->state == LANE_OPEN ? 0 : root_lane_job_position(lane);
	uint64_t after;
	bool ended = false;
	int r = 0;

	if (lane->state == LANE_OPEN && root_lane_open_job(b, lane, e))
		return -1;
	while (r == 0 && !ended && ROOT_CHUNK - c->used > ENTRY_ROOM && !atomic_load(&b->stop))
		r = lane->state == LANE_COPY ? root_lane_fill_copy(b, lane, c, &ended, e)
					     : root_lane_fill_deb(b, lane, c, &ended, e);
	if (r)
		return -1;
	after = ended ? job->deb->size : root_lane_job_position(lane);
	atomic_fetch_add(&b->bytes, after - before);
	if (ended)
		r = root_lane_end_job(b, lane, c, e);
	if (r == 0)
		c->pos = ended ? lane->base : lane->base + job->weight * after / (job->deb->size + 1);
	return r;
}

struct chunk *lane_unpack(struct root_build *b, struct lane *lane)
{
	struct chunk *c = xmalloc(sizeof *c);
	struct err e = ERR_INIT;

	c->ops = NULL;
	c->count = 0;
	c->room = 0;
	c->used = 0;
	c->job = lane->jobs[lane->at];
	if (root_lane_fill(b, lane, c, &e)) {
		root_fail(b, &e);
		chunk_free(c);
		return NULL;
	}
	return c;
}
