/* SPDX-License-Identifier: MIT */
/* pane: connects to the console, sends keys where they go, and paints the status line. */
#include "pane.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/memory.h"
#include "host/paths.h"
#include "host/proc.h"
#include "machine/installing.h"
#include "osc_requests.h"
#include "qemu/cmdline.h"
#include "scrollback.h"
#include "transfer.h"
#include "tui/machine_view.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/settings.h"
#include "tui/toolkit/widget_text.h"

#define TICK_MS 1000
#define SILENT_S 60   /* since the start, without a byte: the guest may use another console */
#define QUIET_MS 5000 /* without output, after which the status line says what the guest does */
#define PROMPT_MAX 4096

struct pane {
	struct screen *screen;
	char *name, *dir, *runtime;
	struct attach *attach;
	enum vm_state state;
	char *cause;	      /* why the machine has exited; NULL: it has not */
	int64_t pid, started; /* of QEMU */
	char *elsewhere;      /* the console that the kernel uses; NULL: this one, as far as is known */
	bool display;	      /* the machine has one */
	bool has_other;	      /* its console may be a virtio one instead */
	uint16_t ssh_port;    /* 0: none */
	uint32_t prefix;      /* a control character */
	bool prefixed;	      /* it was pressed */
	bool trimmed;	      /* the memory that the start took was given back */
	char *message;	      /* until the next key */
	enum role role;	      /* of the message */
	bool is_progress;     /* the message is the progress of a suspension: until another state */
	bool types;	      /* this console had the keyboard at the last update */
	bool wants;	      /* it has not left the keyboard to others */
	bool others;	      /* there were other consoles at the last update */

	/* how busy the machine is; the timer runs while it does */
	struct loop_timer *timer;
	uint64_t measured; /* loop_now, 0: not yet */
	uint64_t cpu_ms, io;
	int cpu;	   /* percent, -1: not known */
	uint64_t rate;	   /* bytes per second */
	uint64_t spoke;	   /* loop_now of the guest's last output */
	uint64_t deadline; /* of the step of a stop, 0: none */
	char *doing;	   /* the guest's last report of its progress */

	/* a line of input in place of the status line */
	struct {
		const char *label; /* NULL: none is open */
		struct text_field field;
		int column; /* of its cursor, as painted */
		void (*changed)(struct pane *p, const char *text);
		void (*done)(struct pane *p, const char *text);
	} prompt;
	struct scrollback *scrollback;
	struct transfer *transfer;
	struct osc_requests *requests;
};

struct app *pane_app(const struct pane *p)
{
	return p->screen->app;
}

struct screen *pane_screen(const struct pane *p)
{
	return p->screen;
}

struct attach *pane_attach(const struct pane *p)
{
	return p->attach;
}

struct scrollback *pane_scrollback(const struct pane *p)
{
	return p->scrollback;
}

struct transfer *pane_transfer(const struct pane *p)
{
	return p->transfer;
}

const char *pane_name(const struct pane *p)
{
	return p->name;
}

enum vm_state pane_state(const struct pane *p)
{
	return p->state;
}

bool pane_has_exited(const struct pane *p)
{
	return p->cause;
}

uint32_t pane_prefix(const struct pane *p)
{
	return p->prefix;
}

int pane_rows(const struct pane *p)
{
	return p->screen->rows > 1 ? p->screen->rows - 1 : 1;
}

int pane_columns(const struct pane *p)
{
	return p->screen->columns;
}

void pane_say(struct pane *p, enum role role, const char *fmt, ...)
{
	va_list ap;

	free(p->message);
	va_start(ap, fmt);
	p->message = xvasprintf(fmt, ap);
	va_end(ap);
	p->role = role;
	p->is_progress = false;
	app_changed(p->screen->app);
}

void pane_ask(struct pane *p, const char *label, const char *text, void (*changed)(struct pane *p, const char *text),
	      void (*done)(struct pane *p, const char *text))
{
	p->prompt.label = label;
	p->prompt.changed = changed;
	p->prompt.done = done;
	text_field_set(&p->prompt.field, text);
	app_changed(p->screen->app);
}

