/* SPDX-License-Identifier: MIT */
/*
 * screen_snapshots: the snapshots of one machine: creates one, reverts to one, deletes one; by the supervisor while the
 * machine runs, else by a snapshot_job.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/paths.h"
#include "machine/client.h"
#include "prepare/snapshot.h"
#include "session/words.h"
#include "snapshot_job.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/confirm.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/picker.h"
#include "tui/toolkit/widget_list.h"

#define LEFT 2
#define TOP 3

struct snapshots {
	struct screen *screen;
	char *ref, *name, *dir;
	struct vm_client *client; /* while the machine runs */
	struct choices rows;	  /* value: the tag; columns: date, contents */
	struct list list;
	bool known;		  /* the rows are up to date */
	struct snapshot_job *job; /* of a machine that is off */
	const char *task;	  /* what is under way, or NULL */
	char *progress;		  /* of that, or NULL */
	char *message;		  /* the last outcome or error */
	enum role message_role;
	char *tag; /* that a question or a change is about */
	enum vm_snapshot_op op;
};

static void snapshots_load(struct snapshots *s);

static void snapshots_say(struct snapshots *s, enum role role, char *text)
{
	free(s->message);
	s->message = text;
	s->message_role = role;
	app_changed(s->screen->app);
}

static void snapshots_add_row(struct snapshots *s, const char *tag, int64_t date, uint64_t memory)
{
	struct choice *row = choices_add(&s->rows, tag, tag);
	AUTO_FREE char *contents = words_snapshot_contents(memory);
	char when[32];

	words_date(date, false, when, sizeof(when));
	choice_text(&row->columns[0], when);
	choice_text(&row->columns[1], contents);
}

static void snapshots_rows_done(struct snapshots *s)
{
	s->known = true;
	s->task = NULL;
	app_changed(s->screen->app);
}

/* Shows why a job could not be started. */
static void snapshots_fail(struct snapshots *s, const struct err *e)
{
	s->task = NULL;
	s->known = true;
	snapshots_say(s, ROLE_BAD, xstrdup(e->text));
}

static void snapshots_done(struct snapshots *s, enum vm_snapshot_op op, const char *tag, const struct err *e)
{
	s->task = NULL;
	if (e)
		dialog_error(s->screen->app, "Snapshot", e);
	else
		snapshots_say(s, ROLE_GOOD, xasprintf("%s %s.", tag, words_snapshot_done(op)));
	snapshots_load(s);
}

/* ---- a machine that runs ---- */

static void snapshots_on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct snapshots *s = arg;

	(void)state;
	(void)cause;
	vm_client_close(s->client);
	s->client = NULL;
	s->task = NULL;
	snapshots_load(s);
}

static void snapshots_on_progress(const char *state, const json_t *values, void *arg)
{
	struct snapshots *s = arg;
	char *text = vm_progress_text(state, values, NULL, NULL);

	if (!text)
		return;
	free(s->progress);
	s->progress = text;
	app_changed(s->screen->app);
}

static void snapshots_on_lost(const struct err *e, void *arg)
{
	struct snapshots *s = arg;

	vm_client_close(s->client);
	s->client = NULL;
	snapshots_say(s, ROLE_BAD, xstrdup(e->text));
	choices_fini(&s->rows);
	snapshots_rows_done(s);
}

static const struct vm_client_ops client_ops = {
	.progress = snapshots_on_progress,
	.ended = snapshots_on_ended,
	.lost = snapshots_on_lost,
};

static void snapshots_on_list(const struct err *e, const json_t *answer, void *arg)
{
	struct snapshots *s = arg;
	const json_t *one;
	size_t i;

	if (e)
		snapshots_say(s, ROLE_BAD, xstrdup(e->text));
	choices_fini(&s->rows);
	json_array_foreach (json_object_get(answer, "snapshots"), i, one)
		snapshots_add_row(s, json_str(one, "tag", ""), json_int(one, "date", 0),
				  (uint64_t)json_int(one, "size", 0));
	snapshots_rows_done(s);
}

