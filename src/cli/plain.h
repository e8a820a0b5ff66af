/* SPDX-License-Identifier: MIT */
/*
 * plain: the wizard line by line: one question after another, for those who cannot use a full
 * screen, for screen readers and for scripts. Nothing on a line is ever overwritten; what is wrong
 * is said in words.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include "cli/cli.h"
#include "wizard/host_offers.h"
#include "wizard/wizard.h"

enum plain_go { PLAIN_NEXT, PLAIN_BACK, PLAIN_AGAIN, PLAIN_END };

struct plain {
	struct cli *cli;
	const char *begin; /* what it is about, a sentence */
	struct wizard *wizard;
	struct host_offers *offers;
	bool more[WIZARD_PAGE_COUNT]; /* the questions for the few are asked on that page */
	bool ended;		      /* the input is at its end */
	bool interrupted;	      /* Ctrl-C while a password was typed */
	unsigned wrong;		      /* refused answers in a row */
	int (*then)(struct cli *cli); /* what is to be done with the saved file, or NULL */
	char *path;		      /* that file */
};

/* plain_io.c */
/* Prints a line, cleaned of what a terminal might obey. */
void plain_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prompts and reads a line; owned, NULL at the end of the input. */
char *plain_read(struct plain *p, const char *prompt);
/* The same without showing what is typed; the caller wipes it. */
char *plain_read_secret(struct plain *p, const char *prompt);
/* Yes or no; Enter takes the default. */
bool plain_yes(struct plain *p, const char *prompt, bool fallback);
/* Waits until a list that is asked for has arrived, at most so long. */
void plain_wait(struct plain *p, struct wizard_list (*look)(struct plain *p, void *arg), void *arg, unsigned seconds);

/* plain_ask.c: asks one question until there is an answer. */
enum plain_go plain_ask(struct plain *p, const struct wizard_question *q);

/* plain_review.c: shows the machine, saves it where that is chosen, and notes what is to follow.
 * PLAIN_NEXT: done, with *status. */
enum plain_go plain_review(struct plain *p, int *status);
/* Saves without asking; `edits`: a file that is there, whose difference is shown. */
int plain_save(struct plain *p, bool edits, struct err *e);

/* plain.c: the wizard for a new machine, or (path not NULL) for the file of one. Exit status. */
int plain_run(struct cli *cli, const char *path);

#endif
