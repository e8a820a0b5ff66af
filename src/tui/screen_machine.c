/* SPDX-License-Identifier: MIT */
/*
 * screen_machine: one machine: its state, its facts, the end of its console's log, and what can be done with it now;
 * connected to its supervisor while there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "change_dialog.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine/client.h"
#include "screen_log.h"
#include "tui/machine_view.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/file_watch.h"

#define LEFT FACTS_LEFT
#define LABEL FACTS_LABEL
#define TAIL_BYTES (16u << 10)
#define RETRY_MS 3000 /* between two attempts to connect to a supervisor */
#define MACHINE_ACTIONS 5

struct machine {
	struct screen *screen;
	char *name, *path, *dir, *runtime;
	struct file_watch watch;
	struct overview overview;
	bool busy; /* a session of this program worked on it when `overview` was read */
	struct spec spec;
	bool has_spec; /* its file is valid */
	unsigned cpus; /* of this host */
	uint64_t memory;
	uint16_t ssh_port;
	struct vm_client *client;
	struct loop_timer *retry; /* after a lost connection */
	enum vm_state state;
	char *message; /* the last one: a step of a stop, an error */
	enum role message_role;
	bool is_progress; /* the message is the progress of a suspension */
	struct viewer log;
	struct log_tail *tail;
	/* the keys in the body, as painted, for clicks */
	struct {
		int left, right;
		uint32_t code;
	} spots[MACHINE_ACTIONS];
	int spots_row; /* -1: none */
};

static void machine_say(struct machine *m, enum role role, const char *text)
{
	free(m->message);
	m->message = xstrdup(text);
	m->message_role = role;
	m->is_progress = false;
	app_changed(m->screen->app);
}

/* ---- its supervisor ---- */

static void machine_refresh(struct machine *m);

static void machine_on_client_state(enum vm_state state, void *arg)
{
	struct machine *m = arg;

	m->state = state;
	if (m->is_progress)
		machine_say(m, ROLE_TEXT, "");
	machine_refresh(m);
}

/* Shows a step of a stop: "Stopping: the power button is pressed; at most 1 min until the next step." */
static void machine_say_stop_step(struct machine *m, const json_t *values)
{
	uint64_t ms;
	const char *words = vm_stop_text(values, &ms);
	char left[SIZE_TEXT];
	AUTO_FREE char *text = NULL;

	if (!words)
		return;
	if (ms)
		text = xasprintf("Stopping: %s; at most %s until the next step.", words, duration_human(ms, left));
	else
		text = xasprintf("Stopping: %s.", words);
	machine_say(m, ROLE_WORK, text);
}

static void machine_on_client_progress(const char *state, const json_t *values, void *arg)
{
	struct machine *m = arg;
	AUTO_FREE char *text = strcmp(state, "suspending") ? NULL : vm_progress_text(state, values, NULL, NULL);

	if (text) {
		machine_say(m, ROLE_WORK, text);
		m->is_progress = true;
	}
	if (!strcmp(state, "stopping"))
		machine_say_stop_step(m, values);
}

static void machine_on_client_ended(enum vm_state state, const char *cause, void *arg)
{
	struct machine *m = arg;

	vm_client_close(m->client);
	m->client = NULL;
	m->state = state;
	machine_say(m, state == VM_FAILED ? ROLE_BAD : ROLE_TEXT, *cause ? cause : "It is off.");
	machine_refresh(m);
}

static void machine_on_retry(void *arg)
{
	struct machine *m = arg;

	loop_timer_stop(m->retry);
	m->retry = NULL;
	machine_refresh(m);
}

/* The machine may still run: connects again after a while. */
static void machine_on_client_lost(const struct err *e, void *arg)
{
	struct machine *m = arg;

	vm_client_close(m->client);
	m->client = NULL;
	machine_say(m, ROLE_BAD, e->text);
	m->retry = loop_timer_start(app_loop(m->screen->app), RETRY_MS, 0, machine_on_retry, m);
}

static const struct vm_client_ops client_ops = {.state = machine_on_client_state,
						.progress = machine_on_client_progress,
						.ended = machine_on_client_ended,
						.lost = machine_on_client_lost};

static void machine_on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct machine *m = arg;

	(void)answer;
	if (e)
		machine_say(m, ROLE_BAD, e->text);
	else
		machine_say(m, ROLE_TEXT, "");
}

static void machine_connect_client(struct machine *m)
{
	if (!m->client && !m->retry && m->overview.run.alive && m->runtime)
		m->client = vm_connect(app_loop(m->screen->app), m->dir, m->runtime, false, &client_ops, m);
}

/* ---- its state ---- */

static bool machine_is_busy(const struct machine *m)
{
	const struct session *t = sessions_find(app_sessions(m->screen->app), m->name);

	return t && session_is_busy(t);
}

