/* SPDX-License-Identifier: MIT */
/* main: reads the command line, opens what verbs need, runs the verb and prints its error. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"
#include "host/proc.h"
#include "spec/risk.h"
#include "verbs.h"

void cli_print_json(json_t *v)
{
	AUTO_FREE char *line = json_line(v);

	puts(line);
	cli_flush();
	json_decref(v);
}

json_t *cli_json_text(const char *text)
{
	AUTO_FREE char *clean = text_clean(text, strlen(text), true);
	json_t *v = json_string(clean);

	return v;
}

static void main_print_text(const char *prefix, const char *text)
{
	AUTO_FREE char *clean = text_clean(text, strlen(text), true);

	fprintf(stderr, "%s%s\n", prefix, clean);
}

/* Returns the hint for an error that has none of its own; NULL: its text is enough. */
static const char *main_general_hint(enum err_kind kind)
{
	switch (kind) {
	case ERR_MISSING:
		return "`debwiz doctor` shows what this host lacks";
	case ERR_NETWORK:
		return "try again later, or name another mirror with --mirror URL";
	case ERR_VERIFY:
		return "the download failed verification and was discarded: try again later, or name another "
		       "mirror with --mirror URL";
	case ERR_INTERRUPTED:
		return "the same command continues from here";
	case ERR_FAILED:
		return "the same command retries; --log FILE records what happens";
	default:
		return NULL;
	}
}

/* Returns whether the text begins with FILE:LINE: */
static bool main_begins_with_line(const char *text)
{
	const char *end = strstr(text, ": ");
	const char *p = end;

	while (p && p > text && p[-1] >= '0' && p[-1] <= '9')
		p--;
	return p && p < end && p > text && p[-1] == ':' && !memchr(text, '\n', (size_t)(end - text));
}

/* Returns whether the lines of the error's text begin with the file, as those of compilers do. */
static bool main_is_about_file(const struct err *e)
{
	static const char *const ids[] = {"spec-bad",	  "spec-check", "spec-secret",
					  "spec-unknown", "ini-bad",	RISK_ERROR};

	for (size_t i = 0; e->text && i < ARRAY_SIZE(ids); i++)
		if (!strcmp(e->id, ids[i]))
			return true;
	return e->text && main_begins_with_line(e->text);
}

int cli_error(const struct cli *cli, struct err *e)
{
	int status = e->kind ? (int)e->kind : ERR_FAILED;
	const char *text = e->text ? e->text : "unknown error";
	const char *hint = e->hint ? e->hint : main_general_hint(e->kind);

	if (cli->json) {
		json_t *o = json_pack("{s:s, s:s, s:o, s:i}", "event", "error", "id", e->id, "text",
				      cli_json_text(text), "status", status);

		if (hint)
			json_object_set_new(o, "hint", cli_json_text(hint));
		cli_print_json(o);
	} else {
		main_print_text(main_is_about_file(e) ? "" : "debwiz: ", text);
		if (hint)
			main_print_text("  -> ", hint);
	}
	err_fini(e);
	return status;
}

void cli_warn(const struct cli *cli, const char *text)
{
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:o}", "event", "warning", "text", cli_json_text(text)));
	else
		main_print_text("debwiz: note: ", text);
}

void cli_warn_file(const struct cli *cli, const char *text)
{
	if (cli->json)
		cli_warn(cli, text);
	else
		main_print_text("", text);
}

struct session_conf cli_session_conf(const struct cli *cli)
{
	return (struct session_conf){
		.loop = cli->loop,
		.catalog = cli->catalog,
		.store = &cli->store,
		.sets = &cli->sets,
		.mirror = cli->mirror,
		.offline = cli->offline,
		.strict = cli->strict,
	};
}

void cli_warn_spec(const struct cli *cli, const struct spec *s)
{
	for (size_t i = 0; i < s->warnings.len; i++)
		cli_warn_file(cli, s->warnings.items[i]);
}

struct session *cli_open(struct cli *cli, const char *ref, const struct job_options *o, struct err *e)
{
	struct session_conf conf = cli_session_conf(cli);
	struct session *s = session_new(&conf, ref, o, e);

	if (s)
		cli_warn_spec(cli, &s->spec);
	return s;
}

int cli_machine(struct cli *cli, const char *ref, struct spec *s, struct err *e)
{
	struct session_conf conf = cli_session_conf(cli);

	if (session_read(&conf, ref, s, e) < 0)
		return -1;
	cli_warn_spec(cli, s);
	return 0;
}

static int main_run_verb(struct cli *cli)
{
	struct err e = ERR_INIT;
	int status;

	cli->catalog = catalog_new(&e);
	if (!cli->catalog)
		return cli_error(cli, &e);
	if (store_open(&cli->store, &e) < 0) {
		status = cli_error(cli, &e);
	} else {
		cli->loop = loop_new();
		status = cli->verb->run(cli);
		loop_free(cli->loop);
		store_fini(&cli->store);
	}
	catalog_free(cli->catalog);
	return status;
}

/* Makes libraries that would continue without memory end the program as we do. */
static void main_guard_memory(void)
{
	json_guard_memory();
	loop_guard_memory();
	hash_guard_memory();
}

/* Returns a failure instead of `status` if output was lost, for example on a full disk. */
static int main_check_output(struct cli *cli, int status)
{
	struct cli text = *cli;
	struct err e = ERR_INIT;
	int failed = cli_flush();

	if (status || !failed || failed == EPIPE)
		return status;
	err_errno(&e, failed, "output", "cannot write to standard output");
	if (failed == EBADF)
		err_hint(&e, "standard output is closed: redirect it to a file, to a pipe or to /dev/null");
	text.json = false; /* the event could not be written */
	return cli_error(&text, &e);
}

/* Prints --help (of the verb before it, if there is one) or --version, whatever else the line has. */
static bool main_asks_itself(int argc, char **argv)
{
	const struct cli_verb *verb = NULL;

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			if (verb && !verb->hidden)
				cli_print_verb_help(verb);
			else
				cli_print_help();
			return true;
		}
		if (!strcmp(argv[i], "--version")) {
			puts("debwiz " PACKAGE_VERSION);
			return true;
		}
		if (!verb)
			verb = cli_find_verb(argv[i]);
	}
	return false;
}

int cli_main(int argc, char **argv, const struct cli_face *face)
{
	struct cli cli = {.face = face, .wait = CLI_WAIT_LOGIN};
	struct err e = ERR_INIT;
	int status = 0;
	static const struct cli_verb home = {.name = "", .args = "", .summary = "", .run = verb_home};

	if (!proc_standard_descriptors())
		return ERR_FAILED;
	main_guard_memory();
	proc_ignore_size_signal();
	proc_leave_no_core();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* the texts are English, and scripts read the tables */
	log_init();
	if (main_asks_itself(argc, argv))
		return main_check_output(&cli, 0);
	if (cli_parse(&cli, argc, argv, &e) < 0 || (cli.log && log_open(cli.log, &e) < 0)) {
		status = cli_error(&cli, &e);
	} else if (!cli.verb && !cli.plain && !cli.json && face->possible()) {
		cli.verb = &home;
		status = main_run_verb(&cli);
	} else if (!cli.verb) {
		cli_print_help();
		status = ERR_USAGE;
	} else {
		status = main_run_verb(&cli);
	}
	status = main_check_output(&cli, status);
	log_close();
	strv_fini(&cli.sets);
	strv_fini(&cli.ssh_options);
	strv_fini(&cli.put);
	strv_fini(&cli.arches);
	strv_fini(&cli.get);
	strv_fini(&cli.artifacts);
	free(cli.args);
	return status;
}