static void snapshots_on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct snapshots *s = arg;

	(void)answer;
	snapshots_done(s, s->op, s->tag, e);
}

static void snapshots_connect_client(struct snapshots *s)
{
	char *runtime;

	if (s->client || !vm_run_alive(s->dir))
		return;
	runtime = host_runtime_dir(s->name, NULL);
	if (runtime)
		s->client = vm_connect(app_loop(s->screen->app), s->dir, runtime, false, &client_ops, s);
	free(runtime);
}

/* ---- a machine that is off ---- */

static void snapshots_on_listed(const struct snapshot_result *result, void *arg)
{
	struct snapshots *s = arg;

	s->job = NULL;
	if (result->error)
		snapshots_say(s, ROLE_BAD, xstrdup(result->error->text));
	choices_fini(&s->rows);
	for (size_t i = 0; i < result->count; i++)
		snapshots_add_row(s, result->snapshots[i].tag, result->snapshots[i].date, result->snapshots[i].memory);
	snapshots_rows_done(s);
}

static void snapshots_on_changed(const struct snapshot_result *result, void *arg)
{
	struct snapshots *s = arg;

	s->job = NULL;
	snapshots_done(s, s->op, s->tag, result->error);
}

static void snapshots_list(struct snapshots *s)
{
	struct app *app = s->screen->app;
	AUTO_ERR struct err e = ERR_INIT;

	s->job = snapshot_job_list(app, s->ref, snapshots_on_listed, s, &e);
	if (!s->job)
		snapshots_fail(s, &e);
}

static void snapshots_change(struct snapshots *s)
{
	struct app *app = s->screen->app;
	AUTO_ERR struct err e = ERR_INIT;

	s->job = snapshot_job_change(app, s->ref, s->op, s->tag, snapshots_on_changed, s, &e);
	if (!s->job)
		snapshots_fail(s, &e);
}

/* ---- both ---- */

/* Requests the rows again. */
static void snapshots_load(struct snapshots *s)
{
	snapshots_connect_client(s);
	s->known = false; /* the old rows stay in sight until then */
	s->task = "Reading";
	if (s->client)
		vm_client_snapshots(s->client, snapshots_on_list, s);
	else
		snapshots_list(s);
	app_changed(s->screen->app);
}

/* Does `op` with `tag`, and requests the rows again. */
static void snapshots_act(struct snapshots *s)
{
	static const char *const tasks[] = {
		[VM_SNAPSHOT_CREATE] = "A snapshot is being created; the machine is paused until then",
		[VM_SNAPSHOT_REVERT] = "The machine is being reverted",
		[VM_SNAPSHOT_DELETE] = "It is being deleted",
	};

	snapshots_say(s, ROLE_TEXT, NULL);
	free(s->progress);
	s->progress = NULL;
	s->task = tasks[s->op];
	snapshots_connect_client(s);
	if (s->client)
		vm_client_snapshot(s->client, s->op, s->tag, snapshots_on_answer, s);
	else
		snapshots_change(s);
}

/* ---- questions ---- */

static const char *snapshots_current(const struct snapshots *s)
{
	return s->known && s->list.at < s->rows.len ? s->rows.items[s->list.at].value : NULL;
}

static void snapshots_on_agreed(bool agreed, void *arg)
{
	if (agreed)
		snapshots_act(arg);
}

static void snapshots_ask(struct snapshots *s, enum vm_snapshot_op op)
{
	bool back = op == VM_SNAPSHOT_REVERT;
	const struct choice *row = &s->rows.items[s->list.at];
	char *text = back ? xasprintf("%s as of %s: %s.\n\n"
				      "What the guest wrote since then is lost for good%s",
				      row->value, row->columns[0], row->columns[1],
				      s->client ? ", and so is what it does now." : ".")
			  : xasprintf("Delete the snapshot %s of %s?\n\n"
				      "The machine does not change, but can no longer be reverted to this point.",
				      row->value, row->columns[0]);
	struct confirm c = {.title = back ? "Revert" : "Delete",
			    .text = text,
			    .button = back ? "Revert to it" : "Delete it",
			    .name = back ? s->name : NULL,
			    .answer = snapshots_on_agreed,
			    .arg = s};

	free(s->tag);
	s->tag = xstrdup(row->value);
	s->op = op;
	confirm_ask(s->screen->app, &c);
	free(text);
}

