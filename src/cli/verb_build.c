/* SPDX-License-Identifier: MIT */
/*
 * verb_build: builds a source in a temporary machine. The build dependencies are solved on the host and installed in a
 * layer on the profile's base image, which the next build with the same dependencies reuses. Exits with the build's
 * status; 125 if debwiz failed, 124 if the build dependencies cannot be installed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/sources.h"
#include "base/asset.h"
#include "base/mem.h"
#include "base/quote.h"
#include "build/depends.h"
#include "build/reason.h"
#include "build/results.h"
#include "build/revision.h"
#include "build/source.h"
#include "build/stage.h"
#include "host/file.h"
#include "outside.h"
#include "prepare/job.h"
#include "temporary.h"
#include "verbs.h"
#include "work.h"

#define BUILD_DEPENDENCIES 124
#define FOLDER "package" /* in the guest's home folder */
#define REASON "reason"	 /* there: why the build failed */
#define REASON_MAX 65536

struct build {
	struct cli *cli;
	const char *word;     /* as on the command line */
	char *name, *version; /* of a source package of the archive; else NULL */
	char *dir, *rev;      /* of DIR@REV; else NULL */
	struct source source;
	struct spec spec;
	struct temporary temporary;
	struct cli_line line;
	struct strv layer;	 /* "NAME=VERSION": what the base lacks */
	struct archive *archive; /* open, or NULL */
	struct archive_op *op;	 /* under way */
	struct archive_source fetched;
	struct err err;	     /* of the operation */
	char *out;	     /* folder of the results */
	struct strv results; /* their paths in it */
	struct err reason;   /* why the build failed, as far as that is known */
	struct cli_outside outside;
};

/* Returns the build profiles with blanks between; owned. */
static char *verb_build_profiles(const struct build *b)
{
	const char *set = getenv("DEB_BUILD_PROFILES");

	return set && *set ? xstrdup(set) : strv_join(&b->spec.build_profiles, " ");
}

static bool verb_build_has_command(const struct build *b)
{
	return b->cli->rest && b->cli->rest[0];
}

/* ---- the archive -------------------------------------------------------------------------- */

static void verb_build_on_progress(uint64_t done, uint64_t total, const char *text, void *arg)
{
	struct build *b = arg;

	(void)done;
	(void)total;
	if (text && *text)
		cli_line_show(&b->line, text);
}

static void verb_build_on_archive(struct archive *a, const struct err *e, void *arg)
{
	struct build *b = arg;

	b->archive = a;
	if (e)
		err_copy(&b->err, e);
	loop_stop(b->cli->loop);
}

static void verb_build_on_interrupt(void *arg)
{
	archive_cancel(((struct build *)arg)->op);
}

/* Runs the loop until the operation ends, with its progress on a line; returns its result. */
static int verb_build_wait(struct build *b, struct err *e)
{
	struct loop_signal *interrupt = loop_signal_start(b->cli->loop, SIGINT, verb_build_on_interrupt, b);

	loop_run(b->cli->loop);
	loop_signal_stop(interrupt);
	b->op = NULL;
	return b->err.kind == ERR_NONE ? 0 : err_move(e, &b->err);
}

/* Opens the archive that the machine is made from. */
static int verb_build_open_archive(struct build *b, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH, .offline = b->cli->offline, .strict = b->cli->strict};
	struct job job;
	int r;

	if (job_init(&job, b->cli->loop, b->cli->catalog, &b->temporary.store, &b->spec, &o, e) < 0)
		return -1;
	b->op = job_begin_archive(&job, verb_build_on_progress, verb_build_on_archive, b);
	r = verb_build_wait(b, e);
	job_fini(&job);
	return r;
}

static void verb_build_on_source(struct archive_source *s, const struct err *e, void *arg)
{
	struct build *b = arg;

	if (e)
		err_copy(&b->err, e);
	else
		b->fetched = *s;
	loop_stop(b->cli->loop);
}

/* Fetches the source package that is named. */
static int verb_build_fetch(struct build *b, struct err *e)
{
	AUTO_FREE char *files = temporary_folder(&b->temporary, e);
	AUTO_FREE char *folder = files ? file_join(files, "fetched") : NULL;
	AUTO_FREE char *dsc = NULL;

	if (!folder)
		return -1;
	b->op = archive_get_source(b->archive, b->name, b->version, verb_build_on_progress, verb_build_on_source, b);
	if (verb_build_wait(b, e) < 0)
		return -1;
	dsc = stage_fetched(&b->fetched, b->temporary.store.cache_dir, folder, e);
	return dsc ? source_open(&b->source, dsc, NULL, false, e) : -1;
}

