/* SPDX-License-Identifier: MIT */
/*
 * verb_ssh: ssh and cp: OpenSSH's programs with the machine's own key and the host keys that its guest
 * reported. Their exit status is ours; 125 where they were not even started.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "cli/verbs.h"
#include "host/paths.h"
#include "host/facts.h"
#include "host/proc.h"
#include "plan/runner.h"
#include "prep/job.h"
#include "prep/steps.h"
#include "vm/supervisor.h"

#define SSH_FAILED 125

/* The machine and how it is reached. */
struct reach {
	struct spec spec;
	struct job job;
	char address[64];
	uint16_t port;
	bool young; /* it may still be coming up */
};

static void reach_close(struct reach *t)
{
	job_fini(&t->job);
	spec_fini(&t->spec);
}

static int check_running(struct reach *t, struct err *e)
{
	struct vm_run run;
	int r = vm_run_read(t->job.machine_dir, &run, e);

	if (r < 0)
		return r;
	if (!run.alive) {
		r = err_set(e, ERR_FAILED, "not-running", "%s is not running", t->spec.name);
		err_hint(e, "debwiz boot %s --wait=ssh", t->spec.name);
	} else if (run.state == VM_PAUSED) {
		r = err_set(e, ERR_FAILED, "paused", "%s is paused", t->spec.name);
		err_hint(e, "debwiz resume %s", t->spec.name);
	}
	t->young = (uint64_t)(time(NULL) - run.started) * 1000 < t->spec.timeout;
	vm_run_fini(&run);
	return r;
}

struct waiting {
	struct reach *reach;
	struct runner *runner;
	struct err err, end; /* of the step; of the machine */
	bool told;
};

static void on_event(const struct runner_event *ev, void *arg)
{
	struct waiting *w = arg;

	if (ev->type == RUNNER_FINISHED) {
		if (ev->error)
			err_copy(&w->err, ev->error);
		loop_stop(w->reach->job.loop);
	} else if (ev->type == RUNNER_PROGRESS) { /* once a second */
		if (!w->told)
			fprintf(stderr, "debwiz: waiting until ssh of %s answers\n",
				w->reach->spec.name);
		w->told = true;
		if (!w->end.kind && check_running(w->reach, &w->end) < 0)
			runner_cancel(w->runner);
	}
}

/* A guest shows its login prompt before its ssh answers, and whoever connects meanwhile is cut off. */
static int await_ssh(struct reach *t, struct err *e)
{
	const struct step_ops *const steps[] = {&step_ssh};
	struct waiting w = {.reach = t};

	w.runner = runner_new(t->job.loop, steps, 1, &t->job, on_event, &w);
	runner_start(w.runner);
	loop_run(t->job.loop);
	runner_free(w.runner);
	if (w.end.kind) {
		err_fini(&w.err);
		return err_move(e, &w.end);
	}
	return w.err.kind ? err_move(e, &w.err) : 0;
}

/* To be closed in either case. */
static int reach_open(struct reach *t, struct cli *cli, const char *ref, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH};

	memset(t, 0, sizeof(*t));
	if (cli_machine(cli, ref, &t->spec, e) < 0 ||
	    job_init(&t->job, cli->loop, cli->catalog, &cli->store, &t->spec, &o, e) < 0 ||
	    check_running(t, e) < 0)
		return -1;
	t->port = job_ssh_port(&t->job, t->address, e);
	if (!t->port)
		return -1;
	return t->young ? await_ssh(t, e) : 0;
}

/* The program and what makes it reach that machine and no other. */
static int add_program(const struct reach *t, const char *name, char port_option, struct strv *argv,
		       struct err *e)
{
	char *path = host_which(name);
	char *key, *known, *hint;

	if (!path) {
		hint = host_install_hint("ssh");
		err_set(e, ERR_MISSING, "ssh-missing", "there is no %s on this host", name);
		err_hint(e, "%s", hint ? hint : "install OpenSSH's client");
		free(hint);
		return -1;
	}
	key = job_file(&t->job, "id_ed25519");
	known = job_file(&t->job, "known_hosts");
	strv_take(argv, path);
	strv_addf(argv, "-%c%u", port_option, t->port);
	strv_add(argv, "-oStrictHostKeyChecking=yes");
	strv_addf(argv, "-oUserKnownHostsFile=\"%s\"", known);
	strv_add(argv, "-oGlobalKnownHostsFile=/dev/null");
	strv_addf(argv, "-oIdentityFile=\"%s\"", key);
	strv_addf(argv, "-oHostKeyAlias=%s", t->spec.name);
	strv_add(argv, "-oLogLevel=ERROR");
	free(key);
	free(known);
	return 0;
}

static int run(struct cli *cli, struct strv *argv, struct err *e)
{
	if (!e->kind)
		(void)proc_exec(strv_argv(argv), e); /* comes back only with an error */
	strv_fini(argv);
	cli_error(cli, e);
	return SSH_FAILED;
}

int verb_ssh(struct cli *cli)
{
	struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	struct reach t;

	if (reach_open(&t, cli, cli->args[0], &e) == 0 && add_program(&t, "ssh", 'p', &argv, &e) == 0) {
		strv_addf(&argv, "%s@%s", t.spec.user, t.address);
		for (size_t i = 0; cli->rest && cli->rest[i]; i++)
			strv_add(&argv, cli->rest[i]);
	}
	reach_close(&t);
	return run(cli, &argv, &e);
}

/* ---- cp ---- */

/* Length of M in M:PATH; 0 for a path of this host, also where it holds a colon behind a slash. */
static size_t machine_part(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? n : 0;
}

/* The one machine that is named, owned. Both ways at once, or none, is refused. */
static char *machine_named(const struct cli *cli, struct err *e)
{
	const char *to = cli->args[cli->nargs - 1];
	const char *first = machine_part(to) ? to : cli->args[0];
	size_t n = machine_part(first);

	for (size_t i = 0; i < cli->nargs; i++) {
		size_t part = machine_part(cli->args[i]);
		bool there = first == to ? i == cli->nargs - 1 : i < cli->nargs - 1;

		if (n && there == (part > 0) && (!part || (part == n && !strncmp(cli->args[i], first, n))))
			continue;
		err_set(e, ERR_USAGE, "usage",
			"cp copies to one machine or from one: cp FILE... M:PATH, or cp M:PATH... FILE");
		err_hint(e, "a file of this host with a colon in its name is ./NAME");
		return NULL;
	}
	return xstrndup(first, n);
}

static void add_operand(struct strv *argv, const struct reach *t, const char *arg)
{
	size_t n = machine_part(arg);

	if (n)
		strv_addf(argv, "%s@%s:%s", t->spec.user, t->address, arg + n + 1);
	else if (*arg == '/' || *arg == '.')
		strv_add(argv, arg);
	else
		strv_addf(argv, "./%s", arg); /* else a dash is an option, and a colon a host */
}

int verb_cp(struct cli *cli)
{
	struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	char *name = machine_named(cli, &e);
	struct reach t;

	if (!name)
		return run(cli, &argv, &e);
	if (reach_open(&t, cli, name, &e) == 0 && add_program(&t, "scp", 'P', &argv, &e) == 0) {
		strv_add(&argv, "-r");
		strv_add(&argv, "-p");
		strv_add(&argv, "--");
		for (size_t i = 0; i < cli->nargs; i++)
			add_operand(&argv, &t, cli->args[i]);
	}
	reach_close(&t);
	free(name);
	return run(cli, &argv, &e);
}
