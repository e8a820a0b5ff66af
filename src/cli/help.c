/* SPDX-License-Identifier: MIT */
/* help: prints --help, the tables of the man page and the words for completion, from the tables of verbs, options and
 * fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "spec/field.h"

static void help_print_option(const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ',
		 o->letter ? ", " : "   ", o->name, o->arg ? "=" : "", o->arg ? o->arg : "");
	if (strlen(left) > 22)
		printf("  %s\n  %-22s %s\n", left, "", o->help);
	else
		printf("  %-22s %s\n", left, o->help);
}

void cli_print_verb_help(const struct cli_verb *v)
{
	printf("usage: debwiz %s [OPTION...]%s%s\n\n  %s\n\noptions:\n", v->name, *v->args ? " " : "", v->args,
	       v->summary);
	for (int own = 1; own >= 0; own--)
		for (size_t i = 0; i < cli_option_count; i++)
			if ((cli_options[i].verbs != NULL) == own && cli_option_applies(&cli_options[i], v->name))
				help_print_option(&cli_options[i]);
	puts("\ndebwiz(1) describes everything; `debwiz help` lists all verbs.");
}

void cli_print_help(void)
{
	char left[64];

	puts("debwiz - a working Debian machine in QEMU, without root and without knowing QEMU\n\n"
	     "usage: debwiz VERB [OPTION...] [M]      M is a machine's NAME or an INI FILE\n\nverbs:");
	for (size_t i = 0; i < cli_verb_count; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		if (v->hidden)
			continue;
		snprintf(left, sizeof(left), "%s %s", v->name, v->args);
		printf("  %-22s %s\n", left, v->summary);
	}
	puts("\noptions:");
	for (size_t i = 0; i < cli_option_count; i++)
		help_print_option(&cli_options[i]);
	puts("  -h, --help             this text\n      --version          the version\n\n"
	     "exit status: 0 done, 1 failed, 2 bad usage or INI, 3 something missing on the host,\n"
	     "  4 network or mirror, 5 verification failed, 7 busy, 8 the guest did not come up in\n"
	     "  time, 130 interrupted; ssh, cp, exec: the command's own, 125 for debwiz's.\n\n"
	     "debwiz(1) describes the INI file. First steps:\n"
	     "  debwiz up FILE.ini     from nothing to a login prompt");
}

/* Prints a text with the characters escaped that roff interprets: at the start of a line, backslashes and dashes. */
static void help_put_roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
}

static void help_put_tagged(const char *a, const char *b, const char *c)
{
	fputs(".TP\n.B \"", stdout);
	help_put_roff(a);
	if (*b) {
		putchar(' ');
		help_put_roff(b);
	}
	fputs("\"\n", stdout);
	help_put_roff(c);
	putchar('\n');
}

static void help_print_field(const struct field *f)
{
	static const char *const effects[] = {
		[FIELD_NEXT_BOOT] = "Counts from the next boot.",
		[FIELD_APPLIED] = "Counts from the next boot, or immediately with `debwiz forward M apply`.",
		[FIELD_GROW_ONLY] = "Only grows.",
		[FIELD_NEW_ONLY] = "For new machines only.",
	};

	fputs(".TP\n.B ", stdout);
	help_put_roff(f->column.key);
	if (f->column.initial && *f->column.initial) {
		fputs(" = ", stdout);
		help_put_roff(f->column.initial);
	}
	putchar('\n');
	help_put_roff(f->help);
	if (f->column.choices) {
		fputs("\nAllowed:", stdout);
		for (size_t i = 0; f->column.choices[i]; i++) {
			fputs(i ? ", " : " ", stdout);
			help_put_roff(f->column.choices[i]);
		}
		putchar('.');
	}
	printf("\n%s\n", effects[f->effect]);
}

void cli_print_man(void)
{
	const char *section = "";

	puts(".SH VERBS");
	for (size_t i = 0; i < cli_verb_count; i++)
		if (!cli_verbs[i].hidden)
			help_put_tagged(cli_verbs[i].name, cli_verbs[i].args, cli_verbs[i].summary);
	puts(".SH OPTIONS");
	for (size_t i = 0; i < cli_option_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "--%s", cli_options[i].name);
		help_put_tagged(name, cli_options[i].arg ? cli_options[i].arg : "", cli_options[i].help);
	}
	help_put_tagged("--help", "", "the verbs and options");
	help_put_tagged("--version", "", "the version");
	puts(".SH THE INI FILE");
	for (size_t i = 0; i < field_count; i++) {
		if (strcmp(section, field_table[i].section)) {
			section = field_table[i].section;
			printf(".SS [%s]\n", section);
		}
		help_print_field(&field_table[i]);
	}
}

void cli_print_words(void)
{
	for (size_t i = 0; i < cli_verb_count; i++)
		if (!cli_verbs[i].hidden)
			printf("%s %s\n", cli_verbs[i].max ? "verb" : "lone", cli_verbs[i].name);
	for (size_t i = 0; i < cli_option_count; i++)
		printf("option --%s%s\n", cli_options[i].name, cli_options[i].arg ? "=" : "");
	puts("option --help\noption --version");
	for (size_t i = 0; i < field_count; i++)
		printf("key %s.%s=\n", field_table[i].section, field_table[i].column.key);
}