static int snapshots_take_tag(const char *value, char **more, void *arg, struct err *e)
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

static void snapshots_ask_new(struct snapshots *s)
{
	AUTO_FREE char *tag = snapshot_tag_now();
	struct picker_conf conf = {.title = "New snapshot: its name",
				   .about = s->client ? "Holds the disk and the running guest's memory."
						      : "Holds the disk.",
				   .initial = tag,
				   .types = true,
				   .take = snapshots_take_tag,
				   .arg = s};

	picker_open(s->screen->app, &conf);
}

/* ---- the screen ---- */

static void snapshots_paint(struct screen *screen, const struct canvas *c)
{
	struct snapshots *s = screen->self;
	struct canvas part = canvas_sub(c, TOP, LEFT, c->rows - TOP, c->columns - LEFT);

	canvas_put(c, 1, LEFT + 2, ROLE_HEADING, "Snapshots");
	canvas_putf(c, 1, LEFT + 13, ROLE_DIM, "%s",
		    s->client ? "of the running machine: disk and memory" : "of the disk");
	if (s->task && !s->rows.len) {
		canvas_putf(&part, 0, 2, ROLE_WORK, "%s %s", canvas_glyph(c, GLYPH_WORKING), s->task);
		canvas_put(&part, 1, 4, ROLE_DIM, s->progress ? s->progress : "");
	} else if (!s->rows.len) {
		canvas_put(&part, 0, 2, ROLE_DIM, "None yet. n creates one.");
	} else {
		list_paint(&s->list, &part, s->rows.items, s->rows.len);
	}
}

static void snapshots_lines(struct screen *screen, struct screen_lines *out)
{
	struct snapshots *s = screen->self;

	buf_addf(&out->title, "%s · snapshots", s->name);
	if (s->task && s->rows.len) {
		buf_addf(&out->help, "%s …%s%s", s->task, s->progress ? " " : "", s->progress ? s->progress : "");
		out->help_role = ROLE_WORK;
	} else if (s->message) {
		buf_adds(&out->help, s->message);
		out->help_role = s->message_role;
	} else if (snapshots_current(s)) {
		buf_adds(&out->help, "Reverting to a snapshot discards what was written since then.");
	}
	if (!s->task) {
		if (snapshots_current(s))
			screen_lines_key(out, "↑↓", 0, "choose");
		screen_lines_key(out, "n", 'n', "new");
		if (snapshots_current(s)) {
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
	else if (s->task)
		return false;
	else if (k->code == 'n')
		snapshots_ask_new(s);
	else if (k->code == 'R' && snapshots_current(s))
		snapshots_ask(s, VM_SNAPSHOT_REVERT);
	else if (k->code == 'D' && snapshots_current(s))
		snapshots_ask(s, VM_SNAPSHOT_DELETE);
	else
		return false;
	return true;
}

/* Waits for a change that is under way: an incomplete snapshot is useless. */
static bool snapshots_leaving(struct screen *screen)
{
	struct snapshots *s = screen->self;

	if (!s->job || !snapshot_job_changes(s->job))
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
		       "R  reverts to one: what was written since then is lost\n"
		       "D  deletes one\n\n"
		       "One with memory requires the same settings of the machine as when it was created.\n"
		       "By command: debwiz snapshot M create, list, revert, delete.");
}

static void snapshots_close(struct screen *screen)
{
	struct snapshots *s = screen->self;

	if (s->job)
		snapshot_job_detach(s->job);
	vm_client_close(s->client);
	choices_fini(&s->rows);
	free(s->message);
	free(s->progress);
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
