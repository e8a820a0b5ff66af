/* SPDX-License-Identifier: MIT */
/* session: starts the recipe on a machine and records its events for the interfaces. */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "prepare/steps.h"
#include "session/words.h"
#include "spec/risk.h"

static void session_log(struct session *s, const char *line)
{
	if (s->log.len >= SESSION_LOG_MAX) {
		free(s->log.items[0]);
		memmove(s->log.items, s->log.items + 1, s->log.len * sizeof(*s->log.items));
		s->log.len--;
		s->log_dropped++;
	}
	strv_add(&s->log, line);
}

static void session_log_step(struct session *s, const struct step_view *step)
{
	AUTO_FREE char *line = xasprintf("%s: %s%s%s", step->ops->title, words_step_state(step->state),
					 *step->text ? ": " : "", step->text);

	session_log(s, line);
}

/* Logs what in the file can run programs or expose this host. */
static void session_log_risks(struct session *s)
{
	struct risks all;

	risks_find(&s->spec, &all);
	for (size_t i = 0; i < all.len; i++) {
		AUTO_FREE char *line = risk_line(&s->spec, &all.items[i]);

		session_log(s, line);
	}
	risks_fini(&all);
}

static void session_finish(struct session *s, const struct err *error)
{
	if (!error) {
		s->state = SESSION_DONE;
	} else if (error->kind == ERR_INTERRUPTED) {
		s->state = SESSION_CANCELLED;
	} else {
		s->state = SESSION_FAILED;
		err_copy(&s->error, error);
	}
	job_release(&s->job);
	session_log(s, error ? error->text : "all done");
}

static void session_drop_question(struct session *s)
{
	free(s->question);
	s->question = NULL;
}

static void session_take_question(struct session *s, const struct runner_event *ev)
{
	session_drop_question(s);
	s->question = xstrdup(ev->text);
	strv_fini(&s->choices);
	for (size_t i = 0; i < ev->choice_count; i++)
		strv_add(&s->choices, ev->choices[i]);
	s->fallback = ev->fallback;
	s->asked = false;
}

static void session_on_event(const struct runner_event *ev, void *arg)
{
	struct session *s = arg;

	s->share = ev->share;
	s->left_ms = ev->left_ms;
	s->elapsed_ms = ev->elapsed_ms;
	switch (ev->type) {
	case RUNNER_STEP:
		session_log_step(s, ev->step);
		break;
	case RUNNER_WARNING:
		strv_add(&s->warnings, ev->text);
		session_log(s, ev->text);
		break;
	case RUNNER_LOG:
		session_log(s, ev->text);
		break;
	case RUNNER_QUESTION:
		session_take_question(s, ev);
		break;
	case RUNNER_FINISHED:
		session_finish(s, ev->error);
		break;
	case RUNNER_PROGRESS:
		break;
	}
	s->event(ev, s->arg);
}

struct session *session_new(const struct session_conf *conf, const char *ref, const struct job_options *o,
			    struct err *e)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->conf = *conf;
	s->left_ms = -1;
	if (session_read(conf, ref, &s->spec, e) < 0) {
		free(s);
		return NULL;
	}
	strv_copy(&s->warnings, &s->spec.warnings);
	s->name = xstrdup(s->spec.name);
	s->path = xstrdup(s->spec.path);
	if (job_init(&s->job, conf->loop, conf->catalog, conf->store, &s->spec, o, e) < 0) {
		session_free(s);
		return NULL;
	}
	return s;
}

int session_begin(struct session *s, void (*event)(const struct runner_event *ev, void *arg), void *arg, struct err *e)
{
	const char *root = words_root_warning();
	size_t first;

	if (recipe_begin(&s->job, session_is_changed(&s->conf, s->path), &first, e) < 0)
		return -1;
	s->event = event;
	s->arg = arg;
	if (root)
		session_log(s, root);
	session_log_risks(s);
	s->runner =
		runner_new(s->conf.loop, recipe_steps + first, recipe_step_count - first, &s->job, session_on_event, s);
	runner_start(s->runner);
	return 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	runner_free(s->runner);
	job_fini(&s->job);
	spec_fini(&s->spec);
	err_fini(&s->error);
	strv_fini(&s->log);
	strv_fini(&s->warnings);
	strv_fini(&s->choices);
	free(s->question);
	free(s->name);
	free(s->path);
	free(s);
}

bool session_is_busy(const struct session *s)
{
	return s->state == SESSION_RUNNING || s->state == SESSION_CANCELLING;
}

void session_cancel(struct session *s)
{
	if (s->state != SESSION_RUNNING)
		return;
	s->state = SESSION_CANCELLING;
	session_drop_question(s);
	runner_cancel(s->runner);
}

void session_answer(struct session *s, size_t choice)
{
	if (!s->question)
		return;
	session_drop_question(s);
	runner_answer(s->runner, choice);
}

/* ---- several machines ---- */

static void session_on_sessions_event(const struct runner_event *ev, void *arg)
{
	struct sessions *all = arg;

	if (ev->type == RUNNER_FINISHED && all->ending)
		loop_stop(all->conf->loop);
	all->changed(all->arg);
}

static void session_remove(struct sessions *all, struct session *s)
{
	struct session **at = &all->first;

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	session_free(s);
}

struct session *sessions_start(struct sessions *all, const char *ref, enum job_goal goal, bool fresh, struct err *e)
{
	struct job_options options = {
		.goal = goal,
		.offline = all->conf->offline,
		.strict = all->conf->strict,
		.fresh = fresh,
		.ask = true,
	};
	struct session *s = session_new(all->conf, ref, &options, e);
	struct session *old;

	if (!s)
		return NULL;
	if (session_begin(s, session_on_sessions_event, all, e) < 0) {
		session_free(s);
		return NULL;
	}
	old = sessions_find(all, s->name);
	if (old)
		session_remove(all, old);
	s->next = all->first;
	all->first = s;
	return s;
}

struct session *sessions_find(const struct sessions *all, const char *name)
{
	for (struct session *s = all->first; s; s = s->next)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

size_t sessions_count(const struct sessions *all, const char **name)
{
	size_t n = 0;

	for (const struct session *s = all->first; s; s = s->next) {
		if (!session_is_busy(s))
			continue;
		if (!n++ && name)
			*name = s->name;
	}
	return n;
}

void sessions_end(struct sessions *all)
{
	all->ending = true;
	for (struct session *s = all->first; s; s = s->next)
		session_cancel(s);
	while (sessions_count(all, NULL))
		loop_run(all->conf->loop); /* stopped by each session that ends */
	while (all->first)
		session_remove(all, all->first);
}
