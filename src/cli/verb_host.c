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

/* ---- what the mirror has ---- */

struct listing {
	struct cli *cli;
	void (*print)(struct cli *cli, const struct archive_release *rows, size_t count);
	int status;
};

static void on_releases(struct archive_release *rows, size_t count, const struct err *e, void *arg)
{
	struct listing *l = arg;
	struct err copy = ERR_INIT;

	if (rows) {
		l->print(l->cli, rows, count);
	} else {
		err_copy(&copy, e);
		l->status = cli_error(l->cli, &copy);
	}
	archive_releases_free(rows, count);
	loop_stop(l->cli->loop);
}

/* Reads the release files of the mirror (or of the cache) and prints what is in them. */
static int list_releases(struct cli *cli, void (*print)(struct cli *cli,
							const struct archive_release *rows,
							size_t count))
{
	struct listing l = {.cli = cli, .print = print};
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
	archive_releases(cli->loop, &conf, on_releases, &l);
	loop_run(cli->loop);
	strv_fini(&mirrors);
	strv_fini(&security);
	return l.status;
}

/* Why a release cannot be had, "" when it can. */
static const char *release_why(const struct cli *cli, const struct archive_release *r)
{
	const struct catalog_release *row = catalog_release_find(cli->catalog, r->codename);

	if (row && *row->not_offered)
		return row->not_offered;
	return r->err.kind ? r->err.text : "";
}

static void print_release(const struct cli *cli, const struct archive_release *r)
{
	const struct catalog_release *row = catalog_release_find(cli->catalog, r->codename);
	const char *why = release_why(cli, r);
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
		printf("%-10s %-8s %-13s %-11s %-10s %s\n", r->codename,
		       r->suite.version ? r->suite.version : "", row ? row->state : "", day,
		       r->err.kind ? "no" : "verified", *why ? why : arches);
	free(arches);
}

static void print_releases(struct cli *cli, const struct archive_release *rows, size_t count)
{
	if (!cli->json)
		printf("%-10s %-8s %-13s %-11s %-10s %s\n", "RELEASE", "VERSION", "STATE", "DATE",
		       "SIGNATURE", "ARCHITECTURES, OR WHY NOT");
	for (size_t i = 0; i < count; i++)
		print_release(cli, &rows[i]);
}

int verb_releases(struct cli *cli)
{
	return list_releases(cli, print_releases);
}

/* Codenames of the releases that can be had for an architecture; owned. */
static char *releases_of(const struct cli *cli, const struct catalog_arch *a,
			 const struct archive_release *rows, size_t count)
{
	struct strv names = STRV_INIT;
	char *text;

	for (size_t i = 0; i < count; i++)
		if (!*release_why(cli, &rows[i]) && strv_has(&rows[i].suite.architectures, a->name) &&
		    (!a->releases.len || strv_has(&a->releases, rows[i].codename)))
			strv_add(&names, rows[i].codename);
	text = strv_join(&names, " ");
	strv_fini(&names);
	return text;
}

static void print_arch(struct cli *cli, const struct catalog_arch *a, const char *releases)
{
	struct qemu_probe probe;
	struct err e = ERR_INIT;
	struct spec spec;
	bool offered = !*a->not_offered;
	bool runs;
	const char *why;

	spec_init(&spec);
	runs = offered && qemu_probe(&spec, a, cli->store.cache_dir, &probe, &e) == 0;
	why = !offered ? a->not_offered : runs ? probe.why : e.text;
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s}", "arch", a->name,
					 "title", a->title, "offered", offered, "runs", runs, "accel",
					 runs ? probe.accel : "", "why", why, "firmware",
					 *a->firmware ? "uefi, direct" : "direct", "releases", releases));
	else
		printf("%-9s %-13s %-9s %-16s %s\n", a->name, *a->firmware ? "uefi, direct" : "direct",
		       !offered ? "not yet" : runs ? probe.accel : "missing", releases, why);
	if (runs)
		qemu_probe_fini(&probe);
	err_fini(&e);
	spec_fini(&spec);
}

static void print_arches(struct cli *cli, const struct archive_release *rows, size_t count)
{
	const struct catalog_arch *a;
	size_t i = 0;

	if (!cli->json)
		printf("%-9s %-13s %-9s %-16s %s\n", "ARCH", "BOOT", "RUNS BY", "RELEASES", "WHY");
	while ((a = catalog_arch_next(cli->catalog, &i))) {
		char *releases = releases_of(cli, a, rows, count);

		print_arch(cli, a, releases);
		free(releases);
	}
}

int verb_arches(struct cli *cli)
{
	return list_releases(cli, print_arches);
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
