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
#include "builds.h"
#include "ccache.h"
#include "connection.h"
#include "differing.h"
#include "host/file.h"
#include "interrupt.h"
#include "outside.h"
#include "prepare/job.h"
#include "rebuild.h"
#include "spec/risk.h"
#include "temporary.h"
#include "verbs.h"
#include "work.h"

#define BUILD_DEPENDENCIES 124
#define FOLDER "package"       /* in the guest's home folder */
#define USER_IN "debwiz-build" /* who builds in an existing machine */
#define REASON "reason"	       /* there: why the build failed */
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
	char *folder;		 /* in the guest's home */
	struct strv wanted;	 /* what the build needs, as depends_parse says it */
	struct strv layer;	 /* "NAME=VERSION": what the base lacks */
	struct archive *archive; /* open, or NULL */
	struct archive_op *op;	 /* under way */
	struct archive_source fetched;
	struct err err;	     /* of the operation */
	char *out;	     /* folder of the results */
	struct strv results; /* their paths in it */
	struct err reason;   /* why the build failed, as far as that is known */
	struct cli_outside outside;
	struct cli_ccache ccache;
	struct cli_differing differing; /* --reproducible */
};

/* Returns the build profiles with blanks between; owned. */
static char *verb_build_profiles(const struct build *b)
{
	const char *set = getenv("DEB_BUILD_PROFILES");

	return set && *set ? xstrdup(set) : strv_join(&b->spec.build_profiles, " ");
}

/* Whether the person, or the host's end, stopped it: SIGINT, SIGTERM or SIGHUP. */
static bool verb_build_was_stopped(int status)
{
	return status == ERR_INTERRUPTED || status == 128 + SIGTERM || status == 128 + SIGHUP;
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

	b->op = NULL;
	b->archive = a;
	if (e)
		err_copy(&b->err, e);
	loop_stop(b->cli->loop);
}

static void verb_build_on_interrupt(void *arg)
{
	struct build *b = arg;

	if (b->op)
		archive_cancel(b->op);
}

