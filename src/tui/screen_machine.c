/* SPDX-License-Identifier: MIT */
/*
 * screen_machine: one machine: its state, what it is, the tail of its console, and what can be done
 * with it now. Speaks with its supervisor while there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine.h"
#include "manage.h"
#include "screen_log.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"

#define TAIL_BYTES (16u << 10)
#define AGAIN_MS 3000 /* between two tries to reach a supervisor */

static void screen_machine_say(struct machine *m, enum role role, const char *text)
{
	free(m->words);
	m->words = xstrdup(text);
	m->words_role = role;
	m->amount = false;
	app_changed(m->screen->app);
}

/* ---- its supervisor ---- */

static void screen_machine_refresh(struct machine *m);

static void screen_machine_on_state(enum vm_state state, void *arg)
{
	struct machine *m = arg;

	m->state = state;
	if (m->amount)
		screen_machine_say(m, ROLE_TEXT, "");
	screen_machine_refresh(m);
}

/* The stop ladder: "Stopping: the power button is pressed; at most 1 min until the next step." */
static void screen_machine_say_rung(struct machine *m, const json_t *values)
{
	uint64_t ms;
	const char *words = vm_stop_text(values, &ms);
	char left[SIZE_TEXT];
	char *text;

	if (!words)
		return;
	if (ms)
		text = xasprintf("Stopping: %s; at most %s until the next step.", words, duration_human(ms, left));
	else
		text = xasprintf("Stopping: %s.", words);
	screen_machine_say(m, ROLE_WORK, text);
	free(text);
}

static void screen_machine_on_progress(const char *state, const json_t *values, void *arg)
{
	struct machine *m = arg;
	char *amount = strcmp(state, "suspending") ? NULL : vm_progress_text(state, values, NULL, NULL);

	if (amount) {
		screen_machine_say(m, ROLE_WORK, amount);
		m->amount = true;
	}
	free(amount);
	if (!strcmp(state, "stopping"))
		screen_machine_say_rung(m, values);
}

static void screen_machine_on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct machine *m = arg;

	vm_client_close(m->client);
	m->client = NULL;
	m->state = state;
	screen_machine_say(m, state == VM_FAILED ? ROLE_BAD : ROLE_TEXT, *cause ? cause : "It is off.");
	screen_machine_refresh(m);
}

static void screen_machine_on_again(void *arg)
{
	struct machine *m = arg;

	loop_timer_stop(m->again);
	m->again = NULL;
	screen_machine_refresh(m);
}

/* It may run all the same: tried again, but not at once. */
static void screen_machine_on_lost(const struct err *e, void *arg)
{
	struct machine *m = arg;

	vm_client_close(m->client);
	m->client = NULL;
	screen_machine_say(m, ROLE_BAD, e->text);
	m->again = loop_timer_start(app_loop(m->screen->app), AGAIN_MS, 0, screen_machine_on_again, m);
}

static const struct vm_client_ops client_ops = {.state = screen_machine_on_state,
						.progress = screen_machine_on_progress,
						.ended = screen_machine_on_ended,
						.lost = screen_machine_on_lost};

static void screen_machine_on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct machine *m = arg;

	(void)answer;
	if (e)
		screen_machine_say(m, ROLE_BAD, e->text);
	else
		screen_machine_say(m, ROLE_TEXT, "");
}

static void screen_machine_connect_client(struct machine *m)
{
	if (!m->client && !m->again && m->look.run.alive && m->runtime)
		m->client = vm_connect(app_loop(m->screen->app), m->dir, m->runtime, false, &client_ops, m);
}

/* ---- what is known ---- */

static bool screen_machine_is_busy(const struct machine *m)
{
	const struct session *t = sessions_find(app_sessions(m->screen->app), m->name);

	return t && session_is_busy(t);
}

static void screen_machine_refresh(struct machine *m)
{
	struct app *app = m->screen->app;

	lookout_clear(&m->lookout);
	lookout_add(&m->lookout, xstrdup(m->dir));
	lookout_add(&m->lookout, xstrdup(m->path));
	m->busy = screen_machine_is_busy(m);
	overview_fini(&m->look);
	overview_read(app_store(app), app_catalog(app), m->name, &m->look, NULL);
	if (m->has_spec)
		spec_fini(&m->spec);
	m->has_spec = session_read(app_sessions(app)->conf, m->path ? m->path : m->name, &m->spec, NULL) == 0;
	if (m->has_spec && strcmp(m->spec.name, m->name)) { /* it is another's */
		spec_fini(&m->spec);
		m->has_spec = false;
	} else if (m->has_spec) { /* it may lie where it is not found by name alone */
		free(m->look.wrong);
		m->look.wrong = NULL;
	}
	m->ssh_port = m->has_spec ? machine_ssh_port(app, &m->spec) : 0;
	lookout_clock(&m->lookout, m->look.run.alive);
	screen_machine_connect_client(m);
	app_changed(app);
}

/* ---- what can be done ---- */

static void screen_machine_show(struct screen *s, struct screen *shown, struct err *e)
{
	if (!shown)
		dialog_error(s->app, "Not possible", e);
	err_fini(e);
}

static void screen_machine_on_reset(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_reset(m->client, screen_machine_on_answer, m);
}

static void screen_machine_on_kill(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_kill(m->client);
}

static void screen_machine_ask(struct machine *m, const char *title, const char *what, const char *text,
			       void (*answer)(size_t choice, void *arg))
{
	const char *const choices[] = {"Leave it", what};
	struct dialog_question q = {.title = title,
				    .text = text,
				    .choices = choices,
				    .count = 2,
				    .role = ROLE_WARN,
				    .answer = answer,
				    .arg = m};

	dialog_ask(m->screen->app, &q);
}

