/* SPDX-License-Identifier: MIT */
/* manage: see src/tui/manage.h. The change runs on a pool thread: a clone copies a disk. */
#include "manage.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/spec.h"
#include "tui/sessions.h"
#include "tui/toolkit/confirm.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/picker.h"

#define SOON_MS 200

static const struct {
	const char *title, *button, *under_way;
} words[] = {
	[CHANGE_CLONE] = {"Clone", "Clone it", "A copy is being made"},
	[CHANGE_RENAME] = {"Rename", "Rename it", "It is being renamed"},
	[CHANGE_DELETE] = {"Delete", "Delete it", "It is being deleted"},
	[CHANGE_RECREATE] = {"Recreate", "Throw its disk away", "Its disk is thrown away"},
};

struct manage {
	struct app *app;
	enum change_kind kind;
	char *name;
	struct change change;
	bool looked, agreed;
	/* the work, on its thread */
	atomic_bool cancel;
	atomic_uint permille;
	int result;
	struct err err;
	struct loop_timer *soon; /* until that is worth a word */
	struct screen *waiting;	 /* says that it is under way; NULL once it was closed */
	bool ended;		 /* the work */
	char *leaving;		 /* what to say to whoever leaves meanwhile, NULL: nothing */
	struct app_work at_end;
};

static void manage_free(struct manage *m)
{
	if (m->looked)
		change_fini(&m->change);
	err_fini(&m->err);
	free(m->leaving);
	free(m->name);
	free(m);
}

/* ---- doing it ---- */

static void manage_on_share(double percent, void *arg)
{
	struct manage *m = arg;

	atomic_store(&m->permille, (unsigned)(percent * 10));
}

static void manage_work(void *arg)
{
	struct manage *m = arg;

	m->result = change_do(app_store(m->app), &m->change, &m->cancel, manage_on_share, m, &m->err);
}

static void manage_on_waiting_closed(void *arg)
{
	struct manage *m = arg;

	m->waiting = NULL;
	if (m->ended)
		manage_free(m);
}

static void manage_on_cancel(void *arg)
{
	struct manage *m = arg;

	atomic_store(&m->cancel, true);
}

static void manage_after_work(void *arg)
{
	struct manage *m = arg;

	m->ended = true;
	app_work_end(m->app, &m->at_end);
	loop_timer_stop(m->soon);
	if (!app_has_ended(m->app)) {
		if (m->waiting)
			screen_pop(m->waiting);
		if (m->result < 0 && m->err.kind != ERR_INTERRUPTED)
			dialog_error(m->app, words[m->kind].title, &m->err);
		app_refresh(m->app);
	}
	if (!m->waiting)
		manage_free(m); /* else with its dialog */
}

static bool manage_copies(const struct manage *m)
{
	return m->kind == CHANGE_CLONE && m->change.made;
}

static void manage_on_soon(void *arg)
{
	struct manage *m = arg;
	struct dialog_working how = {.title = m->name,
				     .text = words[m->kind].under_way,
				     .permille = manage_copies(m) ? &m->permille : NULL,
				     .cancel = manage_copies(m) ? manage_on_cancel : NULL,
				     .gone = manage_on_waiting_closed,
				     .arg = m};

	loop_timer_stop(m->soon);
	m->soon = NULL;
	if (!app_has_ended(m->app))
		m->waiting = dialog_work(m->app, &how);
}

static void manage_begin(struct manage *m)
{
	if (manage_copies(m)) {
		m->leaving = xasprintf("A copy of %s is being made. Half a copy is not kept.", m->name);
		m->at_end = (struct app_work){.text = m->leaving, .stop = manage_on_cancel, .arg = m};
		app_work_begin(m->app, &m->at_end);
	}
	m->soon = loop_timer_start(app_loop(m->app), SOON_MS, 0, manage_on_soon, m);
	loop_work(app_loop(m->app), manage_work, manage_after_work, m);
}

/* ---- agreeing ---- */

static void manage_on_answer(bool agreed, void *arg)
{
	struct manage *m = arg;

	if (agreed)
		manage_begin(m);
	else
		manage_free(m);
}

static void manage_ask_first(struct manage *m)
{
	struct confirm ask = {.title = words[m->kind].title,
			      .button = words[m->kind].button,
			      .name = m->change.loses ? m->name : NULL,
			      .answer = manage_on_answer,
			      .arg = m};
	struct buf text;

	buf_init(&text, 0);
	if (m->change.lost.len)
		buf_addf(&text, "%s loses for good:\n\n", m->name);
	else
		buf_addf(&text, "%s %s?\n", words[m->kind].title, m->name);
	for (size_t i = 0; i < m->change.lost.len; i++)
		buf_addf(&text, "  %s\n", m->change.lost.items[i]);
	for (size_t i = 0; i < m->change.stays.len; i++)
		buf_addf(&text, "%s%s\n", i ? "" : "\n", m->change.stays.items[i]);
	ask.text = text.data;
	confirm_ask(m->app, &ask);
	buf_fini(&text);
}

static void manage_on_named(void *arg)
{
	struct manage *m = arg;

	manage_on_answer(m->agreed && !app_has_ended(m->app), m);
}

/* ---- another name ---- */

static int manage_take_other(const char *value, char **more, void *arg, struct err *e)
{
	struct manage *m = arg;
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
	m->looked = m->agreed = true;
	return 0;
}

static void manage_ask_other(struct manage *m)
{
	char *title = xasprintf("%s %s: the %s name", words[m->kind].title, m->name,
				m->kind == CHANGE_CLONE ? "copy's" : "new");
	char *initial = m->kind == CHANGE_CLONE ? xasprintf("%.29s-2", m->name) : xstrdup(m->name);
	struct picker_conf conf = {.title = title,
				   .about = "Small letters, digits and -, a letter or digit first.",
				   .initial = initial,
				   .types = true,
				   .take = manage_take_other,
				   .gone = manage_on_named,
				   .arg = m};

	picker_open(m->app, &conf);
	free(initial);
	free(title);
}

void manage_ask(struct app *app, enum change_kind kind, const char *name)
{
	struct manage *m = xcalloc(1, sizeof(*m));
	struct err e = ERR_INIT;

	m->app = app;
	m->kind = kind;
	m->name = xstrdup(name);
	m->looked = true;
	if (change_examine(app_store(app), kind, name, NULL, &m->change, &e) < 0) {
		dialog_error(app, words[kind].title, &e);
		manage_free(m);
	} else if (kind == CHANGE_CLONE || kind == CHANGE_RENAME) {
		change_fini(&m->change); /* to be looked at again, with the other name */
		m->looked = false;
		manage_ask_other(m);
	} else {
		manage_ask_first(m);
	}
	err_fini(&e);
}
