/* SPDX-License-Identifier: MIT */
/* screen_home: the saved machines and their states; at the first run what this host has and lacks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "home.h"
#include "host/file.h"
#include "manage.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

/* ---- what there is ---- */

static void screen_home_near_fini(struct home_near *n)
{
	if (n->has_spec)
		spec_fini(&n->spec);
	free(n->name);
	free(n->path);
	*n = (struct home_near){.name = NULL};
}

static void screen_home_looks_free(struct home *h)
{
	for (size_t i = 0; i < h->count; i++)
		overview_fini(&h->looks[i]);
	free(h->looks);
	h->looks = NULL;
	h->count = 0;
	lookout_clear(&h->lookout);
}

static void screen_home_on_disk(void *arg)
{
	struct screen *s = arg;

	((struct home *)s->self)->stale = true;
	app_changed(s->app);
}

static void screen_home_refresh(struct screen *s)
{
	struct home *h = s->self;
	const struct store *store = app_store(s->app);
	struct strv names = STRV_INIT;
	bool alive = false;

	h->stale = false;
	screen_home_looks_free(h);
	screen_home_near_fini(&h->near);
	lookout_add(&h->lookout, file_join(store->config_dir, "machines"));
	lookout_add(&h->lookout, file_join(store->data_dir, "machines"));
	store_machines(store, &names);
	for (const struct session *t = app_sessions(s->app)->first; t; t = t->next) /* also what has failed here */
		if (t->state == SESSION_FAILED || t->state == SESSION_RUNNING)
			strv_add(&names, t->name);
	strv_sort(&names);
	strv_uniq(&names);
	h->looks = xcalloc(names.len + 1, sizeof(*h->looks));
	for (size_t i = 0; i < names.len; i++) {
		if (overview_read(store, app_catalog(s->app), names.items[i], &h->looks[h->count], NULL) < 0) {
			overview_fini(&h->looks[h->count]);
			continue;
		}
		lookout_add(&h->lookout, store_machine_dir(store, names.items[i]));
		if (!strcmp(names.items[i], h->at_name))
			h->at = h->count;
		alive |= h->looks[h->count].run.alive;
		h->count++;
	}
	strv_fini(&names);
	if (h->at >= h->count)
		h->at = h->count ? h->count - 1 : 0;
	doctor_fini(&h->doctor);
	h->doctor = (struct doctor){NULL, 0};
	if (!h->count)
		doctor_look(app_catalog(s->app), store, &h->doctor);
	lookout_clock(&h->lookout, alive);
}

/* Reads the file of the machine under the cursor, once until the cursor or the list changes. */
static void screen_home_look_near(struct screen *s)
{
	struct home *h = s->self;
	struct home_near *n = &h->near;
	const struct overview *l = home_current(h);

	if (!l || s->rows < HOME_NEAR_FROM || (n->name && !strcmp(n->name, l->name)))
		return;
	screen_home_near_fini(n);
	n->name = xstrdup(l->name);
	if (l->wrong || store_find_ini(app_store(s->app), l->name, &n->path, NULL) < 0)
		return;
	n->has_spec = session_read(app_sessions(s->app)->conf, n->path, &n->spec, NULL) == 0;
	n->ssh_port = n->has_spec ? machine_ssh_port(s->app, &n->spec) : 0;
}

struct overview *home_current(struct home *h)
{
	return h->at < h->count ? &h->looks[h->at] : NULL;
}

/* ---- what can be done ---- */

static void screen_home_told(struct screen *s, bool fine, struct err *e)
{
	if (!fine)
		dialog_error(s->app, "Not possible", e);
	err_fini(e);
}

static void screen_home_find(struct home *h)
{
	h->missed = false;
	for (size_t i = 0; h->query.len && i < h->count; i++) {
		size_t k = (h->at + i) % h->count;

		if (strcasestr(h->looks[k].name, h->query.text)) {
			h->at = k;
			return;
		}
	}
	h->missed = h->query.len > 0;
}

static bool screen_home_find_key(struct home *h, const struct key *k)
{
	if (k->code == K_ESC || k->code == K_ENTER)
		h->finding = h->missed = false;
	else if (text_field_key(&h->query, k))
		screen_home_find(h);
	return true;
}

static bool screen_home_move_key(struct home *h, const struct key *k)
{
	size_t page = h->rows > 1 ? (size_t)h->rows - 1 : 1;
	size_t last = h->count ? h->count - 1 : 0;

	switch (k->code) {
	case K_UP:
		h->at -= h->at > 0;
		return true;
	case K_DOWN:
		h->at += h->at < last;
		return true;
	case K_HOME:
		h->at = 0;
		return true;
	case K_END:
		h->at = last;
		return true;
	case K_PAGE_UP:
		h->at = h->at > page ? h->at - page : 0;
		return true;
	case K_PAGE_DOWN:
		h->at = h->at + page < last ? h->at + page : last;
		return true;
	default:
		return false;
	}
}

