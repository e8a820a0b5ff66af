/* SPDX-License-Identifier: MIT */
/*
 * screen_build: builds a source package by `debwiz build`, run as a child, and shows its log as it grows: what the
 * child reports on its standard error is the phase, what the build writes is the log.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "base/mem.h"
#include "base/size.h"
#include "build/phase.h"
#include "catalog/catalog.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "machine/store.h"
#include "qemu/probe.h"
#include "tui/screens.h"
#include "tui/sessions.h"
#include "tui/toolkit/dialog.h"
#include "tui/toolkit/folder.h"
#include "tui/toolkit/picker.h"
#include "tui/toolkit/widget_viewer.h"

#define LOG_MAX 20000 /* lines */
#define TICK_MS 1000

/* The machine that builds: one like `machine`, else (NULL) by architecture and release. */
struct build_where {
	char *machine, *arch, *release;
};

struct build {
	struct app *app;
	struct screen *screen; /* NULL: closed, at the end of the program */
	struct build_where where;
	char *source;
	char *out;	    /* folder of the results */
	struct proc *child; /* NULL: it has ended */
	struct viewer log;
	struct line_reader out_lines, err_lines;
	char *phase; /* NULL: none reported yet */
	char *end;   /* how it ended; NULL: not yet, or without a word of it */
	bool failed, stopped, has_results;
	uint64_t begun, took;	 /* ms */
	struct loop_timer *tick; /* for the time that is shown */
	struct app_work work;
};

static void build_where_copy(struct build_where *to, const struct build_where *from)
{
	to->machine = from->machine ? xstrdup(from->machine) : NULL;
	to->arch = from->arch ? xstrdup(from->arch) : NULL;
	to->release = from->release ? xstrdup(from->release) : NULL;
}

static void build_where_fini(struct build_where *w)
{
	free(w->machine);
	free(w->arch);
	free(w->release);
}

static void build_free(struct build *b)
{
	loop_timer_stop(b->tick);
	viewer_fini(&b->log);
	line_reader_fini(&b->out_lines);
	line_reader_fini(&b->err_lines);
	build_where_fini(&b->where);
	free(b->source);
	free(b->out);
	free(b->phase);
	free(b->end);
	free(b);
}

static void build_set(char **text, char *to)
{
	free(*text);
	*text = to;
}

static char *build_working_folder(void)
{
	AUTO_FREE char *path = file_absolute("here");

	return file_dirname(path);
}

/* Returns where the results go: where the machine's file says, else the current folder. Owned. */
static char *build_results_folder(struct app *app, const struct build_where *where)
{
	AUTO_FREE char *path = NULL;
	struct spec s;
	char *out = NULL;

	if (where->machine && store_find_ini(app_store(app), where->machine, &path, NULL) == 0 &&
	    session_read(app_sessions(app)->conf, path, &s, NULL) == 0) {
		out = *s.build_out ? spec_path(&s, s.build_out) : NULL;
		spec_fini(&s);
	}
	return out ? out : build_working_folder();
}

/* ---- what the child prints ---- */

/* Adds the results with their sizes. */
static void build_add_results(struct build *b, const json_t *event)
{
	const char *out = json_str(event, "out", ".");
	json_t *file;
	size_t i;

	json_array_foreach (json_object_get(event, "files"), i, file) {
		AUTO_FREE char *path = file_join(out, json_string_value(file));
		AUTO_FREE char *line = NULL;
		char size[SIZE_TEXT];
		struct stat st;

		if (stat(path, &st) == 0) {
			line = xasprintf("  %s  %s", path, size_human((uint64_t)st.st_size, size));
			viewer_add(&b->log, line);
		}
	}
}