/* Checks the revision out that is named. */
static int verb_build_checkout(struct build *b, struct err *e)
{
	AUTO_FREE char *files = temporary_folder(&b->temporary, e);
	AUTO_FREE char *dir = file_absolute(b->dir);
	AUTO_FREE char *beside = file_dirname(dir);
	AUTO_FREE char *folder = files ? xasprintf("%s/checkout/%s", files, file_basename(dir)) : NULL;
	AUTO_FREE char *scratch = files ? file_join(files, "git") : NULL;

	if (!files || revision_checkout(dir, b->rev, folder, scratch, e) < 0)
		return -1;
	return source_open(&b->source, folder, beside, verb_build_has_command(b), e);
}

/* ---- build dependencies ------------------------------------------------------------------- */

/* Solves for what must be added to the base. */
static int verb_build_solve(struct build *b, const struct strv *wanted, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH, .fresh = b->cli->fresh};
	AUTO_STRV struct strv names = STRV_INIT;
	struct job job;
	int r;

	if (job_init(&job, b->cli->loop, b->cli->catalog, &b->temporary.store, &b->spec, &o, e) < 0)
		return -1;
	r = archive_satisfy(b->archive, wanted, &names, e);
	job.archive = b->archive;
	job.options.layer = &names;
	if (!r)
		r = job_solve(&job, e);
	/* --offline: do not fail for newer versions of what the base has, which may not have been downloaded */
	for (size_t i = 0; i < job.layer_packages.len && !r && !(b->cli->offline && job_layer_is_upgrade(&job)); i++)
		strv_addf(&b->layer, "%s=%s", job.layer_packages.items[i].name, job.layer_packages.items[i].version);
	job.archive = NULL; /* it is the build's */
	job_fini(&job);
	return r;
}

/* Starts what compiles outside the machine, which then needs distcc, or says why there is nothing. */
static void verb_build_choose_compiler(struct build *b, struct strv *wanted)
{
	cli_outside_begin(&b->outside, b->cli, &b->spec, b->archive, &b->temporary);
	if (b->outside.on)
		strv_add(wanted, "distcc");
	else if (!b->cli->json)
		cli_outside_report(&b->outside, b->source.name);
}

/* Finds the packages that the build needs. */
static int verb_build_find_packages(struct build *b, struct err *e)
{
	static const char *const tools[] = {"build-essential", "fakeroot"}; /* Policy 4.2, and for debian/rules */
	AUTO_FREE char *profiles_text = verb_build_profiles(b);
	struct strv profiles = STRV_INIT, wanted = STRV_INIT;
	bool outside;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tools) && b->source.kind != SOURCE_PLAIN; i++)
		strv_add(&wanted, tools[i]);
	if (b->cli->lintian)
		strv_add(&wanted, "lintian");
	strv_split(&profiles, profiles_text, " ,");
	outside = cli_outside_wanted(b->cli, &b->spec);
	r = depends_parse(b->source.depends, b->spec.arch, &profiles, &wanted, e);
	if (!r && (wanted.len || outside) && !b->archive)
		r = verb_build_open_archive(b, e);
	if (!r && outside)
		verb_build_choose_compiler(b, &wanted);
	if (!r && wanted.len)
		r = verb_build_solve(b, &wanted, e);
	strv_fini(&wanted);
	strv_fini(&profiles);
	return r;
}

/* ---- the build ---------------------------------------------------------------------------- */

static int verb_build_stage_script(const char *folder, const char *name, struct err *e)
{
	AUTO_FREE char *source = xasprintf("build/%s", name);
	AUTO_FREE char *path = file_join(folder, name);
	const struct asset *asset = asset_get(source, e);

	return asset ? file_write(path, asset->data, asset->len, 0644, e) : -1;
}

/* The folder that the guest gets: the source and the script; owned, NULL with e. */
static char *verb_build_stage(const struct build *b, struct err *e)
{
	AUTO_FREE char *files = temporary_folder(&b->temporary, e);
	AUTO_FREE char *folder = files ? file_join(files, FOLDER) : NULL;

	if (!folder || file_mkdirs(folder, e) < 0 || stage_source(&b->source, folder, e) < 0 ||
	    verb_build_stage_script(folder, "build.sh", e) < 0 ||
	    (b->outside.on && verb_build_stage_script(folder, "distcc.sh", e) < 0))
		return NULL;
	return mem_take(&folder);
}

