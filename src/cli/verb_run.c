/* SPDX-License-Identifier: MIT */
/*
 * verb_run: creates a machine for one command or one shell, and removes it. Exits with the command's status; 125 if
 * the machine did not start or a file could not be copied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/quote.h"
#include "connection.h"
#include "host/proc.h"
#include "interrupt.h"
#include "machine/temporary.h"
#include "prepare/job.h"
#include "running.h"
#include "spec/risk.h"
#include "temporary.h"
#include "verbs.h"

/* Masks background jobs that only a lasting machine needs and that would slow the command down. */
#define NO_BACKGROUND_JOBS                                                                                             \
	"systemd.mask=debwiz-catch-up.timer systemd.mask=apt-daily.timer systemd.mask=apt-daily-upgrade.timer "        \
	"systemd.mask=man-db.timer systemd.mask=dpkg-db-backup.timer"
#define SSH_LOST 255 /* ssh(1): it could not connect, or lost the connection */

int cli_temporary_spec(struct cli *cli, const char *ref, struct spec *s, struct err *e)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{"firmware.mode", "direct"}, /* boots sooner */
		{"boot.cmdline", NO_BACKGROUND_JOBS}, {"machine.arch", cli->arch},
		{"machine.release", cli->release},    {"mirror.url", cli->mirror},
	};
	int r = 0;

	if (ref && (cli->arch || cli->release)) {
		err_set(e, ERR_USAGE, "usage", "a machine has its own architecture and release");
		return err_hint(e, "name a machine, or --arch and --release");
	}
	if (ref) {
		r = cli_machine(cli, ref, s, e);
		if (!r && risks_check(s, NULL, NULL, e) < 0)
			r = cli_agree(cli, s, e);
		return r;
	}
	spec_init(s);
	for (size_t i = 0; i < ARRAY_SIZE(texts) && !r; i++) {
		AUTO_FREE char *set = texts[i].value ? xasprintf("%s=%s", texts[i].key, texts[i].value) : NULL;

		r = set ? spec_set(s, set, e) : 0;
	}
	for (size_t i = 0; i < cli->sets.len && !r; i++)
		r = spec_set(s, cli->sets.items[i], e);
	return r ? r : spec_check(s, cli->catalog, e);
}

/* *lost: ssh could not connect, or lost the connection. If a signal to us ended it, *status says which: 128 plus its
 * number, which is also what a signal makes of an ssh that has not connected yet. */
static int verb_run_command(struct cli *cli, struct cli_connection *r, int *status, bool *lost, struct err *e)
{
	AUTO_STRV struct strv argv = STRV_INIT;
	bool shell = !cli->rest || !cli->rest[0];
	int number = 0;
	int failed = cli_connection_program(r, cli, "ssh", &argv, e);

	if (!failed) {
		if (!shell && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			strv_add(&argv, "-t");
		for (size_t i = 0; cli->forwards && i < cli->forwards->len; i++)
			strv_add(&argv, cli->forwards->items[i]);
		strv_add(&argv, r->address);
		if (!shell)
			strv_take(&argv, quote_command(cli->rest));
		failed = proc_foreground(strv_argv(&argv), status, e);
		number = proc_foreground_signal();
	}
	*lost = !failed && (*status == SSH_LOST || (number && *status == 128 + number));
	if (*lost && number)
		*status = 128 + number;
	return failed;
}

int cli_temporary_inside(struct cli *cli, const char *name, int *status, struct err *e)
{
	struct cli_connection r;
	bool lost = true;
	int failed = cli_connection_open(&r, cli, name, e);

	if (!failed && cli->put.len)
		failed = cli_copy(cli, &r, true, &cli->put, ".", e);
	if (!failed)
		failed = cli_interrupt_check(cli, e);
	if (!failed)
		failed = verb_run_command(cli, &r, status, &lost, e);
	if (!failed && cli->get.len && !lost)
		failed = cli_copy(cli, &r, false, &cli->get, cli->out ? cli->out : ".", e);
	cli_connection_close(&r);
	return failed;
}

/* Makes of the command line one for the machine alone. */
static void verb_run_own(const struct cli *cli, struct temporary *t, struct cli *own)
{
	*own = *cli;
	own->store = t->store;
	own->args = &t->name;
	own->nargs = 1;
	own->json = false; /* standard output belongs to the command */
	own->sets = (struct strv)STRV_INIT;
	own->mirror = NULL;
	own->start = true;
}

int cli_temporary_start(const struct cli *cli, struct temporary *t, struct spec *s, struct cli *own, struct err *e)
{
	verb_run_own(cli, t, own);
	if (s->warm == SPEC_WARM_AUTO && s->method == SPEC_BOOTSTRAP)
		s->warm = SPEC_WARM_YES;
	/* cli_connection_open waits for ssh; each attempt costs an emulated guest half a second */
	return temporary_write(t, s, e) < 0 ? -1 : cli_boot(own, JOB_LOGIN, e);
}

int cli_temporary_run(struct cli *cli, struct temporary *t, struct spec *s, int *status, struct err *e)
{
	struct cli own;
	int r = cli_temporary_start(cli, t, s, &own, e);

	if (!r)
		r = cli_interrupt_check(cli, e);
	return r ? r : cli_temporary_inside(&own, t->name, status, e);
}

int cli_temporary_command(struct cli *cli, struct temporary *t, int *status, struct err *e)
{
	struct cli own;

	verb_run_own(cli, t, &own);
	own.put = own.get = (struct strv)STRV_INIT;
	own.start = false;
	return cli_temporary_inside(&own, t->name, status, e);
}

void cli_temporary_end(struct cli *cli, struct temporary *t)
{
	struct err e = ERR_INIT;

	if (temporary_remove(t, &e) < 0)
		cli_error(cli, &e);
}

int cli_temporary_keep(struct cli *cli, struct temporary *t, struct err *e)
{
	struct cli own;
	int r;

	verb_run_own(cli, t, &own);
	r = cli_stop(&own, t->name, e);
	if (!r)
		r = temporary_keep(t, &cli->store, e);
	if (!r && cli->json)
		cli_print_json(json_pack("{s:s, s:s}", "event", "kept", "name", t->name));
	else if (!r)
		fprintf(stderr,
			"debwiz: the machine is kept as %s: `debwiz ssh --start %s` enters it, `debwiz delete %s` "
			"removes it\n",
			t->name, t->name, t->name);
	return r;
}

int verb_run(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct temporary t;
	struct spec s = {.name = NULL};
	struct cli_interrupt interrupt;
	int status = CLI_TEMPORARY_FAILED;
	int r;

	temporary_collect(&cli->store);
	r = cli_temporary_spec(cli, cli->nargs ? cli->args[0] : NULL, &s, &e);
	if (!r)
		r = temporary_new(&cli->store, "run", &t, &e);
	if (!r) {
		cli_interrupt_begin(&interrupt, cli, NULL, NULL);
		r = cli_temporary_run(cli, &t, &s, &status, &e);
		if (!r && cli->keep && !proc_foreground_signal())
			r = cli_interrupt_check(cli, &e) < 0 ? -1 : cli_temporary_keep(cli, &t, &e);
		if (r < 0)
			cli_interrupt_check(cli, &e); /* rather than what it made of a program that also received it */
		cli_temporary_end(cli, &t);
		cli_interrupt_end(&interrupt);
	}
	spec_fini(&s);
	if (!r)
		return status;
	r = e.kind == ERR_INTERRUPTED ? (int)ERR_INTERRUPTED : CLI_TEMPORARY_FAILED;
	cli_error(cli, &e);
	return r;
}
