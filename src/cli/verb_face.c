/* SPDX-License-Identifier: MIT */
/* verb_face: verbs that the full-screen face carries out. */
#include "cli/verbs.h"

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
