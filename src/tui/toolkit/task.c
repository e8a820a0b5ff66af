/* SPDX-License-Identifier: MIT */
/* task: see include/tui/toolkit/task.h. */
#include "tui/toolkit/task.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "machine/trust.h"
#include "prepare/steps.h"
#include "spec/risk.h"
#include "tui/toolkit/app_priv.h"

/* --set and --mirror. */
static int task_apply_options(const struct tui_conf *conf, struct spec *s, struct err *e)
{
	char *set;
	int r = 0;

	for (size_t i = 0; conf->sets && i < conf->sets->len && !r; i++)
		r = spec_set(s, conf->sets->items[i], e);
	if (r < 0 || !conf->mirror)
		return r;
	set = xasprintf("mirror.url=%s", conf->mirror);
	r = spec_set(s, set, e);
	free(set);
	return r;
}

int task_read_spec(struct app *app, const char *ref, struct spec *s, struct err *e)
{
	const struct tui_conf *conf = app_conf(app);
	char *path;
	bool named;
	int r;

	if (store_find_ini(app_store(app), ref, &path, e) < 0)
		return -1;
	r = spec_read(s, path, e);
	named = conf->machine && !strcmp(path, conf->machine);
	free(path);
	if (r < 0)
		return -1;
	trust_load(app_store(app), s);
	if (named)
		r = task_apply_options(conf, s, e);
	if (!r)
		r = spec_check(s, app_catalog(app), e);
	if (!r && conf->strict)
		r = spec_strict(s, e);
	if (r < 0)
		spec_fini(s);
	return r;
}

static void task_add_log(struct task *t, const char *line)
{
	if (t->log.len >= TASK_LOG_MAX) {
		free(t->log.items[0]);
		memmove(t->log.items, t->log.items + 1, t->log.len * sizeof(*t->log.items));
		t->log.len--;
		t->log_dropped++;
	}
	strv_add(&t->log, line);
}

static void task_log_step(struct task *t, const struct step_view *s)
{
	static const char *const words[] = {
		[STEP_WAITING] = "waits",     [STEP_RUNNING] = "begins", [STEP_FINISHED] = "done",
		[STEP_SKIPPED] = "unchanged", [STEP_FAILED] = "failed",	 [STEP_CANCELLED] = "cancelled",
	};
	char *line = xasprintf("%s: %s%s%s", s->ops->title, words[s->state], *s->text ? ": " : "", s->text);

	task_add_log(t, line);
	free(line);
}

static void task_finished(struct task *t, const struct err *error)
{
	if (!error) {
		t->state = TASK_DONE;
	} else if (error->kind == ERR_INTERRUPTED) {
		t->state = TASK_CANCELLED;
	} else {
		t->state = TASK_FAILED;
		err_copy(&t->error, error);
	}
	job_release(&t->job);
	task_add_log(t, error ? error->text : "all done");
	if (t->app->ended)
		loop_stop(app_loop(t->app));
}

static void task_ask(struct task *t, const struct runner_event *ev)
{
	free(t->question);
	t->question = xstrdup(ev->text);
	strv_fini(&t->choices);
	for (size_t i = 0; i < ev->choice_count; i++)
		strv_add(&t->choices, ev->choices[i]);
	t->fallback = ev->fallback;
	t->asked = false;
}

static void task_on_event(const struct runner_event *ev, void *arg)
{
	struct task *t = arg;

	t->share = ev->share;
	t->left_ms = ev->left_ms;
	t->elapsed_ms = ev->elapsed_ms;
	switch (ev->type) {
	case RUNNER_STEP:
		task_log_step(t, ev->step);
		break;
	case RUNNER_WARNING:
		strv_add(&t->warnings, ev->text);
		task_add_log(t, ev->text);
		break;
	case RUNNER_LOG:
		task_add_log(t, ev->text);
		break;
	case RUNNER_QUESTION:
		task_ask(t, ev);
		break;
	case RUNNER_FINISHED:
		task_finished(t, ev->error);
		break;
	case RUNNER_PROGRESS:
		break;
	}
	app_changed(t->app);
}

