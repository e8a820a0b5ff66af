/* SPDX-License-Identifier: MIT */
/*
 * screen_machine: one machine: its state, what it is, the tail of its console, and what can be done
 * with it now. Speaks with its supervisor while there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "app_priv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/paths.h"
#include "looks.h"
#include "tail.h"
#include "tui/dialog.h"
#include "tui/manage.h"
#include "tui/screen_log.h"
#include "tui/screens.h"
#include "vm/client.h"

#define LEFT 4
#define LABEL 12
#define TAIL_BYTES (16u << 10)

struct machine {
	struct screen *screen;
	char *name, *path, *dir, *runtime;
	struct machine_look look;
	struct spec spec;
	bool has_spec; /* its file is right */
	uint16_t ssh_port;
	struct vm_client *client;
	enum vm_state state;
	char *words; /* what was told last: the stop ladder, an error */
	enum role words_role;
	struct viewer log;
	struct tail *tail;
};

static void say(struct machine *m, enum role role, const char *text)
{
	free(m->words);
	m->words = xstrdup(text);
	m->words_role = role;
	app_changed(m->screen->app);
}

/* ---- its supervisor ---- */

static void refresh(struct machine *m);

static void on_state(enum vm_state state, void *arg)
{
	struct machine *m = arg;

	m->state = state;
	refresh(m);
}

static void on_progress(const char *state, const json_t *values, void *arg)
{
	static const struct {
		const char *rung, *text;
	} rungs[] = {
		{"powerdown", "The power button was pressed"},
		{"quit", "The guest does not power off: QEMU is asked to end"},
		{"terminate", "QEMU does not answer: it is ended by a signal"},
	};
	struct machine *m = arg;
	const char *rung = json_str(values, "rung", "");
	char left[SIZE_TEXT];

	if (strcmp(state, "stopping") != 0)
		return;
	duration_human(strtoull(json_str(values, "deadline_ms", "0"), NULL, 10), left);
	for (size_t i = 0; i < sizeof(rungs) / sizeof(*rungs); i++) {
		if (!strcmp(rung, rungs[i].rung)) {
			char *text = xasprintf("%s; at most %s until the next step.", rungs[i].text,
					       left);

			say(m, ROLE_WORK, text);
			free(text);
		}
	}
}

static void on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct machine *m = arg;

	vm_client_close(m->client);
	m->client = NULL;
	m->state = state;
	say(m, state == VM_FAILED ? ROLE_BAD : ROLE_TEXT, *cause ? cause : "It is off.");
	refresh(m);
}

static const struct vm_client_ops client_ops = {
	.state = on_state, .progress = on_progress, .ended = on_ended};

static void on_answer(const struct err *e, const json_t *answer, void *arg)
{
	struct machine *m = arg;

	(void)answer;
	if (e)
		say(m, ROLE_BAD, e->text);
	else
		say(m, ROLE_TEXT, "");
}

static void connect_client(struct machine *m)
{
	if (!m->client && m->look.run.alive && m->runtime)
		m->client = vm_connect(app_loop(m->screen->app), m->dir, m->runtime, false,
				       &client_ops, m);
}

/* ---- what is known ---- */

static void refresh(struct machine *m)
{
	struct app *app = m->screen->app;

	machine_look_fini(&m->look);
	machine_look(app_store(app), app_catalog(app), m->name, &m->look, NULL);
	if (m->has_spec)
		spec_fini(&m->spec);
	m->has_spec = task_read_spec(app, m->path ? m->path : m->name, &m->spec, NULL) == 0;
	m->ssh_port = m->has_spec ? machine_ssh_port(app, &m->spec) : 0;
	connect_client(m);
	app_changed(app);
}

/* ---- painting ---- */

static int row_of(const struct canvas *c, int row, const char *label, const char *text)
{
	canvas_put(c, row, LEFT, ROLE_DIM, label);
	return canvas_wrap(c, row, LEFT + LABEL, c->columns - LEFT - LABEL - 2, 2, ROLE_TEXT, text);
}