static const char *verb_build_kind(const struct source *s)
{
	return s->kind == SOURCE_DSC ? "dsc" : s->kind == SOURCE_DEBIAN ? "debian" : "plain";
}

static void verb_build_add_variable(struct strv *argv, const char *name)
{
	const char *value = getenv(name);

	if (value && *value)
		strv_addf(argv, "%s=%s", name, value);
}

/* Creates the folder in which the results arrive, within that of the person; owned, NULL with e. */
static char *verb_build_arrivals(const struct build *b, struct err *e)
{
	AUTO_FREE char *name = xasprintf(".%s.part", b->temporary.name);
	AUTO_FREE char *path = file_join(b->out, name);

	if (file_mkdirs(b->out, e) < 0 || temporary_add_folder(&b->temporary, path, e) < 0)
		return NULL;
	return mem_take(&path);
}

/* Appends the command line of build.sh, which says what the variables mean. */
static void verb_build_command(const struct build *b, const char *stem, struct strv *argv)
{
	AUTO_FREE char *command = verb_build_has_command(b) ? quote_command(b->cli->rest) : NULL;
	AUTO_FREE char *artifacts = strv_join(&b->cli->artifacts, "\n");
	AUTO_FREE char *profiles = verb_build_profiles(b);

	strv_add(argv, "sudo");
	strv_add(argv, "env");
	strv_add(argv, "-C");
	strv_add(argv, FOLDER);
	verb_build_add_variable(argv, "DEB_BUILD_OPTIONS");
	if (*profiles)
		strv_addf(argv, "DEB_BUILD_PROFILES=%s", profiles);
	if (*artifacts)
		strv_addf(argv, "BUILD_ARTIFACTS=%s", artifacts);
	if (b->spec.build_jobs)
		strv_addf(argv, "BUILD_JOBS=%u", b->spec.build_jobs);
	if (b->spec.build_silence)
		strv_addf(argv, "BUILD_SILENCE=%llu", (unsigned long long)b->spec.build_silence / 1000);
	if (b->cli->lintian)
		strv_add(argv, "BUILD_LINTIAN=yes");
	if (b->outside.on)
		cli_outside_variables(&b->outside, argv);
	strv_add(argv, "sh");
	strv_add(argv, "build.sh");
	strv_add(argv, verb_build_kind(&b->source));
	strv_addf(argv, "%s_%s", stem, b->spec.arch);
	strv_add(argv, b->spec.build_network ? "yes" : "no");
	if (command)
		strv_add(argv, command);
}

/* Takes what arrived: the reason, if the build failed, and the results. */
static int verb_build_take(struct build *b, const char *arrivals, int status, struct err *e)
{
	AUTO_FREE char *path = file_join(arrivals, REASON);
	AUTO_BUF struct buf line = {0};

	if (!file_exists(path)) {
		err_set(e, ERR_FAILED, "build-lost", "the connection to the machine of %s was lost (ssh: %d)",
			b->source.name, status);
		return err_hint(e, "the guest may lack memory: --set cpu.memory=4G");
	}
	if (file_read(path, REASON_MAX, &line, e) < 0)
		return -1;
	if (b->outside.on)
		cli_outside_read(&b->outside, line.data);
	if (status)
		reason_explain(line.data, b->source.name, &b->spec, &b->reason);
	unlink(path);
	return results_move(arrivals, b->out, &b->results, e);
}

/* Opens a shell where the build failed. */
static void verb_build_shell(struct build *b)
{
	char *words[] = {
		"sudo", "runuser", "-u", "builder",
		"--",	"sh",	   "-c", "cd /build/source 2>/dev/null || cd /build; exec ${SHELL:-/bin/sh} -i",
		NULL};
	struct cli own = *b->cli;
	AUTO_ERR struct err e = ERR_INIT;
	int status;

	fprintf(stderr, "debwiz: %s: a shell of the user builder in the machine; its end removes the machine\n",
		b->source.name);
	own.rest = words;
	if (cli_temporary_command(&own, &b->temporary, &status, &e) < 0)
		cli_error(b->cli, &e);
}

