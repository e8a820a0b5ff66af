/* SPDX-License-Identifier: MIT */
/* screen_home: the saved machines and their states; at the first run what this host has and lacks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "host/facts.h"
#include "looks.h"
#include "prep/doctor.h"
#include "tui/dialog.h"
#include "tui/manage.h"
#include "tui/screens.h"
#include "tui/task.h"
#include "tui/widget_text.h"

#define LEFT 4
#define SOON_MS 200	/* after a change on disk: looks, once for many */
#define MINUTE_MS 30000 /* while a machine runs: how long it has */

struct home {
	struct machine_look *looks;
	size_t count, at, first;
	int rows; /* in sight */
	char at_name[64];
	bool stale;
	struct loop_watch **watches;
	size_t watch_count;
	struct loop_timer *soon, *minute;
	struct host_facts host;
	struct doctor doctor; /* while there is no machine */
	bool finding;
	struct text_field query;
};

/* ---- what there is ---- */

static void looks_free(struct home *h)
{
	for (size_t i = 0; i < h->count; i++)
		machine_look_fini(&h->looks[i]);
	free(h->looks);
	h->looks = NULL;
	h->count = 0;
	for (size_t i = 0; i < h->watch_count; i++)
		loop_watch_stop(h->watches[i]);
	free(h->watches);
	h->watches = NULL;
	h->watch_count = 0;
}

static void on_soon(void *arg)
{
	struct screen *s = arg;
	struct home *h = s->self;

	loop_timer_stop(h->soon);
	h->soon = NULL;
	h->stale = true;
	app_changed(s->app);
}

static void on_disk(void *arg)
{
	struct screen *s = arg;
	struct home *h = s->self;

	if (!h->soon)
		h->soon = loop_timer_start(app_loop(s->app), SOON_MS, 0, on_soon, s);
}

static void watch(struct screen *s, char *path)
{
	struct home *h = s->self;

	h->watches = xreallocarray(h->watches, h->watch_count + 1, sizeof(struct loop_watch *));
	h->watches[h->watch_count++] = loop_watch_start(app_loop(s->app), path, on_disk, s);
	free(path);
}

static void on_minute(void *arg)
{
	struct screen *s = arg;

	app_changed(s->app);
}

/* What runs says for how long, so the picture changes by the minute; else nothing is waited for. */
static void tick(struct screen *s)
{
	struct home *h = s->self;
	bool any = false;

	for (size_t i = 0; i < h->count; i++)
		any |= h->looks[i].run.alive;
	if (any && !h->minute) {
		h->minute = loop_timer_start(app_loop(s->app), MINUTE_MS, MINUTE_MS, on_minute, s);
	} else if (!any && h->minute) {
		loop_timer_stop(h->minute);
		h->minute = NULL;
	}
}

static void refresh(struct screen *s)
{
	struct home *h = s->self;
	const struct store *store = app_store(s->app);
	struct strv names = STRV_INIT;

	h->stale = false;
	looks_free(h);
	watch(s, file_join(store->config_dir, "machines"));
	watch(s, file_join(store->data_dir, "machines"));
	store_machines(store, &names);
	h->looks = xcalloc(names.len + 1, sizeof(*h->looks));
	for (size_t i = 0; i < names.len; i++) {
		if (machine_look(store, app_catalog(s->app), names.items[i], &h->looks[h->count],
				 NULL) < 0) {
			machine_look_fini(&h->looks[h->count]);
			continue;
		}
		watch(s, store_machine_dir(store, names.items[i]));
		if (!strcmp(names.items[i], h->at_name))
			h->at = h->count;
		h->count++;
	}
	strv_fini(&names);
	if (h->at >= h->count)
		h->at = h->count ? h->count - 1 : 0;
	doctor_fini(&h->doctor);
	h->doctor = (struct doctor){NULL, 0};
	if (!h->count)
		doctor_look(app_catalog(s->app), store, &h->doctor);
	tick(s);
}

