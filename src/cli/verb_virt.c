/* SPDX-License-Identifier: MIT */
/*
 * verb_virt: answers a client's requests for a testbed, a line each, with temporary machines: autopkgtest(1), and
 * programs that use its testbeds. The protocol is that of autopkgtest's README.virtualisation-server;
 * assets/autopkgtest-virt-debwiz is the program that the client looks for.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/size.h"
#include "base/text.h"
#include "connection.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "running.h"
#include "temporary.h"
#include "verbs.h"

#define LINE_MAX_BYTES 65536
#define OUTPUT_MAX_BYTES 65536
#define TERMINAL "/dev/tty"
#define SOCKET_MAX_BYTES 90 /* of the connection that commands share: ssh(1) appends 17 to a path of at most 108 */

struct virt {
	struct cli *cli;
	struct cli own; /* options for the machine */
	struct spec spec;
	struct temporary machine;
	struct cli_connection connection;
	char *scratch; /* the client's folder in the guest; NULL: there is no machine */
	struct buf input;
	struct buf answer; /* what follows `ok` */
	bool ended;	   /* no more requests */
	bool waiting;	   /* the loop runs for virt_wait */
	struct loop_exit *signals;
	/* a program that runs for the machine */
	struct proc *proc;
	struct buf output;
	int64_t status;
};

/* ---- signals and standard input ----------------------------------------------------------- */

static void virt_on_signal(void *arg)
{
	struct virt *v = arg;

	v->ended = true;
	if (v->proc)
		proc_terminate(v->proc);
	if (v->waiting)
		loop_stop(v->cli->loop);
}

/* Runs the loop until something stops it. */
static void virt_wait(struct virt *v)
{
	v->waiting = true;
	loop_run(v->cli->loop);
	v->waiting = false;
}

static void virt_on_readable(int events, void *arg)
{
	struct virt *v = arg;

	(void)events;
	loop_stop(v->cli->loop);
}

/* Waits for more input and appends it; a file is read without waiting. */
static void virt_read(struct virt *v)
{
	struct loop_fd *watch = loop_fd_start(v->cli->loop, STDIN_FILENO, LOOP_READ, virt_on_readable, v);
	char chunk[4096];
	ssize_t n;

	if (watch)
		virt_wait(v);
	loop_fd_stop(watch);
	n = v->ended ? 0 : read(STDIN_FILENO, chunk, sizeof(chunk));
	if (n <= 0 || buf_add(&v->input, chunk, (size_t)n) < 0)
		v->ended = true;
}

/* Returns the next request, owned, or NULL if there are no more. */
static char *virt_next(struct virt *v)
{
	char *end, *line;

	while (!(end = memchr(v->input.data, '\n', v->input.len)) && !v->ended)
		virt_read(v);
	if (!end)
		return NULL;
	line = xstrndup(v->input.data, (size_t)(end - v->input.data));
	buf_drop(&v->input, (size_t)(end - v->input.data) + 1);
	return line;
}

/* ---- commands in the guest ---------------------------------------------------------------- */

static void virt_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct virt *v = arg;

	if (fd == STDOUT_FILENO)
		buf_add(&v->output, p, n);
	else
		fwrite(p, 1, n, stderr);
}

static void virt_on_exit(int64_t status, int signal, void *arg)
{
	struct virt *v = arg;

	v->status = signal ? 128 + signal : status;
	v->proc = NULL;
	loop_stop(v->cli->loop);
}

/* Fills argv with ssh and what is before the words of a command in the guest. */
static int virt_ssh(struct virt *v, struct strv *argv, struct err *e)
{
	int r = cli_connection_program(&v->connection, &v->own, "ssh", argv, e);

	if (!r)
		strv_add(argv, v->connection.address);
	return r;
}

