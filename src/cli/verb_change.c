/* SPDX-License-Identifier: MIT */
/*
 * verb_change: clone, rename, delete and recreate. Lists first what is lost; if that is data of the guest, asks twice,
 * and the second answer is the machine's name: typed, or given by --confirm. --yes alone is not enough.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/change.h"
#include "verbs.h"
#include "work.h"

static void verb_change_list(const struct change *c)
{
	if (c->lost.len)
		fprintf(stderr, "%s loses for good:\n", c->name);
	for (size_t i = 0; i < c->lost.len; i++)
		fprintf(stderr, "  - %s\n", c->lost.items[i]);
	for (size_t i = 0; i < c->notes.len; i++)
		fprintf(stderr, "%s%s\n", c->lost.len ? "  " : "note: ", c->notes.items[i]);
}

static int verb_change_not_confirmed(const struct cli *cli, const struct change *c, struct err *e)
{
	err_set(e, ERR_USAGE, "not-confirmed", "nothing was changed");
	if (c->loses_data)
		return err_hint(e, "%s requires the machine's name, typed on a terminal or by --yes --confirm %s",
				cli->verb->name, c->name);
	return err_hint(e, "answer yes on a terminal, or use --yes");
}

/* Asks whether it may be done; 0, or -1 with e. */
static int verb_change_confirm(const struct cli *cli, const struct change *c, struct err *e)
{
	char line[64] = "";

	if (!c->lost.len)
		return 0;
	if (cli->confirm && strcmp(cli->confirm, c->name)) {
		err_set(e, ERR_USAGE, "not-confirmed", "--confirm says %s, and the machine is %s; nothing was changed",
			cli->confirm, c->name);
		return -1;
	}
	if (!cli->yes && (!cli_can_ask(cli) || !cli_ask_yes("continue? [no] ", false)))
		return verb_change_not_confirmed(cli, c, e);
	if (!c->loses_data || cli->confirm)
		return 0;
	if (!cli_can_ask(cli) || !cli_read_answer(line, sizeof(line), "type the machine's name to continue: ") ||
	    strcmp(line, c->name))
		return verb_change_not_confirmed(cli, c, e);
	return 0;
}

static void verb_change_print_done(const struct cli *cli, const struct change *c)
{
	static const char *const events[] = {
		[CHANGE_CLONE] = "cloned",
		[CHANGE_RENAME] = "renamed",
		[CHANGE_DELETE] = "deleted",
		[CHANGE_RECREATE] = "recreated",
	};

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s}", "event", events[c->kind], "name", c->name, "to",
					 c->to ? c->to : ""));
	else if (c->kind == CHANGE_CLONE)
		printf("%s: a copy of %s, in %s\n", c->to, c->name, c->to_ini);
	else if (c->kind == CHANGE_RENAME)
		printf("%s: was %s; its file is %s\n", c->to, c->name, c->to_ini);
	else if (c->kind == CHANGE_DELETE)
		printf("%s: deleted\n", c->name);
	else
		printf("%s: its disk is gone; the next `debwiz up` makes a new one\n", c->name);
}

struct doing {
	const struct store *store;
	const struct change *change;
};

static int verb_change_work(const atomic_bool *cancel, struct cli_progress *p, void *arg, struct err *e)
{
	struct doing *d = arg;

	return change_do(d->store, d->change, cancel, cli_progress_percent, p, e);
}

static int verb_change_run(struct cli *cli, enum change_kind kind)
{
	static const char *const doing[] = {
		[CHANGE_CLONE] = "copying its disk",
		[CHANGE_RENAME] = "renaming it",
		[CHANGE_DELETE] = "deleting it",
		[CHANGE_RECREATE] = "removing its disk",
	};

	struct err e = ERR_INIT;
	struct change c;
	int r = change_examine(&cli->store, kind, cli->args[0], cli->nargs > 1 ? cli->args[1] : NULL, &c, &e);

	if (!r && !cli->json)
		verb_change_list(&c);
	if (!r)
		r = verb_change_confirm(cli, &c, &e);
	if (!r)
		r = cli_work(cli,
			     &(struct cli_work){.name = c.name,
						.doing = doing[kind],
						.fn = verb_change_work,
						.arg = &(struct doing){&cli->store, &c}},
			     &e);
	if (!r)
		verb_change_print_done(cli, &c);
	change_fini(&c);
	return r < 0 ? cli_error(cli, &e) : 0;
}

int verb_clone(struct cli *cli)
{
	return verb_change_run(cli, CHANGE_CLONE);
}

int verb_rename(struct cli *cli)
{
	return verb_change_run(cli, CHANGE_RENAME);
}

int verb_delete(struct cli *cli)
{
	return verb_change_run(cli, CHANGE_DELETE);
}

int verb_recreate(struct cli *cli)
{
	return verb_change_run(cli, CHANGE_RECREATE);
}
