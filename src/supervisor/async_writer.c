/* SPDX-License-Identifier: MIT */
/* async_writer: a queue of files and callbacks, worked off one by one in libuv's pool (async_writer.h). */
#include "async_writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "host/file.h"

#define SPARE_BYTES 16384

/* A file to write, or a function to call once everything before it is written. */
struct async_write {
	struct async_write *next;
	char *path, *text;
	void (*then)(void *arg);
	void *arg;
};

struct async_writer {
	struct loop *loop;
	struct async_write *waiting;
	struct async_write *running;
	char *spare;
	bool spared; /* the spare exists; owned by the worker while it writes */
	void (*flushed)(void *arg);
	void *arg;
};

struct async_writer *async_writer_new(struct loop *l, const char *spare)
{
	struct async_writer *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->spare = xstrdup(spare);
	return s;
}

static void async_writer_write_free(struct async_write *w)
{
	free(w->path);
	free(w->text);
	free(w);
}

/* Creates the spare, as large as the disk has space for. It is neither a hole nor zeros, which some file systems
 * turn into one. */
static void async_writer_spare_make(struct async_writer *s)
{
	char block[4096];
	int fd = file_open(s->spare, FILE_ENSURE | FILE_TRUNCATE);

	if (fd < 0)
		return;
	memset(block, '.', sizeof(block));
	for (size_t i = 0; i < SPARE_BYTES / sizeof(block); i++) {
		if (file_write_all(fd, block, sizeof(block), s->spare, NULL) < 0)
			break;
		s->spared = true;
	}
	close(fd);
	if (!s->spared)
		unlink(s->spare);
}

static void async_writer_spare_drop(struct async_writer *s)
{
	if (s->spared)
		unlink(s->spare);
	s->spared = false;
}

static int async_writer_write_now(const struct async_write *w, struct err *e)
{
	return file_write(w->path, w->text, strlen(w->text), 0600, e);
}

static void async_writer_work(void *arg)
{
	struct async_writer *s = arg;
	struct err e = ERR_INIT;
	int r = async_writer_write_now(s->running, &e);

	if (r < 0 && s->spared) {
		async_writer_spare_drop(s);
		err_fini(&e);
		r = async_writer_write_now(s->running, &e);
	}
	if (r < 0)
		log_msg("vm", "%s", e.text);
	else if (!s->spared)
		async_writer_spare_make(s);
	err_fini(&e);
}

static void async_writer_next(struct async_writer *s);

static void async_writer_done(void *arg)
{
	struct async_writer *s = arg;

	async_writer_write_free(s->running);
	s->running = NULL;
	async_writer_next(s);
}

static void async_writer_next(struct async_writer *s)
{
	void (*flushed)(void *) = s->flushed;

	while (!s->running && s->waiting) {
		struct async_write *w = s->waiting;

		s->waiting = w->next;
		if (!w->then) {
			s->running = w;
			loop_work(s->loop, async_writer_work, async_writer_done, s);
		} else {
			void (*then)(void *) = w->then;
			void *arg = w->arg;

			async_writer_write_free(w);
			then(arg);
		}
	}
	if (!s->running && flushed) {
		s->flushed = NULL;
		async_writer_spare_drop(s);
		flushed(s->arg);
	}
}

/* Returns the end of the queue, or the place of a text for `path` that is not written yet. */
static struct async_write **async_writer_place(struct async_writer *s, const char *path)
{
	struct async_write **at = &s->waiting;

	while (*at && ((*at)->then || !path || strcmp((*at)->path, path) != 0))
		at = &(*at)->next;
	return at;
}

void async_writer_put(struct async_writer *s, const char *path, char *text)
{
	struct async_write **at = async_writer_place(s, path);

	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->path = xstrdup(path);
	}
	free((*at)->text);
	(*at)->text = text;
	async_writer_next(s);
}

void async_writer_then(struct async_writer *s, void (*fn)(void *arg), void *arg)
{
	struct async_write *w = xcalloc(1, sizeof(*w));

	w->then = fn;
	w->arg = arg;
	*async_writer_place(s, NULL) = w;
	async_writer_next(s);
}

void async_writer_flush(struct async_writer *s, void (*fn)(void *arg), void *arg)
{
	s->flushed = fn;
	s->arg = arg;
	async_writer_next(s);
}

void async_writer_free(struct async_writer *s)
{
	if (!s)
		return;
	free(s->spare);
	free(s);
}