/* Runs a line of shell in the guest as root; v->output receives the first line of what it prints. */
static int virt_guest(struct virt *v, const char *line, struct err *e)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	struct proc_conf conf = {.output = virt_on_output, .ended = virt_on_exit, .arg = v};
	char *words[] = {"sudo", "-n", "sh", "-c", (char *)line, NULL};

	buf_clear(&v->output);
	if (virt_ssh(v, &argv, e) < 0)
		return -1;
	strv_take(&argv, quote_command(words));
	conf.argv = strv_argv(&argv);
	v->proc = proc_start(v->cli->loop, &conf, e);
	if (!v->proc)
		return -1;
	while (v->proc)
		virt_wait(v);
	if (v->ended)
		return err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
	if (v->status)
		return err_set(e, ERR_FAILED, "virt-guest", "%s: a command in the guest failed: %s", v->machine.name,
			       line);
	buf_addc(&v->output, '\n');
	*strchr(v->output.data, '\n') = '\0';
	return 0;
}

/* ---- the machine -------------------------------------------------------------------------- */

/* One connection serves all commands: to log in takes an emulated machine seconds. */
static void virt_share_connection(struct virt *v)
{
	AUTO_FREE char *runtime = host_runtime_dir(v->machine.name, NULL);
	AUTO_FREE char *path = runtime ? file_join(runtime, "ssh") : NULL;

	v->own.ssh_options = (struct strv)STRV_INIT;
	if (!path || strlen(path) > SOCKET_MAX_BYTES)
		return;
	strv_add(&v->own.ssh_options, "-oControlMaster=auto");
	strv_add(&v->own.ssh_options, "-oControlPersist=yes");
	strv_addf(&v->own.ssh_options, "-oControlPath=%s", path);
}

static int virt_connect(struct virt *v, struct err *e)
{
	int r = cli_connection_open(&v->connection, &v->own, v->machine.name, e);

	v->connection.root = true;
	return r;
}

static int virt_close(struct virt *v, struct err *e)
{
	int r = 0;

	if (v->machine.name) {
		cli_connection_close(&v->connection);
		strv_fini(&v->own.ssh_options);
		r = temporary_remove(&v->machine, e);
	}
	free(v->scratch);
	v->scratch = NULL;
	return r;
}

/* Waits until the services have started; creates the group that sbuild(1) gives its files to. */
static const char virt_prepare[] = "systemctl is-system-running --wait >/dev/null; groupadd --force --system sbuild; "
				   "d=$(mktemp -d /var/tmp/debwiz-virt.XXXXXX) && chmod 1777 \"$d\" && echo \"$d\"";

static int virt_open(struct virt *v, struct err *e)
{
	int r = temporary_new(&v->cli->store, "virt", &v->machine, e);

	if (!r) {
		r = cli_temporary_start(v->cli, &v->machine, &v->spec, &v->own, e);
		virt_share_connection(v);
	}
	if (!r)
		r = virt_connect(v, e);
	if (!r)
		r = virt_guest(v, virt_prepare, e);
	if (r < 0)
		return -1;
	v->scratch = xstrdup(v->output.data);
	buf_adds(&v->answer, v->scratch);
	return 0;
}

/* ---- requests ----------------------------------------------------------------------------- */

static int virt_request_capabilities(struct virt *v, char **args, struct err *e)
{
	(void)args;
	(void)e;
	buf_addf(&v->answer,
		 "isolation-machine reboot revert revert-full-system root-on-testbed suggested-normal-user=%s",
		 v->spec.user);
	return 0;
}

static int virt_request_open(struct virt *v, char **args, struct err *e)
{
	(void)args;
	return virt_open(v, e);
}

static int virt_request_close(struct virt *v, char **args, struct err *e)
{
	(void)args;
	return virt_close(v, e);
}

static int virt_request_revert(struct virt *v, char **args, struct err *e)
{
	(void)args;
	return virt_close(v, e) < 0 ? -1 : virt_open(v, e);
}

/* Off and on again, so that a direct boot uses a kernel that was installed. The answer has no words, as those of
 * autopkgtest's own servers; its description says otherwise. */
static int virt_request_reboot(struct virt *v, char **args, struct err *e)
{
	int r = cli_stop(&v->own, v->machine.name, e);

	(void)args;
	cli_connection_close(&v->connection);
	if (!r)
		r = cli_boot(&v->own, JOB_LOGIN, e);
	if (!r)
		r = virt_connect(v, e);
	return r;
}

