/* SPDX-License-Identifier: MIT */
/* verb_host: releases, arches and doctor: show what can be chosen and what this host lacks. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "base/size.h"
#include "prepare/doctor.h"
#include "prepare/job.h"
#include "prepare/report.h"
#include "prepare/usage.h"
#include "qemu/probe.h"
#include "verbs.h"

/* ---- what the mirror has ---- */

struct listing {
	struct cli *cli;
	void (*print)(struct cli *cli, const struct archive_release *rows, size_t count);
	int status;
};

static void verb_host_on_releases(struct archive_release *rows, size_t count, const struct err *e, void *arg)
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
static int verb_host_list_releases(struct cli *cli,
				   void (*print)(struct cli *cli, const struct archive_release *rows, size_t count))
{
	struct listing l = {.cli = cli, .print = print};
	struct err e = ERR_INIT;
	struct session_conf conf = cli_session_conf(cli);
	struct spec spec;

	spec_init(&spec);
	if (session_set_mirror(&conf, &spec, &e) == 0) {
		job_releases(cli->loop, cli->catalog, &cli->store, &spec, cli->offline, verb_host_on_releases, &l);
		loop_run(cli->loop);
	} else {
		l.status = cli_error(cli, &e);
	}
	spec_fini(&spec);
	return l.status;
}

static void verb_host_print_release(const struct cli *cli, const struct archive_release *r)
{
	const struct catalog_release *row = catalog_release_find(cli->catalog, r->codename);
	const char *why = archive_release_why(cli->catalog, r);
	AUTO_FREE char *arches = strv_join(&r->suite.architectures, " ");
	struct tm tm;
	char day[32] = "";

	if (r->suite.date) {
		gmtime_r(&r->suite.date, &tm);
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	}
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:b, s:s, s:s}", "codename", r->codename,
					 "version", r->suite.version ? r->suite.version : "", "state",
					 row ? row->state : "", "date", day, "verified", !r->err.kind, "signers",
					 (int)r->suite.signers.len, "offered", !*why, "why", why, "architectures",
					 arches));
	else
		printf("%-10s %-8s %-13s %-11s %-10s %s\n", r->codename, r->suite.version ? r->suite.version : "",
		       row ? row->state : "", day, r->err.kind ? "no" : "verified", *why ? why : arches);
}

static void verb_host_print_releases(struct cli *cli, const struct archive_release *rows, size_t count)
{
	if (!cli->json)
		printf("%-10s %-8s %-13s %-11s %-10s %s\n", "RELEASE", "VERSION", "STATE", "DATE", "SIGNATURE",
		       "ARCHITECTURES, OR WHY NOT");
	for (size_t i = 0; i < count; i++)
		verb_host_print_release(cli, &rows[i]);
}

int verb_releases(struct cli *cli)
{
	return verb_host_list_releases(cli, verb_host_print_releases);
}

/* Returns the codenames of the releases that are offered for an architecture; owned. */
static char *verb_host_releases_of(const struct cli *cli, const struct catalog_arch *a,
				   const struct archive_release *rows, size_t count)
{
	AUTO_STRV struct strv names = STRV_INIT;
	char *text;

	for (size_t i = 0; i < count; i++)
		if (!*archive_release_why(cli->catalog, &rows[i]) && strv_has(&rows[i].suite.architectures, a->name) &&
		    catalog_has_kernel(a, rows[i].codename))
			strv_add(&names, rows[i].codename);
	text = strv_join(&names, " ");
	return text;
}

static void verb_host_print_arch(struct cli *cli, const struct catalog_arch *a, const char *releases)
{
	struct qemu_probe probe;
	AUTO_ERR struct err e = ERR_INIT;
	struct spec spec;
	bool offered = !*a->not_offered;
	bool runs;
	const char *why, *firmware;

	spec_init(&spec);
	spec.firmware = SPEC_DIRECT;
	runs = offered && qemu_probe(&spec, a, cli->store.cache_dir, &probe, &e) == 0;
	firmware = catalog_runs_firmware(a, runs ? probe.version : UINT_MAX) ? "uefi, direct" : "direct";
	why = !offered ? a->not_offered : runs ? probe.why : e.text;
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s}", "arch", a->name, "title", a->title,
					 "offered", offered, "runs", runs, "accel", runs ? probe.accel : "", "why", why,
					 "firmware", firmware, "releases", releases));
	else
		printf("%-9s %-13s %-9s %-16s %s\n", a->name, firmware,
		       !offered ? "not yet"
		       : runs	? probe.accel
				: "missing",
		       releases, why);
	if (runs)
		qemu_probe_fini(&probe);
	spec_fini(&spec);
}

