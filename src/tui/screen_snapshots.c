/* SPDX-License-Identifier: MIT */
/* screen_snapshots: the snapshots of one machine: makes one, goes back to one, deletes one. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "prepare/snapshot.h"
#include "snapshots.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/confirm.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/picker.h"

#define LEFT 2
#define TOP 3

static const char *screen_snapshots_current(const struct snapshots *s)
{
	return s->known && s->list.at < s->rows.len ? s->rows.items[s->list.at].value : NULL;
}

static void screen_snapshots_on_agreed(bool agreed, void *arg)
{
	if (agreed)
		snapshots_act(arg);
}

static void screen_snapshots_ask(struct snapshots *s, enum vm_snapshot_op op)
{
	bool back = op == VM_SNAPSHOT_REVERT;
	const struct wizard_row *row = &s->rows.items[s->list.at];
	char *text = back ? xasprintf("%s as of %s: %s.\n\n"
				      "What the guest wrote since then is lost for good%s",
				      row->value, row->columns[0], row->columns[1],
				      s->client ? ", and so is what it does now." : ".")
			  : xasprintf("Delete the snapshot %s of %s?\n\n"
				      "The machine stays as it is; there is no way back to this point.",
				      row->value, row->columns[0]);
	struct confirm c = {.title = back ? "Go back" : "Delete",
			    .text = text,
			    .button = back ? "Go back to it" : "Delete it",
			    .name = back ? s->name : NULL,
			    .answer = screen_snapshots_on_agreed,
			    .arg = s};

	free(s->tag);
	s->tag = xstrdup(row->value);
	s->op = op;
	confirm_ask(s->screen->app, &c);
	free(text);
}

static int screen_snapshots_take_tag(const char *value, char **more, void *arg, struct err *e)
{
	struct snapshots *s = arg;

	(void)more;
	if (!vm_snapshot_tag_ok(value))
		return err_set(e, ERR_USAGE, "snapshot-tag",
			       "its name is a letter, then letters, digits, '.', '_' and '-'");
	for (size_t i = 0; i < s->rows.len; i++)
		if (!strcmp(s->rows.items[i].value, value))
			return err_set(e, ERR_USAGE, "snapshot-exists", "there is one of this name already");
	free(s->tag);
	s->tag = xstrdup(value);
	s->op = VM_SNAPSHOT_CREATE;
	snapshots_act(s);
	return 0;
}

static void screen_snapshots_ask_new(struct snapshots *s)
{
	char *tag = snapshot_tag_now();
	struct picker_conf conf = {.title = "New snapshot: its name",
				   .about = s->client ? "Holds the disk and the running guest's memory."
						      : "Holds the disk.",
				   .initial = tag,
				   .types = true,
				   .take = screen_snapshots_take_tag,
				   .arg = s};

	picker_open(s->screen->app, &conf);
	free(tag);
}

/* ---- the screen ---- */

static void snapshots_paint(struct screen *screen, const struct canvas *c)
{
	struct snapshots *s = screen->self;
	struct canvas part = canvas_sub(c, TOP, LEFT, c->rows - TOP, c->columns - LEFT);

	canvas_put(c, 1, LEFT + 2, ROLE_HEADING, "Snapshots");
	canvas_putf(c, 1, LEFT + 13, ROLE_DIM, "%s",
		    s->client ? "of the running machine: disk and memory" : "of the disk");
	if (s->doing && !s->rows.len) {
		canvas_putf(&part, 0, 2, ROLE_WORK, "%s %s", canvas_glyph(c, GLYPH_WORKING), s->doing);
		canvas_put(&part, 1, 4, ROLE_DIM, s->amount ? s->amount : "");
	} else if (!s->rows.len) {
		canvas_put(&part, 0, 2, ROLE_DIM, "None yet. n makes one, to come back to later.");
	} else {
		list_paint(&s->list, &part, s->rows.items, s->rows.len);
	}
}

