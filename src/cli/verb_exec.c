/* SPDX-License-Identifier: MIT */
/*
 * verb_exec: runs a command on the serial console, for guests without ssh: types it at the shell's prompt, prints its
 * output and exits with its status. Refuses if another user types on the console, or if it shows no prompt.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"
#include "connection.h"
#include "machine/shell.h"
#include "running.h"
#include "verbs.h"

#define EXEC_FAILED 125
#define INTERRUPTED 130
#define TERMINATED 143
#define HUNG_UP 129
#define PROMPT_MS 5000 /* after the guest's answer, which may be another text first */
#define SILENT_MS 30000
#define START_MS 15000

struct exec {
	struct cli_running m;
	struct shell *shell;
	char *command;
	struct loop_timer *timer;
	struct loop_signal *signals[3];
	bool answered;	 /* the guest has written something */
	bool waited;	 /* for the shell's answer, after its prompt */
	struct buf line; /* output up to a line end */
	bool asked;	 /* the supervisor has reported whether another user types */
	int status;
	struct err err;
};

static void verb_exec_end(struct exec *x, int status)
{
	x->status = status;
	loop_stop(x->m.cli->loop);
}

static void verb_exec_on_typed(const struct err *e, const json_t *answer, void *arg)
{
	struct exec *x = arg;

	(void)answer;
	if (!e || x->err.kind)
		return;
	err_copy(&x->err, e);
	verb_exec_end(x, EXEC_FAILED);
}

static void verb_exec_type(const char *text, size_t n, void *arg)
{
	struct exec *x = arg;

	vm_client_ask(x->m.client, "type", json_pack("{s:s%}", "text", text, n), verb_exec_on_typed, x);
}

static void verb_exec_put_line(struct exec *x)
{
	char *clean = isatty(STDOUT_FILENO) ? text_clean(x->line.data, x->line.len, true) : NULL;

	if (clean)
		fputs(clean, stdout);
	else
		fwrite(x->line.data, 1, x->line.len, stdout);
	free(clean);
	buf_clear(&x->line);
}

static void verb_exec_output(const char *p, size_t n, void *arg)
{
	struct exec *x = arg;

	for (size_t i = 0; i < n; i++) {
		buf_addc(&x->line, p[i]);
		if (p[i] == '\n' || x->line.len >= BUFSIZ)
			verb_exec_put_line(x);
	}
}

static void verb_exec_done(int status, void *arg)
{
	verb_exec_end(arg, status);
}

static const struct shell_ops shell_ops = {.type = verb_exec_type, .output = verb_exec_output, .done = verb_exec_done};

static void verb_exec_wait_for(struct exec *x, uint64_t ms);

/* Ends the wait for a prompt, or for the shell's answer to what was typed at it. */
static void verb_exec_on_timer(void *arg)
{
	struct exec *x = arg;
	AUTO_FREE char *line = shell_last_line(x->shell);
	bool answers = shell_phase(x->shell) == SHELL_STARTED;

	loop_timer_stop(x->timer);
	x->timer = NULL;
	if (shell_phase(x->shell) == SHELL_PROMPT) {
		err_set(&x->err, ERR_FAILED, "exec-prompt", "the console shows no shell's prompt%s%s",
			*line ? ", but: " : "", line);
		err_hint(&x->err, "look with `debwiz console %s`, and log in there; or use debwiz ssh", x->m.name);
		verb_exec_end(x, EXEC_FAILED);
	} else if (answers && !x->waited) {
		x->waited = true;
		verb_exec_wait_for(x, START_MS);
	} else if (answers) {
		shell_interrupt(x->shell);
		err_set(&x->err, ERR_TIMEOUT, "exec-silent", "the shell on the console does not answer");
		verb_exec_end(x, EXEC_FAILED);
	}
}

static void verb_exec_wait_for(struct exec *x, uint64_t ms)
{
	x->timer = loop_timer_start(x->m.cli->loop, ms, 0, verb_exec_on_timer, x);
}

static void verb_exec_leave_clean(struct exec *x, int status)
{
	if (x->shell)
		shell_interrupt(x->shell);
	verb_exec_end(x, status);
}

