/* SPDX-License-Identifier: MIT */
/*
 * options: the table of options and the reader of the command line. Options may come before or after the verb;
 * everything after `--` belongs to the verb's own command.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "host/file.h"

static const char *const waits[] = {
	[CLI_WAIT_LOGIN] = "login",
	[CLI_WAIT_SSH] = "ssh",
	[CLI_WAIT_NONE] = "none",
};

#define AT(member) offsetof(struct cli, member)

const struct cli_option cli_options[] = {
	{"plain", 0, NULL, "plain lines, no live display; new: questions line by line", CLI_FLAG, AT(plain), NULL},
	{"json", 0, NULL, "one JSON event or record a line", CLI_FLAG, AT(json), NULL},
	{"set", 0, "SECTION.KEY=VALUE", "replace a value for this run; += appends, empty empties", CLI_LIST, AT(sets),
	 NULL},
	{"mirror", 0, "URL", "use this Debian mirror (as --set mirror.url=URL)", CLI_TEXT, AT(mirror), NULL},
	{"offline", 0, NULL, "use only what the cache holds", CLI_FLAG, AT(offline),
	 "new edit up boot prepare plan releases run build virt-server"},
	{"strict", 0, NULL, "an unknown key, or a suite that is out of step, is an error", CLI_FLAG, AT(strict),
	 "check up boot prepare plan"},
	{"yes", 'y', NULL, "take the default answer of every question", CLI_FLAG, AT(yes), NULL},
	{"confirm", 0, "NAME", "delete, recreate: the machine's name, in place of typing it", CLI_TEXT, AT(confirm),
	 "delete recreate"},
	{"trust", 0, NULL, "agree to what the file runs or exposes; `debwiz check` lists it", CLI_FLAG, AT(trust),
	 "check up boot prepare command forward ssh cp exec run build virt-server export import"},
	{"fresh", 0, NULL, "create a new base image even if one exists", CLI_FLAG, AT(fresh), "prepare up boot"},
	{"arch", 0, "ARCH", "run, build, virt-server: architecture of the machine (armhf); build: also A,B", CLI_LIST,
	 AT(arches), "run build virt-server"},
	{"release", 0, "RELEASE", "run, build, virt-server: Debian release of the machine", CLI_TEXT, AT(release),
	 "run build virt-server"},
	{"keep", 0, NULL, "run, build: keep the machine, stopped, under a name that list shows", CLI_FLAG, AT(keep),
	 "run build"},
	{"put", 0, "PATH", "run: copy a file or folder into the guest's home first", CLI_LIST, AT(put), "run"},
	{"get", 0, "PATTERN", "run: copy these from the guest afterwards, also on failure", CLI_LIST, AT(get), "run"},
	{"out", 0, "PATH",
	 "run, build: folder for what is copied back (the current one, or build.out); export: file or folder, -",
	 CLI_TEXT, AT(out), "run build export"},
	{"as", 0, "FORM", "export: script, bat, libvirt, systemd, bundle", CLI_TEXT, AT(as), "export"},
	{"name", 0, "NAME", "import: the name of the new machine", CLI_TEXT, AT(name), "import"},
	{"in", 0, "M", "build: build in the existing machine M, which stays", CLI_TEXT, AT(in), "build"},
	{"network", 0, NULL, "build: let the build use the network", CLI_FLAG, AT(network), "build"},
	{"jobs", 'j', "N", "build: parallel jobs (as --set build.jobs=N)", CLI_TEXT, AT(jobs), "build"},
	{"silence", 0, "TIME", "build: kill a build that prints nothing for so long (150m); never", CLI_TEXT,
	 AT(silence), "build"},
	{"lintian", 0, NULL, "build: check the packages by lintian; the findings are in the log", CLI_FLAG, AT(lintian),
	 "build"},
	{"native", 0, NULL, "build: compile in the machine alone, by Debian's own compiler", CLI_FLAG, AT(native),
	 "build"},
	{"reproducible", 0, NULL, "build: build twice, by Debian's own compiler, and compare (status 123: it differs)",
	 CLI_FLAG, AT(reproducible), "build"},
	{"shell-on-failure", 0, NULL, "build: open a shell in the machine if the build fails", CLI_FLAG,
	 AT(shell_on_failure), "build"},
	{"artifact", 0, "PATTERN", "build: copy these files of the source's folder back, also on failure", CLI_LIST,
	 AT(artifacts), "build"},
	{"wait", 0, "login|ssh|none", "what boot and up wait for (login)", CLI_WAIT, AT(wait), "boot up"},
	{"attach", 0, NULL, "boot: show the console immediately, live", CLI_FLAG, AT(attach), "boot up"},
	{"explain", 0, NULL, "command: show where each argument comes from", CLI_FLAG, AT(explain), "command"},
	{"follow", 'f', NULL, "logs: continue as more is printed", CLI_FLAG, AT(follow), "logs"},
	{"watch", 0, NULL, "list, status: refresh once a second; build: build again whenever the source changes",
	 CLI_FLAG, AT(watch), "list status build"},
	{"report", 0, NULL, "doctor: print this host's facts for a report of a bug; no names are in them", CLI_FLAG,
	 AT(report), "doctor"},
	{"verbose", 'v', NULL, "show the steps that were done before, and each step's log", CLI_FLAG, AT(verbose),
	 NULL},
	{"log", 0, "FILE", "write a log for debugging to FILE", CLI_TEXT, AT(log), NULL},
	{"start", 0, NULL, "ssh, cp, exec, build --in: start or resume the machine first, without a question", CLI_FLAG,
	 AT(start), "ssh cp exec build"},
	{"install", 0, NULL, "ssh-config: make ~/.ssh/config include it, for editors and rsync", CLI_FLAG, AT(install),
	 "ssh-config"},
	{"ssh-option", 'o', "NAME=VALUE", "ssh, cp: a setting as in ssh_config(5)", CLI_SSH, AT(ssh_options), "ssh cp"},
	{"local-forward", 'L', "PORT:HOST:HOSTPORT", "ssh: forward a port of this host into the guest", CLI_SSH,
	 AT(ssh_options), "ssh"},
	{"remote-forward", 'R', "PORT:HOST:HOSTPORT", "ssh: forward a port of the guest to this host", CLI_SSH,
	 AT(ssh_options), "ssh"},
	{"dynamic-forward", 'D', "PORT", "ssh: a SOCKS proxy on this host into the guest's network", CLI_SSH,
	 AT(ssh_options), "ssh"},
	{"forward-agent", 'A', NULL, "ssh: let the guest use the ssh agent of this host", CLI_SSH, AT(ssh_options),
	 "ssh"},
	{"tty", 't', NULL, "ssh: allocate a terminal for a command, too", CLI_SSH, AT(ssh_options), "ssh"},
	{"no-command", 'N', NULL, "ssh: run no command; only forward ports", CLI_SSH, AT(ssh_options), "ssh"},
};
const size_t cli_option_count = ARRAY_SIZE(cli_options);

static int options_set(struct cli *cli, const struct cli_option *o, const char *value, struct err *e)
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
	case CLI_SSH:
		strv_addf(at, "-%c%s", o->letter, value ? value : "");
		return 0;
	case CLI_WAIT:
		for (size_t i = 0; value && i < ARRAY_SIZE(waits); i++) {
			if (!strcmp(value, waits[i])) {
				*(enum cli_wait *)at = (enum cli_wait)i;
				return 0;
			}
		}
		break;
	}
	return err_set(e, ERR_USAGE, "option-value", "--%s=%s is not known; it is %s", o->name, value, o->arg);
}

static const struct cli_option *options_find(const char *name, size_t n, char letter)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];

		if (name ? strlen(o->name) == n && !strncmp(o->name, name, n) : o->letter == letter)
			return o;
	}
	return NULL;
}

static int options_unknown(const char *word, struct err *e)
{
	AUTO_FREE char *name = xstrndup(word, strcspn(word, "="));
	struct suggest s;

	suggest_begin(&s, name + strspn(name, "-"));
	for (size_t i = 0; i < cli_option_count; i++)
		suggest_offer(&s, cli_options[i].name);
	suggest_offer(&s, "help");
	suggest_offer(&s, "version");
	err_set(e, ERR_USAGE, "option-unknown", "there is no option %s", name);
	if (s.best)
		err_hint(e, "did you mean --%s? `debwiz --help` lists the options", s.best);
	else
		err_hint(e, "`debwiz --help` lists the options");
	return -1;
}

/* Reads the option at argv[*i]; moves *i over an argument that is a word of its own. */
static int options_read(struct cli *cli, int argc, char **argv, int *i, struct err *e)
{
	const char *word = argv[*i];
	const char *value = NULL;
	const struct cli_option *o;

	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;

		o = options_find(word + 2, n, 0);
		value = equals ? equals + 1 : NULL;
	} else {
		o = options_find(NULL, 0, word[1]);
		if (o && word[2] && !o->arg)
			o = NULL;
		else if (o && word[2])
			value = word + 2;
	}
	if (!o)
		return options_unknown(word, e);
	if (!o->arg && value)
		return err_set(e, ERR_USAGE, "option-value", "--%s takes no value", o->name);
	if (o->arg && !value) {
		if (*i + 1 >= argc)
			return err_set(e, ERR_USAGE, "option-value", "--%s needs %s", o->name, o->arg);
		value = argv[++*i];
	}
	return options_set(cli, o, value, e);
}