static void snapshots_lines(struct screen *screen, struct screen_lines *out)
{
	struct snapshots *s = screen->self;

	buf_addf(&out->title, "%s · snapshots", s->name);
	if (s->doing && s->rows.len) {
		buf_addf(&out->help, "%s …%s%s", s->doing, s->amount ? " " : "", s->amount ? s->amount : "");
		out->help_role = ROLE_WORK;
	} else if (s->words) {
		buf_adds(&out->help, s->words);
		out->help_role = s->words_role;
	} else if (screen_snapshots_current(s)) {
		buf_adds(&out->help, "What was written since a snapshot is lost when the machine goes "
				     "back to it.");
	}
	if (!s->doing) {
		if (screen_snapshots_current(s))
			screen_lines_key(out, "↑↓", 0, "choose");
		screen_lines_key(out, "n", 'n', "new");
		if (screen_snapshots_current(s)) {
			screen_lines_key(out, "R", 'R', "revert");
			screen_lines_key(out, "D", 'D', "delete");
		}
	}
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "?", '?', "help");
}

static bool snapshots_key(struct screen *screen, const struct key *k)
{
	struct snapshots *s = screen->self;
	struct key in_list = *k;

	in_list.row -= TOP;
	if (k->code == K_ESC || k->code == 'q')
		screen_pop(screen);
	else if (k->code == K_MOUSE)
		return list_click(&s->list, &in_list, s->rows.len);
	else if (list_key(&s->list, k, s->rows.len))
		return true;
	else if (s->doing)
		return false;
	else if (k->code == 'n')
		screen_snapshots_ask_new(s);
	else if (k->code == 'R' && screen_snapshots_current(s))
		screen_snapshots_ask(s, VM_SNAPSHOT_REVERT);
	else if (k->code == 'D' && screen_snapshots_current(s))
		screen_snapshots_ask(s, VM_SNAPSHOT_DELETE);
	else
		return false;
	return true;
}

/* Half a snapshot is none: what is under way is waited for. */
static bool snapshots_leaving(struct screen *screen)
{
	struct snapshots *s = screen->self;

	if (!snapshots_changing(s))
		return false;
	dialog_message(screen->app, s->name, "A snapshot is being worked on. It takes a moment.");
	return true;
}

static char *snapshots_help(struct screen *screen)
{
	(void)screen;
	return xstrdup("Snapshots lie in the machine's disk.\n\n"
		       "n  creates one: of a running machine with its memory, so that it continues from "
		       "there; of one that is off of its disk alone\n"
		       "R  goes back to one: what was written since then is lost\n"
		       "D  deletes one\n\n"
		       "One with memory needs the machine's settings as they were when it was made.\n"
		       "By command: debwiz snapshot M create, list, revert, delete.");
}

static void snapshots_close(struct screen *screen)
{
	struct snapshots *s = screen->self;

	snapshots_let_go(s);
	wizard_rows_fini(&s->rows);
	free(s->words);
	free(s->amount);
	free(s->tag);
	free(s->ref);
	free(s->name);
	free(s->dir);
	free(s);
}

static const struct screen_ops snapshots_ops = {
	.name = "snapshots",
	.paint = snapshots_paint,
	.lines = snapshots_lines,
	.key = snapshots_key,
	.leaving = snapshots_leaving,
	.help = snapshots_help,
	.close = snapshots_close,
};

struct screen *screen_snapshots(struct app *app, const char *ref, struct err *e)
{
	struct snapshots *s;
	struct spec spec;

	if (session_read(app_sessions(app)->conf, ref, &spec, e) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->ref = xstrdup(ref);
	s->name = xstrdup(spec.name);
	s->dir = store_machine_dir(app_store(app), spec.name);
	spec_fini(&spec);
	s->screen = screen_push(app, &snapshots_ops, s);
	snapshots_load(s);
	return s->screen;
}