/* Runs the loop until the operation ends, with its progress on a line; returns its result. */
static int verb_build_wait(struct build *b, struct err *e)
{
	loop_run(b->cli->loop);
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

	b->op = NULL;
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
static int verb_build_solve(struct build *b, struct err *e)
{
	struct job_options o = {.goal = JOB_SSH, .fresh = b->cli->fresh};
	AUTO_STRV struct strv names = STRV_INIT;
	struct job job;
	int r;

	if (job_init(&job, b->cli->loop, b->cli->catalog, &b->temporary.store, &b->spec, &o, e) < 0)
		return -1;
	r = archive_satisfy(b->archive, &b->wanted, &names, e);
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

/* Starts what compiles outside the machine, which then needs distcc, or reports why there is nothing. */
static void verb_build_choose_compiler(struct build *b)
{
	cli_outside_begin(&b->outside, b->cli, &b->spec, b->archive, &b->temporary, &b->line);
	if (b->outside.on)
		strv_add(&b->wanted, "distcc");
	else if (!b->cli->json)
		cli_outside_report(&b->outside, b->source.name);
}

/* Takes the compiler cache, which needs ccache in the machine, or reports why it is not used. */
static void verb_build_choose_cache(struct build *b)
{
	cli_ccache_begin(&b->ccache, b->cli, &b->spec, b->archive, &b->temporary);
	if (b->ccache.disk)
		strv_add(&b->wanted, "ccache");
	if (!b->cli->json)
		cli_ccache_report(&b->ccache, b->source.name);
}

/* Finds the packages that the build needs. An existing machine installs them itself, and a folder that is only given to
 * a command needs none: then the archive stays closed. */
static int verb_build_find_packages(struct build *b, struct err *e)
{
	static const char *const tools[] = {"build-essential", "fakeroot"}; /* Policy 4.2, and for debian/rules */
	AUTO_FREE char *profiles_text = verb_build_profiles(b);
	AUTO_STRV struct strv profiles = STRV_INIT;
	bool plain = b->source.kind == SOURCE_PLAIN;
	bool outside = !plain && !b->cli->reproducible && cli_outside_wanted(b->cli, &b->spec);
	bool cache = !plain && !b->cli->reproducible && !b->cli->in && b->spec.build_ccache;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tools) && !plain; i++)
		strv_add(&b->wanted, tools[i]);
	if (b->cli->lintian)
		strv_add(&b->wanted, "lintian");
	strv_split(&profiles, profiles_text, " ,");
	r = cli_interrupt_check(b->cli, e);
	if (!r)
		r = depends_parse(b->source.depends, b->spec.arch, &profiles, &b->wanted, e);
	if (!r && (outside || (b->wanted.len && !b->cli->in)) && !b->archive)
		r = verb_build_open_archive(b, e);
	if (!r)
		r = cli_interrupt_check(b->cli, e);
	if (!r && outside)
		verb_build_choose_compiler(b);
	if (!r && cache)
		verb_build_choose_cache(b);
	if (!r)
		r = cli_interrupt_check(b->cli, e);
	if (!r && b->wanted.len && !b->cli->in)
		r = verb_build_solve(b, e);
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
	AUTO_FREE char *folder = files ? file_join(files, b->folder) : NULL;

	if (!folder || file_mkdirs(folder, e) < 0 || stage_source(&b->source, folder, e) < 0 ||
	    verb_build_stage_script(folder, "build.sh", e) < 0 ||
	    (b->outside.on && verb_build_stage_script(folder, "distcc.sh", e) < 0) ||
	    (b->ccache.on && verb_build_stage_script(folder, "ccache.sh", e) < 0) ||
	    (b->cli->reproducible && verb_build_stage_script(folder, "again.sh", e) < 0))
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
	AUTO_FREE char *wanted = strv_join(&b->wanted, ", ");

	strv_add(argv, "sudo");
	strv_add(argv, "env");
	strv_add(argv, "-C");
	strv_add(argv, b->folder);
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
	if (b->cli->reproducible)
		strv_add(argv, "BUILD_REPRODUCIBLE=yes");
	if (b->cli->in) {
		strv_add(argv, "BUILD_USER=" USER_IN);
		strv_add(argv, "BUILD_STAYS=yes");
		if (b->wanted.len)
			strv_addf(argv, "BUILD_DEPENDS=%s", wanted);
	}
	if (b->outside.on)
		cli_outside_variables(&b->outside, argv);
	if (b->ccache.on)
		strv_addf(argv, "BUILD_CCACHE=%llu", (unsigned long long)b->spec.build_ccache_size >> 20);
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

	if (!file_exists(path) && (verb_build_was_stopped(status) || cli_interrupt_check(b->cli, NULL) < 0))
		return err_set(e, ERR_INTERRUPTED, "interrupted", "the build of %s was interrupted", b->source.name);
	if (!file_exists(path)) {
		err_set(e, ERR_FAILED, "build-lost", "the connection to the machine of %s was lost (ssh: %d)",
			b->source.name, status);
		return err_hint(e, "the guest may lack memory: --set cpu.memory=4G");
	}
	if (file_read(path, REASON_MAX, &line, e) < 0)
		return -1;
	if (b->outside.on)
		cli_outside_read(&b->outside, line.data);
	if (b->ccache.on)
		cli_ccache_read(&b->ccache, line.data);
	if (status)
		reason_explain(line.data, b->source.name, &b->spec, &b->reason);
	cli_differing_read(&b->differing, line.data);
	unlink(path);
	return results_move(arrivals, b->out, &b->results, e);
}

/* Runs a command in the machine that built. */
static int verb_build_in_guest(struct build *b, char **words, int *status, struct err *e)
{
	struct cli own = *b->cli;

	own.rest = words;
	if (!b->cli->in)
		return cli_temporary_command(&own, &b->temporary, status, e);
	own.json = false;
	return cli_temporary_inside(&own, b->cli->in, status, e);
}

/* Removes what was copied to an existing machine; if that fails, the next build there does it. */
static void verb_build_clean(struct build *b)
{
	char *words[] = {"sudo", "rm", "-rf", "--", b->folder, NULL};
	int status;

	(void)verb_build_in_guest(b, words, &status, NULL);
}

/* Opens a shell where the build failed. */
static void verb_build_shell(struct build *b)
{
	const char *user = b->cli->in ? USER_IN : "builder";
	char *words[] = {
		"sudo", "runuser", "-u", (char *)user,
		"--",	"sh",	   "-c", "cd /build/source 2>/dev/null || cd /build; exec ${SHELL:-/bin/sh} -i",
		NULL};
	AUTO_ERR struct err e = ERR_INIT;
	int status;

	fprintf(stderr, "debwiz: %s: a shell of the user %s in the machine%s\n", b->source.name, user,
		b->cli->in || b->cli->keep ? "" : "; its end removes the machine");
	if (verb_build_in_guest(b, words, &status, &e) < 0)
		cli_error(b->cli, &e);
}

