/* SPDX-License-Identifier: MIT */
/* home_paint: the table of machines, or what this host has and lacks; the lines around them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "home.h"
#include "host/paths.h"
#include "tui/sessions.h"
#include "tui/toolkit/app.h"

#define LEFT 4
#define NEAR_ROWS 12 /* what is told under the list at most, with a blank row before */
#define BESIDE 40    /* columns of boot, state and disk, with what is between them */

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
		row += canvas_wrap(c, row, column, c->columns - column - 2, 2, ok ? ROLE_DIM : ROLE_TEXT, d->what);
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
			  const struct overview *l, bool focus)
{
	struct state_look look = state_look(l, sessions_find(app_sessions(s->app), l->name));
	enum role role = focus ? ROLE_FOCUS : ROLE_TEXT;
	char *disk = disk_words(c, l, 3);
	int room = t->disk - t->state - 15;

	canvas_put(c, row, t->name - 2, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
	if (focus)
		canvas_fill(c, row, t->name, t->disk - t->name + 1, ROLE_FOCUS);
	canvas_put_cut(c, row, t->name, t->system - t->name - 1, role, l->name);
	if (focus)
		((struct home *)s->self)->name_cut = canvas_width(c, l->name) > t->system - t->name - 1;
	canvas_put_cut(c, row, t->system, t->boot - t->system - 1, role, l->system);
	canvas_put_cut(c, row, t->boot, 8, role, strcmp(l->boot, "uefi") ? l->boot : "UEFI");
	canvas_put(c, row, t->state, focus ? ROLE_FOCUS : look.role, canvas_glyph(c, look.sign));
	canvas_put_cut(c, row, t->state + 2, room, focus ? ROLE_FOCUS : look.role, look.words);
	canvas_put_right(c, row, t->disk, role, disk);
	free(disk);
	free(look.words);
}

/* What the machine under the cursor is, under the list. */
static void paint_near(struct screen *s, const struct canvas *c, int row)
{
	struct home *h = s->self;
	struct machine_facts facts = {.look = home_current(h),
				      .spec = h->near.has_spec ? &h->near.spec : NULL,
				      .path = h->near.path,
				      .cpus = h->host.cpus,
				      .memory = h->host.memory,
				      .ssh_port = h->near.ssh_port};

	if (!facts.look || !h->near.name || strcmp(h->near.name, facts.look->name))
		return;
	facts.name = facts.look->name;
	canvas_put(c, row, LEFT, ROLE_HEADING, facts.name);
	facts_paint(&facts, app_catalog(s->app), c, row + 2);
}

static void paint_machines(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;
	struct table t = {.name = LEFT};
	int name = 12, system = 14, gap = c->columns < 90 ? 1 : 3, most;

	for (size_t i = 0; i < h->count; i++) {
		if ((int)strlen(h->looks[i].name) > name)
			name = (int)strlen(h->looks[i].name);
		if (canvas_width(c, h->looks[i].system) > system)
			system = canvas_width(c, h->looks[i].system);
	}
	most = c->columns - LEFT - system - BESIDE - 2 * gap;
	if (name > most)
		name = most > 12 ? most : 12;
	t.system = LEFT + name + 2;
	t.boot = t.system + system + gap;
	t.state = t.boot + 6 + gap;
	t.disk = c->columns - 2 < t.state + 46 ? c->columns - 2 : t.state + 46;
	h->rows = c->rows - 3 - (c->rows >= HOME_NEAR_FROM ? NEAR_ROWS : 0);
	if (h->first > h->at)
		h->first = h->at;
	if (h->at >= h->first + (size_t)h->rows)
		h->first = h->at - (size_t)h->rows + 1;
	paint_head(c, &t);
	for (int i = 0; i < h->rows && h->first + (size_t)i < h->count; i++)
		paint_machine(s, c, 2 + i, &t, &h->looks[h->first + (size_t)i], h->first + (size_t)i == h->at);
	if (h->first)
		canvas_put(c, 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (h->first + (size_t)h->rows < h->count)
		canvas_put(c, 1 + h->rows, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
	if (c->rows >= HOME_NEAR_FROM)
		paint_near(s, c, h->rows < (int)h->count ? 3 + h->rows : 4 + (int)h->count);
}

void home_paint(struct screen *s, const struct canvas *c)
{
	struct home *h = s->self;

	if (h->count)
		paint_machines(s, c);
	else
		paint_doctor(h, c);
	if (h->finding) {
		canvas_put(c, c->rows - 1, LEFT - 2, ROLE_KEY, "/");
		h->query_column = text_field_paint(&h->query, c, c->rows - 1, LEFT, 32, true, ROLE_TEXT);
	}
}

void home_cursor(struct screen *s, int *row, int *column)
{
	struct home *h = s->self;

	if (!h->finding)
		return;
	*row = s->rows - 1;
	*column = h->query_column;
}

/* As far as is known of the machine: its own screen knows more. */
static bool home_paint_has_ssh(const struct home *h, const struct overview *l)
{
	bool near = h->near.name && !strcmp(h->near.name, l->name) && h->near.has_spec;

	return (!near || h->near.ssh_port) && !(l->run.ssh && !strcmp(l->run.ssh, "no"));
}

static void home_help_line(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct overview *l = home_current(h);
	const struct session *t = l ? sessions_find(app_sessions(s->app), l->name) : NULL;
	char *where;

	if (l && h->name_cut) /* the row has no room for it */
		buf_addf(&out->help, "%s: ", l->name);
	if (h->missed) {
		buf_clear(&out->help);
		buf_addf(&out->help, "No machine's name holds \"%s\".", h->query.text);
		out->help_role = ROLE_WARN;
	} else if (l && l->wrong && !l->run.alive) {
		where = host_short(l->wrong);
		buf_adds(&out->help, where);
		out->help_role = ROLE_BAD;
		free(where);
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
		buf_addf(&out->help, "%s%s%s%s%s",
			 home_paint_has_ssh(h, l) ? "`debwiz ssh " : "c shows the console of ", l->name,
			 home_paint_has_ssh(h, l) ? "` logs in" : "",
			 l->run.kernel && *l->run.kernel ? "; kernel " : "", l->run.kernel ? l->run.kernel : "");
	} else if (l && !l->made) {
		buf_adds(&out->help, "It is saved, and not made yet: b prepares and boots it.");
	} else if (!l) {
		buf_adds(&out->help,
			 "debwiz makes Debian machines in QEMU from Debian's signed archive, without root.");
	}
}

static bool home_paint_is_busy(struct screen *s, const struct overview *l)
{
	const struct session *t = sessions_find(app_sessions(s->app), l->name);

	return t && session_is_busy(t);
}

/* What can be done with the machine under the cursor. */
static void home_paint_machine_keys(const struct overview *l, struct screen_lines *out)
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

void home_lines(struct screen *s, struct screen_lines *out)
{
	struct home *h = s->self;
	const struct overview *l = home_current(h);

	buf_adds(&out->title, "machines");
	buf_addf(&out->status, "%s %s · %u CPU%s", h->host.os, h->host.machine, h->host.cpus,
		 h->host.cpus == 1 ? "" : "s");
	home_help_line(s, out);
	if (h->finding) {
		screen_lines_key(out, "type", 0, "part of a name");
		screen_lines_key(out, "Enter", K_ENTER, "stay there");
		screen_lines_key(out, "Esc", K_ESC, "leave it");
		return;
	}
	if (l && home_paint_is_busy(s, l))
		screen_lines_key(out, "Enter", K_ENTER, "how it goes");
	else if (l)
		screen_lines_key(out, "Enter", K_ENTER, "open");
	screen_lines_key(out, "n", 'n', "new");
	if (l && !home_paint_is_busy(s, l))
		home_paint_machine_keys(l, out);
	else if (l && l->run.alive)
		screen_lines_key(out, "c", 'c', "console");
	if (l)
		screen_lines_key(out, "/", '/', "find");
	screen_lines_key(out, "?", '?', "help");
	screen_lines_key(out, "q", 'q', "quit");
}

char *home_help(struct screen *s)
{
	(void)s;
	return xstrdup("The machines that are saved or made on this host.\n\n"
		       "Enter  opens a machine's screen\n"
		       "n      makes a new one, question by question\n"
		       "c      its console, from the moment that QEMU runs\n"
		       "b      prepares it where needed, and boots it\n"
		       "s      stops it: power button first, then harder\n"
		       "e      changes its file\n"
		       "C      clones it: a second machine like it, with a copy of its disk\n"
		       "N      gives it another name\n"
		       "D      deletes it, after saying what is lost\n"
		       "X      throws its disk away; the next start makes a new one\n"
		       "/      finds by a part of the name\n"
		       "F10    leaves; running machines keep running\n\n"
		       "A machine's file is an INI file that can be kept, edited and used elsewhere; "
		       "debwiz(1) explains its keys, and `debwiz --help` lists what can be done by command.");
}
