/* SPDX-License-Identifier: MIT */
/*
 * verb_forward: forward M list|add|remove|apply [ITEM]: the ports of this host that lead to a machine. add and remove
 * change its file, and its QEMU if the machine runs; apply makes QEMU follow the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine/forward.h"
#include "machine/ssh.h"
#include "machine/trust.h"
#include "prepare/job.h"
#include "running.h"
#include "spec/risk.h"
#include "verbs.h"

struct forwarding {
	struct cli *cli;
	struct spec spec;
	struct job job;
	struct cli_running m; /* open if it runs and is to be changed */
	bool running;
	struct forward *all;
	size_t count;
};

static const char *verb_forward_when(const struct forwarding *w, const struct forward *f)
{
	if (!w->running)
		return "at the next boot";
	return !f->active ? "at the next boot" : f->item ? "now" : "now, until it stops: its file does not have it";
}

static void verb_forward_print_one(const struct forwarding *w, const struct forward *f, const char *event,
				   const char *how)
{
	const char *protocol = f->f.udp ? "udp" : "tcp";

	if (w->cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:b}", "event", event, "name",
					 w->spec.name, "item", f->item ? f->item : "", "host", f->f.host, "port",
					 (int)f->f.host_port, "guest_port", (int)f->f.guest_port, "protocol", protocol,
					 "active", (int)f->active));
	else if (f->f.host_port)
		printf("%s port %u leads to port %u/%s of %s %s\n", f->f.host, (unsigned)f->f.host_port,
		       (unsigned)f->f.guest_port, protocol, w->spec.name, how);
	else
		printf("%s, a free port, leads to port %u/%s of %s %s\n", f->f.host, (unsigned)f->f.guest_port,
		       protocol, w->spec.name, how);
}

/* Adds the forward to QEMU or removes it, if the machine runs. */
static int verb_forward_set(struct forwarding *w, struct forward *f, bool on, struct err *e)
{
	if (!w->running || !f->rule || (!on && !f->active))
		return 0;
	vm_client_ask(w->m.client, "forward", json_pack("{s:s, s:b}", "rule", f->rule, "on", (int)on),
		      cli_running_answer, &w->m);
	if (cli_running_wait(&w->m, e) < 0)
		return -1;
	f->active = on;
	return 0;
}

static int verb_forward_list(struct forwarding *w, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < w->count; i++)
		verb_forward_print_one(w, &w->all[i], "forward", verb_forward_when(w, &w->all[i]));
	if (!w->count && !w->cli->json)
		printf("no port of this host leads to %s\n", w->spec.name);
	return 0;
}

/* Finds a forward by its text or by its port of this host. */
static struct forward *verb_forward_find(struct forwarding *w, const char *item)
{
	for (size_t i = 0; i < w->count; i++) {
		char *port = xasprintf("%u", (unsigned)w->all[i].f.host_port);
		bool same = (w->all[i].item && !strcmp(w->all[i].item, item)) || !strcmp(port, item);

		free(port);
		if (same)
			return &w->all[i];
	}
	return NULL;
}

/* Adds an item to the file's own list, or removes it; items of --set are not written. */
static int verb_forward_write_file(struct forwarding *w, const char *item, bool on, struct err *e)
{
	struct spec fresh;
	struct strv items = STRV_INIT, said = STRV_INIT;
	int r = spec_read(&fresh, w->spec.path, e);
	char *set = NULL;

	if (r < 0)
		return -1;
	strv_copy(&items, &fresh.forwards);
	strv_copy(&said, &fresh.from_file);
	r = spec_set(&fresh, "network.forward=", e);
	for (size_t i = 0; i < items.len + 1 && !r; i++) {
		const char *one = i < items.len ? items.items[i] : item;

		if (i < items.len ? !on && !strcmp(one, item) : !on)
			continue;
		set = xasprintf("network.forward+=%s", one);
		r = spec_set(&fresh, set, e);
		free(set);
	}
	/* the user has given the new item alone: for the others, what the file said still counts */
	strv_copy(&fresh.from_file, &said);
	if (!r)
		r = spec_check(&fresh, w->cli->catalog, e);
	if (!r)
		r = trust_adopt(&w->cli->store, &fresh, w->spec.path, e);
	if (!r)
		r = spec_write(&fresh, w->spec.path, e);
	strv_fini(&items);
	strv_fini(&said);
	spec_fini(&fresh);
	return r;
}

