/* SPDX-License-Identifier: MIT */
/*
 * screen_home: the table of machines with what the one under the cursor is, or what this host has and lacks while there
 * is no machine.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "change_dialog.h"
#include "host/facts.h"
#include "host/paths.h"
#include "machine_list.h"
#include "prepare/doctor.h"
#include "tui/machine_view.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/screen.h"
#include "tui/toolkit/widget_list.h"
#include "tui/toolkit/widget_text.h"

#define LEFT 4
#define DETAILS_FROM 30 /* rows from which on the details of the machine under the cursor are shown */
#define DETAILS_ROWS 12 /* that they take at most, with a blank row before */
#define BESIDE 40	/* columns of boot, state and disk, with what is between them */

struct home {
	struct machine_list *machines;
	struct list list; /* where the cursor is */
	char at_name[64]; /* of the machine under the cursor, which keeps the cursor when the list changes */
	bool stale;
	struct host_facts host;
	struct doctor doctor; /* while there is no machine */
	/* the machine under the cursor as its file describes it, if there is space for it */
	struct home_details {
		char *name, *path;
		struct spec spec;
		bool has_spec;
		uint16_t ssh_port;
	} details;
	bool finding, missed; /* no name contains the query */
	bool name_cut;	      /* the name under the cursor does not fit in its row */
	struct text_field query;
	int query_column; /* of its cursor, as painted */
};

/* ---- the list ---- */

static const struct overview *home_current(const struct home *h)
{
	return machine_list_at(h->machines, h->list.at);
}

static const struct session *home_session(const struct screen *s, const struct overview *l)
{
	return l ? sessions_find(app_sessions(s->app), l->name) : NULL;
}

static bool home_is_busy(const struct screen *s, const struct overview *l)
{
	const struct session *t = home_session(s, l);

	return t && session_is_busy(t);
}

static void home_details_fini(struct home_details *d)
{
	if (d->has_spec)
		spec_fini(&d->spec);
	free(d->name);
	free(d->path);
	*d = (struct home_details){.name = NULL};
}

static void home_on_changed(void *arg)
{
	struct screen *s = arg;

	((struct home *)s->self)->stale = true;
	app_changed(s->app);
}

static void home_refresh(struct screen *s)
{
	struct home *h = s->self;
	size_t count;

	h->stale = false;
	home_details_fini(&h->details);
	machine_list_refresh(h->machines);
	count = machine_list_count(h->machines);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(machine_list_at(h->machines, i)->name, h->at_name))
			h->list.at = i;
	if (h->list.at >= count)
		h->list.at = count ? count - 1 : 0;
	doctor_fini(&h->doctor);
	h->doctor = (struct doctor){NULL, 0};
	if (!count)
		doctor_check(app_catalog(s->app), app_store(s->app), &h->doctor);
}

/* Reads the file of the machine under the cursor, once until the cursor or the list changes. */
static void home_read_details(struct screen *s)
{
	struct home *h = s->self;
	struct home_details *d = &h->details;
	const struct overview *l = home_current(h);

	if (!l || s->rows < DETAILS_FROM || (d->name && !strcmp(d->name, l->name)))
		return;
	home_details_fini(d);
	d->name = xstrdup(l->name);
	if (l->wrong || store_find_ini(app_store(s->app), l->name, &d->path, NULL) < 0)
		return;
	d->has_spec = session_read(app_sessions(s->app)->conf, d->path, &d->spec, NULL) == 0;
	d->ssh_port = d->has_spec ? machine_ssh_port(s->app, &d->spec) : 0;
}

/* ---- painting ---- */

static void home_paint_doctor(struct home *h, const struct canvas *c)
{
	int row = 1, name = 0;

	canvas_put(c, row++, LEFT, ROLE_STRONG, "No machine yet. n creates the first one.");
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
		row += canvas_wrap(c, row, column, c->columns - column - 2, 2, ok ? ROLE_DIM : ROLE_TEXT, d->what);
		if (d->install)
			canvas_put(c, row++, column, ROLE_STRONG, d->install);
	}
}

struct home_columns {
	int name, system, boot, state, disk; /* columns' left edges */
};

static void home_paint_head(const struct canvas *c, const struct home_columns *t)
{
	canvas_put(c, 1, t->name, ROLE_DIM, "NAME");
	canvas_put(c, 1, t->system, ROLE_DIM, "SYSTEM");
	canvas_put(c, 1, t->boot, ROLE_DIM, "BOOT");
	canvas_put(c, 1, t->state, ROLE_DIM, "STATE");
	canvas_put_right(c, 1, t->disk, ROLE_DIM, "DISK");
}

