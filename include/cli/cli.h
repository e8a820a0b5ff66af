/* SPDX-License-Identifier: MIT */
/* cli: the command line: verbs and options as tables, and what the verbs share. */
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
#include "session/session.h"
#include "spec/spec.h"

enum cli_wait { CLI_WAIT_LOGIN, CLI_WAIT_SSH, CLI_WAIT_NONE };

struct cli;
struct cli_interrupt;

/* The full screens, which main.c passes. Each returns the exit status, or -1 with e. */
typedef int (*cli_face_fn)(struct cli *cli, const char *ref, struct err *e);
struct cli_face {
	bool (*possible)(void); /* there is a terminal */
	cli_face_fn home, new_machine, open, console;
	cli_face_fn edit; /* ref: path of the file */
};

struct cli {
	const struct cli_face *face;
	/* options */
	bool plain, json, offline, strict, yes, trust, fresh, explain, follow, watch, verbose, report;
	enum cli_wait wait;
	bool attach;
	const char *mirror;
	const char *log;
	const char *arch, *release; /* of a machine that a verb makes by itself */
	struct strv arches;	    /* --arch, in order; `arch` is the last one */
	struct strv put, get;	    /* run: paths of this host, patterns of the guest */
	const char *out;	    /* run, build: folder for what is copied back; export: file or folder */
	const char *as;		    /* export: the form */
	const char *name;	    /* import: the new machine's, in place of the one of the bundle */
	bool network;		    /* build: the build may use the network */
	bool lintian;		    /* build: checks the result */
	bool native;		    /* build: compiles in the machine alone */
	bool shell_on_failure;	    /* build: a shell in the machine of a failed build */
	const char *in;		    /* build: an existing machine to build in */
	bool reproducible;	    /* build: builds twice and compares */
	bool keep;		    /* run, build: the machine is kept */
	const char *jobs, *silence; /* build: as the fields of [build] */
	struct strv artifacts;	    /* build: patterns of files that are copied back, too */
	const struct strv *layer;   /* build: the layer that it needs (struct job_options) */
	const char *volume;	    /* build: path of the volume that it gets (struct job_options) */
	/* further options of the ssh that runs a command in a temporary machine */
	const struct strv *forwards;
	const char *confirm;	 /* name of the machine whose data may be deleted */
	struct strv sets;	 /* --set, in order */
	bool install;		 /* ssh-config: into the user's configuration of ssh */
	bool start;		 /* starts a machine that does not run without a question */
	struct strv ssh_options; /* for ssh, as it reads them */
	/* arguments after the verb, and those after `--` */
	const struct cli_verb *verb;
	char **args;
	size_t nargs;
	char **rest;
	/* opened by the dispatcher before the verb runs */
	struct loop *loop;
	struct cli_interrupt *interrupt; /* of a verb that has several phases; NULL: none */
	struct catalog *catalog;
	struct store store;
};

struct cli_verb {
	const char *name;
	const char *args;	     /* "M [-- CMD…]" for the usage line */
	size_t min, max;	     /* number of arguments, without those after `--` */
	const char *summary;	     /* one line for --help and the man page */
	int (*run)(struct cli *cli); /* returns the exit status */
	bool rest;		     /* takes arguments after `--` */
	bool hidden;		     /* not in the help */
};

/* What an option does: sets a bool or a borrowed text, appends to a list, chooses what to wait for, or is passed to ssh
 * by its letter. */
enum cli_option_type { CLI_FLAG, CLI_TEXT, CLI_LIST, CLI_WAIT, CLI_SSH };