static struct machine_look *current(struct home *h)
{
	return h->at < h->count ? &h->looks[h->at] : NULL;
}

/* ---- painting ---- */

static void paint_doctor(struct home *h, const struct canvas *c)
{
	int row = 1, name = 0;

	canvas_put(c, row++, LEFT, ROLE_STRONG, "No machine yet. n makes the first one.");
	row++;
	canvas_put(c, row++, LEFT, ROLE_HEADING, "This host");
	for (size_t i = 0; i < h->doctor.len; i++)
		if (canvas_width(c, h->doctor.rows[i].name) > name)
			name = canvas_width(c, h->doctor.rows[i].name);
	for (size_t i = 0; i < h->doctor.len && row < c->rows; i++) {
		const struct doctor_row *d = &h->doctor.rows[i];
		bool ok = d->state == DOCTOR_FINE;
		int column = LEFT + 2 + name + 3;

		canvas_put(c, row, LEFT,
			   ok	     ? ROLE_GOOD
			   : d->must ? ROLE_BAD
				     : ROLE_WARN,
			   canvas_glyph(c, ok	     ? GLYPH_DONE
					   : d->must ? GLYPH_FAILED
						     : GLYPH_DASH));
		canvas_put(c, row, LEFT + 2, ROLE_TEXT, d->name);
		row += canvas_wrap(c, row, column, c->columns - column - 2, 2,
				   ok ? ROLE_DIM : ROLE_TEXT, d->what);
		if (d->install)
			canvas_put(c, row++, column, ROLE_STRONG, d->install);
	}
}

struct table {
	int name, system, boot, state, disk; /* columns' left edges */
};

static void paint_head(const struct canvas *c, const struct table *t)
{
	canvas_put(c, 1, t->name, ROLE_DIM, "NAME");
	canvas_put(c, 1, t->system, ROLE_DIM, "SYSTEM");
	canvas_put(c, 1, t->boot, ROLE_DIM, "BOOT");
	canvas_put(c, 1, t->state, ROLE_DIM, "STATE");
	canvas_put_right(c, 1, t->disk, ROLE_DIM, "DISK");
}