static void verb_exec_on_interrupt(void *arg)
{
	verb_exec_leave_clean(arg, INTERRUPTED);
}

static void verb_exec_on_terminate(void *arg)
{
	verb_exec_leave_clean(arg, TERMINATED);
}

static void verb_exec_on_hangup(void *arg)
{
	verb_exec_leave_clean(arg, HUNG_UP);
}

/* Watches signals: however the command is ended, the console is left as it was found. */
static void verb_exec_watch_signals(struct exec *x)
{
	static const struct {
		int signum;
		void (*fn)(void *arg);
	} wanted[] = {
		{SIGINT, verb_exec_on_interrupt}, {SIGTERM, verb_exec_on_terminate}, {SIGHUP, verb_exec_on_hangup}};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		x->signals[i] = loop_signal_start(x->m.cli->loop, wanted[i].signum, wanted[i].fn, x);
}

static void verb_exec_start_shell(struct exec *x)
{
	char *mark = xasprintf("debwiz%lx%lx", (unsigned long)getpid(), (unsigned long)loop_now(x->m.cli->loop));

	x->shell = shell_new(x->command, mark, &shell_ops, x, &x->err);
	free(mark);
	if (x->shell)
		verb_exec_wait_for(x, SILENT_MS);
	else
		verb_exec_end(x, EXEC_FAILED);
}

static void verb_exec_on_typing(bool you, bool anybody, unsigned viewers, void *arg)
{
	struct exec *x = arg;

	(void)viewers;
	if (!x->asked && anybody && !you) {
		err_set(&x->err, ERR_BUSY, "exec-typing", "another user types on the console of %s", x->m.name);
		err_hint(&x->err, "detach there first");
		verb_exec_end(x, EXEC_FAILED);
	} else if (!x->asked) {
		x->asked = true;
		vm_client_ask(x->m.client, "take", json_pack("{s:b}", "type", 1), verb_exec_on_typed, x);
		verb_exec_start_shell(x);
	}
}

static void verb_exec_on_console(const char *p, size_t n, void *arg)
{
	struct exec *x = arg;

	if (!x->shell)
		return;
	if (!x->answered && x->timer) {
		x->answered = true;
		loop_timer_stop(x->timer);
		verb_exec_wait_for(x, PROMPT_MS);
	}
	shell_feed(x->shell, p, n);
}

static void verb_exec_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct exec *x = arg;

	if (!x->err.kind)
		err_set(&x->err, ERR_FAILED, "ended", "%s is %s: %s", x->m.name, vm_state_name(s), cause);
	verb_exec_end(x, EXEC_FAILED);
}

static const struct vm_client_ops ops = {
	.console = verb_exec_on_console,
	.typing = verb_exec_on_typing,
	.ended = verb_exec_on_ended,
};

int verb_exec(struct cli *cli)
{
	struct exec x = {.status = EXEC_FAILED};
	char *name = NULL;
	int r;

	buf_init(&x.line, 0);
	x.command = quote_command(cli->rest);
	if (!*x.command) {
		r = err_set(&x.err, ERR_USAGE, "usage", "usage: debwiz exec M -- CMD...");
	} else {
		r = cli_machine_name(cli, &name, &x.err);
		if (!r)
			r = cli_need_running(cli, cli->args[0], name, JOB_LOGIN, &x.err);
		if (!r)
			r = cli_running_connect(&x.m, cli, true, &ops, &x, &x.err);
	}
	if (!r) {
		verb_exec_watch_signals(&x);
		vm_client_ask(x.m.client, "attach", json_pack("{s:b}", "type", 0), verb_exec_on_typed, &x);
		loop_run(cli->loop);
		for (size_t i = 0; i < ARRAY_SIZE(x.signals); i++)
			loop_signal_stop(x.signals[i]);
		verb_exec_put_line(&x);
		fflush(stdout);
	}
	loop_timer_stop(x.timer);
	shell_free(x.shell);
	cli_running_close(&x.m);
	buf_fini(&x.line);
	free(x.command);
	free(name);
	if (x.err.kind)
		cli_error(cli, &x.err);
	return x.status;
}
