/* SPDX-License-Identifier: MIT */
/* verb_cp: files and folders to a machine or from one, by OpenSSH's scp; 125 where it was not even started. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/reach.h"
#include "cli/verbs.h"
#include "host/proc.h"

#define CP_FAILED 125

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

static void add_operand(struct strv *argv, const struct cli_reach *t, const char *arg)
{
	size_t n = machine_part(arg);

	if (n)
		strv_addf(argv, "%s@%s:%s", t->spec.user, t->address, arg + n + 1);
	else if (*arg == '/' || *arg == '.')
		strv_add(argv, arg);
	else
		strv_addf(argv, "./%s", arg); /* else a dash is an option, and a colon a host */
}

static int cp_end(struct cli *cli, struct strv *argv, struct err *e)
{
	if (!e->kind)
		(void)proc_exec(strv_argv(argv), e); /* comes back only with an error */
	strv_fini(argv);
	cli_error(cli, e);
	return CP_FAILED;
}

int verb_cp(struct cli *cli)
{
	struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	char *name = machine_named(cli, &e);
	struct cli_reach t;

	if (!name)
		return cp_end(cli, &argv, &e);
	if (cli_reach_open(&t, cli, name, &e) == 0 &&
	    cli_reach_program(&t, cli, "scp", &argv, &e) == 0) {
		strv_add(&argv, "-r");
		strv_add(&argv, "-p");
		strv_add(&argv, "--");
		for (size_t i = 0; i < cli->nargs; i++)
			add_operand(&argv, &t, cli->args[i]);
	}
	cli_reach_close(&t);
	free(name);
	return cp_end(cli, &argv, &e);
}