static void machine_refresh(struct machine *m)
{
	struct app *app = m->screen->app;

	file_watch_clear(&m->watch);
	file_watch_add(&m->watch, xstrdup(m->dir));
	file_watch_add(&m->watch, xstrdup(m->path));
	m->busy = machine_is_busy(m);
	overview_fini(&m->overview);
	overview_read(app_store(app), app_catalog(app), m->name, &m->overview, NULL);
	if (m->has_spec)
		spec_fini(&m->spec);
	m->has_spec = session_read(app_sessions(app)->conf, m->path ? m->path : m->name, &m->spec, NULL) == 0;
	if (m->has_spec && strcmp(m->spec.name, m->name)) { /* the file is another machine's */
		spec_fini(&m->spec);
		m->has_spec = false;
	} else if (m->has_spec) { /* the file may lie where its name alone does not find it */
		free(m->overview.wrong);
		m->overview.wrong = NULL;
	}
	m->ssh_port = m->has_spec ? machine_ssh_port(app, &m->spec) : 0;
	file_watch_repeat(&m->watch, m->overview.run.alive);
	machine_connect_client(m);
	app_changed(app);
}

/* ---- painting ---- */

/* Paints the keys for the machine as a whole, which can be clicked. */
static int machine_paint_actions(struct machine *m, const struct canvas *c, int row)
{
	static const struct {
		uint32_t code;
		const char *label, *word;
		bool alive, off, unprepared; /* for which machines it is shown */
	} actions[] = {
		{'s', "s", "stop", true, false, false},	   {'p', "p", "pause", true, false, false},
		{'S', "S", "suspend", true, false, false}, {'R', "R", "reset", true, false, false},
		{'K', "K", "kill", true, false, false},	   {'C', "C", "clone", false, true, true},
		{'N', "N", "rename", false, true, true},   {'X', "X", "recreate", false, true, false},
		{'D', "D", "delete", false, true, true},
	};
	const struct session *t = sessions_find(app_sessions(m->screen->app), m->name);
	bool alive = m->overview.run.alive;
	int column = LEFT + LABEL;
	size_t n = 0;

	m->spots_row = -1;
	if (t && session_is_busy(t))
		return row;
	m->spots_row = row;
	canvas_put(c, row, LEFT, ROLE_DIM, alive ? "Power" : "Manage");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		const char *word = actions[i].word;

		if (!(alive ? actions[i].alive : m->overview.has_disk ? actions[i].off : actions[i].unprepared))
			continue;
		if (actions[i].code == 'p' && m->state == VM_PAUSED)
			word = "resume";
		m->spots[n].code = actions[i].code;
		m->spots[n].left = column;
		column += canvas_put(c, row, column, ROLE_KEY, actions[i].label) + 1;
		column += canvas_put(c, row, column, ROLE_TEXT, word);
		m->spots[n++].right = column;
		column += 3;
	}
	for (; n < MACHINE_ACTIONS; n++)
		m->spots[n].left = m->spots[n].right = -1;
	return row + 1;
}

static void machine_paint(struct screen *s, const struct canvas *c)
{
	struct machine *m = s->self;
	struct state_label look = state_label(&m->overview, sessions_find(app_sessions(s->app), m->name));
	struct machine_facts facts = {.name = m->name,
				      .path = m->path,
				      .overview = &m->overview,
				      .spec = m->has_spec ? &m->spec : NULL,
				      .cpus = m->cpus,
				      .memory = m->memory,
				      .ssh_port = m->ssh_port};
	struct canvas part;
	int row = 1;

	canvas_put(c, row, LEFT, look.role, canvas_glyph(c, look.sign));
	canvas_put(c, row, LEFT + 2, ROLE_STRONG, look.text);
	free(look.text);
	row = machine_facts_paint(&facts, app_catalog(s->app), c, row + 2);
	row = machine_paint_actions(m, c, row) + 1;
	if (!m->log.source.len || c->rows - row < 4)
		return;
	canvas_put(c, row, LEFT, ROLE_HEADING, "Console");
	canvas_put(c, row, LEFT + 9, ROLE_DIM, "its last lines");
	part = canvas_sub(c, row + 1, LEFT, c->rows - row - 2, c->columns - LEFT - 2);
	viewer_paint(&m->log, &part);
}

