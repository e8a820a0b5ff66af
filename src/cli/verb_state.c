/* SPDX-License-Identifier: MIT */
/*
 * verb_state: list and status: print what is known of machines without a connection to them. With --watch the list is
 * refreshed in its place on a terminal; elsewhere each change prints a row or an event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "machine/overview.h"
#include "machine/reported.h"
#include "running.h"
#include "verbs.h"

#define WATCH_MS 1000

static json_t *verb_state_look_json(const struct overview *l)
{
	const struct vm_run *run = &l->run;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:s, s:s}", "name", l->name, "system",
			      l->system, "boot", l->boot, "state", l->state, "detail", l->detail, "alive", run->alive,
			      "login", run->login, "disk_used", (json_int_t)l->disk_used, "disk_size",
			      (json_int_t)l->disk_size, "qemu_pid", (json_int_t)(run->alive ? run->qemu_pid : 0),
			      "kernel", run->kernel ? run->kernel : "", "accel", run->accel ? run->accel : "");

	json_object_set_new(o, "supervised", json_boolean(run->alive && !run->orphan));
	json_object_set_new(o, "updates_pending", json_string(l->pending ? l->pending : ""));
	json_object_set_new(o, "cause_id", json_string(vm_cause_name(run->cause_id)));
	json_object_set_new(o, "seed", json_string(run->seed ? run->seed : ""));
	json_object_set_new(o, "settings", reported_read(run->settings));
	json_object_set_new(o, "started", json_integer(run->started));
	json_object_set_new(o, "ended", json_integer(run->ended));
	return o;
}

/* Returns a line of the list; owned. */
static char *verb_state_look_line(const struct overview *l, int width)
{
	char used[SIZE_TEXT], size[SIZE_TEXT];

	return xasprintf("%-*s %-15s %-6s %-10s %7s of %-7s %s", width, l->name, l->system, l->boot, l->state,
			 size_human(l->disk_used, used), size_human(l->disk_size, size), l->detail);
}

static char *verb_state_head_line(int width)
{
	return xasprintf("%-*s %-15s %-6s %-10s %7s    %-7s %s", width, "NAME", "SYSTEM", "BOOT", "STATE", "DISK", "",
			 "SINCE, OR WHY");
}

/* Returns what is compared to find a change: everything but the running time and the disk's use; owned. */
static char *verb_state_look_key(const struct overview *l)
{
	return xasprintf("%s %s %s %s %d %d %lld %s %s %s", l->name, l->system, l->boot, l->state, (int)l->run.orphan,
			 (int)l->run.login, (long long)l->run.started, l->run.alive ? l->run.cause : l->detail,
			 l->warnings, l->pending ? l->pending : "");
}

struct list {
	struct cli *cli;
	const char *only; /* the only machine, NULL: all */
	struct err *e;
	int result;
	bool live;	   /* painted in place */
	bool begun;	   /* the head is printed */
	bool unread;	   /* standard output no longer has a reader */
	struct strv shown; /* the lines on the terminal, or the keys of what was printed */
};

static void verb_state_names_of(const struct list *l, struct strv *names)
{
	if (l->only)
		strv_add(names, l->only);
	else
		store_machines(&l->cli->store, names);
}

static int verb_state_name_width(const struct strv *names)
{
	int width = 4;

	for (size_t i = 0; i < names->len; i++)
		if ((int)strlen(names->items[i]) > width)
			width = (int)strlen(names->items[i]);
	return width;
}

/* Makes the lines of the list, with its head. */
static int verb_state_make_lines(struct list *l, struct strv *lines)
{
	AUTO_STRV struct strv names = STRV_INIT;
	struct overview look;
	int width, r = 0;

	verb_state_names_of(l, &names);
	width = verb_state_name_width(&names);
	strv_take(lines, verb_state_head_line(width));
	for (size_t i = 0; i < names.len && !r; i++) {
		r = overview_read(&l->cli->store, l->cli->catalog, names.items[i], &look, l->e);
		if (!r)
			strv_take(lines, verb_state_look_line(&look, width));
		overview_fini(&look);
	}
	return r;
}

