/* SPDX-License-Identifier: MIT */
/* change_dialog: asks, then does the change on a pool thread, for a clone copies a disk. */
#include "change_dialog.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/spec.h"
#include "tui/sessions.h"
#include "tui/toolkit/confirm.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/picker.h"

#define PROGRESS_AFTER_MS 200

static const struct {
	uint32_t key;
	const char *title, *button, *progress;
} kinds[] = {
	[CHANGE_CLONE] = {'C', "Clone", "Clone it", "A copy is being made"},
	[CHANGE_RENAME] = {'N', "Rename", "Rename it", "It is being renamed"},
	[CHANGE_DELETE] = {'D', "Delete", "Delete it", "It is being deleted"},
	[CHANGE_RECREATE] = {'X', "Recreate", "Discard its disk", "Its disk is being discarded"},
};

struct change_dialog {
	struct app *app;
	enum change_kind kind;
	char *name;
	struct change change;
	bool examined; /* `change` is filled */
	bool agreed;
	/* the work, on its thread */
	atomic_bool cancel;
	atomic_uint permille;
	int result;
	struct err err;
	struct loop_timer *soon; /* until the work has taken so long that a dialog shows it */
	struct screen *progress; /* that dialog; NULL: not shown */
	bool ended;		 /* the work */
	char *leave_text;	 /* for a user who leaves the program during the work; NULL: it does not ask */
	struct app_work app_work;
};

static void change_dialog_free(struct change_dialog *m)
{
	if (m->examined)
		change_fini(&m->change);
	err_fini(&m->err);
	free(m->leave_text);
	free(m->name);
	free(m);
}

/* ---- the work ---- */

static void change_dialog_on_copied(double percent, void *arg)
{
	struct change_dialog *m = arg;

	atomic_store(&m->permille, (unsigned)(percent * 10));
}

static void change_dialog_work(void *arg)
{
	struct change_dialog *m = arg;

	m->result = change_do(app_store(m->app), &m->change, &m->cancel, change_dialog_on_copied, m, &m->err);
}

static void change_dialog_on_progress_closed(void *arg)
{
	struct change_dialog *m = arg;

	m->progress = NULL;
	if (m->ended)
		change_dialog_free(m);
}

static void change_dialog_on_cancel(void *arg)
{
	struct change_dialog *m = arg;

	atomic_store(&m->cancel, true);
}

static void change_dialog_after_work(void *arg)
{
	struct change_dialog *m = arg;

	m->ended = true;
	app_work_end(m->app, &m->app_work);
	loop_timer_stop(m->soon);
	if (!app_has_ended(m->app)) {
		if (m->progress)
			screen_pop(m->progress);
		if (m->result < 0 && m->err.kind != ERR_INTERRUPTED)
			dialog_error(m->app, kinds[m->kind].title, &m->err);
		app_refresh(m->app);
	}
	if (!m->progress)
		change_dialog_free(m); /* else with its dialog */
}

static bool change_dialog_copies(const struct change_dialog *m)
{
	return m->kind == CHANGE_CLONE && m->change.has_disk;
}

static void change_dialog_on_soon(void *arg)
{
	struct change_dialog *m = arg;
	struct dialog_working how = {.title = m->name,
				     .text = kinds[m->kind].progress,
				     .permille = change_dialog_copies(m) ? &m->permille : NULL,
				     .cancel = change_dialog_copies(m) ? change_dialog_on_cancel : NULL,
				     .gone = change_dialog_on_progress_closed,
				     .arg = m};

	loop_timer_stop(m->soon);
	m->soon = NULL;
	if (!app_has_ended(m->app))
		m->progress = dialog_work(m->app, &how);
}