void pane_detach(struct pane *p)
{
	screen_pop(p->screen);
}

void pane_toggle_keyboard(struct pane *p)
{
	p->wants = !attach_types(p->attach);
	attach_take(p->attach, p->wants);
}

/* ---- the machine ---- */

static void pane_measure(struct pane *p)
{
	uint64_t now = loop_now(app_loop(p->screen->app)), cpu = 0, rss = 0, io = 0, ms;
	bool known = p->pid && proc_usage(p->pid, &cpu, &rss);

	if (!known) {
		p->measured = 0;
		p->cpu = -1;
		return;
	}
	proc_io(p->pid, &io);
	ms = now - p->measured;
	if (p->measured && ms) {
		p->cpu = (int)((cpu - p->cpu_ms) * 100 / ms);
		p->rate = io > p->io ? (io - p->io) * 1000 / ms : 0;
	}
	p->measured = now;
	p->cpu_ms = cpu;
	p->io = io;
}

static void pane_on_tick(void *arg)
{
	struct pane *p = arg;

	pane_measure(p);
	if (!p->trimmed && attach_view(p->attach)->rows)
		host_trim_memory();
	p->trimmed = attach_view(p->attach)->rows > 0;
	app_changed(p->screen->app);
}

static void pane_read_run(struct pane *p)
{
	struct vm_run run;

	if (vm_run_read(p->dir, &run, NULL) < 0)
		return;
	p->pid = run.alive ? run.qemu_pid : 0;
	p->started = run.started;
	vm_run_fini(&run);
	pane_measure(p);
}

/* Shows a message if another console has the keyboard now, or this one again. */
static void pane_report_typing(struct pane *p)
{
	bool types = attach_types(p->attach), was = p->types;

	p->types = types;
	if (types && !was && p->wants && attach_count(p->attach) > 1)
		pane_say(p, ROLE_WARN, "You have the keyboard; another watches");
	else if (types && !was && p->others)
		pane_say(p, ROLE_GOOD, "You have the keyboard again");
	else if (!types && was && !p->wants)
		pane_say(p, ROLE_WARN, "You have left the keyboard to others");
	else if (!types && was && attach_anybody_types(p->attach))
		pane_say(p, ROLE_WARN, "Another console has taken the keyboard");
	else if (!types && p->wants && p->others && !attach_anybody_types(p->attach))
		attach_take(p->attach, true); /* an older supervisor does not give it back */
	p->others = attach_count(p->attach) > 1;
}

static void pane_on_changed(void *arg)
{
	struct pane *p = arg;
	p->spoke = loop_now(app_loop(p->screen->app));
	pane_report_typing(p);
	osc_requests_grant(p->requests);
	scrollback_read_on(p->scrollback);
	app_changed(p->screen->app);
}

static void pane_on_state(enum vm_state state, void *arg)
{
	struct pane *p = arg;

	p->state = state;
	if (state != VM_STOPPING)
		p->deadline = 0;
	if (p->is_progress) {
		free(p->message);
		p->message = NULL;
		p->is_progress = false;
	}
	pane_read_run(p);
	app_changed(p->screen->app);
}

static void pane_on_stopping(struct pane *p, const json_t *values)
{
	uint64_t ms;
	const char *words = vm_stop_text(values, &ms);

	p->deadline = loop_now(app_loop(p->screen->app)) + ms;
	if (words)
		pane_say(p, ROLE_WORK, "Stopping: %s", words);
}

static void pane_on_progress(const char *state, const json_t *values, void *arg)
{
	struct pane *p = arg;
	char *amount = strcmp(state, "suspending") ? NULL : vm_progress_text(state, values, NULL, NULL);

	if (amount) {
		pane_say(p, ROLE_WORK, "%s", amount);
		p->is_progress = true;
		free(amount);
	} else if (!strcmp(state, "stopping")) {
		pane_on_stopping(p, values);
	} else if (!strcmp(state, "panic") || !strcmp(state, "paused")) {
		pane_say(p, ROLE_BAD, "%s: %s", state, json_str(values, "text", ""));
	} else {
		free(p->doing);
		p->doing = xasprintf("%s %s", state, json_str(values, "package", json_str(values, "text", "")));
		app_changed(p->screen->app);
	}
}