/* Takes an event of --json. False: it is none, but a line of the build. */
static bool build_take_event(struct build *b, const char *line)
{
	json_t *v = strncmp(line, "{\"event\":", 9) ? NULL : json_parse(line, strlen(line), "event", NULL);
	const char *kind = json_str(v, "event", "");
	bool taken = true;

	if (!strcmp(kind, "built")) {
		int64_t status = json_int(v, "status", 0);
		const char *why = json_str(v, "text", "");

		b->has_results = true;
		build_add_results(b, v);
		build_set(&b->end, !status ? xstrdup("Built.")
				   : *why  ? xstrdup(why)
					   : xasprintf("The build failed (status %d).", (int)status));
		if (*json_str(v, "hint", ""))
			viewer_add(&b->log, json_str(v, "hint", ""));
		b->failed = status != 0;
	} else if (!strcmp(kind, "error")) {
		const char *hint = json_str(v, "hint", "");

		viewer_add(&b->log, json_str(v, "text", ""));
		if (*hint)
			viewer_add(&b->log, hint);
		build_set(&b->end, xstrdup(json_str(v, "text", "It failed.")));
		b->failed = true;
	} else {
		taken = false;
	}
	json_decref(v);
	return taken;
}

static void build_on_out_line(const char *line, void *arg)
{
	struct build *b = arg;
	const char *phase = build_phase(line);

	if (phase)
		build_set(&b->phase, xasprintf("The build %s.", phase));
	if (!build_take_event(b, line))
		viewer_add(&b->log, line);
}

static void build_on_err_line(const char *line, void *arg)
{
	static const char *const running[] = {"◐ ", "% "}; /* a phase so far, in UTF-8 and in ASCII */
	struct build *b = arg;

	for (size_t i = 0; i < ARRAY_SIZE(running); i++) {
		if (!strncmp(line, running[i], strlen(running[i]))) {
			build_set(&b->phase, xstrdup(line + strlen(running[i])));
			return;
		}
	}
	viewer_add(&b->log, line);
}

static void build_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct build *b = arg;
	struct line_reader *r = fd == 1 ? &b->out_lines : &b->err_lines;

	if (n)
		line_reader_add(r, p, n);
	else
		line_reader_end(r);
	app_changed(b->app);
}

static void build_on_ended(int64_t status, int signum, void *arg)
{
	struct build *b = arg;

	b->child = NULL;
	app_work_end(b->app, &b->work);
	if (!b->screen) {
		build_free(b);
		return;
	}
	loop_timer_stop(b->tick);
	b->tick = NULL;
	b->took = loop_now(app_loop(b->app)) - b->begun;
	b->failed = b->failed || signum || status;
	if (b->stopped)
		build_set(&b->end, xstrdup("Stopped; nothing of its machine is left."));
	else if (!b->end)
		build_set(&b->end, xasprintf("It ended without a result (status %d).", signum ? signum : (int)status));
	app_changed(b->app);
}

/* ---- the child ---- */

static void build_stop(void *arg)
{
	struct build *b = arg;

	b->stopped = true;
	if (b->child)
		proc_terminate(b->child);
}

static void build_on_tick(void *arg)
{
	app_changed(((struct build *)arg)->app);
}

static int build_start(struct build *b, struct err *e)
{
	AUTO_FREE char *self = host_self(e);
	AUTO_STRV struct strv argv = STRV_INIT;
	struct proc_conf conf = {.output = build_on_output, .ended = build_on_ended, .arg = b, .new_session = true};

	if (!self)
		return -1;
	free(b->out);
	b->out = build_results_folder(b->app, &b->where);
	strv_add(&argv, self);
	strv_add(&argv, "build");
	if (b->where.machine) {
		strv_add(&argv, b->where.machine);
	} else {
		strv_addf(&argv, "--arch=%s", b->where.arch);
		strv_addf(&argv, "--release=%s", b->where.release);
	}
	strv_add(&argv, "--json");
	strv_add(&argv, "--out");
	strv_add(&argv, b->out);
	strv_add(&argv, b->source);
	conf.argv = strv_argv(&argv);
	b->child = proc_start(app_loop(b->app), &conf, e);
	if (!b->child)
		return -1;
	b->begun = loop_now(app_loop(b->app));
	b->failed = b->stopped = b->has_results = false;
	build_set(&b->end, NULL);
	build_set(&b->phase, NULL);
	viewer_set(&b->log, "");
	b->log.follow = true;
	b->tick = loop_timer_start(app_loop(b->app), TICK_MS, TICK_MS, build_on_tick, b);
	b->work.text = "A package is being built. Leaving stops that, and removes its machine.";
	b->work.stop = build_stop;
	b->work.arg = b;
	app_work_begin(b->app, &b->work);
	return 0;
}