/* What in the file can run programs or expose this host. */
static void task_log_risks(struct task *t)
{
	struct risks all;

	risks_find(&t->spec, &all);
	for (size_t i = 0; i < all.len; i++) {
		char *line = risk_line(&t->spec, &all.items[i]);

		task_add_log(t, line);
		free(line);
	}
	risks_fini(&all);
}

static void task_free(struct task *t)
{
	runner_free(t->runner);
	job_fini(&t->job);
	spec_fini(&t->spec);
	err_fini(&t->error);
	strv_fini(&t->log);
	strv_fini(&t->warnings);
	strv_fini(&t->choices);
	free(t->question);
	free(t->name);
	free(t->path);
	free(t);
}

/* Makes the runner, for the steps that this machine may go through now. */
static int task_begin(struct task *t, struct err *e)
{
	const struct strv *sets = app_conf(t->app)->sets;
	size_t first;

	if (recipe_begin(&t->job, sets && sets->len, &first, e) < 0)
		return -1;
	t->runner = runner_new(app_loop(t->app), recipe_steps + first, recipe_step_count - first, &t->job,
			       task_on_event, t);
	return 0;
}

struct task *task_start(struct app *app, const char *ref, enum job_goal goal, bool fresh, struct err *e)
{
	const struct tui_conf *conf = app_conf(app);
	struct job_options options = {
		.goal = goal,
		.offline = conf->offline,
		.strict = conf->strict,
		.fresh = fresh,
		.ask = true,
	};
	struct task *t = xcalloc(1, sizeof(*t));
	struct task *old;

	t->app = app;
	t->goal = goal;
	t->left_ms = -1;
	if (task_read_spec(app, ref, &t->spec, e) < 0) {
		free(t);
		return NULL;
	}
	strv_copy(&t->warnings, &t->spec.warnings);
	t->name = xstrdup(t->spec.name);
	t->path = xstrdup(t->spec.path);
	if (job_init(&t->job, app_loop(app), app_catalog(app), app_store(app), &t->spec, &options, e) < 0 ||
	    task_begin(t, e) < 0) {
		task_free(t);
		return NULL;
	}
	if (geteuid() == 0)
		task_add_log(t, "running as root, which debwiz does not need");
	task_log_risks(t);
	old = task_find(app, t->name);
	if (old)
		task_forget(old);
	t->next = app->tasks;
	app->tasks = t;
	runner_start(t->runner);
	return t;
}

struct task *task_find(struct app *app, const char *name)
{
	for (struct task *t = app->tasks; t; t = t->next)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

bool task_is_busy(const struct task *t)
{
	return t->state == TASK_RUNNING || t->state == TASK_CANCELLING;
}

void task_cancel(struct task *t)
{
	if (t->state != TASK_RUNNING)
		return;
	t->state = TASK_CANCELLING;
	free(t->question);
	t->question = NULL;
	runner_cancel(t->runner);
}

void task_answer(struct task *t, size_t choice)
{
	if (!t->question)
		return;
	free(t->question);
	t->question = NULL;
	runner_answer(t->runner, choice);
}

void task_forget(struct task *t)
{
	struct task **at = &t->app->tasks;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	task_free(t);
}

size_t task_count(const struct app *app, const char **name)
{
	size_t n = 0;

	for (const struct task *t = app->tasks; t; t = t->next) {
		if (!task_is_busy(t))
			continue;
		if (!n++ && name)
			*name = t->name;
	}
	return n;
}

void task_end_all(struct app *app)
{
	for (struct task *t = app->tasks; t; t = t->next)
		task_cancel(t);
	while (task_count(app, NULL))
		loop_run(app_loop(app)); /* each one that ends stops it: see finished */
	while (app->tasks) {
		struct task *t = app->tasks;

		app->tasks = t->next;
		task_free(t);
	}
}