const struct cli_verb *cli_find_verb(const char *name)
{
	for (size_t i = 0; i < cli_verb_count; i++)
		if (!strcmp(cli_verbs[i].name, name))
			return &cli_verbs[i];
	return NULL;
}

int cli_verb_unknown(const char *name, struct err *e)
{
	struct suggest s;

	suggest_begin(&s, name);
	for (size_t i = 0; i < cli_verb_count; i++)
		if (!cli_verbs[i].hidden)
			suggest_offer(&s, cli_verbs[i].name);
	err_set(e, ERR_USAGE, "verb-unknown", "there is no verb %s", name);
	if (s.best)
		return err_hint(e, "did you mean `debwiz %s`? `debwiz --help` lists the verbs", s.best);
	return err_hint(e, "`debwiz --help` lists the verbs, `debwiz list` the machines");
}

bool cli_option_applies(const struct cli_option *o, const char *verb)
{
	size_t n = strlen(verb);

	if (!o->verbs)
		return true;
	for (const char *at = o->verbs; (at = strstr(at, verb)); at += n)
		if ((at == o->verbs || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

void cli_option_words(const struct cli *cli, const char *verb, const char *const *without, struct strv *out)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];
		const void *at = (const char *)cli + o->offset;
		const struct strv *list = at;
		bool left_out = !cli_option_applies(o, verb);

		for (const char *const *name = without; *name && !left_out; name++)
			left_out = !strcmp(o->name, *name);
		if (left_out)
			continue;
		if (o->type == CLI_FLAG && *(const bool *)at)
			strv_addf(out, "--%s", o->name);
		if (o->type == CLI_TEXT && *(const char *const *)at)
			strv_addf(out, "--%s=%s", o->name, *(const char *const *)at);
		for (size_t k = 0; o->type == CLI_LIST && k < list->len; k++)
			strv_addf(out, "--%s=%s", o->name, list->items[k]);
	}
}