/* Returns the rows of the terminal that the lines take, which it wraps. */
static size_t verb_state_rows_of(const struct strv *lines, size_t columns)
{
	size_t rows = 0;

	for (size_t i = 0; i < lines->len; i++) {
		size_t chars = 0;

		for (const char *p = lines->items[i]; *p; p++)
			chars += ((unsigned char)*p & 0xc0) != 0x80;
		rows += chars ? (chars + columns - 1) / columns : 1;
	}
	return rows;
}

/* Drops the last lines until the rest fits, and counts them. */
static void verb_state_fit(struct strv *lines, size_t rows, size_t columns)
{
	size_t more = 0;

	while (lines->len > 2 && verb_state_rows_of(lines, columns) + (more > 0) > rows) {
		free(lines->items[--lines->len]);
		more++;
	}
	if (more)
		strv_addf(lines, "and %zu more", more);
}

/* Repaints the list in its place if it has changed. */
static int verb_state_paint(struct list *l)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	size_t rows, columns;
	int r = verb_state_make_lines(l, &lines);

	cli_terminal_size(stdout, &rows, &columns);
	verb_state_fit(&lines, rows - 1, columns);
	if (!r && !strv_equal(&lines, &l->shown)) {
		if (l->shown.len)
			printf("\033[%zuA\r\033[J", verb_state_rows_of(&l->shown, columns));
		for (size_t i = 0; i < lines.len; i++)
			puts(lines.items[i]);
		strv_copy(&l->shown, &lines);
	}
	return r;
}

static void verb_state_print_look(struct list *l, const struct overview *look, int width)
{
	AUTO_FREE char *line = NULL;

	if (l->cli->json) {
		cli_print_json(verb_state_look_json(look));
		return;
	}
	line = verb_state_look_line(look, width);
	puts(line);
}

/* Prints the machines that have changed since they were printed. */
static int verb_state_print_changed(struct list *l)
{
	struct strv names = STRV_INIT, keys = STRV_INIT;
	struct overview look;
	int width, r = 0;
	char *head;

	verb_state_names_of(l, &names);
	width = verb_state_name_width(&names);
	if (!l->cli->json && !l->begun) {
		head = verb_state_head_line(width);
		puts(head);
		free(head);
	}
	l->begun = true;
	for (size_t i = 0; i < names.len && !r; i++) {
		r = overview_read(&l->cli->store, l->cli->catalog, names.items[i], &look, l->e);
		if (!r)
			strv_take(&keys, verb_state_look_key(&look));
		if (!r && !strv_has(&l->shown, keys.items[keys.len - 1]))
			verb_state_print_look(l, &look, width);
		overview_fini(&look);
	}
	strv_fini(&names);
	strv_fini(&l->shown);
	l->shown = keys;
	return r;
}

static void verb_state_show(void *arg)
{
	struct list *l = arg;

	l->result = l->live ? verb_state_paint(l) : verb_state_print_changed(l);
	l->unread = cli_flush() != 0;
	if (l->result < 0 || l->unread)
		loop_stop(l->cli->loop);
}

/* Prints the list once, or with --watch until standard output has no reader. */
static int verb_state_list(struct cli *cli, const char *only)
{
	struct err e = ERR_INIT;
	struct list l = {.cli = cli, .only = only, .e = &e, .shown = STRV_INIT};
	struct loop_timer *timer;

	l.live = cli->watch && !cli->json && !cli->plain && isatty(STDOUT_FILENO);
	verb_state_show(&l);
	if (!l.result && !l.unread && cli->watch) {
		timer = loop_timer_start(cli->loop, WATCH_MS, WATCH_MS, verb_state_show, &l);
		loop_run(cli->loop);
		loop_timer_stop(timer);
	}
	strv_fini(&l.shown);
	return l.result < 0 ? cli_error(cli, &e) : 0;
}

int verb_list(struct cli *cli)
{
	struct strv names = STRV_INIT;
	bool any;

	store_machines(&cli->store, &names);
	any = names.len > 0;
	strv_fini(&names);
	if (!any && !cli->json && !cli->watch) {
		puts("no machine yet; `debwiz up FILE.ini` makes one");
		return 0;
	}
	return verb_state_list(cli, NULL);
}

int verb_status(struct cli *cli)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *name = NULL;
	int status;

	if (!cli->nargs)
		return verb_list(cli);
	if (cli_machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	status = verb_state_list(cli, name);
	return status;
}