/* Returns the words that connect and start a command, for a shell; words follow them. Owned, NULL with e. */
static char *virt_command_line(struct virt *v, struct err *e)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	const struct asset *text = asset_get("guest/virt.sh", e);
	char *words[] = {"sudo", "-n", "sh", "-c", text ? (char *)text->data : "", "virt", NULL};

	if (!text || virt_ssh(v, &argv, e) < 0)
		return NULL;
	strv_take(&argv, quote_command(words));
	return quote_command(strv_argv(&argv));
}

/* Returns the program that the client starts with the words of a command: it passes each to the guest's shell as one.
 * Owned, NULL with e. */
static char *virt_program(struct virt *v, struct err *e)
{
	AUTO_FREE char *line = virt_command_line(v, e);

	return line ? xasprintf("#!/bin/sh\n"
				"for word do\n"
				"\tword=$(printf '%%s.' \"$word\" | sed \"s/'/'\\\\\\\\''/g\")\n"
				"\tcommand=\"$command '${word%%.}'\"\n"
				"done\n"
				"exec %s \"$command\"\n",
				line)
		    : NULL;
}

/* The answer is the path of a program, because clients decode its words once (as the protocol says) or twice. */
static int virt_request_command(struct virt *v, char **args, struct err *e)
{
	AUTO_FREE char *folder = temporary_folder(&v->machine, e);
	AUTO_FREE char *path = folder ? file_join(folder, "command") : NULL;
	AUTO_FREE char *text = path ? virt_program(v, e) : NULL;
	AUTO_FREE char *word = path ? text_percent_encode(path) : NULL;

	(void)args;
	if (!text || file_write(path, text, strlen(text), 0700, e) < 0)
		return -1;
	buf_adds(&v->answer, word);
	return 0;
}

/* Removes the slash of a folder's path; the content is what is copied. */
static bool virt_is_folder(char *path)
{
	size_t n = strlen(path);
	bool folder = n > 1 && path[n - 1] == '/';

	if (folder)
		path[n - 1] = '\0';
	return folder;
}

static int virt_copy(struct virt *v, bool to, char **args, struct err *e)
{
	AUTO_STRV struct strv paths = STRV_INIT;
	AUTO_BUF struct buf make = {0};
	bool folder = virt_is_folder(args[0]);
	int r = 0;

	folder = virt_is_folder(args[1]) || folder;
	strv_addf(&paths, "%s%s", args[0], folder ? "/." : "");
	buf_init(&make, 0);
	buf_adds(&make, "mkdir -p -- ");
	quote_always(&make, args[1]);
	if (folder)
		r = to ? virt_guest(v, make.data, e) : file_mkdirs(args[1], e);
	return r ? r : cli_copy(&v->own, &v->connection, to, &paths, args[1], e);
}

static int virt_request_copydown(struct virt *v, char **args, struct err *e)
{
	return virt_copy(v, true, args, e);
}

static int virt_request_copyup(struct virt *v, char **args, struct err *e)
{
	return virt_copy(v, false, args, e);
}

/* Standard input and output belong to the protocol: the shell is on the terminal. */
static int virt_request_shell(struct virt *v, char **args, struct err *e)
{
	AUTO_STRV struct strv ssh = STRV_INIT;
	AUTO_FREE char *line = NULL, *all = NULL;
	char *words[] = {"sh", "-c", NULL, NULL};
	int status;

	(void)args;
	if (virt_ssh(v, &ssh, e) < 0)
		return -1;
	strv_add(&ssh, "-t");
	strv_add(&ssh, "sudo -n -i");
	line = quote_command(strv_argv(&ssh));
	all = xasprintf("exec %s <" TERMINAL " >" TERMINAL " 2>&1", line);
	words[2] = all;
	return proc_foreground(words, &status, e);
}

static int virt_request_quit(struct virt *v, char **args, struct err *e)
{
	(void)args;
	v->ended = true;
	return virt_close(v, e);
}