/* Returns whether a word in the verb's place is a file or an existing machine: `debwiz M` is `debwiz open M`. */
static bool options_is_machine(const char *word)
{
	struct store store;
	AUTO_FREE char *path = NULL;
	bool found = false;

	if (store_open(&store, NULL) == 0) {
		found = store_find_ini(&store, word, &path, NULL) == 0 && file_exists(path);
		store_fini(&store);
	}
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
			if (options_read(cli, argc, argv, &i, e) < 0)
				return -1;
		} else if (!cli->verb) {
			cli->verb = cli_find_verb(argv[i]);
			if (!cli->verb && options_is_machine(argv[i])) {
				cli->verb = cli_find_verb("open");
				cli->args[cli->nargs++] = argv[i];
			}
			if (!cli->verb)
				return cli_verb_unknown(argv[i], e);
		} else {
			cli->args[cli->nargs++] = argv[i];
		}
	}
	if (cli->arches.len)
		cli->arch = cli->arches.items[cli->arches.len - 1];
	if (!cli->verb)
		return 0;
	if (cli->ssh_options.len && strcmp(cli->verb->name, "ssh") != 0 && strcmp(cli->verb->name, "cp") != 0) {
		err_set(e, ERR_USAGE, "usage", "%s takes no option %.2s", cli->verb->name, cli->ssh_options.items[0]);
		return err_hint(e, "`debwiz help %s` lists its options", cli->verb->name);
	}
	if (cli->nargs < cli->verb->min || cli->nargs > cli->verb->max || (cli->rest && !cli->verb->rest))
		return err_set(e, ERR_USAGE, "usage", "usage: debwiz %s%s%s", cli->verb->name,
			       *cli->verb->args ? " " : "", cli->verb->args);
	return 0;
}