struct cli_option {
	const char *name; /* without dashes */
	char letter;	  /* or 0 */
	const char *arg;  /* name of its argument, or NULL */
	const char *help;
	enum cli_option_type type;
	size_t offset;	   /* in struct cli, of a member of that type */
	const char *verbs; /* the verbs that it applies to, separated by blanks; NULL: all */
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_verb_count;
extern const struct cli_option cli_options[];
extern const size_t cli_option_count;

/* Returns the verb of that name, or NULL. */
const struct cli_verb *cli_find_verb(const char *name);
/* Fills e: there is no such verb, and which one the word resembles. Returns -1. */
int cli_verb_unknown(const char *name, struct err *e);
/* Appends the options that the command line gave `cli` and that apply to the verb, as words for another one, without
 * those of the names in `without` (NULL ends them). Not for options that are passed to ssh. */
void cli_option_words(const struct cli *cli, const char *verb, const char *const *without, struct strv *out);
/* Returns whether the option applies to that verb. */
bool cli_option_applies(const struct cli_option *o, const char *verb);

/* Runs the command line; returns the exit status. */
int cli_main(int argc, char **argv, const struct cli_face *face);

/* Reads options and arguments into `cli`; prints nothing. */
int cli_parse(struct cli *cli, int argc, char **argv, struct err *e);

/* Print --help, and the man page's lists from the same tables. */
void cli_print_help(void);
/* Prints what one verb does, its arguments and options. */
void cli_print_verb_help(const struct cli_verb *v);
void cli_print_man(void);
/* Prints what a shell's completion offers, a line each: `verb NAME` (`lone NAME` if it takes no argument), `option
 * --NAME` (with = if it takes a value), `key SECTION.KEY=`. */
void cli_print_words(void);

/* Returns whether a user at the terminal can answer. */
bool cli_can_ask(const struct cli *cli);
/* Reads a line, without its end, from the terminal; false at the end of input. */
bool cli_read_answer(char *line, size_t n, const char *prompt);
/* Asks on the terminal: y and yes are true, an empty line is `fallback`, all else is false. */
bool cli_ask_yes(const char *prompt, bool fallback);
/* Prints an error (as a sentence, or as an event with --json), empties it, and returns its exit status. */
int cli_error(const struct cli *cli, struct err *e);
/* Prints a warning on standard error (or as an event). */
void cli_warn(const struct cli *cli, const char *text);
/* Prints a warning about a line of the file: `text` begins with FILE:LINE:, as an error of the file does. */
void cli_warn_file(const struct cli *cli, const char *text);
/* Prints one JSON value as a line on standard output; takes the reference. */
void cli_print_json(json_t *v);
/* Returns a string for an event; text from outside may not be UTF-8, as JSON requires. */
json_t *cli_json_text(const char *text);

/* Writes a line without its end, cut to the width of the terminal; counts characters, not bytes. */
void cli_put_cut(FILE *to, const char *line);
/* Flushes standard output. Returns 0, or the errno of the first write that failed; EPIPE as soon as the reader has
 * gone, even if nothing was written. */
int cli_flush(void);
/* Gets the terminal's size; 24 and 80 if it is not known. */
void cli_terminal_size(FILE *of, size_t *rows, size_t *columns);

/* Returns the options that hold for machines; borrows from `cli`. */
struct session_conf cli_session_conf(const struct cli *cli);
/* Prints the warnings of a file that was read. */
void cli_warn_spec(const struct cli *cli, const struct spec *s);
/* Opens the machine M (NAME or FILE) as session_new does, and prints its warnings. */
struct session *cli_open(struct cli *cli, const char *ref, const struct job_options *o, struct err *e);
/* Reads the machine M as session_read does, and prints its warnings. */
int cli_machine(struct cli *cli, const char *ref, struct spec *s, struct err *e);
/* If `e` is that the file was not agreed to (RISK_ERROR), and --trust or the user on the terminal agrees, records that,
 * empties e and returns 0: the caller retries. Else returns -1, with e as it was or with the refusal. */
int cli_agree(struct cli *cli, struct spec *s, struct err *e);
/* Warns of everything in the file that can run programs or expose this host, a line each. */
void cli_warn_risks(const struct cli *cli, const struct spec *s);

#endif