static void pane_on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct pane *p = arg;

	p->state = state;
	p->deadline = 0;
	p->pid = 0;
	free(p->cause);
	p->cause = xstrdup(cause);
	free(p->message); /* it is about what led to the exit */
	p->message = NULL;
	transfer_stop(p->transfer);
	loop_timer_stop(p->timer);
	p->timer = NULL;
	p->prefixed = false;
	app_changed(p->screen->app);
}

static const struct attach_ops attach_ops = {
	.changed = pane_on_changed,
	.state = pane_on_state,
	.progress = pane_on_progress,
	.ended = pane_on_ended,
};

/* ---- the status line ---- */

static uint64_t pane_quiet_ms(const struct pane *p)
{
	return loop_now(app_loop(p->screen->app)) - p->spoke;
}

/* Adds why nothing is shown, if the guest uses another console. */
static bool pane_add_elsewhere(const struct pane *p, struct buf *b)
{
	const struct view *v = attach_view(p->attach);
	bool blank = !v->end && !v->modes.row && !v->modes.col;

	if (pane_quiet_ms(p) < QUIET_MS || p->cpu < 0)
		return false;
	if (p->elsewhere)
		buf_addf(b, " │ the kernel's console is %s (boot.cmdline)", p->elsewhere);
	else if (v->rows && blank && p->started && time(NULL) - p->started >= SILENT_S)
		buf_addf(b, " │ no output yet: %s",
			 p->display	? "the guest may use its display"
			 : p->has_other ? "console = virtio may show it"
					: "the guest may use another console");
	else
		return false;
	return true;
}

static void pane_add_busy(struct pane *p, struct buf *b)
{
	uint64_t quiet = pane_quiet_ms(p);
	char text[SIZE_TEXT];

	if (p->cpu >= 0)
		buf_addf(b, " │ cpu %d%%", p->cpu);
	if (quiet >= QUIET_MS && p->cpu >= 0) {
		buf_addf(b, " │ quiet %s, guest %s", duration_human(quiet / 1000 * 1000, text),
			 p->cpu > 10 ? "works" : "idle");
		if (p->doing && *p->doing && p->state == VM_BOOTING)
			buf_addf(b, ": %s", p->doing);
	}
	if (p->cpu >= 0) /* the end of the line may be cut */
		buf_addf(b, " │ disk %s/s", size_human(p->rate, text));
	if (p->ssh_port)
		buf_addf(b, " │ ssh :%u", (unsigned)p->ssh_port);
}

