/* SPDX-License-Identifier: MIT */
/*
 * snapshots_do: what there is of a machine's snapshots, and what is done to them: while it runs by
 * its supervisor, else on a pool thread; see snapshots.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/paths.h"
#include "prepare/snapshot.h"
#include "session/words.h"
#include "snapshots.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

/* One thing done to a machine that is off; lives on when its screen is closed. op < 0: lists. */
struct deed {
	struct snapshots *to; /* NULL: nobody looks any more */
	struct app *app;
	struct spec spec;
	struct job job;
	int op;
	char *tag;
	struct disk_snapshot *all;
	size_t count;
	bool starts;
	int result;
	struct err err;
};

static void snapshots_do_say(struct snapshots *s, enum role role, char *text)
{
	free(s->words);
	s->words = text;
	s->words_role = role;
	app_changed(s->screen->app);
}

/* ---- rows ---- */

/* What was there goes. */
static void snapshots_do_rows_begin(struct snapshots *s)
{
	wizard_rows_fini(&s->rows);
}

static void snapshots_do_add_row(struct snapshots *s, const char *tag, int64_t date, uint64_t memory)
{
	struct wizard_row *row = wizard_rows_add(&s->rows, tag, tag);
	AUTO_FREE char *contents = words_snapshot_contents(memory);
	char when[32];

	words_date(date, false, when, sizeof(when));
	wizard_row_text(&row->columns[0], when);
	wizard_row_text(&row->columns[1], contents);
}

static void snapshots_do_rows_done(struct snapshots *s)
{
	s->known = true;
	s->doing = NULL;
	app_changed(s->screen->app);
}

/* ---- what was done ---- */

static void snapshots_do_told(struct snapshots *s, enum vm_snapshot_op op, const char *tag, const struct err *e)
{
	s->doing = NULL;
	if (e)
		dialog_error(s->screen->app, "Snapshot", e);
	else
		snapshots_do_say(s, ROLE_GOOD, xasprintf("%s %s.", tag, words_snapshot_done(op)));
	snapshots_load(s);
}

/* ---- of a machine that runs ---- */

static void snapshots_do_on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct snapshots *s = arg;

	(void)state;
	(void)cause;
	vm_client_close(s->client);
	s->client = NULL;
	s->doing = NULL;
	snapshots_load(s);
}

static void snapshots_do_on_progress(const char *state, const json_t *values, void *arg)
{
	struct snapshots *s = arg;
	char *amount = vm_progress_text(state, values, NULL, NULL);

	if (!amount)
		return;
	free(s->amount);
	s->amount = amount;
	app_changed(s->screen->app);
}

static void snapshots_do_on_lost(const struct err *e, void *arg)
{
	struct snapshots *s = arg;

	vm_client_close(s->client);
	s->client = NULL;
	snapshots_do_say(s, ROLE_BAD, xstrdup(e->text));
	snapshots_do_rows_begin(s);
	snapshots_do_rows_done(s);
}

static const struct vm_client_ops client_ops = {
	.progress = snapshots_do_on_progress,
	.ended = snapshots_do_on_ended,
	.lost = snapshots_do_on_lost,
};

static void snapshots_do_on_list(const struct err *e, const json_t *answer, void *arg)
{
	struct snapshots *s = arg;
	const json_t *one;
	size_t i;

	if (e)
		snapshots_do_say(s, ROLE_BAD, xstrdup(e->text));
	snapshots_do_rows_begin(s);
	json_array_foreach (json_object_get(answer, "snapshots"), i, one)
		snapshots_do_add_row(s, json_str(one, "tag", ""), json_int(one, "date", 0),
				     (uint64_t)json_int(one, "size", 0));
	snapshots_do_rows_done(s);
}

static void snapshots_do_on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct snapshots *s = arg;

	(void)answer;
	snapshots_do_told(s, s->op, s->tag, e);
}

static void snapshots_do_connect_client(struct snapshots *s)
{
	char *runtime;

	if (s->client || !vm_run_alive(s->dir))
		return;
	runtime = host_runtime_dir(s->name, NULL);
	if (runtime)
		s->client = vm_connect(app_loop(s->screen->app), s->dir, runtime, false, &client_ops, s);
	free(runtime);
}

/* ---- of one that is off ---- */