/* ---- the screen ---- */

static void build_paint(struct screen *s, const struct canvas *c)
{
	struct build *b = s->self;
	struct canvas part = canvas_sub(c, 3, 2, c->rows - 3, c->columns - 4);
	enum role role = b->child ? ROLE_WORK : b->failed ? ROLE_BAD : ROLE_GOOD;
	enum glyph sign = b->child ? GLYPH_WORKING : b->failed ? GLYPH_FAILED : GLYPH_DONE;
	const char *text = b->stopped && b->child ? "It is being stopped."
			   : b->child		  ? b->phase ? b->phase : "Preparing the build."
						  : b->end;

	canvas_put(c, 1, 2, role, canvas_glyph(c, sign));
	canvas_put_cut(c, 1, 4, c->columns - 6, ROLE_TEXT, text);
	viewer_paint(&b->log, &part);
}

static void build_cursor(struct screen *s, int *row, int *column)
{
	viewer_cursor(&((struct build *)s->self)->log, row, column);
	if (*row >= 0) {
		*row += 3;
		*column += 2;
	}
}

/* Returns the source without the folders that it is in; owned. */
static char *build_name(const char *source)
{
	AUTO_FREE char *path = xstrdup(source);
	size_t n = strlen(path);

	if (n > 1 && path[n - 1] == '/')
		path[n - 1] = '\0';
	return xstrdup(file_basename(path));
}

static void build_lines(struct screen *s, struct screen_lines *out)
{
	struct build *b = s->self;
	uint64_t ms = b->child ? loop_now(app_loop(b->app)) - b->begun : b->took;
	AUTO_FREE char *name = build_name(b->source);
	char text[SIZE_TEXT];

	buf_addf(&out->title, "build %s", name);
	buf_addf(&out->status, "%s", duration_human(ms, text));
	viewer_help(&b->log, out);
	if (!out->help.len && (b->child || b->has_results))
		buf_addf(&out->help, "Packages and log %s %s.", b->child ? "arrive in" : "are in", b->out);
	if (b->log.searching)
		return;
	if (!b->log.follow)
		screen_lines_key(out, "End", K_END, "follow");
	if (!b->child)
		screen_lines_key(out, "r", 'r', "build again");
	screen_lines_key(out, "Esc", K_ESC, b->child ? "stop" : "back");
}

static void build_on_stop_answer(size_t choice, void *arg)
{
	if (choice == 1)
		build_stop(arg);
}

static bool build_key(struct screen *s, const struct key *k)
{
	struct build *b = s->self;
	struct err e = ERR_INIT;

	if (viewer_key(&b->log, k))
		return true;
	if (k->code == 'r' && !b->child) {
		dialog_unless(s->app, build_start(b, &e) == 0, &e);
		return true;
	}
	if (k->code != K_ESC && k->code != 'q')
		return false;
	if (b->child && !b->stopped)
		dialog_ask_whether(s->app, "Stop the build?",
				   "Its machine is removed, and what it has built so far with it.", "Keep building",
				   "Stop it", build_on_stop_answer, b);
	else if (!b->child)
		screen_pop(s);
	return true;
}

static char *build_help(struct screen *s)
{
	(void)s;
	return xstrdup("A source is built in a machine that exists only for that.\n\n"
		       "Build dependencies are solved on this host and installed once, for all builds with the same "
		       "ones. The build itself has no network and no rights.\n\n"
		       "/      finds a text in the log\n"
		       "End    follows the log again\n"
		       "r      builds it again\n"
		       "Esc    stops it, or goes back\n\n"
		       "`debwiz build --help` lists further options: profiles, a shell after a failure, lintian.");
}