static int verb_build_run(struct build *b, int *status, struct err *e)
{
	AUTO_FREE char *folder = verb_build_stage(b, e);
	AUTO_FREE char *stem = source_stem(&b->source);
	AUTO_FREE char *arrivals = folder ? verb_build_arrivals(b, e) : NULL;
	AUTO_STRV struct strv argv = STRV_INIT, put = STRV_INIT, get = STRV_INIT;
	struct cli own = *b->cli;
	int r;

	if (!arrivals)
		return -1;
	strv_add(&put, folder);
	strv_add(&get, FOLDER "/out/*");
	strv_add(&get, FOLDER "/" REASON);
	verb_build_command(b, stem, &argv);
	own.put = put;
	own.get = get;
	own.out = arrivals;
	own.layer = &b->layer;
	own.forwards = &b->outside.ssh;
	own.rest = strv_argv(&argv);
	r = cli_temporary_run(&own, &b->temporary, &b->spec, status, e);
	if (!r)
		r = verb_build_take(b, arrivals, *status, e);
	if (!r && *status && b->cli->shell_on_failure)
		verb_build_shell(b);
	return r;
}

/* What needs the archive: the source, if it is named, and its build dependencies. */
static int verb_build_prepare(struct build *b, struct err *e)
{
	int r = 0;

	cli_line_begin(&b->line, b->cli, b->word);
	if (b->dir)
		r = verb_build_checkout(b, e);
	if (b->name)
		r = verb_build_open_archive(b, e);
	if (!r && b->name)
		r = verb_build_fetch(b, e);
	if (!r)
		r = verb_build_find_packages(b, e);
	cli_line_end(&b->line);
	archive_close(b->archive);
	b->archive = NULL;
	return r;
}

/* Chooses the folder of the results: --out or, if there are several sources, one below it of the source's name. */
static void verb_build_choose_out(struct build *b, struct strv *stems)
{
	const char *top = b->cli->out ? b->cli->out : ".";
	AUTO_FREE char *stem = source_stem(&b->source);
	AUTO_FREE char *name = xstrdup(stem);

	if (!stems) {
		b->out = xstrdup(top);
		return;
	}
	for (int i = 2; strv_has(stems, name); i++) {
		free(name);
		name = xasprintf("%s-%d", stem, i);
	}
	strv_add(stems, name);
	b->out = file_join(top, name);
}

static int verb_build_source(struct build *b, struct strv *stems, int *status, struct err *e)
{
	AUTO_FREE char *name = xasprintf("machine.name=%s", b->temporary.name);
	int r = spec_set(&b->spec, name, e);

	if (!r)
		r = verb_build_prepare(b, e);
	if (!r) {
		verb_build_choose_out(b, stems);
		r = verb_build_run(b, status, e);
	}
	return r;
}

static bool verb_build_is_of_dependencies(const struct err *e)
{
	static const char *const ids[] = {"dependency", "dependency-bad", "package-conflict"};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!strcmp(e->id, ids[i]))
			return true;
	return false;
}

/* A pattern counts from the source's folder and stays there. */
static int verb_build_check_options(const struct cli *cli, struct err *e)
{
	if (cli->shell_on_failure && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return err_set(e, ERR_USAGE, "usage", "--shell-on-failure needs a terminal");
	for (size_t i = 0; i < cli->artifacts.len; i++) {
		const char *p = cli->artifacts.items[i];

		if (!*p || *p == '/' || *p == '-' || strchr(p, '\n') || strstr(p, ".."))
			return err_set(e, ERR_USAGE, "option-value",
				       "--artifact=%s is not a pattern below the source's folder", p);
	}
	return 0;
}

/* Reads what is on this host, so that a wrong word costs no time. */
static int verb_build_open(struct build *b, struct err *e)
{
	if (!source_is_path(b->word))
		return source_split(b->word, &b->name, &b->version, e);
	if (revision_split(b->word, &b->dir, &b->rev))
		return 0;
	return source_open(&b->source, b->word, NULL, verb_build_has_command(b), e);
}

static void verb_build_fini(struct build *b)
{
	archive_source_fini(&b->fetched);
	free(b->name);
	free(b->version);
	free(b->dir);
	free(b->rev);
	free(b->out);
	strv_fini(&b->results);
	err_fini(&b->reason);
	cli_outside_end(&b->outside);
	strv_fini(&b->layer);
	spec_fini(&b->spec);
	source_fini(&b->source);
}

/* Applies the options that stand for fields of [build]. */
static int verb_build_set(struct build *b, struct err *e)
{
	const struct cli *cli = b->cli;
	const struct {
		const char *key, *value;
	} sets[] = {{"jobs", cli->jobs}, {"silence", cli->silence}, {"network", cli->network ? "yes" : NULL}};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sets) && !r; i++) {
		AUTO_FREE char *set = sets[i].value ? xasprintf("build.%s=%s", sets[i].key, sets[i].value) : NULL;

		r = set ? spec_set(&b->spec, set, e) : 0;
	}
	return r;
}

