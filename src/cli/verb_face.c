/* SPDX-License-Identifier: MIT */
/* verb_face: new, edit, open, console and home, which show the full screens. */
#include <stdlib.h>

#include "base/mem.h"
#include "plain.h"
#include "verbs.h"

static int verb_face_show(struct cli *cli, cli_face_fn fn, const char *ref)
{
	struct err e = ERR_INIT;
	int status = fn(cli, ref, &e);

	return status < 0 ? cli_error(cli, &e) : status;
}

int verb_home(struct cli *cli)
{
	struct err e = ERR_INIT;

	if (cli->sets.len || cli->mirror) {
		err_set(&e, ERR_USAGE, "set-nothing", "--set and --mirror are for one machine");
		err_hint(&e, "name it, or write `debwiz new`, before them");
		return cli_error(cli, &e);
	}
	return verb_face_show(cli, cli->face->home, NULL);
}

/* Runs the wizard on the full screen, or in lines if that is asked for. `path`: of the file to edit, or NULL. */
static int verb_face_wizard(struct cli *cli, cli_face_fn fn, const char *path)
{
	struct err e = ERR_INIT;

	if (cli->plain || cli->yes || cli->json)
		return plain_run(cli, path);
	if (cli->face->possible())
		return verb_face_show(cli, fn, path);
	err_set(&e, ERR_USAGE, "no-screen", "the screens need a terminal that can show them");
	err_hint(&e, "`debwiz %s --plain` asks the same questions line by line; --yes asks none", cli->verb->name);
	return cli_error(cli, &e);
}

int verb_new(struct cli *cli)
{
	return verb_face_wizard(cli, cli->face->new_machine, NULL);
}

int verb_edit(struct cli *cli)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = NULL;
	int status;

	if (store_find_ini(&cli->store, cli->args[0], &path, &e) < 0)
		return cli_error(cli, &e);
	status = verb_face_wizard(cli, cli->face->edit, path);
	return status;
}

int verb_open(struct cli *cli)
{
	return verb_face_show(cli, cli->face->open, cli->args[0]);
}

int verb_console(struct cli *cli)
{
	return verb_face_show(cli, cli->face->console, cli->args[0]);
}
