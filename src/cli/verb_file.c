/* SPDX-License-Identifier: MIT */
/* verb_file: check and command: the INI file, and QEMU's command line made from it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"
#include "machine/trust.h"
#include "prepare/job.h"
#include "qemu/probe.h"
#include "spec/risk.h"
#include "verbs.h"

/* What must not leave this host; a file that is not here may be on the one that it was written for. */
static int verb_file_check_keys(const struct spec *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->ssh_keys.len && !r; i++) {
		AUTO_FREE char *path = spec_path(s, s->ssh_keys.items[i]);

		if (file_exists(path) && host_ssh_key_read(path, NULL, e) < 0)
			r = err_prefix(e, "system.ssh_key");
	}
	return r;
}

static void verb_file_print_risk(const struct cli *cli, const struct spec *s, const struct risk *r)
{
	bool agreed = r->state == RISK_AGREED;
	AUTO_FREE char *line = risk_line(s, r);

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:i, s:o, s:b}", "event", "risk", "section", r->section,
					 "key", r->key, "line", (int)r->line, "text", cli_json_text(r->effect),
					 "agreed", (int)agreed));
	else
		printf("%s (%s)\n", line, agreed ? "agreed to" : "not agreed to yet");
}

/* What can run programs or expose this host. Returns how many there are. */
static size_t verb_file_print_risks(const struct cli *cli, const struct spec *s)
{
	struct risks all;
	size_t found = 0;

	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++) {
		if (all.items[i].state == RISK_OWN)
			continue;
		verb_file_print_risk(cli, s, &all.items[i]);
		found++;
	}
	risks_fini(&all);
	return found;
}

static void verb_file_print_checked(const struct cli *cli, const struct spec *s)
{
	const struct catalog_arch *a = catalog_arch_find(cli->catalog, s->arch);
	bool untried = a && catalog_is_untried(a, s->release, s->firmware == SPEC_UEFI);
	size_t risks = verb_file_print_risks(cli, s);

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:b, s:b, s:i}", "event", "check", "name", s->name, "ok", 1,
					 "untried", (int)untried, "risks", (int)risks));
	else if (risks || s->warnings.len)
		printf("%s: %s %s, no errors%s%s\n", s->name, s->release, s->arch,
		       s->warnings.len ? ", but keys that are ignored" : "",
		       risks ? "; what can run programs or expose this host is listed above" : "");
	else
		printf("%s: %s %s, nothing wrong\n", s->name, s->release, s->arch);
	if (untried && !cli->json)
		printf("%s: " CATALOG_UNTRIED "\n", s->name, s->release, s->arch,
		       s->firmware == SPEC_UEFI ? "UEFI" : "direct boot");
}

int verb_check(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct spec spec;
	int r = cli_machine(cli, cli->args[0], &spec, &e);

	if (r < 0)
		return cli_error(cli, &e);
	r = verb_file_check_keys(&spec, &e);
	if (!r)
		r = job_check_drives(&spec, false, &e);
	if (!r)
		r = qemu_check_version(&spec, catalog_arch_find(cli->catalog, spec.arch), &e);
	if (!r && cli->trust)
		r = trust_agree(&cli->store, &spec, &e);
	if (!r)
		verb_file_print_checked(cli, &spec);
	spec_fini(&spec);
	return r < 0 ? cli_error(cli, &e) : 0;
}

static void verb_file_print_explained(const struct qemu_argv *v)
{
	const char *indent = "";

	for (size_t i = 0; i < v->len; i++) {
		const struct qemu_arg *a = &v->items[i];

		if (a->why) {
			printf("%s# %s%s%s\n", i ? "\n" : "", a->key, *a->key ? ": " : "", a->why);
			indent = "";
		}
		printf("%s%s\n", indent, a->text);
		indent = "  ";
	}
}

static void verb_file_print_json_argv(const struct qemu_argv *v)
{
	json_t *all = json_array();

	for (size_t i = 0; i < v->len; i++) {
		json_t *item = json_pack("{s:s, s:s}", "text", v->items[i].text, "key", v->items[i].key);

		if (v->items[i].why)
			json_object_set_new(item, "why", json_string(v->items[i].why));
		json_array_append_new(all, item);
	}
	cli_print_json(json_pack("{s:s, s:o}", "event", "command", "argv", all));
}

static int verb_file_print_command(struct cli *cli, struct spec *spec, struct err *e)
{
	struct qemu_argv argv;
	char *shell;
	int r = job_command(cli->catalog, &cli->store, spec, &argv, e);

	if (r < 0 && cli_agree(cli, spec, e) == 0)
		r = job_command(cli->catalog, &cli->store, spec, &argv, e);
	if (!r && cli->json) {
		verb_file_print_json_argv(&argv);
	} else if (!r && cli->explain) {
		verb_file_print_explained(&argv);
	} else if (!r) {
		shell = qemu_argv_shell(&argv);
		puts(shell);
		free(shell);
	}
	qemu_argv_fini(&argv);
	return r;
}

int verb_command(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct spec spec;
	int r = cli_machine(cli, cli->args[0], &spec, &e);

	if (!r) {
		r = verb_file_print_command(cli, &spec, &e);
		spec_fini(&spec);
	}
	return r < 0 ? cli_error(cli, &e) : 0;
}
