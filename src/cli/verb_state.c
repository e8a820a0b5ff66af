/* SPDX-License-Identifier: MIT */
/* verb_state: list, status and logs: what is known of machines without touching them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/size.h"
#include "cli/verbs.h"
#include "prep/machine.h"

#define WATCH_MS 1000

static json_t *look_json(const struct machine_look *l)
{
	const struct vm_run *run = &l->run;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:s, s:s}", "name",
			      l->name, "system", l->system, "boot", l->boot, "state", l->state, "detail",
			      l->detail, "alive", run->alive, "login", run->login, "disk_used",
			      (json_int_t)l->disk_used, "disk_size", (json_int_t)l->disk_size, "qemu_pid",
			      (json_int_t)(run->alive ? run->qemu_pid : 0), "kernel",
			      run->kernel ? run->kernel : "", "accel", run->accel ? run->accel : "");

	json_object_set_new(o, "supervised", json_boolean(run->alive && !run->orphan));
	json_object_set_new(o, "cause_id", json_string(run->cause_id ? run->cause_id : ""));
	json_object_set_new(o, "started", json_integer(run->started));
	json_object_set_new(o, "ended", json_integer(run->ended));
	return o;
}

static void print_look(struct cli *cli, const struct machine_look *l, int width)
{
	char used[SIZE_TEXT], size[SIZE_TEXT];

	if (cli->json) {
		cli_print_json(look_json(l));
		return;
	}
	printf("%-*s %-18s %-7s %-10s %8s of %-8s %s\n", width, l->name, l->system, l->boot, l->state,
	       size_human(l->disk_used, used), size_human(l->disk_size, size), l->detail);
}

static int show(struct cli *cli, const struct strv *names, struct err *e)
{
	struct machine_look l;
	int width = 4;
	int r = 0;

	for (size_t i = 0; i < names->len; i++)
		if ((int)strlen(names->items[i]) > width)
			width = (int)strlen(names->items[i]);
	if (!cli->json)
		printf("%-*s %-18s %-7s %-10s %8s    %-8s %s\n", width, "NAME", "SYSTEM", "BOOT",
		       "STATE", "DISK", "", "SINCE, OR WHY");
	for (size_t i = 0; i < names->len && !r; i++) {
		r = machine_look(&cli->store, cli->catalog, names->items[i], &l, e);
		if (!r)
			print_look(cli, &l, width);
		machine_look_fini(&l);
	}
	fflush(stdout);
	return r;
}

struct watch {
	struct cli *cli;
	const struct strv *names;
	struct err *e;
	int result;
};

static void on_watch(void *arg)
{
	struct watch *w = arg;

	w->result = show(w->cli, w->names, w->e);
	if (w->result < 0)
		loop_stop(w->cli->loop);
}

static int show_names(struct cli *cli, const struct strv *names)
{
	struct err e = ERR_INIT;
	struct watch w = {.cli = cli, .names = names, .e = &e};
	struct loop_timer *timer;

	w.result = show(cli, names, &e);
	if (!w.result && cli->watch) {
		timer = loop_timer_start(cli->loop, WATCH_MS, WATCH_MS, on_watch, &w);
		loop_run(cli->loop);
		loop_timer_stop(timer);
	}
	return w.result < 0 ? cli_error(cli, &e) : 0;
}

int verb_list(struct cli *cli)
{
	struct strv names = STRV_INIT;
	int status;

	store_machines(&cli->store, &names);
	if (!names.len && !cli->json) {
		puts("no machine yet; `debwiz up FILE.ini` makes one");
		return 0;
	}
	status = show_names(cli, &names);
	strv_fini(&names);
	return status;
}

/* The name that M means, also where its file cannot be read any more. */
static int machine_name(struct cli *cli, char **name, struct err *e)
{
	struct spec spec;

	if (spec_name_ok(cli->args[0])) {
		*name = xstrdup(cli->args[0]);
		return 0;
	}
	if (cli_machine(cli, cli->args[0], &spec, e) < 0)
		return -1;
	*name = xstrdup(spec.name);
	spec_fini(&spec);
	return 0;
}

int verb_status(struct cli *cli)
{
	struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	char *path = NULL;
	char *name;
	int status;

	if (!cli->nargs)
		return verb_list(cli);
	if (machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	if (spec_name_ok(cli->args[0]) && store_find_ini(&cli->store, name, &path, &e) < 0) {
		free(name);
		return cli_error(cli, &e);
	}
	free(path);
	strv_take(&names, name);
	status = show_names(cli, &names);
	strv_fini(&names);
	return status;
}

/* ---- logs ---- */

struct tail {
	struct cli *cli;
	char *path;
	char *dir;
	int fd;
	ino_t inode;
};

/* Copies what is new in the log; begins at the new file after it was rotated. */
static void copy_new(void *arg)
{
	struct tail *t = arg;
	char chunk[16384];
	struct stat st;
	ssize_t n;

	if (t->fd < 0)
		t->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	while (t->fd >= 0 && (n = read(t->fd, chunk, sizeof(chunk))) > 0)
		fwrite(chunk, 1, (size_t)n, stdout);
	fflush(stdout);
	if (t->fd >= 0 && fstat(t->fd, &st) == 0)
		t->inode = st.st_ino;
	if (t->fd >= 0 && stat(t->path, &st) == 0 && st.st_ino != t->inode) {
		close(t->fd);
		t->fd = -1;
	}
}

int verb_logs(struct cli *cli)
{
	struct tail t = {.cli = cli, .fd = -1};
	struct err e = ERR_INIT;
	struct loop_timer *timer;
	char *name;
	int status = 0;

	if (machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	t.dir = store_machine_dir(&cli->store, name);
	t.path = file_join(t.dir, "console.log");
	copy_new(&t);
	if (t.fd < 0 && !cli->follow) {
		err_set(&e, ERR_FAILED, "no-log", "%s has no console log yet", name);
		err_hint(&e, "debwiz boot %s", name);
		status = cli_error(cli, &e);
	} else if (cli->follow) {
		timer = loop_timer_start(cli->loop, WATCH_MS / 4, WATCH_MS / 4, copy_new, &t);
		loop_run(cli->loop);
		loop_timer_stop(timer);
	}
	if (t.fd >= 0)
		close(t.fd);
	free(t.path);
	free(t.dir);
	free(name);
	return status;
}
