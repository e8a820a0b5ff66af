/* SPDX-License-Identifier: MIT */
/* saver: see include/vm/saver.h. */
#include "vm/saver.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

struct job {
	struct job *next;
	char *path, *text;
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

	if (s->running)
		return;
	if (s->waiting) {
		s->running = s->waiting;
		s->waiting = s->running->next;
		loop_work(s->loop, work, done, s);
	} else if (flushed) {
		s->flushed = NULL;
		flushed(s->arg);
	}
}

void saver_put(struct saver *s, const char *path, char *text)
{
	struct job **at = &s->waiting;

	while (*at && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->path = xstrdup(path);
	}
	free((*at)->text);
	(*at)->text = text;
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