static bool screen_home_machine_key(struct screen *s, const struct key *k, const struct overview *l)
{
	struct err e = ERR_INIT;
	struct session *t = sessions_find(app_sessions(s->app), l->name);
	char *path;

	switch (k->code) {
	case K_ENTER:
		if (t && (session_is_busy(t) || (t->state == SESSION_FAILED && !l->run.alive)))
			screen_home_told(s, screen_progress(s->app, l->name, PROGRESS_LOOK, &e) != NULL, &e);
		else
			screen_home_told(s, screen_machine(s->app, l->name, &e) != NULL, &e);
		return true;
	case 'b':
		screen_home_told(s, screen_progress(s->app, l->name, PROGRESS_BOOT, &e) != NULL, &e);
		return true;
	case 'c':
		screen_home_told(s, screen_console(s->app, l->name, &e) != NULL, &e);
		return true;
	case 's':
		if (!l->run.alive)
			screen_home_told(s, err_set(&e, ERR_USAGE, "not-running", "%s does not run", l->name) == 0, &e);
		else
			screen_home_told(s, screen_machine_stop(s->app, l->name, &e) != NULL, &e);
		return true;
	case 'C':
		manage_ask(s->app, CHANGE_CLONE, l->name);
		return true;
	case 'N':
		manage_ask(s->app, CHANGE_RENAME, l->name);
		return true;
	case 'D':
		manage_ask(s->app, CHANGE_DELETE, l->name);
		return true;
	case 'X':
		manage_ask(s->app, CHANGE_RECREATE, l->name);
		return true;
	case 'e':
		if (store_find_ini(app_store(s->app), l->name, &path, &e) == 0) {
			screen_home_told(s, screen_wizard(s->app, path, &e) != NULL, &e);
			free(path);
		} else {
			screen_home_told(s, false, &e);
		}
		return true;
	default:
		return false;
	}
}

static bool home_mouse(struct screen *s, const struct key *k)
{
	struct home *h = s->self;
	size_t row = h->first + (size_t)(k->row - 2);
	struct key open = {.code = K_ENTER};

	if (k->mouse != MOUSE_PRESS)
		return false;
	if (k->row < 2 || k->row - 2 >= h->rows || row >= h->count)
		return true;
	if (row == h->at)
		return screen_home_machine_key(s, &open, home_current(h));
	h->at = row;
	return true;
}

static bool home_key(struct screen *s, const struct key *k)
{
	struct home *h = s->self;
	struct err e = ERR_INIT;
	bool taken = true;

	if (h->finding)
		taken = screen_home_find_key(h, k);
	else if (k->code == K_MOUSE)
		taken = home_mouse(s, k);
	else if (k->code == 'q' || k->code == K_ESC)
		app_ask_leave(s->app);
	else if (k->code == 'n' || (k->code == K_ENTER && !h->count))
		screen_home_told(s, screen_wizard(s->app, NULL, &e) != NULL, &e);
	else if (k->code == '/' && h->count)
		h->finding = h->query.fresh = true;
	else
		taken = screen_home_move_key(h, k) || (h->count && screen_home_machine_key(s, k, home_current(h)));
	if (h->at < h->count)
		snprintf(h->at_name, sizeof(h->at_name), "%s", h->looks[h->at].name);
	return taken;
}

static void home_sync(struct screen *s)
{
	if (((struct home *)s->self)->stale)
		screen_home_refresh(s);
	screen_home_look_near(s);
}

static void home_layout(struct screen *s, int rows, int columns)
{
	(void)rows;
	(void)columns;
	screen_home_look_near(s);
}

static void home_shown(struct screen *s)
{
	((struct home *)s->self)->stale = true;
}

static void home_close(struct screen *s)
{
	struct home *h = s->self;

	screen_home_looks_free(h);
	screen_home_near_fini(&h->near);
	lookout_fini(&h->lookout);
	doctor_fini(&h->doctor);
	host_facts_fini(&h->host);
	text_field_fini(&h->query);
	free(h);
}

static const struct screen_ops home_ops = {
	.name = "home",
	.layout = home_layout,
	.sync = home_sync,
	.paint = home_paint,
	.cursor = home_cursor,
	.lines = home_lines,
	.key = home_key,
	.shown = home_shown,
	.help = home_help,
	.close = home_close,
};

struct screen *screen_home(struct app *app)
{
	struct home *h = xcalloc(1, sizeof(*h));
	struct screen *s;

	host_facts_get(&h->host);
	text_field_init(&h->query, 31);
	s = screen_push(app, &home_ops, h);
	lookout_init(&h->lookout, app_loop(app), screen_home_on_disk, s);
	return s;
}
