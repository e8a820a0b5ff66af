/* SPDX-License-Identifier: MIT */
/*
 * shell: one command by a terminal line at whose other end a POSIX shell waits: what is to be typed, and
 * what of that which comes back is the command's output. Bytes in, bytes out; knows no socket.
 *
 * The output is text: its standard output and error together, as the line carries them, each line's
 * CR LF made LF. What others print on the same line meanwhile (a kernel) is in it.
 */
#ifndef MACHINE_SHELL_H
#define MACHINE_SHELL_H

#include <stddef.h>

#include "base/err.h"

#define SHELL_COMMAND_MAX 2000

struct shell_ops {
	void (*type)(const char *text, size_t n, void *arg);
	void (*output)(const char *p, size_t n, void *arg);
	/* The command has ended, with that exit status. Called once. */
	void (*done)(int status, void *arg);
};

enum shell_phase {
	SHELL_PROMPT,  /* a prompt is waited for */
	SHELL_STARTED, /* the command was typed */
	SHELL_RUNNING, /* its output comes */
	SHELL_DONE,
};

struct shell;

/* `ops` must outlive it. `mark` is a word that nobody else would print. Types a line end at once, for a
 * prompt to come. NULL with "exec-command" where the command is too long or holds control characters:
 * a terminal line would act on them. */
struct shell *shell_new(const char *command, const char *mark, const struct shell_ops *ops, void *arg, struct err *e);
void shell_feed(struct shell *s, const char *p, size_t n);
enum shell_phase shell_phase(const struct shell *s);
/* The last line that came, neutralised: what there is instead of a prompt. Owned by the caller. */
char *shell_last_line(const struct shell *s);
/* Types what ends the command and gives the line its echo back. */
void shell_interrupt(struct shell *s);
void shell_free(struct shell *s); /* NULL is fine */

#endif