static int verb_forward_add(struct forwarding *w, const char *item, struct err *e)
{
	struct forward f = {.item = (char *)item};
	int r;

	if (strv_has(&w->spec.forwards, item)) {
		err_set(e, ERR_USAGE, "forward-exists", "%s has the forward %s already", w->spec.name, item);
		return err_hint(e, "debwiz forward %s apply makes it take effect immediately", w->spec.name);
	}
	r = spec_forward_parse(item, &f.f, e);
	if (!r && w->running)
		r = forward_choose(w->job.machine_dir, &f, e);
	if (!r)
		r = verb_forward_set(w, &f, true, e);
	if (!r)
		r = verb_forward_write_file(w, item, true, e);
	if (!r)
		verb_forward_print_one(w, &f, "forward-added", verb_forward_when(w, &f));
	else if (f.active)
		(void)verb_forward_set(w, &f, false, NULL); /* QEMU must not keep what the file does not have */
	free(f.rule);
	return r;
}

static int verb_forward_remove_one(struct forwarding *w, const char *item, struct err *e)
{
	struct forward *f = verb_forward_find(w, item);
	int r;

	if (!f) {
		err_set(e, ERR_USAGE, "forward-missing", "%s has no forward %s", w->spec.name, item);
		return err_hint(e, "debwiz forward %s list", w->spec.name);
	}
	r = verb_forward_set(w, f, false, e);
	if (!r && f->item)
		r = verb_forward_write_file(w, f->item, false, e);
	if (!r)
		verb_forward_print_one(w, f, "forward-removed", "no longer");
	return r;
}

static int verb_forward_apply(struct forwarding *w, struct err *e)
{
	int r = risks_check(&w->spec, "network", "forward", e);

	if (r < 0)
		r = cli_agree(w->cli, &w->spec, e);
	for (size_t i = 0; i < w->count && !r; i++) {
		struct forward *f = &w->all[i];

		if (!w->running || (f->item && f->active))
			continue;
		if (f->item)
			r = forward_choose(w->job.machine_dir, f, e);
		if (!r)
			r = verb_forward_set(w, f, f->item, e);
		if (!r)
			verb_forward_print_one(w, f, f->item ? "forward-added" : "forward-removed",
					       f->item ? "now" : "no longer");
	}
	return r;
}

static int verb_forward_act(struct forwarding *w, struct err *e)
{
	const char *name = w->cli->args[1], *item = w->cli->nargs > 2 ? w->cli->args[2] : NULL;

	if (!strcmp(name, "list") && !item)
		return verb_forward_list(w, e);
	if (!strcmp(name, "apply") && !item)
		return verb_forward_apply(w, e);
	if (!strcmp(name, "add") && item)
		return verb_forward_add(w, item, e);
	if (!strcmp(name, "remove") && item)
		return verb_forward_remove_one(w, item, e);
	err_set(e, ERR_USAGE, "usage", "forward M list, add ITEM, remove ITEM or apply; not %s%s", name,
		!strcmp(name, "add") || !strcmp(name, "remove") ? " without an item" : "");
	return err_hint(e, "an item is ADDRESS:PORT:GUESTPORT, as `forward =` in [network] has it: 127.0.0.1:8080:80");
}

int verb_forward(struct cli *cli)
{
	struct job_options o = {.goal = JOB_STARTED};
	struct forwarding w = {.cli = cli};
	struct lock *lock = NULL;
	struct err e = ERR_INIT;
	int r = cli_machine(cli, cli->args[0], &w.spec, &e);

	if (r < 0)
		return cli_error(cli, &e);
	if (strcmp(cli->args[1], "list") != 0 && !(lock = spec_lock(w.spec.path, &e)))
		r = -1;
	if (!r)
		r = job_init(&w.job, cli->loop, cli->catalog, &cli->store, &w.spec, &o, &e);
	if (!r) {
		w.running = job_is_running(&w.job);
		if (w.running && lock)
			r = cli_running_open(&w.m, cli, &e);
	}
	if (!r)
		r = forwards_list(w.job.spec, w.job.machine_dir, w.running, &w.all, &w.count, &e);
	if (!r && w.spec.net != SPEC_NET_USER) {
		r = err_set(&e, ERR_USAGE, "no-network", "%s has no network", w.spec.name);
		err_hint(&e, "write `mode = user` in [network]");
	}
	if (!r)
		r = verb_forward_act(&w, &e);
	if (!r && lock && w.running)
		r = ssh_config_refresh(w.job.spec, w.job.machine_dir, &e);
	forwards_free(w.all, w.count);
	if (w.running && lock)
		cli_running_close(&w.m);
	job_fini(&w.job);
	spec_fini(&w.spec);
	lock_remove(lock);
	return r < 0 ? cli_error(cli, &e) : 0;
}
