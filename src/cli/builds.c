/* SPDX-License-Identifier: MIT */
/* builds: starts a debwiz for each build, takes its events, and reports all of them in one table. */
#include "builds.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "base/mem.h"
#include "base/size.h"
#include "build/phase.h"
#include "build/source.h"
#include "catalog/catalog.h"
#include "connection.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "qemu/argv.h"
#include "temporary.h"
#include "work.h"

#define MACHINE_OVERHEAD ((uint64_t)256 << 20) /* bytes beside the guest's memory: QEMU, debwiz, its compilers */
#define FREE_SHARE 8			       /* this part of the free memory is left */
#define TICK_MS 1000
#define TEXT_NOT_BEGUN "not begun"

enum builds_state { BUILDS_WAITS, BUILDS_RUNS, BUILDS_ENDED };

struct builds;

struct builds_job {
	struct builds *all;
	const char *source, *arch; /* arch NULL: the machine's */
	char *label, *out;	   /* name and path of the folder of its results */
	enum builds_state state;
	struct proc *child;
	struct line_reader out_lines, err_lines;
	char *phase; /* what it does; NULL: nothing reported yet */
	char *text;  /* why it failed; NULL: not known */
	char *id;    /* of that */
	int status;
	uint64_t begun, took; /* ms */
};

struct builds {
	struct cli *cli;
	const char *ref;
	char *self;
	struct builds_job *jobs;
	size_t count, limit;
	bool stopping;
	struct cli_line line;
};

/* ---- how many in parallel ---- */

/* Adds the memory of the largest of the machines to *most. */
static int builds_read_machine(struct builds *b, const char *arch, const struct host_facts *facts, uint64_t *most,
			       struct err *e)
{
	struct cli own = *b->cli;
	struct spec s = {.name = NULL};
	uint64_t memory;
	int r;

	own.arch = arch;
	r = cli_temporary_spec(&own, b->ref, &s, e);
	if (!r) {
		memory = qemu_memory(&s, catalog_arch_find(own.catalog, s.arch), facts->cpus, facts->memory) +
			 MACHINE_OVERHEAD;
		*most = memory > *most ? memory : *most;
	}
	spec_fini(&s);
	return r;
}

/* Chooses how many machines run in parallel, one at least, and reports why. */
static int builds_choose_limit(struct builds *b, const struct strv *arches, struct err *e)
{
	uint64_t available = host_free_memory(), most = MACHINE_OVERHEAD, fit;
	char has[SIZE_TEXT], takes[SIZE_TEXT], cpus[SIZE_TEXT];
	struct host_facts facts;
	int r = 0;

	host_facts_get(&facts);
	for (size_t i = 0; i < (arches->len ? arches->len : 1) && !r; i++)
		r = builds_read_machine(b, arches->len ? arches->items[i] : NULL, &facts, &most, e);
	available -= available / FREE_SHARE;
	fit = available / most;
	b->limit = fit < facts.cpus ? (size_t)fit : facts.cpus;
	b->limit = b->cli->in || !b->limit ? 1 : b->limit < b->count ? b->limit : b->count;
	if (!r && b->cli->json)
		cli_print_json(json_pack("{s:s, s:I, s:I}", "event", "builds", "total", (json_int_t)b->count,
					 "parallel", (json_int_t)b->limit));
	else if (!r && b->cli->in)
		fprintf(stderr, "debwiz: %zu builds, one after the other in %s\n", b->count, b->cli->in);
	else if (!r)
		fprintf(stderr,
			"debwiz: %zu builds, up to %zu in parallel: a machine takes up to %s, %s are free, "
			"and this host has %s\n",
			b->count, b->limit, size_human(most, takes), size_human(available, has),
			count_human(facts.cpus, "CPU", cpus));
	host_facts_fini(&facts);
	return r;
}

/* ---- names ---- */

/* Returns what the folder of a source is called: as far as it is known without the archive. */
static char *builds_stem(const struct cli *cli, const char *word)
{
	bool command = cli->rest && cli->rest[0];
	AUTO_FREE char *whole = NULL;
	struct source s;
	char *stem;

	if (source_is_path(word) && source_open(&s, word, NULL, command, NULL) == 0) {
		stem = source_stem(&s);
		source_fini(&s);
		return stem;
	}
	whole = source_is_path(word) ? file_absolute(word) : xstrdup(word);
	stem = xstrdup(source_is_path(word) ? file_basename(whole) : whole);
	for (char *p = stem; *p; p++)
		if (strchr("=@/", *p))
			*p = '_';
	return stem;
}

