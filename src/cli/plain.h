/* SPDX-License-Identifier: MIT */
/*
 * plain: the wizard line by line, one question after another, for users who cannot use a full screen, for screen
 * readers and for scripts. It never overwrites a line and says in words what is wrong.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include "cli/cli.h"
#include "wizard/host_offers.h"
#include "wizard/wizard.h"

enum plain_go { PLAIN_NEXT, PLAIN_BACK, PLAIN_AGAIN, PLAIN_END };

struct plain {
	struct cli *cli;
	const char *begin; /* the first sentence */
	struct wizard *wizard;
	struct host_offers *offers;
	bool advanced[WIZARD_PAGE_COUNT]; /* the advanced questions of that page are asked */
	bool ended;			  /* the input has ended */
	bool interrupted;		  /* Ctrl-C while a password was typed */
	unsigned wrong;			  /* refused answers in a row */
	int (*then)(struct cli *cli);	  /* verb to run with the saved file, or NULL */
	char *path;			  /* the saved file */
};

/* plain_io.c */
/* Prints a line without control sequences. */
void plain_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prompts and reads a line; owned, NULL at the end of the input. */
char *plain_read(struct plain *p, const char *prompt);
/* Reads a line without echo; the caller wipes it. */
char *plain_read_secret(struct plain *p, const char *prompt);
/* Asks yes or no; Enter chooses the default. */
bool plain_yes(struct plain *p, const char *prompt, bool fallback);
/* Waits until the list that `look` returns is loaded, at most that many seconds. */
void plain_wait(struct plain *p, struct choice_list (*look)(struct plain *p, void *arg), void *arg, unsigned seconds);

/* plain_ask.c: asks one question until there is an answer. */
enum plain_go plain_ask(struct plain *p, const struct wizard_question *q);

/* plain_review.c: shows the machine, saves it if the user chooses that, and records which verb follows. PLAIN_NEXT:
 * done, with *status. */
enum plain_go plain_review(struct plain *p, int *status);
/* Saves without asking; `edits`: an existing file, whose difference is shown. */
int plain_save(struct plain *p, bool edits, struct err *e);

/* plain.c: runs the wizard for a new machine, or (path not NULL) for an existing file. Returns the exit status. */
int plain_run(struct cli *cli, const char *path);

#endif