static void pane_add_time(const struct pane *p, struct buf *b)
{
	int64_t s = p->started ? (int64_t)time(NULL) - p->started : 0;

	if (s > 0)
		buf_addf(b, " %02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static bool pane_is_watching(const struct pane *p)
{
	return attach_count(p->attach) && !attach_types(p->attach);
}

static void pane_add_life(struct pane *p, struct buf *b)
{
	uint64_t now = loop_now(app_loop(p->screen->app));

	if (pane_is_watching(p) && !p->message)
		buf_adds(b, attach_anybody_types(p->attach) ? " │ watching" : " │ no keyboard");
	if (p->message || p->deadline > now || !pane_add_elsewhere(p, b)) {
		if (!pane_is_watching(p))
			pane_add_time(p, b);
		if (p->deadline > now)
			buf_addf(b, " │ next step in %u s", (unsigned)((p->deadline - now + 999) / 1000));
		if (p->message)
			buf_addf(b, " │ %s", p->message);
		else
			pane_add_busy(p, b);
	}
}

static void pane_status(struct pane *p, const struct canvas *c, int row)
{
	const struct view *v = attach_view(p->attach);
	struct overview l = {.state = (char *)vm_state_name(p->state), .detail = ""};
	struct state_label look;
	char prefix[8], *keys;
	AUTO_BUF struct buf b = {0};
	int at;

	l.run.state = p->state;
	look = state_label(&l, NULL);
	buf_init(&b, 0);
	canvas_fill(c, row, 0, c->columns, ROLE_HEADER);
	at = canvas_putf(c, row, 0, ROLE_HEADER, " %s ", p->name);
	at += canvas_putf(c, row, at, look.role, "%s", canvas_glyph(c, look.sign));
	buf_addf(&b, " %s", vm_state_name(p->state));
	pane_key_name(p->prefix, prefix);
	if (p->cause) {
		buf_addf(&b, " │ %s", p->message ? p->message : *p->cause ? p->cause : "it is off");
		keys = xasprintf(" Esc leaves ");
	} else if (p->prefixed) {
		buf_adds(&b, " │ d leave  [ scroll  / search  s save  p power  k keys");
		keys = xasprintf(" ? all ");
	} else if (scrollback_is_open(p->scrollback)) {
		buf_addf(&b, " │ line %llu of %llu │ / search  n next  Space mark  Enter copy",
			 (unsigned long long)scrollback_cursor(p->scrollback).line - v->first + 1,
			 (unsigned long long)v->end - v->first + (unsigned)v->rows);
		keys = xasprintf(" q back ");
	} else {
		pane_add_life(p, &b);
		keys = pane_is_watching(p) ? xasprintf(" %s t keyboard ", prefix) : xasprintf(" %s ? keys ", prefix);
	}
	canvas_put_cut(c, row, at, c->columns - at - canvas_width(c, keys) - 1,
		       p->message && !scrollback_is_open(p->scrollback) && !p->cause ? p->role : ROLE_HEADER, b.data);
	canvas_put_right(c, row, c->columns, ROLE_HEADER_DIM, keys);
	free(keys);
	free(look.text);
}

/* ---- the screen ---- */

static void pane_console_paint(struct screen *s, const struct canvas *c)
{
	struct pane *p = s->self;
	int row = c->rows - 1, at;

	if (!attach_view(p->attach)->rows && !p->cause)
		canvas_put(c, 0, 0, ROLE_DIM, "Connecting …");
	pane_paint_cells(p, c);
	if (!p->prompt.label) {
		pane_status(p, c, row);
		return;
	}
	canvas_fill(c, row, 0, c->columns, ROLE_HEADER);
	at = canvas_put(c, row, 1, ROLE_HEADER, p->prompt.label) + 1;
	p->prompt.column = text_field_paint(&p->prompt.field, c, row, at, c->columns - at - 1, true, ROLE_FIELD);
}

static void pane_console_cursor(struct screen *s, int *row, int *column)
{
	struct pane *p = s->self;

	if (p->prompt.label) {
		*row = s->rows - 1;
		*column = p->prompt.column;
		if (*column >= s->columns)
			*column = s->columns - 1;
	} else if (scrollback_is_open(p->scrollback)) {
		*row = (int)(scrollback_cursor(p->scrollback).line - scrollback_top(p->scrollback));
		*column = scrollback_cursor(p->scrollback).col;
	} else if (p->cause || !pane_guest_cursor(p, row, column)) {
		*row = -1;
	}
}

static void pane_prompt_key(struct pane *p, const struct key *k)
{
	void (*done)(struct pane * p, const char *text) = p->prompt.done;
	char *text;

	if (k->code == K_ENTER || k->code == K_ESC) {
		p->prompt.label = NULL;
		text = k->code == K_ENTER ? xstrdup(p->prompt.field.text) : NULL;
		done(p, text);
		free(text);
	} else if (text_field_key(&p->prompt.field, k) && p->prompt.changed) {
		p->prompt.changed(p, p->prompt.field.text);
	}
}

static bool pane_console_key(struct screen *s, const struct key *k)
{
	struct pane *p = s->self;

	if (k->code == K_MOUSE && (k->mouse == MOUSE_MOVE || k->mouse == MOUSE_RELEASE)) {
		if (!p->prompt.label && !p->prefixed && !scrollback_is_open(p->scrollback) && !p->cause)
			pane_guest_key(p, k);
		return true;
	}
	free(p->message);
	p->message = NULL;
	if (p->prompt.label) {
		pane_prompt_key(p, k);
	} else if (p->prefixed) {
		p->prefixed = false;
		pane_command(p, k);
	} else if (k->code == p->prefix) {
		p->prefixed = true;
	} else if (scrollback_is_open(p->scrollback)) {
		if (!k->alt)
			scrollback_key(p->scrollback, k);
	} else if (p->cause) {
		if (k->code == K_ESC || k->code == K_ENTER || k->code == 'q')
			pane_detach(p);
	} else if (transfer_is_sending(p->transfer) && k->code == K_ESC) {
		pane_say(p, ROLE_WARN, "Sending was stopped");
		transfer_stop(p->transfer);
	} else {
		pane_guest_key(p, k);
	}
	return true;
}

static void pane_console_close(struct screen *s)
{
	struct pane *p = s->self;

	osc_requests_free(p->requests);
	transfer_free(p->transfer);
	attach_free(p->attach);
	scrollback_free(p->scrollback);
	loop_timer_stop(p->timer);
	text_field_fini(&p->prompt.field);
	free(p->doing);
	free(p->cause);
	free(p->elsewhere);
	free(p->message);
	free(p->name);
	free(p->dir);
	free(p->runtime);
	free(p);
}

static enum term_moves pane_console_moves(struct screen *s)
{
	const struct pane *p = s->self;
	const struct view *v = attach_view(p->attach);

	if (!v->rows || scrollback_is_open(p->scrollback) || p->cause || p->prompt.label)
		return TERM_MOVES_NONE;
	return v->modes.mouse == CONSOLE_MOUSE_MOVE   ? TERM_MOVES_ALL
	       : v->modes.mouse == CONSOLE_MOUSE_DRAG ? TERM_MOVES_DRAG
						      : TERM_MOVES_NONE;
}

static const struct screen_ops console_ops = {
	.name = "console",
	.bare = true,
	.moves = pane_console_moves,
	.paint = pane_console_paint,
	.cursor = pane_console_cursor,
	.key = pane_console_key,
	.close = pane_console_close,
};

struct pane *pane_find(struct app *app, const struct screen *s)
{
	return screen_self(app, s, &console_ops);
}

/* Takes what the machine's file says. Frees `spec`. */
static void pane_take_spec(struct pane *p, struct app *app, struct spec *spec)
{
	const struct catalog_arch *arch = catalog_arch_find(app_catalog(app), spec->arch);

	p->name = xstrdup(spec->name);
	p->ssh_port = machine_ssh_port(app, spec);
	p->elsewhere = arch ? qemu_console_elsewhere(spec, arch) : NULL;
	p->display = spec->display != SPEC_DISPLAY_NONE;
	p->has_other = arch && qemu_may_have_virtio_console(spec, arch);
	spec_fini(spec);
}

struct screen *screen_console(struct app *app, const char *ref, struct err *e)
{
	struct settings settings;
	AUTO_FREE char *own = NULL;
	struct pane *p;
	struct spec spec;
	bool readable;

	if (settings_read(&settings, app_store(app)->config_dir, e) < 0)
		return NULL;
	readable = session_read(app_sessions(app)->conf, ref, &spec, e) == 0;
	if (!readable && !machine_is_alive(app, ref))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	if (readable)
		pane_take_spec(p, app, &spec);
	else
		p->name = xstrdup(ref);
	err_fini(e);
	p->prefix = settings.prefix;
	p->wants = true;
	own = store_machine_dir(app_store(app), p->name);
	installing_place(own, p->name, &p->dir, &p->runtime);
	p->cpu = -1;
	p->spoke = loop_now(app_loop(app));
	text_field_init(&p->prompt.field, PROMPT_MAX);
	p->scrollback = scrollback_new(p);
	p->transfer = transfer_new(p);
	p->requests = osc_requests_new(p, &settings.guest);
	p->screen = screen_push(app, &console_ops, p);
	if (p->elsewhere)
		pane_say(p, ROLE_WARN, "The kernel's console is %s, not this one", p->elsewhere);
	pane_read_run(p);
	p->timer = loop_timer_start(app_loop(app), TICK_MS, TICK_MS, pane_on_tick, p);
	p->attach = attach_new(app_loop(app), p->dir, p->runtime ? p->runtime : "", true, &attach_ops, p);
	return p->screen;
}