static void change_dialog_start(struct change_dialog *m)
{
	if (change_dialog_copies(m)) {
		m->leave_text = xasprintf("A copy of %s is being made. Half a copy is not kept.", m->name);
		m->app_work = (struct app_work){.text = m->leave_text, .stop = change_dialog_on_cancel, .arg = m};
		app_work_begin(m->app, &m->app_work);
	}
	m->soon = loop_timer_start(app_loop(m->app), PROGRESS_AFTER_MS, 0, change_dialog_on_soon, m);
	loop_work(app_loop(m->app), change_dialog_work, change_dialog_after_work, m);
}

/* ---- the question ---- */

static void change_dialog_on_answer(bool agreed, void *arg)
{
	struct change_dialog *m = arg;

	if (agreed)
		change_dialog_start(m);
	else
		change_dialog_free(m);
}

static void change_dialog_confirm(struct change_dialog *m)
{
	struct confirm ask = {.title = kinds[m->kind].title,
			      .button = kinds[m->kind].button,
			      .name = m->change.loses_data ? m->name : NULL,
			      .answer = change_dialog_on_answer,
			      .arg = m};
	AUTO_BUF struct buf text = {0};

	buf_init(&text, 0);
	if (m->change.lost.len)
		buf_addf(&text, "%s loses for good:\n\n", m->name);
	else
		buf_addf(&text, "%s %s?\n", kinds[m->kind].title, m->name);
	for (size_t i = 0; i < m->change.lost.len; i++)
		buf_addf(&text, "  %s\n", m->change.lost.items[i]);
	for (size_t i = 0; i < m->change.notes.len; i++)
		buf_addf(&text, "%s%s\n", i ? "" : "\n", m->change.notes.items[i]);
	ask.text = text.data;
	confirm_ask(m->app, &ask);
}

static void change_dialog_on_named(void *arg)
{
	struct change_dialog *m = arg;

	change_dialog_on_answer(m->agreed && !app_has_ended(m->app), m);
}

/* ---- another name ---- */

static int change_dialog_take_name(const char *value, char **more, void *arg, struct err *e)
{
	struct change_dialog *m = arg;
	int r;

	(void)more;
	if (!spec_name_ok(value))
		return err_set(e, ERR_USAGE, "name-bad",
			       "a name is small letters, digits and -, at most 31, a letter or digit first");
	r = change_examine(app_store(m->app), m->kind, m->name, value, &m->change, e);
	if (r < 0) {
		change_fini(&m->change);
		return r;
	}
	m->examined = m->agreed = true;
	return 0;
}

static void change_dialog_ask_name(struct change_dialog *m)
{
	char *title = xasprintf("%s %s: the %s name", kinds[m->kind].title, m->name,
				m->kind == CHANGE_CLONE ? "copy's" : "new");
	AUTO_FREE char *initial = m->kind == CHANGE_CLONE ? xasprintf("%.29s-2", m->name) : xstrdup(m->name);
	struct picker_conf conf = {.title = title,
				   .about = "Small letters, digits and -, a letter or digit first.",
				   .initial = initial,
				   .types = true,
				   .take = change_dialog_take_name,
				   .gone = change_dialog_on_named,
				   .arg = m};

	picker_open(m->app, &conf);
	free(title);
}

void change_dialog_ask(struct app *app, enum change_kind kind, const char *name)
{
	struct change_dialog *m = xcalloc(1, sizeof(*m));
	AUTO_ERR struct err e = ERR_INIT;

	m->app = app;
	m->kind = kind;
	m->name = xstrdup(name);
	m->examined = true;
	if (change_examine(app_store(app), kind, name, NULL, &m->change, &e) < 0) {
		dialog_error(app, kinds[kind].title, &e);
		change_dialog_free(m);
	} else if (kind == CHANGE_CLONE || kind == CHANGE_RENAME) {
		change_fini(&m->change); /* to be examined again, with the other name */
		m->examined = false;
		change_dialog_ask_name(m);
	} else {
		change_dialog_confirm(m);
	}
}

bool change_dialog_key(struct app *app, uint32_t code, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].key == code) {
			change_dialog_ask(app, (enum change_kind)i, name);
			return true;
		}
	}
	return false;
}