static int verb_build_run(struct build *b, int *status, struct err *e)
{
	AUTO_FREE char *folder = verb_build_stage(b, e);
	AUTO_FREE char *stem = source_stem(&b->source);
	AUTO_FREE char *arrivals = folder ? verb_build_arrivals(b, e) : NULL;
	AUTO_STRV struct strv argv = STRV_INIT, put = STRV_INIT, get = STRV_INIT;
	struct cli own = *b->cli;
	bool ran;
	int r;

	if (!arrivals || cli_interrupt_check(b->cli, e) < 0)
		return -1;
	strv_add(&put, folder);
	strv_addf(&get, "%s/out/*", b->folder);
	strv_addf(&get, "%s/" REASON, b->folder);
	verb_build_command(b, stem, &argv);
	own.put = put;
	own.get = get;
	own.out = arrivals;
	own.layer = &b->layer;
	own.volume = b->ccache.disk;
	own.forwards = &b->outside.ssh;
	own.rest = strv_argv(&argv);
	if (b->cli->in) {
		own.json = false; /* standard output is the log */
		r = cli_temporary_inside(&own, b->cli->in, status, e);
	} else {
		r = cli_temporary_run(&own, &b->temporary, &b->spec, status, e);
	}
	ran = !r;
	if (!r)
		r = verb_build_take(b, arrivals, *status, e);
	if (!r && b->differing.names.len) {
		AUTO_FREE char *second = xasprintf("%s_%s.second", stem, b->spec.arch);

		cli_differing_compare(&b->differing, b->cli, b->out, second, &b->results);
	}
	if (!r && *status && b->cli->shell_on_failure)
		verb_build_shell(b);
	if (b->cli->in && ran && strcmp(e->id, "build-lost") != 0)
		verb_build_clean(b);
	else if (!r && b->cli->keep && !verb_build_was_stopped(*status))
		r = cli_interrupt_check(b->cli, e) < 0 ? -1 : cli_temporary_keep(b->cli, &b->temporary, e);
	return r;
}