static void paint_machine(struct screen *s, const struct canvas *c, int row, const struct table *t,
			  const struct machine_look *l, bool focus)
{
	struct state_look look = state_look(l, task_find(s->app, l->name));
	enum role role = focus ? ROLE_FOCUS : ROLE_TEXT;
	char *disk = disk_words(c, l, 3);
	int room = t->disk - t->state - 14;

	canvas_put(c, row, t->name - 2, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
	if (focus)
		canvas_fill(c, row, t->name, t->disk - t->name + 1, ROLE_FOCUS);
	canvas_put_cut(c, row, t->name, t->system - t->name - 1, role, l->name);
	canvas_put_cut(c, row, t->system, t->boot - t->system - 1, role, l->system);
	canvas_put_cut(c, row, t->boot, 8, role, strcmp(l->boot, "uefi") ? l->boot : "UEFI");
	canvas_put(c, row, t->state, focus ? ROLE_FOCUS : look.role, canvas_glyph(c, look.sign));
	canvas_put_cut(c, row, t->state + 2, room, focus ? ROLE_FOCUS : look.role, look.words);
	canvas_put_right(c, row, t->disk, role, disk);
	free(disk);
	free(look.words);
}

static void paint_machines(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;
	struct table t = {.name = LEFT};
	int name = 12;

	for (size_t i = 0; i < h->count; i++)
		if ((int)strlen(h->looks[i].name) > name)
			name = (int)strlen(h->looks[i].name);
	if (name > c->columns - 64)
		name = c->columns - 64 > 12 ? c->columns - 64 : 12;
	t.system = LEFT + name + 2;
	t.boot = t.system + 17;
	t.state = t.boot + 8;
	t.disk = c->columns - 3 < t.state + 46 ? c->columns - 3 : t.state + 46;
	h->rows = c->rows - 3;
	if (h->first > h->at)
		h->first = h->at;
	if (h->at >= h->first + (size_t)h->rows)
		h->first = h->at - (size_t)h->rows + 1;
	paint_head(c, &t);
	for (int i = 0; i < h->rows && h->first + (size_t)i < h->count; i++)
		paint_machine(s, c, 2 + i, &t, &h->looks[h->first + (size_t)i],
			      h->first + (size_t)i == h->at);
	if (h->first)
		canvas_put(c, 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (h->first + (size_t)h->rows < h->count)
		canvas_put(c, c->rows - 2, c->columns - 1, ROLE_DIM,
			   canvas_glyph(c, GLYPH_MORE_DOWN));
}

static void home_paint(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;

	if (h->count)
		paint_machines(s, c);
	else
		paint_doctor(h, c);
	if (h->finding) {
		canvas_put(c, c->rows - 1, LEFT - 2, ROLE_KEY, "/");
		text_field_paint(&h->query, c, c->rows - 1, LEFT, 32, true, ROLE_TEXT);
	}
}

static void home_cursor(struct screen *s, int *row, int *column)
{
	struct home *h = s->self;

	if (!h->finding)
		return;
	*row = s->rows - 1;
	*column = LEFT + (int)h->query.at;
}

static void home_help_line(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct machine_look *l = current(h);
	const struct task *t = l ? task_find(s->app, l->name) : NULL;

	if (t && t->state == TASK_FAILED) {
		buf_adds(&out->help, t->error.text);
		out->help_role = ROLE_BAD;
	} else if (l && *l->detail && !l->run.alive) {
		buf_adds(&out->help, l->detail);
		out->help_role = strcmp(l->state, "failed") ? ROLE_TEXT : ROLE_BAD;
	} else if (l && l->run.alive) {
		buf_addf(&out->help, "`debwiz ssh %s` logs in%s%s", l->name,
			 l->run.kernel && *l->run.kernel ? "; kernel " : "",
			 l->run.kernel ? l->run.kernel : "");
	} else if (l && !l->made) {
		buf_adds(&out->help, "It is saved, and not made yet: b prepares and boots it.");
	} else if (!l) {
		buf_adds(
			&out->help,
			"debwiz makes Debian machines in QEMU from Debian's signed archive, without root.");
	}
}

static void home_lines(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct machine_look *l = current(h);

	buf_adds(&out->title, "machines");
	buf_addf(&out->status, "%s %s · %u CPU%s", h->host.os, h->host.machine, h->host.cpus,
		 h->host.cpus == 1 ? "" : "s");
	home_help_line(s, out);
	if (h->finding) {
		screen_lines_key(out, "type", 0, "part of a name");
		screen_lines_key(out, "Enter", K_ENTER, "stay there");
		return;
	}
	if (l)
		screen_lines_key(out, "Enter", K_ENTER, "open");
	screen_lines_key(out, "n", 'n', "new");
	if (l && l->run.alive) {
		screen_lines_key(out, "c", 'c', "console");
		screen_lines_key(out, "s", 's', "stop");
	} else if (l) {
		screen_lines_key(out, "b", 'b', "boot");
	}
	if (l) {
		screen_lines_key(out, "e", 'e', "edit");
		if (!l->run.alive)
			screen_lines_key(out, "C", 'C', "clone");
		screen_lines_key(out, "D", 'D', "delete");
		screen_lines_key(out, "/", '/', "find");
	}
	screen_lines_key(out, "?", '?', "help");
	screen_lines_key(out, "q", 'q', "quit");
}

static char *home_help(struct screen *s)
{
	(void)s;
	return xstrdup(
		"The machines that are saved or made on this host.\n\n"
		"Enter  opens a machine's screen\n"
		"n      makes a new one, question by question\n"
		"c      its console\n"
		"b      prepares it where needed, and boots it\n"
		"s      stops it: power button first, then harder\n"
		"e      changes its file\n"
		"C      clones it: a second machine like it, with a copy of its disk\n"
		"N      gives it another name\n"
		"D      deletes it, after saying what is lost\n"
		"/      finds by a part of the name\n"
		"F10    leaves; machines that run go on\n\n"
		"A machine's file is an INI file that can be kept, edited and used elsewhere; "
		"debwiz(1) explains its keys, and `debwiz --help` lists what can be done by command.");
}

/* ---- what can be done ---- */

static void told(struct screen *s, bool fine, struct err *e)
{
	if (!fine)
		dialog_error(s->app, "Not possible", e);
	err_fini(e);
}

static void find(struct home *h)
{
	for (size_t i = 0; h->query.len && i < h->count; i++) {
		size_t k = (h->at + i) % h->count;

		if (strstr(h->looks[k].name, h->query.text)) {
			h->at = k;
			return;
		}
	}
}

static bool find_key(struct home *h, const struct key *k)
{
	if (k->code == K_ESC || k->code == K_ENTER)
		h->finding = false;
	else if (text_field_key(&h->query, k))
		find(h);
	return true;
}

static bool move_key(struct home *h, const struct key *k)
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

static bool machine_key(struct screen *s, const struct key *k, const struct machine_look *l)
{
	struct err e = ERR_INIT;
	struct task *t = task_find(s->app, l->name);
	char *path;

	switch (k->code) {
	case K_ENTER:
		if (t && (task_is_busy(t) || t->state == TASK_FAILED))
			told(s, screen_progress(s->app, l->name, PROGRESS_PREPARE, &e) != NULL, &e);
		else
			told(s, screen_machine(s->app, l->name, &e) != NULL, &e);
		return true;
	case 'b':
		told(s, screen_progress(s->app, l->name, PROGRESS_BOOT, &e) != NULL, &e);
		return true;
	case 'c':
		told(s, screen_console(s->app, l->name, &e) != NULL, &e);
		return true;
	case 's':
		told(s, screen_machine_stop(s->app, l->name, &e) != NULL, &e);
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
	case 'e':
		if (store_find_ini(app_store(s->app), l->name, &path, &e) == 0) {
			told(s, screen_wizard(s->app, path, &e) != NULL, &e);
			free(path);
		} else {
			told(s, false, &e);
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
		return machine_key(s, &open, current(h));
	h->at = row;
	return true;
}

static bool home_key(struct screen *s, const struct key *k)
{
	struct home *h = s->self;
	struct err e = ERR_INIT;
	bool taken = true;

	if (h->finding)
		return find_key(h, k);
	if (k->code == K_MOUSE)
		taken = home_mouse(s, k);
	else if (k->code == 'q' || k->code == K_ESC)
		app_ask_leave(s->app);
	else if (k->code == 'n' || (k->code == K_ENTER && !h->count))
		told(s, screen_wizard(s->app, NULL, &e) != NULL, &e);
	else if (k->code == '/' && h->count)
		h->finding = h->query.fresh = true;
	else
		taken = move_key(h, k) || (h->count && machine_key(s, k, current(h)));
	if (h->at < h->count)
		snprintf(h->at_name, sizeof(h->at_name), "%s", h->looks[h->at].name);
	return taken;
}

static void home_sync(struct screen *s)
{
	if (((struct home *)s->self)->stale)
		refresh(s);
}

static void home_shown(struct screen *s)
{
	((struct home *)s->self)->stale = true;
}

static void home_close(struct screen *s)
{
	struct home *h = s->self;

	looks_free(h);
	loop_timer_stop(h->soon);
	loop_timer_stop(h->minute);
	doctor_fini(&h->doctor);
	host_facts_fini(&h->host);
	text_field_fini(&h->query);
	free(h);
}

static const struct screen_ops home_ops = {
	.name = "home",
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

	host_facts_get(&h->host);
	text_field_init(&h->query, 31);
	return screen_push(app, &home_ops, h);
}
