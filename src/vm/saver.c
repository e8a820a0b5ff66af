/* SPDX-License-Identifier: MIT */
/* saver: see include/vm/saver.h. */
#include "vm/saver.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

/* Something to write, or to call when what is before it was written. */
struct job {
	struct job *next;
	char *path, *text;
	void (*then)(void *arg);
	void *arg;
};

struct saver {
	struct loop *loop;
	struct job *waiting;
	struct job *running;
	void (*flushed)(void *arg);
	void *arg;
};

struct saver *saver_new(struct loop *l)
{
	struct saver *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	return s;
}

static void job_free(struct job *j)
{
	free(j->path);
	free(j->text);
	free(j);
}

static void work(void *arg)
{
	struct job *j = ((struct saver *)arg)->running;
	struct err e = ERR_INIT;

	if (file_write(j->path, j->text, strlen(j->text), 0600, &e) < 0)
		log_msg("vm", "%s", e.text);
	err_fini(&e);
}

static void next(struct saver *s);

static void done(void *arg)
{
	struct saver *s = arg;

	job_free(s->running);
	s->running = NULL;
	next(s);
}

static void next(struct saver *s)
{
	void (*flushed)(void *) = s->flushed;

	while (!s->running && s->waiting) {
		struct job *j = s->waiting;

		s->waiting = j->next;
		if (!j->then) {
			s->running = j;
			loop_work(s->loop, work, done, s);
		} else {
			void (*then)(void *) = j->then;
			void *arg = j->arg;

			job_free(j);
			then(arg);
		}
	}
	if (!s->running && flushed) {
		s->flushed = NULL;
		flushed(s->arg);
	}
}

/* The last place of the queue, or that of what is yet to be written to `path`. */
static struct job **place(struct saver *s, const char *path)
{
	struct job **at = &s->waiting;

	while (*at && ((*at)->then || !path || strcmp((*at)->path, path) != 0))
		at = &(*at)->next;
	return at;
}

void saver_put(struct saver *s, const char *path, char *text)
{
	struct job **at = place(s, path);

	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->path = xstrdup(path);
	}
	free((*at)->text);
	(*at)->text = text;
	next(s);
}

void saver_then(struct saver *s, void (*fn)(void *arg), void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->then = fn;
	j->arg = arg;
	*place(s, NULL) = j;
	next(s);
}

void saver_flush(struct saver *s, void (*fn)(void *arg), void *arg)
{
	s->flushed = fn;
	s->arg = arg;
	next(s);
}

void saver_free(struct saver *s)
{
	free(s);
}