static void builds_name(struct builds *b, struct builds_job *j, bool several, struct strv *taken)
{
	AUTO_FREE char *stem = builds_stem(b->cli, j->source);
	AUTO_FREE char *first = several ? xasprintf("%s_%s", stem, j->arch) : xstrdup(stem);

	j->label = xstrdup(first);
	for (int i = 2; strv_has(taken, j->label); i++) {
		free(j->label);
		j->label = xasprintf("%s-%d", first, i);
	}
	strv_add(taken, j->label);
	j->out = file_join(b->cli->out ? b->cli->out : ".", j->label);
}

/* ---- what a child prints ---- */

static void builds_set(char **text, char *to)
{
	free(*text);
	*text = to;
}

static void builds_take_end(struct builds_job *j, const json_t *event)
{
	const char *text = json_str(event, "text", "");

	if (*text)
		builds_set(&j->text, xstrdup(text));
	builds_set(&j->id, xstrdup(json_str(event, "id", "")));
}

/* Takes an event of the child; false: the line is none. */
static bool builds_take_event(struct builds_job *j, const char *line)
{
	json_t *v = *line == '{' ? json_parse(line, strlen(line), "event", NULL) : NULL;
	const char *kind = json_str(v, "event", "");

	if (!*kind) {
		json_decref(v);
		return false;
	}
	if (!strcmp(kind, "built") || !strcmp(kind, "error"))
		builds_take_end(j, v);
	if (!strcmp(kind, "kept") && !j->all->cli->json)
		fprintf(stderr, "debwiz: %s: the machine is kept as %s\n", j->label, json_str(v, "name", ""));
	if (j->all->cli->json) {
		json_object_set_new(v, "job", cli_json_text(j->label));
		cli_print_json(json_incref(v));
	}
	json_decref(v);
	return true;
}

static void builds_on_out_line(const char *line, void *arg)
{
	struct builds_job *j = arg;
	const char *phase = build_phase(line);

	if (phase)
		builds_set(&j->phase, xstrdup(phase));
	if (!builds_take_event(j, line) && j->all->cli->verbose && !j->all->cli->json) {
		cli_line_end(&j->all->line);
		printf("%s: %s\n", j->label, line);
	}
}

/* A phase that runs or has ended, without its sign, and without what is behind its name. Before the first one:
 * what is done for the source, behind its name. */
static void builds_on_err_line(const char *line, void *arg)
{
	struct builds_job *j = arg;
	const char *name = strchr(line, ' ');
	size_t n = strlen(j->source);

	if (!strncmp(line, j->source, n) && line[n] == ':' && line[n + 1] == ' ')
		builds_set(&j->phase, xstrdup(line + n + 2));
	else if (name && (name - line) <= 3 && name[1] != ' ')
		builds_set(&j->phase, xstrndup(name + 1, strcspn(name + 1, " ")));
	if (j->all->cli->verbose) {
		cli_line_end(&j->all->line);
		fprintf(stderr, "%s: %s\n", j->label, line);
	}
}

static void builds_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct builds_job *j = arg;
	struct line_reader *r = fd == 1 ? &j->out_lines : &j->err_lines;

	if (n)
		line_reader_add(r, p, n);
	else
		line_reader_end(r);
}

/* ---- the children ---- */

/* Returns what became of it; owned. */
static char *builds_result(const struct builds_job *j)
{
	if (j->state == BUILDS_WAITS)
		return xstrdup(TEXT_NOT_BEGUN);
	if (!j->status)
		return xstrdup("built");
	if (j->text)
		return xstrdup(j->text);
	return j->phase ? xasprintf("the build failed; its last phase: %s", j->phase) : xstrdup("the build failed");
}

static void builds_next(struct builds *b);

static void builds_finish(struct builds_job *j, int status)
{
	AUTO_FREE char *result = NULL;
	struct cli *cli = j->all->cli;
	char took[SIZE_TEXT];

	j->state = BUILDS_ENDED;
	j->status = status;
	j->took = loop_now(cli->loop) - j->begun;
	result = builds_result(j);
	cli_line_end(&j->all->line);
	if (!cli->json)
		fprintf(stderr, "debwiz: %s: %s (%s)\n", j->label, result, duration_human(j->took, took));
}