/* Keys for a machine that runs. */
static bool screen_machine_alive_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'c':
		screen_machine_show(s, screen_console(s->app, m->name, &e), &e);
		return true;
	case 's':
		if (m->client)
			vm_client_stop(m->client, 0, 0);
		return true;
	case 'p':
		if (m->client && m->state == VM_PAUSED)
			vm_client_resume(m->client, screen_machine_on_answer, m);
		else if (m->client)
			vm_client_pause(m->client, screen_machine_on_answer, m);
		return true;
	case 't':
		screen_machine_show(s, screen_snapshots(s->app, m->path ? m->path : m->name, &e), &e);
		return true;
	case 'S':
		if (m->client)
			vm_client_suspend(m->client, screen_machine_on_answer, m);
		return true;
	case 'R':
		screen_machine_ask(m, "Reset", "Reset it",
				   "Reset the machine? What the guest has not written to its disk is lost.",
				   screen_machine_on_reset);
		return true;
	case 'K':
		screen_machine_ask(m, "Kill", "Kill it",
				   "Kill the machine, like pulling the plug? What the guest has not "
				   "written to its disk is lost.",
				   screen_machine_on_kill);
		return true;
	default:
		return false;
	}
}

/* Keys for one that does not. */
static bool screen_machine_off_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	const char *ref = m->path ? m->path : m->name;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'b':
		screen_machine_show(s, screen_progress(s->app, ref, PROGRESS_BOOT, &e), &e);
		return true;
	case 'p':
		screen_machine_show(s, screen_progress(s->app, ref, PROGRESS_PREPARE, &e), &e);
		return true;
	case 't':
		screen_machine_show(s, screen_snapshots(s->app, ref, &e), &e);
		return true;
	default:
		return false;
	}
}

/* Keys for it as a whole; of one that runs it is said what stands against it. */
static bool screen_machine_whole_key(struct machine *m, const struct key *k)
{
	static const struct {
		uint32_t code;
		enum change_kind kind;
	} keys[] = {{'C', CHANGE_CLONE}, {'N', CHANGE_RENAME}, {'D', CHANGE_DELETE}, {'X', CHANGE_RECREATE}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].code != k->code)
			continue;
		manage_ask(m->screen->app, keys[i].kind, m->name);
		return true;
	}
	return false;
}

static bool screen_machine_key(struct screen *s, const struct key *k);

/* A click on one of the keys in the body. */
static bool machine_click(struct screen *s, const struct key *k)
{
	struct machine *m = s->self;
	struct key pressed = {.code = 0};

	for (size_t i = 0; k->mouse == MOUSE_PRESS && k->row == m->spots_row && i < MACHINE_ACTIONS; i++)
		if (k->column >= m->spots[i].left && k->column < m->spots[i].right)
			pressed.code = m->spots[i].code;
	return pressed.code && screen_machine_key(s, &pressed);
}

static bool screen_machine_key(struct screen *s, const struct key *k)
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
	} else if ((k->code == 'e' || (k->code == K_ENTER && !m->has_spec && !m->look.run.alive)) && m->path) {
		screen_machine_show(s, screen_wizard(s->app, m->path, &e), &e);
	} else if (k->code == 'c' && m->look.run.alive) {
		screen_machine_show(s, screen_console(s->app, m->name, &e), &e);
	} else if (t && session_is_busy(t)) {
		if (k->code != K_ENTER)
			return false;
		screen_machine_show(s, screen_progress(s->app, m->path, PROGRESS_PREPARE, &e), &e);
	} else {
		return screen_machine_whole_key(m, k) ||
		       (m->look.run.alive ? screen_machine_alive_key(m, k) : screen_machine_off_key(m, k));
	}
	return true;
}

static void machine_shown(struct screen *s)
{
	struct machine *m = s->self;

	m->screen = s;
	if (m->path && !file_exists(m->path) && !file_exists(m->dir)) {
		screen_pop(s); /* it was deleted, or has another name */
		return;
	}
	screen_machine_refresh(m);
}

/* Whoever made, booted or ended it. Under another screen it is looked at when it is shown again. */
static void screen_machine_on_disk(void *arg)
{
	struct machine *m = arg;

	if (screen_top(m->screen->app) == m->screen)
		machine_shown(m->screen);
}

static void machine_sync(struct screen *s)
{
	struct machine *m = s->self;

	if (m->busy != screen_machine_is_busy(m))
		screen_machine_refresh(m);
}

static void machine_close(struct screen *s)
{
	struct machine *m = s->self;

	loop_timer_stop(m->again);
	vm_client_close(m->client);
	lookout_fini(&m->lookout);
	tail_close(m->tail);
	viewer_fini(&m->log);
	overview_fini(&m->look);
	if (m->has_spec)
		spec_fini(&m->spec);
	free(m->words);
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
	.key = screen_machine_key,
	.shown = machine_shown,
	.help = machine_help,
	.close = machine_close,
};

/* The name that a reference means, also where its file cannot be read. */
static int screen_machine_name_of(struct app *app, const char *ref, char **name, char **path, struct err *e)
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

	if (screen_machine_name_of(app, ref, &m->name, &m->path, e) < 0) {
		free(m);
		return NULL;
	}
	top = screen_top(app);
	if (top && top->ops == &machine_ops && !strcmp(((struct machine *)top->self)->name, m->name)) {
		free(m->name); /* it is what the person comes back to */
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
	lookout_init(&m->lookout, app_loop(app), screen_machine_on_disk, m);
	m->screen = screen_push(app, &machine_ops, m);
	m->tail = tail_open(app, m->name, TAIL_BYTES, &m->log);
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