static void home_paint_machine(struct screen *s, const struct canvas *c, int row, const struct home_columns *t,
			       const struct overview *l, bool focus)
{
	struct state_label look = state_label(l, home_session(s, l));
	enum role role = focus ? ROLE_FOCUS : ROLE_TEXT;
	AUTO_FREE char *disk = disk_text(c, l, 3);
	int space = t->disk - t->state - 15;

	canvas_put(c, row, t->name - 2, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
	if (focus)
		canvas_fill(c, row, t->name, t->disk - t->name + 1, ROLE_FOCUS);
	canvas_put_cut(c, row, t->name, t->system - t->name - 1, role, l->name);
	if (focus)
		((struct home *)s->self)->name_cut = canvas_width(c, l->name) > t->system - t->name - 1;
	canvas_put_cut(c, row, t->system, t->boot - t->system - 1, role, l->system);
	canvas_put_cut(c, row, t->boot, 8, role, strcmp(l->boot, "uefi") ? l->boot : "UEFI");
	canvas_put(c, row, t->state, focus ? ROLE_FOCUS : look.role, canvas_glyph(c, look.sign));
	canvas_put_cut(c, row, t->state + 2, space, focus ? ROLE_FOCUS : look.role, look.text);
	canvas_put_right(c, row, t->disk, role, disk);
	free(look.text);
}

/* Paints the facts of the machine under the cursor, under the list. */
static void home_paint_details(struct screen *s, const struct canvas *c, int row)
{
	struct home *h = s->self;
	struct machine_facts facts = {.overview = home_current(h),
				      .spec = h->details.has_spec ? &h->details.spec : NULL,
				      .path = h->details.path,
				      .cpus = h->host.cpus,
				      .memory = h->host.memory,
				      .ssh_port = h->details.ssh_port};

	if (!facts.overview || !h->details.name || strcmp(h->details.name, facts.overview->name))
		return;
	facts.name = facts.overview->name;
	canvas_put(c, row, LEFT, ROLE_HEADING, facts.name);
	machine_facts_paint(&facts, app_catalog(s->app), c, row + 2);
}

/* Chooses the columns' places for the names and systems of all machines. */
static struct home_columns home_place_columns(const struct home *h, const struct canvas *c)
{
	struct home_columns t = {.name = LEFT};
	int name = 12, system = 14, gap = c->columns < 90 ? 1 : 3, most;
	const struct overview *l;

	for (size_t i = 0; (l = machine_list_at(h->machines, i)); i++) {
		if ((int)strlen(l->name) > name)
			name = (int)strlen(l->name);
		if (canvas_width(c, l->system) > system)
			system = canvas_width(c, l->system);
	}
	most = c->columns - LEFT - system - BESIDE - 2 * gap;
	if (name > most)
		name = most > 12 ? most : 12;
	t.system = LEFT + name + 2;
	t.boot = t.system + system + gap;
	t.state = t.boot + 6 + gap;
	t.disk = c->columns - 2 < t.state + 46 ? c->columns - 2 : t.state + 46;
	return t;
}

static void home_paint_machines(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;
	struct home_columns t = home_place_columns(h, c);
	size_t count = machine_list_count(h->machines);
	int rows = c->rows - 3 - (c->rows >= DETAILS_FROM ? DETAILS_ROWS : 0);

	list_scroll(&h->list, rows, count);
	home_paint_head(c, &t);
	for (int i = 0; i < rows && h->list.first + (size_t)i < count; i++)
		home_paint_machine(s, c, 2 + i, &t, machine_list_at(h->machines, h->list.first + (size_t)i),
				   h->list.first + (size_t)i == h->list.at);
	if (h->list.first)
		canvas_put(c, 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (h->list.first + (size_t)rows < count)
		canvas_put(c, 1 + rows, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
	if (c->rows >= DETAILS_FROM)
		home_paint_details(s, c, rows < (int)count ? 3 + rows : 4 + (int)count);
}

static void home_paint(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;

	if (machine_list_count(h->machines))
		home_paint_machines(s, c);
	else
		home_paint_doctor(h, c);
	if (h->finding) {
		canvas_put(c, c->rows - 1, LEFT - 2, ROLE_KEY, "/");
		h->query_column = text_field_paint(&h->query, c, c->rows - 1, LEFT, 32, true, ROLE_TEXT);
	}
}

static void home_cursor(struct screen *s, int *row, int *column)
{
	struct home *h = s->self;

	if (!h->finding)
		return;
	*row = s->rows - 1;
	*column = h->query_column;
}

/* Whether ssh leads to the machine, as far as this screen knows. */
static bool home_has_ssh(const struct home *h, const struct overview *l)
{
	bool known = h->details.name && !strcmp(h->details.name, l->name) && h->details.has_spec;

	return (!known || h->details.ssh_port) && !(l->run.ssh && !strcmp(l->run.ssh, "no"));
}

static void home_help_line(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct overview *l = home_current(h);
	const struct session *t = home_session(s, l);

	if (l && h->name_cut)
		buf_addf(&out->help, "%s: ", l->name);
	if (h->missed) {
		buf_clear(&out->help);
		buf_addf(&out->help, "No machine's name contains \"%s\".", h->query.text);
		out->help_role = ROLE_WARN;
	} else if (l && l->wrong && !l->run.alive) {
		AUTO_FREE char *text = host_short(l->wrong);

		buf_adds(&out->help, text);
		out->help_role = ROLE_BAD;
	} else if (t && session_is_busy(t)) {
		buf_adds(&out->help, t->question ? "The work waits for an answer."
						 : "The work on it continues, whatever screen is shown.");
		out->help_role = t->question ? ROLE_WARN : ROLE_TEXT;
	} else if (t && t->state == SESSION_FAILED) {
		buf_adds(&out->help, t->error.text);
		out->help_role = ROLE_BAD;
	} else if (l && *l->detail && !l->run.alive) {
		buf_adds(&out->help, l->detail);
		out->help_role = strcmp(l->state, "failed") ? ROLE_TEXT : ROLE_BAD;
	} else if (l && l->run.alive) {
		buf_addf(&out->help, "%s%s%s%s%s", home_has_ssh(h, l) ? "`debwiz ssh " : "c shows the console of ",
			 l->name, home_has_ssh(h, l) ? "` logs in" : "",
			 l->run.kernel && *l->run.kernel ? "; kernel " : "", l->run.kernel ? l->run.kernel : "");
	} else if (l && !l->has_disk) {
		buf_adds(&out->help, "Saved, but not prepared yet: b prepares and boots it.");
	} else if (!l) {
		buf_adds(&out->help,
			 "debwiz creates Debian machines in QEMU from Debian's signed archive, without root.");
	}
}

/* Adds what can be done with the machine under the cursor. */
static void home_machine_keys(const struct overview *l, struct screen_lines *out)
{
	if (l->run.alive) {
		screen_lines_key(out, "c", 'c', "console");
		screen_lines_key(out, "s", 's', "stop");
	} else if (!l->wrong) {
		screen_lines_key(out, "b", 'b', "boot");
	}
	screen_lines_key(out, "e", 'e', "edit");
	if (!l->run.alive)
		screen_lines_key(out, "C", 'C', "clone");
	screen_lines_key(out, "D", 'D', "delete");
}

static void home_lines(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct overview *l = home_current(h);
	char cpus[SIZE_TEXT];

	buf_adds(&out->title, "machines");
	buf_addf(&out->status, "%s %s · %s", h->host.os, h->host.machine, count_human(h->host.cpus, "CPU", cpus));
	home_help_line(s, out);
	if (h->finding) {
		screen_lines_key(out, "type", 0, "part of a name");
		screen_lines_key(out, "Enter", K_ENTER, "done");
		screen_lines_key(out, "Esc", K_ESC, "cancel");
		return;
	}
	if (l && home_is_busy(s, l))
		screen_lines_key(out, "Enter", K_ENTER, "progress");
	else if (l)
		screen_lines_key(out, "Enter", K_ENTER, "open");
	screen_lines_key(out, "n", 'n', "new");
	if (l && !home_is_busy(s, l))
		home_machine_keys(l, out);
	else if (l && l->run.alive)
		screen_lines_key(out, "c", 'c', "console");
	if (l)
		screen_lines_key(out, "/", '/', "find");
	screen_lines_key(out, "?", '?', "help");
	screen_lines_key(out, "q", 'q', "quit");
	screen_lines_key(out, "B", 'B', "build"); /* where there is room for it */
}

static char *home_help(struct screen *s)
{
	(void)s;
	return xstrdup("The machines that are saved or prepared on this host.\n\n"
		       "Enter  opens a machine's screen\n"
		       "n      creates a new one, question by question\n"
		       "c      its console, from the moment that QEMU runs\n"
		       "b      prepares it if needed, and boots it\n"
		       "s      stops it: the power button, then QEMU's quit, then a kill\n"
		       "B      builds a source package, in a machine like it that exists only for that\n"
		       "e      edits its file\n"
		       "C      clones it: a second machine like it, with a copy of its disk\n"
		       "N      renames it\n"
		       "D      deletes it, after showing what is lost\n"
		       "X      discards its disk; the next start creates a new one\n"
		       "/      finds a machine by a part of its name\n"
		       "F10    leaves; running machines keep running\n\n"
		       "A machine's file is an INI file that can be kept, edited and used elsewhere; "
		       "debwiz(1) explains its keys, and `debwiz --help` lists what can be done by command.");
}

/* ---- keys ---- */

/* Moves the cursor to the next machine whose name contains the query. */
static void home_find(struct home *h)
{
	size_t count = machine_list_count(h->machines);

	h->missed = false;
	for (size_t i = 0; h->query.len && i < count; i++) {
		size_t k = (h->list.at + i) % count;

		if (strcasestr(machine_list_at(h->machines, k)->name, h->query.text)) {
			h->list.at = k;
			return;
		}
	}
	h->missed = h->query.len > 0;
}

static bool home_find_key(struct home *h, const struct key *k)
{
	if (k->code == K_ESC || k->code == K_ENTER)
		h->finding = h->missed = false;
	else if (text_field_key(&h->query, k))
		home_find(h);
	return true;
}

static bool home_edit(struct screen *s, const struct overview *l, struct err *e)
{
	AUTO_FREE char *path = NULL;

	return store_find_ini(app_store(s->app), l->name, &path, e) == 0 && screen_wizard(s->app, path, e);
}

static bool home_stop(struct screen *s, const struct overview *l, struct err *e)
{
	if (l->run.alive)
		return screen_machine_stop(s->app, l->name, e);
	err_set(e, ERR_USAGE, "not-running", "%s does not run", l->name);
	return false;
}

static bool home_open(struct screen *s, const struct overview *l, struct err *e)
{
	const struct session *t = home_session(s, l);

	if (t && (session_is_busy(t) || (t->state == SESSION_FAILED && !l->run.alive)))
		return screen_progress(s->app, l->name, PROGRESS_SHOW, e);
	return screen_machine(s->app, l->name, e);
}

static bool home_machine_key(struct screen *s, const struct key *k, const struct overview *l)
{
	struct err e = ERR_INIT;
	bool ok = true;

	switch (k->code) {
	case K_ENTER:
		ok = home_open(s, l, &e);
		break;
	case 'b':
		ok = screen_progress(s->app, l->name, PROGRESS_BOOT, &e);
		break;
	case 'c':
		ok = screen_console(s->app, l->name, &e);
		break;
	case 's':
		ok = home_stop(s, l, &e);
		break;
	case 'e':
		ok = home_edit(s, l, &e);
		break;
	case 'B':
		screen_build(s->app, l->name, true);
		break;
	default:
		return change_dialog_key(s->app, k->code, l->name);
	}
	dialog_unless(s->app, ok, &e);
	return true;
}

static bool home_mouse(struct screen *s, const struct key *k)
{
	struct home *h = s->self;
	struct key open = {.code = K_ENTER}, there = *k;
	size_t before = h->list.at;

	if (k->mouse != MOUSE_PRESS)
		return false;
	there.row -= 2;
	if (!list_click(&h->list, &there, machine_list_count(h->machines)) || h->list.at != before)
		return true;
	return home_machine_key(s, &open, home_current(h));
}

static void home_new(struct screen *s)
{
	struct err e = ERR_INIT;

	dialog_unless(s->app, screen_wizard(s->app, NULL, &e), &e);
}

static bool home_key(struct screen *s, const struct key *k)
{
	struct home *h = s->self;
	size_t count = machine_list_count(h->machines);
	bool taken = true;

	if (h->finding)
		taken = home_find_key(h, k);
	else if (k->code == K_MOUSE)
		taken = home_mouse(s, k);
	else if (k->code == 'q' || k->code == K_ESC)
		app_ask_leave(s->app);
	else if (k->code == 'n' || (k->code == K_ENTER && !count))
		home_new(s);
	else if (k->code == 'B' && !count)
		screen_build(s->app, NULL, true);
	else if (k->code == '/' && count)
		h->finding = h->query.fresh = true;
	else
		taken = list_key(&h->list, k, count) || (count && home_machine_key(s, k, home_current(h)));
	if (home_current(h))
		snprintf(h->at_name, sizeof(h->at_name), "%s", home_current(h)->name);
	return taken;
}

static void home_sync(struct screen *s)
{
	if (((struct home *)s->self)->stale)
		home_refresh(s);
	home_read_details(s);
}

static void home_layout(struct screen *s, int rows, int columns)
{
	(void)rows;
	(void)columns;
	home_read_details(s);
}

static void home_shown(struct screen *s)
{
	((struct home *)s->self)->stale = true;
}

static void home_close(struct screen *s)
{
	struct home *h = s->self;

	machine_list_free(h->machines);
	home_details_fini(&h->details);
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
	h->machines = machine_list_new(app, home_on_changed, s);
	return s;
}