static void machine_lines(struct screen *s, struct screen_lines *out)
{
	struct machine *m = s->self;
	struct session *t = sessions_find(app_sessions(s->app), m->name);
	bool alive = m->overview.run.alive;

	buf_adds(&out->title, m->name);
	if (m->has_spec)
		buf_addf(&out->status, "%s %s", m->spec.release, m->spec.arch);
	if (m->message && *m->message) {
		buf_adds(&out->help, m->message);
		out->help_role = m->message_role;
	} else if (t && t->state == SESSION_FAILED && !alive) {
		buf_adds(&out->help, t->error.text);
		out->help_role = ROLE_BAD;
	} else if (!alive && m->has_spec && m->overview.detail && *m->overview.detail) {
		buf_adds(&out->help, m->overview.detail);
	}
	if (t && session_is_busy(t)) {
		screen_lines_key(out, "Enter", K_ENTER, "progress");
		if (alive)
			screen_lines_key(out, "c", 'c', "console");
	} else if (alive) {
		screen_lines_key(out, "Enter", K_ENTER, "console");
		screen_lines_key(out, "t", 't', "snapshots");
		screen_lines_key(out, "e", 'e', "edit");
	} else if (!m->has_spec) {
		screen_lines_key(out, "Enter", K_ENTER, "edit");
	} else {
		screen_lines_key(out, "Enter", K_ENTER, m->overview.has_disk ? "boot" : "prepare and boot");
		if (m->overview.has_disk)
			screen_lines_key(out, "t", 't', "snapshots");
		else
			screen_lines_key(out, "p", 'p', "prepare");
		screen_lines_key(out, "e", 'e', "edit");
	}
	screen_lines_key(out, "l", 'l', "log");
	if (m->has_spec)
		screen_lines_key(out, "B", 'B', "build");
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "?", '?', "help");
}

static char *machine_help(struct screen *s)
{
	(void)s;
	return xstrdup("One machine.\n\n"
		       "Enter  its console, or boots it\n"
		       "c      its console, from the moment that QEMU runs\n"
		       "s      stops it: the power button, then QEMU's quit, then a kill\n"
		       "p      pauses it, and resumes it\n"
		       "S      saves its state to disk and stops QEMU; the next boot resumes it\n"
		       "R      hard reset; unsaved guest data is lost\n"
		       "K      kills it, like pulling the plug\n"
		       "B      builds a source package, in a machine like it that exists only for that\n"
		       "e      edits its file; shows when each change takes effect\n"
		       "l      its console's log\n"
		       "t      its snapshots: create, revert, delete\n"
		       "C      clones it, with a copy of its disk\n"
		       "N      renames it\n"
		       "D      deletes it, after showing what is lost\n"
		       "X      discards its disk; the next start creates a new one\n\n"
		       "A running machine keeps running when debwiz exits.");
}

/* ---- what can be done ---- */

static void machine_on_reset(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_reset(m->client, machine_on_answer, m);
}

static void machine_on_kill(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_kill(m->client);
}

/* Handles the keys of a machine that runs. */
static bool machine_alive_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'c':
		dialog_unless(s->app, screen_console(s->app, m->name, &e), &e);
		return true;
	case 's':
		if (m->client)
			vm_client_stop(m->client, 0, 0);
		return true;
	case 'p':
		if (m->client && m->state == VM_PAUSED)
			vm_client_resume(m->client, machine_on_answer, m);
		else if (m->client)
			vm_client_pause(m->client, machine_on_answer, m);
		return true;
	case 't':
		dialog_unless(s->app, screen_snapshots(s->app, m->path ? m->path : m->name, &e), &e);
		return true;
	case 'S':
		if (m->client)
			vm_client_suspend(m->client, machine_on_answer, m);
		return true;
	case 'R':
		dialog_ask_whether(s->app, "Reset",
				   "Reset the machine? What the guest has not written to its disk is lost.", "Cancel",
				   "Reset it", machine_on_reset, m);
		return true;
	case 'K':
		dialog_ask_whether(s->app, "Kill",
				   "Kill the machine, like pulling the plug? What the guest has not "
				   "written to its disk is lost.",
				   "Cancel", "Kill it", machine_on_kill, m);
		return true;
	default:
		return false;
	}
}

/* Handles the keys of a machine that does not run. */
static bool machine_off_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	const char *ref = m->path ? m->path : m->name;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'b':
		dialog_unless(s->app, screen_progress(s->app, ref, PROGRESS_BOOT, &e), &e);
		return true;
	case 'p':
		dialog_unless(s->app, screen_progress(s->app, ref, PROGRESS_PREPARE, &e), &e);
		return true;
	case 't':
		dialog_unless(s->app, screen_snapshots(s->app, ref, &e), &e);
		return true;
	default:
		return false;
	}
}

static bool machine_key(struct screen *s, const struct key *k);

/* Handles a click on one of the keys in the body. */
static bool machine_click(struct screen *s, const struct key *k)
{
	struct machine *m = s->self;
	struct key pressed = {.code = 0};

	for (size_t i = 0; k->mouse == MOUSE_PRESS && k->row == m->spots_row && i < MACHINE_ACTIONS; i++)
		if (k->column >= m->spots[i].left && k->column < m->spots[i].right)
			pressed.code = m->spots[i].code;
	return pressed.code && machine_key(s, &pressed);
}

