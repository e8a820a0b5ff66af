/* SPDX-License-Identifier: MIT */
/* verb_face: verbs that the full-screen face carries out. */
#include "cli/verbs.h"
#include "plain.h"

static int show(struct cli *cli, cli_face_fn fn, const char *ref)
{
	struct err e = ERR_INIT;
	int status = fn(cli, ref, &e);

	return status < 0 ? cli_error(cli, &e) : status;
}

int verb_home(struct cli *cli)
{
	return show(cli, cli->face->home, NULL);
}

int verb_new(struct cli *cli)
{
	struct err e = ERR_INIT;

	if (cli->plain || cli->yes || cli->json)
		return plain_run(cli, NULL);
	if (!cli->face->possible()) {
		err_set(&e, ERR_USAGE, "no-screen", "the screens need a terminal that can show them");
		err_hint(&e, "`debwiz new --plain` asks the same questions line by line; --yes takes all defaults");
		return cli_error(cli, &e);
	}
	return show(cli, cli->face->new_machine, NULL);
}

int verb_open(struct cli *cli)
{
	return show(cli, cli->face->open, cli->args[0]);
}

int verb_console(struct cli *cli)
{
	return show(cli, cli->face->console, cli->args[0]);
}