static void verb_build_report(const struct build *b, int status)
{
	const char *reason = b->reason.kind != ERR_NONE ? b->reason.text : "";

	if (b->cli->json) {
		json_t *files = json_array();
		json_t *compiled = cli_outside_json(&b->outside);

		for (size_t i = 0; i < b->results.len; i++)
			json_array_append_new(files, cli_json_text(b->results.items[i]));
		cli_print_json(json_pack("{s:s, s:o, s:o, s:i, s:o, s:s, s:o, s:o*, s:o*, s:o*}", "event", "built",
					 "source", cli_json_text(b->source.name), "version",
					 cli_json_text(b->source.version), "status", status, "out",
					 cli_json_text(b->out), "id", b->reason.id, "files", files, "compiled",
					 compiled, "text", *reason ? cli_json_text(reason) : NULL, "hint",
					 b->reason.hint ? cli_json_text(b->reason.hint) : NULL));
		return;
	}
	if (*reason)
		fprintf(stderr, "debwiz: %s\ndebwiz: %s\n", reason, b->reason.hint ? b->reason.hint : "");
	if (b->outside.counted)
		cli_outside_report(&b->outside, b->source.name);
	fprintf(stderr, "debwiz: %s: %s; results and log are in %s\n", b->source.name,
		status ? "the build failed" : "built", strcmp(b->out, ".") != 0 ? b->out : "this folder");
}

/* Builds one source in a machine like `ref` (NULL: by the options). Reports it, or the error, and returns the exit
 * status. */
static int verb_build_one(struct cli *cli, const char *ref, const char *word, struct strv *stems)
{
	struct build b = {.cli = cli, .word = word};
	struct err e = ERR_INIT;
	int status = CLI_TEMPORARY_FAILED;
	int r = verb_build_open(&b, &e);

	if (!r && cli->out)
		r = file_mkdirs(cli->out, &e);
	if (!r)
		r = cli_temporary_spec(cli, ref, &b.spec, &e);
	if (!r)
		r = verb_build_set(&b, &e);
	if (!r)
		r = temporary_new(&cli->store, "build", &b.temporary, &e);
	if (!r) {
		r = verb_build_source(&b, stems, &status, &e);
		cli_temporary_end(cli, &b.temporary);
	}
	if (!r) {
		verb_build_report(&b, status);
	} else {
		status = e.kind == ERR_INTERRUPTED	     ? (int)ERR_INTERRUPTED
			 : verb_build_is_of_dependencies(&e) ? BUILD_DEPENDENCIES
							     : CLI_TEMPORARY_FAILED;
		cli_error(cli, &e);
	}
	verb_build_fini(&b);
	return status;
}

/* Whether the first of several words is a machine: the name or file of an existing one. */
static bool verb_build_is_machine(const struct cli *cli, const char *word)
{
	AUTO_FREE char *path = NULL;
	size_t n = strlen(word);
	struct stat st;

	if (n > 4 && !strcmp(word + n - 4, ".dsc"))
		return false;
	return store_find_ini(&cli->store, word, &path, NULL) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool verb_build_was_stopped(int status)
{
	return status == ERR_INTERRUPTED || status == 128 + SIGTERM;
}

int verb_build(struct cli *cli)
{
	bool machine = cli->nargs > 1 && verb_build_is_machine(cli, cli->args[0]);
	size_t first = machine ? 1 : 0, count = cli->nargs - first, built = 0;
	AUTO_STRV struct strv stems = STRV_INIT;
	struct err e = ERR_INIT;
	int result = 0;

	if (verb_build_check_options(cli, &e) < 0) {
		cli_error(cli, &e);
		return CLI_TEMPORARY_FAILED;
	}
	temporary_collect(&cli->store);
	for (size_t i = first; i < cli->nargs && !verb_build_was_stopped(result); i++) {
		int status =
			verb_build_one(cli, machine ? cli->args[0] : NULL, cli->args[i], count > 1 ? &stems : NULL);

		built += status == 0;
		if (!result || verb_build_was_stopped(status))
			result = status;
	}
	if (count > 1 && !cli->json)
		fprintf(stderr, "debwiz: %zu of %zu sources were built\n", built, count);
	return result;
}