static void builds_on_ended(int64_t status, int signum, void *arg)
{
	struct builds_job *j = arg;

	bool stopped = j->all->stopping && signum == SIGTERM; /* before it could report that itself */

	j->child = NULL;
	builds_finish(j, stopped ? (int)ERR_INTERRUPTED : signum ? 128 + signum : (int)status);
	builds_next(j->all);
}

static void builds_command(const struct builds_job *j, struct strv *argv)
{
	static const char *const ours[] = {"json", "plain", "out", "arch", "log", NULL};
	const struct builds *b = j->all;

	strv_add(argv, b->self);
	strv_add(argv, "build");
	cli_option_words(b->cli, "build", ours, argv);
	strv_add(argv, "--json");
	strv_addf(argv, "--out=%s", j->out);
	if (j->arch)
		strv_addf(argv, "--arch=%s", j->arch);
	if (b->ref && !b->cli->in)
		strv_add(argv, b->ref);
	strv_add(argv, j->source);
	if (b->cli->rest)
		strv_add(argv, "--");
	for (size_t i = 0; b->cli->rest && b->cli->rest[i]; i++)
		strv_add(argv, b->cli->rest[i]);
}

static void builds_start(struct builds_job *j)
{
	struct proc_conf conf = {.output = builds_on_output, .ended = builds_on_ended, .arg = j, .new_session = true};
	AUTO_STRV struct strv argv = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;

	builds_command(j, &argv);
	conf.argv = strv_argv(&argv);
	j->state = BUILDS_RUNS;
	j->begun = loop_now(j->all->cli->loop);
	j->child = proc_start(j->all->cli->loop, &conf, &e);
	if (j->child)
		return;
	builds_set(&j->text, xstrdup(e.text));
	builds_finish(j, CLI_TEMPORARY_FAILED);
}

/* Starts as many as there may be; ends the loop after the last one. */
static void builds_next(struct builds *b)
{
	size_t running = 0;

	for (size_t i = 0; i < b->count; i++)
		running += b->jobs[i].state == BUILDS_RUNS;
	for (size_t i = 0; i < b->count && running < b->limit && !b->stopping; i++) {
		if (b->jobs[i].state == BUILDS_WAITS) {
			builds_start(&b->jobs[i]);
			running += b->jobs[i].state == BUILDS_RUNS;
		}
	}
	if (!running)
		loop_stop(b->cli->loop);
}

static void builds_on_signal(void *arg)
{
	struct builds *b = arg;

	b->stopping = true;
	for (size_t i = 0; i < b->count; i++)
		if (b->jobs[i].child)
			proc_terminate(b->jobs[i].child);
}

static void builds_on_tick(void *arg)
{
	struct builds *b = arg;
	AUTO_STRV struct strv words = STRV_INIT;
	AUTO_FREE char *text = NULL;
	size_t waiting = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct builds_job *j = &b->jobs[i];

		waiting += j->state == BUILDS_WAITS;
		if (j->state == BUILDS_RUNS)
			strv_addf(&words, "%s: %s", j->label, j->phase ? j->phase : "begins");
	}
	if (waiting)
		strv_addf(&words, "%zu waiting", waiting);
	text = strv_join(&words, ", ");
	if (!b->cli->json)
		cli_line_show(&b->line, text);
}

/* Runs all of them. */
static void builds_run(struct builds *b)
{
	struct loop_timer *timer = loop_timer_start(b->cli->loop, TICK_MS, TICK_MS, builds_on_tick, b);
	struct loop_exit *signals = loop_exit_start(b->cli->loop, builds_on_signal, b);

	cli_line_begin(&b->line, b->cli, "builds");
	builds_next(b);
	loop_run(b->cli->loop);
	cli_line_end(&b->line);
	loop_exit_stop(signals);
	loop_timer_stop(timer);
	for (size_t i = 0; i < b->count; i++)
		if (b->jobs[i].state == BUILDS_WAITS)
			b->jobs[i].status = ERR_INTERRUPTED;
}

/* ---- the report ---- */

