/* SPDX-License-Identifier: MIT */
/* verb_cp: copies files and folders to a machine or from one, through one ssh; exits with 125 if that fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "connection.h"
#include "image/copy.h"
#include "verbs.h"
#include "work.h"

#define CP_FAILED 125

struct cp {
	struct copy copy;
	const struct strv *paths;
	const char *target;
	bool to; /* to the machine */
};

/* Returns the length of M in M:PATH; 0 for a path of this host, even if a colon follows a slash in it. */
static size_t verb_cp_machine_part(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? n : 0;
}

/* Returns the one machine that is named, owned. Refuses both directions in one command, and none. */
static char *verb_cp_machine_named(const struct cli *cli, struct err *e)
{
	const char *to = cli->args[cli->nargs - 1];
	const char *first = verb_cp_machine_part(to) ? to : cli->args[0];
	size_t n = verb_cp_machine_part(first);

	for (size_t i = 0; i < cli->nargs; i++) {
		size_t part = verb_cp_machine_part(cli->args[i]);
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

static int verb_cp_work(const atomic_bool *cancel, struct cli_progress *progress, void *arg, struct err *e)
{
	struct cp *p = arg;

	(void)progress;
	p->copy.cancel = cancel;
	return p->to ? copy_to(&p->copy, p->paths, p->target, e) : copy_from(&p->copy, p->paths, p->target, e);
}

static void verb_cp_bytes(void *arg, uint64_t *done, uint64_t *total)
{
	struct cp *p = arg;

	*done = atomic_load(&p->copy.done);
	*total = atomic_load(&p->copy.total);
}

int cli_copy(struct cli *cli, struct cli_connection *r, bool to, const struct strv *paths, const char *target,
	     struct err *e)
{
	struct cp p = {.to = to, .target = target, .paths = paths};
	AUTO_STRV struct strv ssh = STRV_INIT;
	int failed = cli_connection_program(r, cli, "ssh", &ssh, e);

	if (!failed) {
		strv_add(&ssh, "-oBatchMode=yes"); /* ssh cannot ask: its terminal shows the progress */
		strv_add(&ssh, r->address);
		if (r->root)
			strv_add(&ssh, "sudo -n");
		p.copy.machine = r->spec.name;
		p.copy.ssh = &ssh;
		failed = cli_work(cli,
				  &(struct cli_work){.name = r->spec.name,
						     .doing = "copying",
						     .fn = verb_cp_work,
						     .bytes = verb_cp_bytes,
						     .arg = &p},
				  e);
	}
	return failed;
}

int verb_cp(struct cli *cli)
{
	const char *last = cli->args[cli->nargs - 1];
	size_t part = verb_cp_machine_part(last); /* of the target: copied to the machine */
	struct strv paths = STRV_INIT;
	struct err e = ERR_INIT;
	char *name = verb_cp_machine_named(cli, &e);
	struct cli_connection r;
	int failed;

	if (!name) {
		cli_error(cli, &e);
		return CP_FAILED;
	}
	for (size_t i = 0; i + 1 < cli->nargs; i++)
		strv_add(&paths, cli->args[i] + (part ? 0 : verb_cp_machine_part(cli->args[i]) + 1));
	failed = cli_connection_open(&r, cli, name, &e);
	if (!failed)
		failed = cli_copy(cli, &r, part > 0, &paths, part ? last + part + 1 : last, &e);
	cli_connection_close(&r);
	strv_fini(&paths);
	free(name);
	if (!failed)
		return 0;
	failed = e.kind == ERR_INTERRUPTED ? (int)ERR_INTERRUPTED : CP_FAILED;
	cli_error(cli, &e);
	return failed;
}