static int paint_facts(struct machine *m, const struct canvas *c, int row)
{
	const struct spec *s = &m->spec;
	char memory[SIZE_TEXT];
	char *disk = disk_words(c, &m->look, 0);
	char *text;

	if (!m->has_spec) {
		free(disk);
		return row +
		       row_of(c, row, "File", m->look.detail ? m->look.detail : "cannot be read");
	}
	text = xasprintf("Debian %s, %s, profile %s%s", s->release, s->arch, s->profile,
			 s->packages.len ? " and packages of your own" : "");
	row += row_of(c, row, "System", text);
	free(text);
	text = xasprintf("%s%s%s", s->firmware == SPEC_UEFI ? "by UEFI" : "the kernel directly",
			 m->look.run.kernel && *m->look.run.kernel ? ", kernel " : "",
			 m->look.run.kernel ? m->look.run.kernel : "");
	row += row_of(c, row, "Boots", text);
	free(text);
	text = s->cpu_count ? xasprintf("%u CPU%s, %s memory%s%s", s->cpu_count,
					s->cpu_count == 1 ? "" : "s", size_human(s->memory, memory),
					m->look.run.accel ? ", " : "",
					m->look.run.accel ? m->look.run.accel : "")
			    : xasprintf("as many CPUs as is good here, %s memory",
					size_human(s->memory, memory));
	row += row_of(c, row, "Processor", text);
	free(text);
	row += row_of(c, row, "Disk", disk);
	text = m->ssh_port ? xasprintf("debwiz ssh %s   (user %s, 127.0.0.1 port %u)", m->name,
				       s->user, m->ssh_port)
			   : xasprintf("debwiz ssh %s   (user %s)", m->name, s->user);
	row += row_of(c, row, "Log in", text);
	free(text);
	text = host_short(m->path ? m->path : m->name);
	row += row_of(c, row, "File", text);
	free(text);
	free(disk);
	return row;
}

static void machine_paint(struct screen *s, const struct canvas *c)
{
	struct machine *m = s->self;
	struct state_look look = state_look(&m->look, task_find(s->app, m->name));
	struct canvas part;
	int row = 1;

	canvas_put(c, row, LEFT, look.role, canvas_glyph(c, look.sign));
	canvas_put(c, row, LEFT + 2, ROLE_STRONG, look.words);
	free(look.words);
	row = paint_facts(m, c, row + 2) + 1;
	if (!m->log.source.len || c->rows - row < 4)
		return;
	canvas_put(c, row, LEFT, ROLE_HEADING, "Console");
	canvas_put(c, row, LEFT + 9, ROLE_DIM,
		   m->look.run.alive ? "its last lines" : "as it was left");
	part = canvas_sub(c, row + 1, LEFT, c->rows - row - 2, c->columns - LEFT - 2);
	viewer_paint(&m->log, &part);
}

static void machine_lines(struct screen *s, struct screen_lines *out)
{
	struct machine *m = s->self;
	struct task *t = task_find(s->app, m->name);
	bool alive = m->look.run.alive;

	buf_adds(&out->title, m->name);
	if (m->has_spec)
		buf_addf(&out->status, "%s %s", m->spec.release, m->spec.arch);
	if (m->words && *m->words) {
		buf_adds(&out->help, m->words);
		out->help_role = m->words_role;
	} else if (!alive && m->look.detail && *m->look.detail) {
		buf_adds(&out->help, m->look.detail);
	}
	if (t && task_is_busy(t)) {
		screen_lines_key(out, "Enter", K_ENTER, "how it goes");
	} else if (alive) {
		screen_lines_key(out, "Enter", K_ENTER, "console");
		screen_lines_key(out, "s", 's', "stop");
		screen_lines_key(out, "p", 'p', m->state == VM_PAUSED ? "resume" : "pause");
		screen_lines_key(out, "S", 'S', "suspend");
		screen_lines_key(out, "R", 'R', "reset");
	} else {
		screen_lines_key(out, "Enter", K_ENTER, m->look.made ? "boot" : "prepare and boot");
		screen_lines_key(out, "e", 'e', "edit");
		if (m->look.made)
			screen_lines_key(out, "D", 'D', "delete");
		else
			screen_lines_key(out, "p", 'p', "prepare");
	}
	screen_lines_key(out, "l", 'l', "log");
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "?", '?', "help");
}

static char *machine_help(struct screen *s)
{
	(void)s;
	return xstrdup(
		"One machine.\n\n"
		"Enter  its console, or boots it\n"
		"s      stops it: the power button, then QEMU is asked to end, then ended\n"
		"p      pauses it, and lets it go on\n"
		"S      writes its state to disk and ends QEMU; the next boot goes on from there\n"
		"R      resets it, as the reset button: what it had not written is lost\n"
		"K      ends it at once, like pulling the plug\n"
		"e      changes its file: what counts from the next boot and what does not is said\n"
		"l      its console's log\n"
		"C      clones it, with a copy of its disk\n"
		"N      gives it another name\n"
		"D      deletes it, after saying what is lost\n"
		"X      throws its disk away; the next start makes a new one\n\n"
		"A machine that runs goes on when debwiz is left.");
}

/* ---- what can be done ---- */

static void show(struct screen *s, struct screen *shown, struct err *e)
{
	if (!shown)
		dialog_error(s->app, "Not possible", e);
	err_fini(e);
}