static void verb_host_print_arches(struct cli *cli, const struct archive_release *rows, size_t count)
{
	const struct catalog_arch *a;
	size_t i = 0;

	if (!cli->json)
		printf("%-9s %-13s %-9s %-16s %s\n", "ARCH", "BOOT", "RUNS BY", "RELEASES", "WHY");
	while ((a = catalog_arch_next(cli->catalog, &i))) {
		AUTO_FREE char *releases = verb_host_releases_of(cli, a, rows, count);

		verb_host_print_arch(cli, a, releases);
	}
}

int verb_arches(struct cli *cli)
{
	return verb_host_list_releases(cli, verb_host_print_arches);
}

/* ---- doctor ---- */

static void verb_host_print_row(const struct doctor_row *r)
{
	static const char *const signs[] = {
		[DOCTOR_FINE] = "ok     ",
		[DOCTOR_MISSING] = "missing",
		[DOCTOR_ABSENT] = "absent ",
		[DOCTOR_LOW] = "low    ",
	};

	if (r->kind == DOCTOR_PROGRAM && r->found)
		printf("%s  %-22s %s\n", signs[r->state], r->name, r->found);
	else if (r->kind == DOCTOR_PROGRAM)
		printf("%s  %-22s %s; %s\n", signs[r->state], r->name, r->what, r->install ? r->install : "install it");
	else
		printf("%s  %-22s %s\n", signs[r->state], r->name, r->what);
}

static void verb_host_print_row_json(const struct doctor_row *r)
{
	if (r->kind == DOCTOR_PROGRAM)
		cli_print_json(json_pack("{s:s, s:b, s:b, s:s, s:s}", "program", r->name, "found", r->found != NULL,
					 "needed", r->must, "why", r->what, "install", r->install ? r->install : ""));
	else if (r->kind == DOCTOR_ACCELERATOR)
		cli_print_json(json_pack("{s:s, s:b, s:s}", "accelerator", r->name, "usable", r->state == DOCTOR_FINE,
					 "why", r->state == DOCTOR_FINE ? "" : r->what));
}

/* Prints the report: as text to be pasted, or in one JSON record. */
static int verb_host_report(const struct cli *cli)
{
	AUTO_BUF struct buf text = {0};

	buf_init(&text, 0);
	report_host(cli->catalog, &cli->store, &text);
	if (cli->json)
		cli_print_json(json_pack("{s:s}", "report", text.data));
	else
		fputs(text.data, stdout);
	return 0;
}

/* Prints what takes space on the disk. */
static void verb_host_print_usage(const struct cli *cli)
{
	struct usage all[USAGE_KINDS];
	char size[SIZE_TEXT];

	usage_read(&cli->store, all);
	for (size_t i = 0; i < USAGE_KINDS; i++) {
		if (cli->json)
			cli_print_json(json_pack("{s:s, s:I}", "uses", all[i].kind, "bytes", (json_int_t)all[i].bytes));
		else if (all[i].bytes)
			printf("uses     %-22s %s\n", all[i].kind, size_human(all[i].bytes, size));
	}
}

int verb_doctor(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct doctor d;
	bool fine = true;
	int retried = qemu_probe_retry(cli->store.cache_dir, &e);

	if (retried < 0)
		return cli_error(cli, &e);
	if (cli->report)
		return verb_host_report(cli);
	doctor_check(cli->catalog, &cli->store, &d);
	for (size_t i = 0; i < d.len; i++) {
		fine &= d.rows[i].state != DOCTOR_MISSING;
		if (cli->json)
			verb_host_print_row_json(&d.rows[i]);
		else
			verb_host_print_row(&d.rows[i]);
	}
	doctor_fini(&d);
	verb_host_print_usage(cli);
	if (retried && !cli->json)
		puts("accelerators that failed on this host are probed again at the next start");
	return fine ? 0 : ERR_MISSING;
}

int verb_help(struct cli *cli)
{
	const struct cli_verb *v = cli->nargs ? cli_find_verb(cli->args[0]) : NULL;
	struct err e = ERR_INIT;

	if (!cli->nargs) {
		cli_print_help();
	} else if (v && !v->hidden) {
		cli_print_verb_help(v);
	} else {
		cli_verb_unknown(cli->args[0], &e);
		return cli_error(cli, &e);
	}
	return 0;
}

int verb_man(struct cli *cli)
{
	(void)cli;
	cli_print_man();
	return 0;
}

int verb_words(struct cli *cli)
{
	AUTO_STRV struct strv names = STRV_INIT;

	cli_print_words();
	store_machines(&cli->store, &names);
	for (size_t i = 0; i < names.len; i++)
		printf("machine %s\n", names.items[i]);
	return 0;
}