/* How bad a status is: of two, the greater counts. */
static int builds_rank(int status)
{
	return !status				 ? 0
	       : status == CLI_TEMPORARY_DIFFERS ? 1
	       : status < CLI_TEMPORARY_DIFFERS	 ? 2
	       : status == ERR_INTERRUPTED	 ? 5
	       : status == CLI_TEMPORARY_FAILED	 ? 4
						 : 3;
}

static int builds_status(const struct builds *b)
{
	int worst = b->stopping ? ERR_INTERRUPTED : 0;

	for (size_t i = 0; i < b->count; i++)
		if (builds_rank(b->jobs[i].status) > builds_rank(worst))
			worst = b->jobs[i].status;
	return worst;
}

static void builds_report_json(const struct builds *b, size_t built, int status)
{
	json_t *jobs = json_array();

	for (size_t i = 0; i < b->count; i++) {
		const struct builds_job *j = &b->jobs[i];
		AUTO_FREE char *result = builds_result(j);

		json_array_append_new(
			jobs, json_pack("{s:o, s:o, s:o*, s:o, s:i, s:s, s:o, s:o*, s:I}", "job",
					cli_json_text(j->label), "source", cli_json_text(j->source), "arch",
					j->arch ? cli_json_text(j->arch) : NULL, "out", cli_json_text(j->out), "status",
					j->status, "id", j->id ? j->id : "", "text", cli_json_text(result), "phase",
					j->phase ? cli_json_text(j->phase) : NULL, "ms", (json_int_t)j->took));
	}
	cli_print_json(json_pack("{s:s, s:I, s:I, s:i, s:o}", "event", "summary", "built", (json_int_t)built, "total",
				 (json_int_t)b->count, "status", status, "jobs", jobs));
}

static void builds_report(const struct builds *b, int status)
{
	size_t built = 0;
	int width = 6;

	for (size_t i = 0; i < b->count; i++) {
		int n = (int)strlen(b->jobs[i].label);

		built += b->jobs[i].state == BUILDS_ENDED && !b->jobs[i].status;
		width = n > width ? n : width;
	}
	if (b->cli->json) {
		builds_report_json(b, built, status);
		return;
	}
	printf("%-*s %6s %12s  %s\n", width, "BUILD", "STATUS", "TIME", "RESULT");
	for (size_t i = 0; i < b->count; i++) {
		const struct builds_job *j = &b->jobs[i];
		AUTO_FREE char *result = builds_result(j);
		char took[SIZE_TEXT];

		printf("%-*s %6d %12s  %s\n", width, j->label, j->status, duration_human(j->took, took), result);
	}
	cli_flush();
	fprintf(stderr, "debwiz: %zu of %zu built; results and logs are in %s\n", built, b->count,
		b->cli->out ? b->cli->out : "this folder");
}

static void builds_fini(struct builds *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct builds_job *j = &b->jobs[i];

		line_reader_fini(&j->out_lines);
		line_reader_fini(&j->err_lines);
		free(j->label);
		free(j->out);
		free(j->phase);
		free(j->text);
		free(j->id);
	}
	free(b->jobs);
	free(b->self);
}

int cli_builds(struct cli *cli, const char *ref, char *const *sources, size_t count, const struct strv *arches)
{
	size_t each = arches->len ? arches->len : 1;
	struct builds b = {.cli = cli, .ref = ref, .count = count * each};
	AUTO_STRV struct strv taken = STRV_INIT;
	struct err e = ERR_INIT;
	int r;

	b.jobs = xcalloc(b.count, sizeof(*b.jobs));
	for (size_t i = 0; i < b.count; i++) {
		struct builds_job *j = &b.jobs[i];

		*j = (struct builds_job){.all = &b, .source = sources[i / each]};
		j->arch = arches->len ? arches->items[i % each] : NULL;
		line_reader_init(&j->out_lines, builds_on_out_line, j);
		line_reader_init(&j->err_lines, builds_on_err_line, j);
		builds_name(&b, j, arches->len > 1, &taken);
	}
	b.self = host_self(&e);
	r = b.self ? builds_choose_limit(&b, arches, &e) : -1;
	if (!r && cli->in)
		r = cli_need_running(cli, cli->in, cli->in, JOB_SSH, &e);
	if (!r) {
		builds_run(&b);
		r = builds_status(&b);
		builds_report(&b, r);
	} else {
		cli_error(cli, &e);
		r = CLI_TEMPORARY_FAILED;
	}
	builds_fini(&b);
	return r;
}
