/* SPDX-License-Identifier: MIT */
/*
 * verb_snapshot: snapshot M create|list|revert|delete [TAG]: of disk and memory by the supervisor if the machine runs,
 * else of its disk (prepare/snapshot.h).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "prepare/snapshot.h"
#include "running.h"
#include "session/words.h"
#include "verbs.h"

static const struct action {
	const char *name;
	const char *event; /* for --json */
	const char *doing; /* "is still being" … */
	enum vm_snapshot_op op;
} actions[] = {
	{"create", "snapshot-created", "created", VM_SNAPSHOT_CREATE},
	{"delete", "snapshot-deleted", "deleted", VM_SNAPSHOT_DELETE},
	{"revert", "snapshot-reverted", "loaded", VM_SNAPSHOT_REVERT},
};

static void verb_snapshot_print_one(const struct cli *cli, const char *tag, int64_t date, uint64_t memory)
{
	AUTO_FREE char *clean = xstrdup(tag);
	AUTO_FREE char *contents = words_snapshot_contents(memory);
	char when[32];

	if (cli->json) {
		cli_print_json(json_pack("{s:o, s:I, s:b, s:I}", "tag", cli_json_text(tag), "date", (json_int_t)date,
					 "memory", memory > 0, "size", (json_int_t)memory));
		return;
	}
	words_date(date, true, when, sizeof(when));
	for (char *p = clean; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?'; /* a tag that debwiz did not create */
	printf("%-24s %s  %s\n", clean, when, contents);
}

static void verb_snapshot_print_none(const struct cli *cli, const char *name)
{
	if (!cli->json)
		printf("%s has no snapshots\n", name);
}

/* ---- a running machine ---- */

static int verb_snapshot_list_running(struct cli_running *m, struct err *e)
{
	const json_t *all, *one;
	size_t i;

	vm_client_snapshots(m->client, cli_running_answer, m);
	if (cli_running_wait(m, e) < 0)
		return -1;
	all = json_object_get(m->answer, "snapshots");
	json_array_foreach (all, i, one)
		verb_snapshot_print_one(m->cli, json_str(one, "tag", ""), json_int(one, "date", 0),
					(uint64_t)json_int(one, "size", 0));
	if (!json_array_size(all))
		verb_snapshot_print_none(m->cli, m->name);
	return 0;
}

struct waiting {
	struct cli_running *m;
	const struct action *action;
	const char *tag;
};

/* Ends the waiting: a snapshot cannot be cancelled. */
static void verb_snapshot_on_interrupt(void *arg)
{
	struct waiting *w = arg;
	struct cli_running *m = w->m;

	err_set(&m->err, ERR_INTERRUPTED, "snapshot-goes-on", "%s: the snapshot %s is still being %s", m->name, w->tag,
		w->action->doing);
	err_hint(&m->err, "debwiz snapshot %s list shows what came of it", m->name);
	loop_stop(m->cli->loop);
}

static int verb_snapshot_act_running(struct cli_running *m, const struct action *a, const char *tag, struct err *e)
{
	struct waiting w = {m, a, tag};

	if (!a)
		return verb_snapshot_list_running(m, e);
	m->interrupt = loop_signal_start(m->cli->loop, SIGINT, verb_snapshot_on_interrupt, &w);
	vm_client_snapshot(m->client, a->op, tag, cli_running_answer, m);
	return cli_running_wait(m, e);
}

/* ---- a stopped machine ---- */

static int verb_snapshot_list_offline(const struct job *j, struct cli *cli, struct err *e)
{
	struct disk_snapshot *all;
	size_t count;

	if (snapshot_list(j, &all, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		verb_snapshot_print_one(cli, all[i].tag, all[i].date, all[i].memory);
	if (!count)
		verb_snapshot_print_none(cli, j->spec->name);
	disk_snapshots_fini(all, count);
	return 0;
}

struct starting {
	struct loop *loop;
	struct err err;
};

static void verb_snapshot_on_started(const struct err *e, void *arg)
{
	struct starting *s = arg;

	if (e)
		err_copy(&s->err, e);
	loop_stop(s->loop);
}

static int verb_snapshot_change_offline(struct job *j, const struct action *a, const char *tag, struct err *e)
{
	struct starting s = {.loop = j->loop};
	bool starts;

	if (snapshot_change(j, a->op, tag, &starts, e) < 0)
		return -1;
	if (!starts)
		return 0;
	if (snapshot_start(j, tag, verb_snapshot_on_started, &s, e) < 0)
		return -1;
	loop_run(j->loop);
	return s.err.kind ? err_move(e, &s.err) : 0;
}

static int verb_snapshot_act_offline(struct cli_running *m, const struct action *a, const char *tag, struct err *e)
{
	struct job_options o = {.goal = JOB_PREPARED};
	struct cli *cli = m->cli;
	struct session *s = cli_open(cli, cli->args[0], &o, e);
	int r;

	if (!s)
		return -1;
	r = a ? verb_snapshot_change_offline(&s->job, a, tag, e) : verb_snapshot_list_offline(&s->job, cli, e);
	session_free(s);
	return r;
}

/* ---- both ---- */

/* Finds the action, NULL for list; -1: there is no such action. */
static int verb_snapshot_find_action(const struct cli *cli, const struct action **out, struct err *e)
{
	const char *name = cli->args[1];

	*out = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, name))
			*out = &actions[i];
	if (!*out && strcmp(name, "list") != 0)
		return err_set(e, ERR_USAGE, "usage", "snapshot M create, list, revert or delete; not %s", name);
	if (*out && (*out)->op != VM_SNAPSHOT_CREATE && cli->nargs < 3)
		return err_set(e, ERR_USAGE, "usage", "snapshot M %s needs the snapshot's name", name);
	if (cli->nargs > 2 && !vm_snapshot_tag_ok(cli->args[2]))
		return err_set(e, ERR_USAGE, "snapshot-tag",
			       "a snapshot's name is a letter, then letters, digits, '.', '_' and '-'");
	return 0;
}

int verb_snapshot(struct cli *cli)
{
	const struct action *a = NULL;
	struct err e = ERR_INIT;
	struct cli_running m;
	AUTO_FREE char *tag = NULL;
	int r;

	if (verb_snapshot_find_action(cli, &a, &e) < 0)
		return cli_error(cli, &e);
	tag = cli->nargs > 2 ? xstrdup(cli->args[2]) : snapshot_tag_now();
	r = cli_running_open(&m, cli, &e);
	if (!r) {
		r = verb_snapshot_act_running(&m, a, tag, &e);
	} else if (!strcmp(e.id, "not-running")) {
		err_fini(&e);
		r = verb_snapshot_act_offline(&m, a, tag, &e);
	}
	if (!r && a && cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s}", "event", a->event, "name", m.name, "tag", tag));
	else if (!r && a)
		printf("%s: the snapshot %s %s\n", m.name, tag, words_snapshot_done(a->op));
	cli_running_close(&m);
	return r < 0 ? cli_error(cli, &e) : 0;
}