static void snapshots_do_deed_free(struct deed *d)
{
	disk_snapshots_fini(d->all, d->count);
	job_fini(&d->job);
	spec_fini(&d->spec);
	err_fini(&d->err);
	free(d->tag);
	free(d);
}

static void snapshots_do_deed_end(struct deed *d)
{
	struct snapshots *s = d->to;
	const struct err *e = d->result < 0 ? &d->err : NULL;

	job_unlock(&d->job); /* before anybody looks again */
	if (s && !app_has_ended(d->app)) {
		s->deed = NULL;
		if (d->op >= 0) {
			snapshots_do_told(s, (enum vm_snapshot_op)d->op, d->tag, e);
		} else {
			if (e)
				snapshots_do_say(s, ROLE_BAD, xstrdup(e->text));
			snapshots_do_rows_begin(s);
			for (size_t i = 0; i < d->count; i++)
				snapshots_do_add_row(s, d->all[i].tag, d->all[i].date, d->all[i].memory);
			snapshots_do_rows_done(s);
		}
	}
	snapshots_do_deed_free(d);
}

static void snapshots_do_work(void *arg)
{
	struct deed *d = arg;

	if (d->op < 0)
		d->result = snapshot_list(&d->job, &d->all, &d->count, &d->err);
	else
		d->result = snapshot_change(&d->job, (enum vm_snapshot_op)d->op, d->tag, &d->starts, &d->err);
}

static void snapshots_do_on_started(const struct err *e, void *arg)
{
	struct deed *d = arg;

	if (e) {
		err_copy(&d->err, e);
		d->result = -1;
	}
	snapshots_do_deed_end(d);
}

static void snapshots_do_after_work(void *arg)
{
	struct deed *d = arg;

	if (d->starts && !app_has_ended(d->app)) {
		d->result = snapshot_start(&d->job, d->tag, snapshots_do_on_started, d, &d->err);
		if (!d->result)
			return;
	}
	snapshots_do_deed_end(d);
}

static void snapshots_do_begin(struct snapshots *s, int op, const char *tag)
{
	struct app *app = s->screen->app;
	struct job_options options = {.goal = JOB_PREPARED};
	struct deed *d = xcalloc(1, sizeof(*d));
	struct err e = ERR_INIT;

	*d = (struct deed){.to = s, .app = app, .op = op, .tag = xstrdup(tag)};
	if (session_read(app_sessions(app)->conf, s->ref, &d->spec, &e) < 0) {
		spec_init(&d->spec);
		free(d->tag);
		free(d);
	} else if (job_init(&d->job, app_loop(app), app_catalog(app), app_store(app), &d->spec, &options, &e) < 0) {
		snapshots_do_deed_free(d);
	} else {
		s->deed = d;
		loop_work(app_loop(app), snapshots_do_work, snapshots_do_after_work, d);
		return;
	}
	s->doing = NULL;
	s->known = true;
	snapshots_do_say(s, ROLE_BAD, xstrdup(e.text));
	err_fini(&e);
}

/* ---- both ---- */

void snapshots_load(struct snapshots *s)
{
	snapshots_do_connect_client(s);
	s->known = false; /* the rows stay in sight until the others come */
	s->doing = "Looking";
	if (s->client)
		vm_client_snapshots(s->client, snapshots_do_on_list, s);
	else
		snapshots_do_begin(s, -1, NULL);
	app_changed(s->screen->app);
}

void snapshots_act(struct snapshots *s)
{
	static const char *const doing[] = {
		[VM_SNAPSHOT_CREATE] = "A snapshot is being created; the machine is paused until then",
		[VM_SNAPSHOT_REVERT] = "The machine goes back",
		[VM_SNAPSHOT_DELETE] = "It is being deleted",
	};

	snapshots_do_say(s, ROLE_TEXT, NULL);
	free(s->amount);
	s->amount = NULL;
	s->doing = doing[s->op];
	snapshots_do_connect_client(s);
	if (s->client)
		vm_client_snapshot(s->client, s->op, s->tag, snapshots_do_on_answer, s);
	else
		snapshots_do_begin(s, (int)s->op, s->tag);
}

bool snapshots_changing(const struct snapshots *s)
{
	return s->deed && s->deed->op >= 0;
}

void snapshots_let_go(struct snapshots *s)
{
	if (s->deed)
		s->deed->to = NULL;
	vm_client_close(s->client);
}
