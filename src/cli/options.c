/* SPDX-License-Identifier: MIT */
/*
 * options: the table of options and the reader of the command line. Options may stand before or
 * behind the verb; everything behind `--` belongs to the verb's own command.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"

static const char *const waits[] = {
	[CLI_WAIT_LOGIN] = "login",
	[CLI_WAIT_SSH] = "ssh",
	[CLI_WAIT_NONE] = "none",
};

#define AT(member) offsetof(struct cli, member)

const struct cli_option cli_options[] = {
	{"plain", 0, NULL, "plain lines, no live display; new: questions line by line", CLI_FLAG, AT(plain)},
	{"json", 0, NULL, "one JSON event or record a line", CLI_FLAG, AT(json)},
	{"set", 0, "SECTION.KEY=VALUE",
	 "replace a value for this run; += appends, empty empties",
	 CLI_LIST, AT(sets)},
	{"mirror", 0, "URL", "use this Debian mirror (as --set mirror.url=URL)", CLI_TEXT, AT(mirror)},
	{"offline", 0, NULL, "use what is in the cache alone", CLI_FLAG, AT(offline)},
	{"strict", 0, NULL, "an unknown key, or a suite that is out of step, is an error", CLI_FLAG,
	 AT(strict)},
	{"yes", 'y', NULL, "take the default answer of every question", CLI_FLAG, AT(yes)},
	{"confirm", 0, "NAME", "delete, recreate: the machine's name, in place of typing it", CLI_TEXT,
	 AT(confirm)},
	{"fresh", 0, NULL, "make a new base image even where one is there", CLI_FLAG, AT(fresh)},
	{"wait", 0, "login|ssh|none", "what boot and up wait for (login)", CLI_WAIT, AT(wait)},
	{"attach", 0, NULL, "boot: show the console at once, live", CLI_FLAG, AT(attach)},
	{"explain", 0, NULL, "command: say where each argument comes from", CLI_FLAG, AT(explain)},
	{"follow", 'f', NULL, "logs: go on as more is printed", CLI_FLAG, AT(follow)},
	{"watch", 0, NULL, "list, status: go on, once a second", CLI_FLAG, AT(watch)},
	{"verbose", 'v', NULL, "show what was there already, and the steps' own log", CLI_FLAG,
	 AT(verbose)},
	{"log", 0, "FILE", "write everything that a maintainer may want to FILE", CLI_TEXT, AT(log)},
};
const size_t cli_option_count = sizeof(cli_options) / sizeof(*cli_options);

static int set_option(struct cli *cli, const struct cli_option *o, const char *value, struct err *e)
{
	void *at = (char *)cli + o->offset;

	switch (o->type) {
	case CLI_FLAG:
		*(bool *)at = true;
		return 0;
	case CLI_TEXT:
		*(const char **)at = value;
		return 0;
	case CLI_LIST:
		strv_add(at, value);
		return 0;
	case CLI_WAIT:
		for (size_t i = 0; value && i < sizeof(waits) / sizeof(*waits); i++) {
			if (!strcmp(value, waits[i])) {
				*(enum cli_wait *)at = (enum cli_wait)i;
				return 0;
			}
		}
		break;
	}
	return err_set(e, ERR_USAGE, "option-value", "--%s=%s is not known; it is %s", o->name, value,
		       o->arg);
}

static const struct cli_option *find_option(const char *name, size_t n, char letter)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];

		if (name ? strlen(o->name) == n && !strncmp(o->name, name, n) : o->letter == letter)
			return o;
	}
	return NULL;
}

/* Reads the option at argv[*i]; moves *i over an argument that stands apart. */
static int read_option(struct cli *cli, int argc, char **argv, int *i, struct err *e)
{
	const char *word = argv[*i];
	const char *value = NULL;
	const struct cli_option *o;

	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;

		o = find_option(word + 2, n, 0);
		value = equals ? equals + 1 : NULL;
	} else {
		o = word[2] ? NULL : find_option(NULL, 0, word[1]);
	}
	if (!o) {
		err_set(e, ERR_USAGE, "option-unknown", "there is no option %s", word);
		return err_hint(e, "`debwiz --help` lists the options");
	}
	if (!o->arg && value)
		return err_set(e, ERR_USAGE, "option-value", "--%s takes no value", o->name);
	if (o->arg && !value) {
		if (*i + 1 >= argc)
			return err_set(e, ERR_USAGE, "option-value", "--%s needs %s", o->name, o->arg);
		value = argv[++*i];
	}
	return set_option(cli, o, value, e);
}

static const struct cli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < cli_verb_count; i++)
		if (!strcmp(cli_verbs[i].name, name))
			return &cli_verbs[i];
	return NULL;
}

/* `debwiz M` is `debwiz open M`: a file, or the name of a machine that is there. */
static bool is_machine(const char *word)
{
	struct store store;
	char *path = NULL;
	bool found = false;

	if (store_open(&store, NULL) == 0) {
		found = store_find_ini(&store, word, &path, NULL) == 0 && file_exists(path);
		store_fini(&store);
	}
	free(path);
	return found;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *e)
{
	cli->args = xcalloc((size_t)argc + 1, sizeof(*cli->args));
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			cli->rest = argv + i + 1;
			break;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			if (read_option(cli, argc, argv, &i, e) < 0)
				return -1;
		} else if (!cli->verb) {
			cli->verb = find_verb(argv[i]);
			if (!cli->verb && is_machine(argv[i])) {
				cli->verb = find_verb("open");
				cli->args[cli->nargs++] = argv[i];
			}
			if (!cli->verb) {
				err_set(e, ERR_USAGE, "verb-unknown", "there is no verb %s", argv[i]);
				return err_hint(e, "`debwiz --help` lists the verbs");
			}
		} else {
			cli->args[cli->nargs++] = argv[i];
		}
	}
	if (!cli->verb)
		return 0;
	if (cli->nargs < cli->verb->min || cli->nargs > cli->verb->max ||
	    (cli->rest && !cli->verb->rest))
		return err_set(e, ERR_USAGE, "usage", "usage: debwiz %s%s%s", cli->verb->name,
			       *cli->verb->args ? " " : "", cli->verb->args);
	return 0;
}