static void build_close(struct screen *s)
{
	struct build *b = s->self;

	b->screen = NULL;
	if (b->child)
		build_stop(b); /* freed when it has ended */
	else
		build_free(b);
}

static const struct screen_ops build_ops = {
	.name = "build",
	.paint = build_paint,
	.cursor = build_cursor,
	.lines = build_lines,
	.key = build_key,
	.help = build_help,
	.close = build_close,
};

static int build_open(struct app *app, const struct build_where *where, const char *source, struct err *e)
{
	struct build *b = xcalloc(1, sizeof(*b));

	b->app = app;
	build_where_copy(&b->where, where);
	b->source = xstrdup(source);
	line_reader_init(&b->out_lines, build_on_out_line, b);
	line_reader_init(&b->err_lines, build_on_err_line, b);
	viewer_init(&b->log);
	b->log.cap = LOG_MAX;
	if (build_start(b, e) < 0) {
		build_free(b);
		return -1;
	}
	b->screen = screen_push(app, &build_ops, b);
	return 0;
}

/* ---- which source ---- */

struct build_choice {
	struct app *app;
	struct build_where where;
	char *folder; /* the working one */
	char *source; /* chosen; NULL: not yet */
	struct typed_rows found;
};

static struct choice_list build_choice_rows(const char *typed, void *arg)
{
	struct build_choice *q = arg;
	struct folder_look look = {.base = q->folder};

	if (typed_rows_begin(&q->found, typed)) {
		if (!*typed)
			choices_add(&q->found.rows, "./", NULL);
		if (!*typed || strchr(typed, '/') || *typed == '~')
			folder_rows(&q->found.rows, typed, &look);
	}
	return typed_rows_list(&q->found, "a source package of the archive");
}

static char *build_choice_complete(const char *typed, void *arg)
{
	struct choice_list l = build_choice_rows(typed, arg);

	return folder_complete(&l, typed);
}

/* A folder without a source package is one to look into. */
static int build_choice_take(const char *value, char **more, void *arg, struct err *e)
{
	struct build_choice *q = arg;
	size_t n = strlen(value);
	AUTO_FREE char *path = host_expand(value);
	AUTO_FREE char *control = file_join(path, "debian/control");

	if (!n)
		return err_set(e, ERR_USAGE, "build-source", "name a source package or a path");
	if (value[n - 1] == '/' && file_exists(path) && !file_exists(control)) {
		*more = xstrdup(value);
		return 1;
	}
	q->source = mem_take(&path);
	return 0;
}

static void build_choice_gone(void *arg)
{
	struct build_choice *q = arg;
	struct err e = ERR_INIT;

	if (q->source && !app_has_ended(q->app)) /* the dialog is off the stack now */
		dialog_unless(q->app, build_open(q->app, &q->where, q->source, &e) == 0, &e);
	typed_rows_fini(&q->found);
	build_where_fini(&q->where);
	free(q->folder);
	free(q->source);
	free(q);
}

/* Returns the name of a machine that may be named by its file; owned. */
static char *build_machine_name(const char *ref)
{
	const char *name = file_basename(ref);
	size_t n = strlen(name), end = strlen(".ini");

	return n > end && !strcmp(name + n - end, ".ini") ? xstrndup(name, n - end) : xstrdup(name);
}

static struct screen *build_ask_source(struct app *app, const struct build_where *where)
{
	struct build_choice *q = xcalloc(1, sizeof(*q));
	AUTO_FREE char *name = where->machine ? build_machine_name(where->machine) : NULL;
	AUTO_FREE char *title = name ? xasprintf("Build in a machine like %s", name)
				     : xasprintf("Build for %s %s", where->arch, where->release);
	struct picker_conf conf = {
		.title = title,
		.about = "NAME or NAME=VERSION of the archive, a .dsc, a folder with debian/, or DIR@REV of git.",
		.types = true,
		.rows = build_choice_rows,
		.complete = build_choice_complete,
		.take = build_choice_take,
		.gone = build_choice_gone,
		.arg = q,
	};