/* What needs the archive: the source, if it is named, and its build dependencies. */
static int verb_build_prepare(struct build *b, struct err *e)
{
	int r = 0;

	cli_line_begin(&b->line, b->cli, b->word);
	if (b->dir)
		r = verb_build_checkout(b, e);
	if (!r && b->name)
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

static int verb_build_source(struct build *b, int *status, struct err *e)
{
	AUTO_FREE char *name = xasprintf("machine.name=%s", b->temporary.name);
	int r = spec_set(&b->spec, name, e);

	b->folder = b->cli->in ? xasprintf(".debwiz-%s", b->temporary.name) : xstrdup(FOLDER);
	if (!r)
		r = verb_build_prepare(b, e);
	if (!r) {
		b->out = xstrdup(b->cli->out ? b->cli->out : ".");
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
static int verb_build_check_options(const struct cli *cli, bool several, struct err *e)
{
	if (several && cli->shell_on_failure)
		return err_set(e, ERR_USAGE, "usage", "--shell-on-failure is for one build at a time");
	if (cli->in && (cli->keep || cli->arch || cli->release))
		return err_set(e, ERR_USAGE, "usage", "--in names a machine, which stays as it is: %s does not apply",
			       cli->keep   ? "--keep"
			       : cli->arch ? "--arch"
					   : "--release");
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
	free(b->folder);
	strv_fini(&b->results);
	err_fini(&b->reason);
	cli_outside_end(&b->outside);
	cli_ccache_end(&b->ccache);
	strv_fini(&b->layer);
	strv_fini(&b->wanted);
	cli_differing_fini(&b->differing);
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
		json_t *differing = b->cli->reproducible ? cli_differing_json(&b->differing) : NULL;

		for (size_t i = 0; i < b->results.len; i++)
			json_array_append_new(files, cli_json_text(b->results.items[i]));
		cli_print_json(json_pack("{s:s, s:o, s:o, s:i, s:o, s:s, s:o, s:o*, s:o*, s:o*, s:o*, s:o*}", "event",
					 "built", "source", cli_json_text(b->source.name), "version",
					 cli_json_text(b->source.version), "status", status, "out",
					 cli_json_text(b->out), "id", b->reason.id, "files", files, "compiled",
					 compiled, "ccache", cli_ccache_json(&b->ccache), "differing", differing,
					 "text", *reason ? cli_json_text(reason) : NULL, "hint",
					 b->reason.hint ? cli_json_text(b->reason.hint) : NULL));
		return;
	}
	if (*reason)
		fprintf(stderr, "debwiz: %s\ndebwiz: %s\n", reason, b->reason.hint ? b->reason.hint : "");
	cli_differing_report(&b->differing);
	if (b->outside.counted)
		cli_outside_report(&b->outside, b->source.name);
	if (b->ccache.on)
		cli_ccache_report(&b->ccache, b->source.name);
	fprintf(stderr, "debwiz: %s: %s; results and log are in %s\n", b->source.name,
		b->differing.names.len ? "built, and differs"
		: status	       ? "the build failed"
		: b->cli->reproducible ? "built twice, with the same result"
				       : "built",
		strcmp(b->out, ".") != 0 ? b->out : "this folder");
}

/* Builds one source in a machine like `ref` (NULL: by the options). Reports it, or the error, and returns the exit
 * status. */
static int verb_build_one(struct cli *cli, const char *ref, const char *word)
{
	struct build b = {.cli = cli, .word = word};
	struct err e = ERR_INIT;
	struct cli_interrupt interrupt;
	int status = CLI_TEMPORARY_FAILED;
	int r = verb_build_open(&b, &e);

	if (!r && cli->out)
		r = file_mkdirs(cli->out, &e);
	if (!r)
		r = cli_temporary_spec(cli, ref, &b.spec, &e);
	if (!r)
		r = verb_build_set(&b, &e);
	if (!r && cli->in)
		r = cli_need_running(cli, cli->in, b.spec.name, JOB_SSH, &e);
	if (!r)
		r = temporary_new(&cli->store, "build", &b.temporary, &e);
	if (!r) {
		cli_interrupt_begin(&interrupt, cli, verb_build_on_interrupt, &b);
		r = verb_build_source(&b, &status, &e);
		if (r < 0)
			cli_interrupt_check(cli, &e); /* rather than what it made of a program that also received it */
		cli_temporary_end(cli, &b.temporary);
		cli_interrupt_end(&interrupt);
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

/* Without --out the results go where the machine `ref` or --set says: *out receives that folder, and cli->out borrows
 * it. */
static int verb_build_choose_out(struct cli *cli, const char *ref, char **out, struct err *e)
{
	struct session_conf conf = cli_session_conf(cli);
	struct spec s = {.name = NULL};
	int r = 0;

	if (cli->out)
		return 0;
	if (ref) {
		r = session_read(&conf, ref, &s, e);
		if (!r && risks_check(&s, "out", NULL, e) < 0)
			r = cli_agree(cli, &s, e);
	} else {
		spec_init(&s);
		for (size_t i = 0; i < cli->sets.len && !r; i++)
			if (!strncmp(cli->sets.items[i], "build.out", strlen("build.out")))
				r = spec_set(&s, cli->sets.items[i], e);
	}
	if (!r && *s.build_out)
		cli->out = *out = spec_path(&s, s.build_out);
	spec_fini(&s);
	return r;
}

int verb_build(struct cli *cli)
{
	bool machine = !cli->in && cli->nargs > 1 && verb_build_is_machine(cli, cli->args[0]);
	const char *ref = machine ? cli->args[0] : cli->in;
	size_t first = machine ? 1 : 0, count = cli->nargs - first;
	AUTO_STRV struct strv arches = STRV_INIT;
	AUTO_FREE char *out = NULL;
	struct err e = ERR_INIT;
	bool several;

	for (size_t i = 0; i < cli->arches.len; i++)
		strv_split(&arches, cli->arches.items[i], " ,");
	several = count > 1 || arches.len > 1;
	if (verb_build_check_options(cli, several, &e) < 0 || verb_build_choose_out(cli, ref, &out, &e) < 0) {
		cli_error(cli, &e);
		return CLI_TEMPORARY_FAILED;
	}
	temporary_collect(&cli->store);
	if (cli->watch)
		return cli_rebuild(cli, cli->args + first, count);
	if (several)
		return cli_builds(cli, ref, cli->args + first, count, &arches);
	if (arches.len)
		cli->arch = arches.items[0];
	return verb_build_one(cli, ref, cli->args[first]);
}