static void on_reset(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_reset(m->client, on_answer, m);
}

static void on_kill(size_t choice, void *arg)
{
	struct machine *m = arg;

	if (choice == 1 && m->client)
		vm_client_kill(m->client);
}

static void ask(struct machine *m, const char *what, const char *text,
		void (*answer)(size_t choice, void *arg))
{
	const char *const choices[] = {"Leave it", what};
	struct dialog_question q = {.title = m->name,
				    .text = text,
				    .choices = choices,
				    .count = 2,
				    .role = ROLE_WARN,
				    .answer = answer,
				    .arg = m};

	dialog_ask(m->screen->app, &q);
}

/* Keys for a machine that runs. */
static bool alive_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'c':
		show(s, screen_console(s->app, m->name, &e), &e);
		return true;
	case 's':
		if (m->client)
			vm_client_stop(m->client, 0, 0);
		return true;
	case 'p':
		if (m->client && m->state == VM_PAUSED)
			vm_client_resume(m->client, on_answer, m);
		else if (m->client)
			vm_client_pause(m->client, on_answer, m);
		return true;
	case 'S':
		if (m->client)
			vm_client_suspend(m->client, on_answer, m);
		return true;
	case 'R':
		ask(m, "Reset it",
		    "Reset the machine? What the guest has not written to its disk is lost.",
		    on_reset);
		return true;
	case 'K':
		ask(m, "Kill it",
		    "End the machine at once, like pulling the plug? What the guest has not "
		    "written to its disk is lost.",
		    on_kill);
		return true;
	default:
		return false;
	}
}

/* Keys for one that does not. */
static bool off_key(struct machine *m, const struct key *k)
{
	struct screen *s = m->screen;
	const char *ref = m->path ? m->path : m->name;
	struct err e = ERR_INIT;

	switch (k->code) {
	case K_ENTER:
	case 'b':
		show(s, screen_progress(s->app, ref, PROGRESS_BOOT, &e), &e);
		return true;
	case 'p':
		show(s, screen_progress(s->app, ref, PROGRESS_PREPARE, &e), &e);
		return true;
	case 'C':
		manage_ask(s->app, CHANGE_CLONE, m->name);
		return true;
	case 'N':
		manage_ask(s->app, CHANGE_RENAME, m->name);
		return true;
	case 'D':
		manage_ask(s->app, CHANGE_DELETE, m->name);
		return true;
	case 'X':
		manage_ask(s->app, CHANGE_RECREATE, m->name);
		return true;
	default:
		return false;
	}
}

static bool machine_key(struct screen *s, const struct key *k)
{
	struct machine *m = s->self;
	struct task *t = task_find(s->app, m->name);
	struct err e = ERR_INIT;

	if (k->code == K_ESC || k->code == 'q') {
		screen_pop(s);
	} else if (k->code == 'l') {
		screen_console_log(s->app, m->name);
	} else if (k->code == 'e' && m->path) {
		show(s, screen_wizard(s->app, m->path, &e), &e);
	} else if (t && task_is_busy(t)) {
		if (k->code != K_ENTER)
			return false;
		show(s, screen_progress(s->app, m->path, PROGRESS_PREPARE, &e), &e);
	} else {
		return m->look.run.alive ? alive_key(m, k) : off_key(m, k);
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
	refresh(m);
}

static void machine_close(struct screen *s)
{
	struct machine *m = s->self;

	vm_client_close(m->client);
	tail_close(m->tail);
	viewer_fini(&m->log);
	machine_look_fini(&m->look);
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
	.paint = machine_paint,
	.lines = machine_lines,
	.key = machine_key,
	.shown = machine_shown,
	.help = machine_help,
	.close = machine_close,
};

/* The name that a reference means, also where its file cannot be read. */
static int name_of(struct app *app, const char *ref, char **name, char **path, struct err *e)
{
	struct spec spec;

	if (store_find_ini(app_store(app), ref, path, e) < 0)
		return -1;
	if (spec_name_ok(ref)) {
		*name = xstrdup(ref);
		return 0;
	}
	if (task_read_spec(app, ref, &spec, e) < 0) {
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

	if (name_of(app, ref, &m->name, &m->path, e) < 0) {
		free(m);
		return NULL;
	}
	if (app->top && app->top->ops == &machine_ops &&
	    !strcmp(((struct machine *)app->top->self)->name, m->name)) {
		free(m->name); /* it is what the person comes back to */
		free(m->path);
		free(m);
		return app->top;
	}
	m->dir = store_machine_dir(app_store(app), m->name);
	m->runtime = host_runtime_dir(m->name, NULL);
	viewer_init(&m->log);
	m->log.follow = true;
	m->log.cap = 200;
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
