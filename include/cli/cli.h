/* SPDX-License-Identifier: MIT */
/*
 * cli: the command-line face: verbs and options as tables, and what the verbs share.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "session/conf.h"
#include "spec/spec.h"

enum cli_wait { CLI_WAIT_LOGIN, CLI_WAIT_SSH, CLI_WAIT_NONE };

struct cli;

/* The full-screen face, which main.c hands in. Each gives the exit status, or -1 with e. */
typedef int (*cli_face_fn)(struct cli *cli, const char *ref, struct err *e);
struct cli_face {
	bool (*possible)(void); /* there is a terminal */
	cli_face_fn home, new_machine, open, console;
	cli_face_fn edit; /* ref: path of the file */
};

struct cli {
	const struct cli_face *face;
	/* options */
	bool plain, json, offline, strict, yes, trust, fresh, explain, follow, watch, verbose;
	enum cli_wait wait;
	bool attach;
	const char *mirror;
	const char *log;
	const char *arch, *release; /* of a machine that a verb makes by itself */
	struct strv put, get;	    /* run: paths of this host, patterns of the guest */
	const char *out;	    /* run: folder for what is copied back */
	const char *confirm;	    /* name of the machine whose data may go */
	struct strv sets;	    /* --set, in order */
	bool install;		    /* ssh-config: for ssh itself to read */
	bool start;		    /* a machine that does not run, without a question */
	struct strv ssh_options;    /* for ssh, as it reads them */
	/* arguments behind the verb, and those behind `--` */
	const struct cli_verb *verb;
	char **args;
	size_t nargs;
	char **rest;
	/* opened by the dispatcher before the verb runs */
	struct loop *loop;
	struct catalog *catalog;
	struct store store;
};

struct cli_verb {
	const char *name;
	const char *args;	     /* "M [-- CMD…]" for the usage line */
	size_t min, max;	     /* how many arguments, without those behind `--` */
	const char *summary;	     /* one line for --help and the man page */
	bool rest;		     /* takes arguments behind `--` */
	bool hidden;		     /* not shown */
	int (*run)(struct cli *cli); /* exit status */
};

/* What an option does: sets a bool, a borrowed text, appends to a list, picks what to wait for, or is passed on
 * to ssh by its letter. */
enum cli_option_type { CLI_FLAG, CLI_TEXT, CLI_LIST, CLI_WAIT, CLI_SSH };

struct cli_option {
	const char *name; /* without dashes */
	char letter;	  /* or 0 */
	const char *arg;  /* name of its argument, or NULL */
	const char *help;
	enum cli_option_type type;
	size_t offset;	   /* in struct cli, of a member of that type */
	const char *verbs; /* those that it counts for, separated by blanks; NULL: for any */
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_verb_count;
extern const struct cli_option cli_options[];
extern const size_t cli_option_count;

/* NULL where there is none of that name. */
const struct cli_verb *cli_find_verb(const char *name);
/* Fills e with that, and with the verb that the word resembles. */
int cli_verb_unknown(const char *name, struct err *e);
/* Whether the option means something to that verb. */
bool cli_option_counts(const struct cli_option *o, const char *verb);

/* The whole command line; returns the exit status. */
int cli_main(int argc, char **argv, const struct cli_face *face);

/* Reads options and arguments into `cli`; prints nothing. */
int cli_parse(struct cli *cli, int argc, char **argv, struct err *e);

/* --help, and the man page's lists from the same tables. */
void cli_print_help(void);
/* What one verb does, its arguments and options. */
void cli_print_verb_help(const struct cli_verb *v);
void cli_print_man(void);
/* What a shell's completion offers, a line each: `verb NAME` (`lone NAME` where nothing follows it),
 * `option --NAME` (with = where a value follows), `key SECTION.KEY=`. */
void cli_print_words(void);

/* Whether a person is at the terminal to answer. */
bool cli_can_ask(const struct cli *cli);
/* Reads a line, without its end, from the terminal; false at the end of input. */
bool cli_read_answer(char *line, size_t n, const char *prompt);
/* Asks on the terminal: y and yes are true, an empty line is `fallback`, all else is false. */
bool cli_ask_yes(const char *prompt, bool fallback);
/* Prints an error (as a sentence, or as an event with --json) and gives its exit status. The err
 * is emptied. */
int cli_error(const struct cli *cli, struct err *e);
/* Warning on standard error (or as an event). */
void cli_warn(const struct cli *cli, const char *text);
/* The same of a line of the file: `text` begins with FILE:LINE:, as an error of the file does. */
void cli_warn_file(const struct cli *cli, const char *text);
/* Prints one JSON value as a line on standard output; takes the reference. */
void cli_print_json(json_t *v);
/* A string for an event: text from outside may be no UTF-8, which JSON cannot hold. */
json_t *cli_json_text(const char *text);

/* Writes a line without its end, cut to the width of the terminal; counts characters, not bytes. */
void cli_put_cut(FILE *to, const char *line);
/* 24 and 80 where it does not say. */
/* Writes out what standard output holds. 0, or the errno of what failed, also of an earlier write; EPIPE
 * as soon as whoever reads has gone, though nothing was written. */
int cli_flush(void);
void cli_terminal_size(FILE *of, size_t *rows, size_t *columns);

/* The options that hold for machines; borrows from `cli`. */
struct session_conf cli_session_conf(const struct cli *cli);
/* Prints the warnings of a file that was read. */
void cli_warn_spec(const struct cli *cli, const struct spec *s);
/* Reads the machine M (NAME or FILE) as session_read does, and prints its warnings. */
int cli_machine(struct cli *cli, const char *ref, struct spec *s, struct err *e);
/* After `e`: where it is that the file was not agreed to (RISK_ERROR), and --trust or a person on the
 * terminal agrees, notes that, empties e and returns 0: try again. Else -1, e as it was. */
int cli_agree(struct cli *cli, struct spec *s, struct err *e);
/* What in the file can run programs or expose this host, a line each on standard error. */
void cli_warn_risks(const struct cli *cli, const struct spec *s);

#endif