enum virt_state { VIRT_ANY, VIRT_CLOSED, VIRT_OPEN };

static const struct virt_request {
	const char *name;
	size_t args;
	enum virt_state state;
	int (*answer)(struct virt *v, char **args, struct err *e);
} virt_requests[] = {
	{"capabilities", 0, VIRT_ANY, virt_request_capabilities},
	{"open", 0, VIRT_CLOSED, virt_request_open},
	{"close", 0, VIRT_OPEN, virt_request_close},
	{"revert", 0, VIRT_OPEN, virt_request_revert},
	{"reboot", 0, VIRT_OPEN, virt_request_reboot},
	{"print-execute-command", 0, VIRT_OPEN, virt_request_command},
	{"copydown", 2, VIRT_OPEN, virt_request_copydown},
	{"copyup", 2, VIRT_OPEN, virt_request_copyup},
	{"shell", 0, VIRT_OPEN, virt_request_shell},
	{"quit", 0, VIRT_ANY, virt_request_quit},
};

static const struct virt_request *virt_find(const struct virt *v, const struct strv *words, struct err *e)
{
	char count[SIZE_TEXT];

	for (size_t i = 0; words->len && i < ARRAY_SIZE(virt_requests); i++) {
		const struct virt_request *r = &virt_requests[i];

		if (strcmp(r->name, words->items[0]) != 0)
			continue;
		if (r->args != words->len - 1)
			err_set(e, ERR_USAGE, "virt-request", "%s takes %s", r->name,
				count_human(r->args, "argument", count));
		else if (r->state != VIRT_ANY && (r->state == VIRT_OPEN) != (v->scratch != NULL))
			err_set(e, ERR_USAGE, "virt-request", "%s: the testbed is %s", r->name,
				v->scratch ? "open" : "closed");
		else
			return r;
		return NULL;
	}
	err_set(e, ERR_USAGE, "virt-request", "\"%s\" is not a request of autopkgtest's protocol",
		words->len ? words->items[0] : "");
	return NULL;
}

static int virt_serve(struct virt *v, const char *line, struct err *e)
{
	AUTO_STRV struct strv words = STRV_INIT;
	const struct virt_request *r;

	strv_split(&words, line, " \r");
	for (size_t i = 1; i < words.len; i++) {
		char *plain = text_percent_decode(words.items[i], strlen(words.items[i]));

		if (!plain)
			return err_set(e, ERR_USAGE, "virt-request", "\"%s\" is not a percent-encoded path",
				       words.items[i]);
		free(words.items[i]);
		words.items[i] = plain;
	}
	r = virt_find(v, &words, e);
	buf_clear(&v->answer);
	if (!r || r->answer(v, words.items + 1, e) < 0)
		return -1;
	printf("ok%s%s\n", v->answer.len ? " " : "", v->answer.data);
	if (cli_flush() != 0)
		v->ended = true;
	return 0;
}

int verb_virt(struct cli *cli)
{
	struct virt v = {.cli = cli};
	struct err e = ERR_INIT, end = ERR_INIT;
	char *line;
	int r;

	cli->json = false; /* standard output belongs to the protocol */
	buf_init(&v.input, LINE_MAX_BYTES);
	buf_init(&v.output, OUTPUT_MAX_BYTES);
	buf_init(&v.answer, 0);
	/* from now on a signal that asks the program to exit is noted, and the machine removed */
	v.signals = loop_exit_start(cli->loop, virt_on_signal, &v);
	temporary_collect(&cli->store);
	r = cli_temporary_spec(cli, cli->nargs ? cli->args[0] : NULL, &v.spec, &e);
	if (!r) {
		puts("ok");
		cli_flush();
	}
	while (!r && (line = virt_next(&v))) {
		r = virt_serve(&v, line, &e);
		free(line);
	}
	if (virt_close(&v, &end) < 0)
		cli_error(cli, &end);
	loop_exit_stop(v.signals);
	spec_fini(&v.spec);
	buf_fini(&v.answer);
	buf_fini(&v.output);
	buf_fini(&v.input);
	return r < 0 ? cli_error(cli, &e) : 0;
}