static bool machine_key(struct screen *s, const struct key *k)
{
	struct machine *m = s->self;
	struct session *t = sessions_find(app_sessions(s->app), m->name);
	struct err e = ERR_INIT;

	if (k->code == K_MOUSE)
		return machine_click(s, k);
	if (k->code == K_ESC || k->code == 'q') {
		screen_pop(s);
	} else if (k->code == 'l') {
		screen_console_log(s->app, m->name);
	} else if ((k->code == 'e' || (k->code == K_ENTER && !m->has_spec && !m->overview.run.alive)) && m->path) {
		dialog_unless(s->app, screen_wizard(s->app, m->path, &e), &e);
	} else if (k->code == 'B' && m->has_spec) {
		screen_build(s->app, m->path ? m->path : m->name, false);
	} else if (k->code == 'c' && m->overview.run.alive) {
		dialog_unless(s->app, screen_console(s->app, m->name, &e), &e);
	} else if (t && session_is_busy(t)) {
		if (k->code != K_ENTER)
			return false;
		dialog_unless(s->app, screen_progress(s->app, m->path, PROGRESS_PREPARE, &e), &e);
	} else {
		return change_dialog_key(s->app, k->code, m->name) ||
		       (m->overview.run.alive ? machine_alive_key(m, k) : machine_off_key(m, k));
	}
	return true;
}

static void machine_shown(struct screen *s)
{
	struct machine *m = s->self;

	m->screen = s;
	if (m->path && !file_exists(m->path) && !file_exists(m->dir)) {
		screen_pop(s); /* it was deleted or renamed */
		return;
	}
	machine_refresh(m);
}

/* Refreshes after a change on disk, whoever made it. A screen that is not the uppermost is refreshed when it is shown.
 */
static void machine_on_disk(void *arg)
{
	struct machine *m = arg;

	if (screen_top(m->screen->app) == m->screen)
		machine_shown(m->screen);
}

static void machine_sync(struct screen *s)
{
	struct machine *m = s->self;

	if (m->busy != machine_is_busy(m))
		machine_refresh(m);
}

static void machine_close(struct screen *s)
{
	struct machine *m = s->self;

	loop_timer_stop(m->retry);
	vm_client_close(m->client);
	file_watch_fini(&m->watch);
	log_tail_close(m->tail);
	viewer_fini(&m->log);
	overview_fini(&m->overview);
	if (m->has_spec)
		spec_fini(&m->spec);
	free(m->message);
	free(m->name);
	free(m->path);
	free(m->dir);
	free(m->runtime);
	free(m);
}

static const struct screen_ops machine_ops = {
	.name = "machine",
	.sync = machine_sync,
	.paint = machine_paint,
	.lines = machine_lines,
	.key = machine_key,
	.shown = machine_shown,
	.help = machine_help,
	.close = machine_close,
};

/* Finds the name that a reference means, also if its file cannot be read. */
static int machine_name_of(struct app *app, const char *ref, char **name, char **path, struct err *e)
{
	struct spec spec;

	if (store_find_ini(app_store(app), ref, path, e) < 0)
		return -1;
	if (spec_name_ok(ref)) {
		*name = xstrdup(ref);
		return 0;
	}
	if (session_read(app_sessions(app)->conf, ref, &spec, e) < 0) {
		free(*path);
		return -1;
	}
	*name = xstrdup(spec.name);
	spec_fini(&spec);
	return 0;
}

struct screen *screen_machine(struct app *app, const char *ref, struct err *e)
{
	struct machine *m = xcalloc(1, sizeof(*m));
	struct host_facts host;
	struct screen *top;

	if (machine_name_of(app, ref, &m->name, &m->path, e) < 0) {
		free(m);
		return NULL;
	}
	top = screen_top(app);
	if (top && top->ops == &machine_ops && !strcmp(((struct machine *)top->self)->name, m->name)) {
		free(m->name); /* it is already on top: the user returns to it */
		free(m->path);
		free(m);
		return top;
	}
	host_facts_get(&host);
	m->cpus = host.cpus;
	m->memory = host.memory;
	host_facts_fini(&host);
	m->dir = store_machine_dir(app_store(app), m->name);
	m->runtime = host_runtime_dir(m->name, NULL);
	viewer_init(&m->log);
	m->log.follow = true;
	m->log.cap = 200;
	file_watch_init(&m->watch, app_loop(app), machine_on_disk, m);
	m->screen = screen_push(app, &machine_ops, m);
	m->tail = log_tail_open(app, m->name, TAIL_BYTES, &m->log);
	return m->screen;
}

struct screen *screen_machine_stop(struct app *app, const char *ref, struct err *e)
{
	struct screen *s = screen_machine(app, ref, e);
	struct machine *m = s ? s->self : NULL;

	if (m && m->client)
		vm_client_stop(m->client, 0, 0);
	return s;
}
