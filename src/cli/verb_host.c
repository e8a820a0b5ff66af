/* SPDX-License-Identifier: MIT */
/* verb_host: releases, arches and doctor: what there is to choose, and what this host lacks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "cli/verbs.h"
#include "host/facts.h"
#include "host/paths.h"
#include "qemu/probe.h"

/* ---- releases ---- */

struct listing {
	struct cli *cli;
	int status;
};

static void print_release(const struct cli *cli, const struct archive_release *r)
{
	const struct catalog_release *row = catalog_release_find(cli->catalog, r->codename);
	const char *why = r->err.kind ? r->err.text : row ? row->not_offered : "";
	char *arches = strv_join(&r->suite.architectures, " ");
	struct tm tm;
	char day[32] = "";

	if (r->suite.date) {
		gmtime_r(&r->suite.date, &tm);
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	}
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:b, s:s, s:s}", "codename",
					 r->codename, "version", r->suite.version ? r->suite.version : "",
					 "state", row ? row->state : "", "date", day, "verified",
					 !r->err.kind, "signers", (int)r->suite.signers.len, "offered",
					 !*why, "why", why, "architectures", arches));
	else
		printf("%-10s %-8s %-11s %-11s %-22s %s\n", r->codename,
		       r->suite.version ? r->suite.version : "", row ? row->state : "", day,
		       r->err.kind ? "not verified" : "signature verified", why);
	free(arches);
}

static void on_releases(struct archive_release *rows, size_t count, const struct err *e, void *arg)
{
	struct listing *l = arg;
	struct err copy = ERR_INIT;

	if (!rows) {
		err_set(&copy, e->kind, e->id, "%s", e->text);
		if (e->hint)
			err_hint(&copy, "%s", e->hint);
		l->status = cli_error(l->cli, &copy);
	}
	for (size_t i = 0; rows && i < count; i++)
		print_release(l->cli, &rows[i]);
	archive_releases_free(rows, count);
	loop_stop(l->cli->loop);
}

int verb_releases(struct cli *cli)
{
	struct listing l = {.cli = cli};
	struct strv mirrors = STRV_INIT, security = STRV_INIT;
	struct archive_conf conf = {
		.catalog = cli->catalog,
		.cache_dir = cli->store.cache_dir,
		.mirror = cli->mirror ? cli->mirror : "auto",
		.security_mirror = "auto",
		.host_mirrors = &mirrors,
		.host_security_mirrors = &security,
		.proxy = "",
		.keyring = "",
		.snapshot = "",
		.offline = cli->offline,
	};

	host_mirrors(&mirrors, &security);
	if (!cli->json)
		printf("%-10s %-8s %-11s %-11s\n", "RELEASE", "VERSION", "STATE", "DATE");
	archive_releases(cli->loop, &conf, on_releases, &l);
	loop_run(cli->loop);
	strv_fini(&mirrors);
	strv_fini(&security);
	return l.status;
}

/* ---- arches ---- */

int verb_arches(struct cli *cli)
{
	const struct catalog_arch *a;
	struct qemu_probe probe;
	struct spec spec;
	size_t i = 0;

	spec_init(&spec);
	while ((a = catalog_arch_next(cli->catalog, &i))) {
		struct err e = ERR_INIT;
		const char *how = a->not_offered;
		bool offered = !*a->not_offered;
		bool probed = offered && qemu_probe(&spec, a, cli->store.cache_dir, &probe, &e) == 0;

		if (offered)
			how = probed ? probe.why : e.text;
		if (cli->json)
			cli_print_json(json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s}", "arch", a->name, "title",
						 a->title, "offered", offered, "runs", probed, "accel",
						 probed ? probe.accel : "", "why", how, "firmware",
						 *a->firmware ? "uefi, direct" : "direct"));
		else
			printf("%-9s %-24s %-13s %-9s %s\n", a->name, a->title,
			       *a->firmware ? "uefi, direct" : "direct",
			       !offered ? "not yet" : probed ? probe.accel : "missing", how);
		if (probed)
			qemu_probe_fini(&probe);
		err_fini(&e);
	}
	spec_fini(&spec);
	return 0;
}

/* ---- doctor ---- */

struct need {
	const char *program;
	const char *why;
	bool must;
};

static bool check_program(const struct cli *cli, const char *program, const char *why, bool must)
{
	char *path = host_which(program);
	char *hint = path ? NULL : host_install_hint(program);

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:b, s:b, s:s, s:s}", "program", program, "found",
					 path != NULL, "needed", must, "why", why, "install",
					 hint ? hint : ""));
	else if (path)
		printf("ok       %-22s %s\n", program, path);
	else
		printf("%s  %-22s %s; %s\n", must ? "missing" : "absent ", program, why,
		       hint ? hint : "install it");
	free(hint);
	free(path);
	return path || !must;
}

static void check_accelerators(const struct cli *cli)
{
	struct strv accels = STRV_INIT;

	host_accelerators(&accels);
	for (size_t i = 0; i < accels.len; i++) {
		char *why = NULL;
		bool usable = host_accelerator_usable(accels.items[i], &why);

		if (cli->json)
			cli_print_json(json_pack("{s:s, s:b, s:s}", "accelerator", accels.items[i], "usable",
						 usable, "why", why ? why : ""));
		else
			printf("%s  %-22s %s\n", usable ? "ok     " : "absent ", accels.items[i],
			       usable ? "may be used; it is tried before it is trusted" : why);
		free(why);
	}
	strv_fini(&accels);
}

int verb_doctor(struct cli *cli)
{
	static const struct need needs[] = {
		{"qemu-img", "makes and grows disks", true},
		{"ssh-keygen", "makes the key of a machine", true},
		{"ssh", "`debwiz ssh`", false},
	};
	const struct catalog_arch *a;
	struct strv seen = STRV_INIT;
	uint64_t room = 0;
	bool fine = true;
	size_t i = 0;

	for (size_t k = 0; k < sizeof(needs) / sizeof(*needs); k++)
		fine &= check_program(cli, needs[k].program, needs[k].why, needs[k].must);
	while ((a = catalog_arch_next(cli->catalog, &i))) {
		char *why;

		if (*a->not_offered || strv_has(&seen, a->qemu))
			continue;
		strv_add(&seen, a->qemu);
		why = xasprintf("runs %s", a->name);
		check_program(cli, a->qemu, why, false);
		free(why);
	}
	strv_fini(&seen);
	check_accelerators(cli);
	if (host_free_space(cli->store.data_dir, &room, NULL) == 0 && !cli->json)
		printf("%s  %-22s %.1f G free; a machine takes about 2 G at first\n",
		       room > (4ull << 30) ? "ok     " : "low    ", "disk", (double)room / (1 << 30));
	return fine ? 0 : ERR_MISSING;
}

int verb_man(struct cli *cli)
{
	(void)cli;
	cli_print_man();
	return 0;
}