	q->app = app;
	build_where_copy(&q->where, where);
	q->folder = build_working_folder();
	return picker_open(app, &conf);
}

/* ---- which machine ---- */

struct build_places {
	struct app *app;
	struct choices rows; /* a value is the name of a machine, or "ARCH RELEASE" */
	size_t current;
	struct build_where chosen;
};

static struct choice_list build_places_rows(const char *typed, void *arg)
{
	const struct build_places *q = arg;

	(void)typed;
	return (struct choice_list){
		.state = CHOICE_READY, .rows = q->rows.items, .len = q->rows.len, .current = q->current, .note = ""};
}

static int build_places_take(const char *value, char **more, void *arg, struct err *e)
{
	struct build_places *q = arg;
	const char *blank = strchr(value, ' ');

	(void)more;
	(void)e;
	if (blank) {
		q->chosen.arch = xstrndup(value, (size_t)(blank - value));
		q->chosen.release = xstrdup(blank + 1);
	} else {
		q->chosen.machine = xstrdup(value);
	}
	return 0;
}

static void build_places_gone(void *arg)
{
	struct build_places *q = arg;

	if ((q->chosen.machine || q->chosen.arch) && !app_has_ended(q->app))
		build_ask_source(q->app, &q->chosen);
	choices_fini(&q->rows);
	build_where_fini(&q->chosen);
	free(q);
}

static void build_places_add_machines(struct build_places *q, const char *current)
{
	AUTO_STRV struct strv names = STRV_INIT;

	store_machines(app_store(q->app), &names);
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *label = xasprintf("like %s", names.items[i]);

		if (current && !strcmp(names.items[i], current))
			q->current = q->rows.len;
		choices_add(&q->rows, names.items[i], label);
	}
}

/* Returns why this host cannot run a machine of the architecture; owned, NULL: it can, as far as that is known without
 * a trial. */
static char *build_places_why_not(const struct catalog_arch *a)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (qemu_check_installed(a, &e) == 0)
		return NULL;
	return xasprintf("%s%s%s", e.text, e.hint ? "; " : "", e.hint ? e.hint : "");
}

static void build_places_add_releases(struct build_places *q)
{
	const struct catalog *c = app_catalog(q->app);
	const struct catalog_release *r;
	const struct catalog_arch *a;

	for (size_t i = 0; (a = catalog_arch_next(c, &i));) {
		AUTO_FREE char *why_not = !a->ports && !*a->not_offered ? build_places_why_not(a) : NULL;

		for (size_t k = 0; (r = catalog_release_next(c, &k));)
			if (!a->ports && !*a->not_offered && !*r->not_offered && catalog_has_kernel(a, r->codename)) {
				AUTO_FREE char *value = xasprintf("%s %s", a->name, r->codename);
				struct choice *row = choices_add(&q->rows, value, NULL);

				choice_text(&row->columns[0], a->title);
				choice_text(&row->why_not, why_not);
			}
	}
}

struct screen *screen_build(struct app *app, const char *machine, bool asks)
{
	struct build_where like = {.machine = (char *)machine};
	struct build_places *q;
	struct picker_conf conf = {
		.title = "Build in which machine",
		.about = "One that exists for the build alone: with the settings of a machine of yours, or of an "
			 "architecture and release.",
		.rows = build_places_rows,
		.take = build_places_take,
		.gone = build_places_gone,
	};

	if (!asks)
		return build_ask_source(app, &like);
	q = xcalloc(1, sizeof(*q));
	q->app = app;
	build_places_add_machines(q, machine);
	build_places_add_releases(q);
	conf.arg = q;
	return picker_open(app, &conf);
}
