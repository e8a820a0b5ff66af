/* SPDX-License-Identifier: MIT */
/*
 * shell: one command over a terminal line with a POSIX shell at its other end: what to type, and which part of the
 * output is the command's. Bytes in, bytes out; it knows no socket.
 *
 * The output is text: its standard output and error together, as the line carries them, each line's CR LF converted
 * to LF. What others print on the same line in between (a kernel) is part of it.
 */
#ifndef MACHINE_SHELL_H
#define MACHINE_SHELL_H

#include <stddef.h>

#include "base/err.h"

#define SHELL_COMMAND_MAX 2000

struct shell_ops {
	void (*type)(const char *text, size_t n, void *arg);
	void (*output)(const char *p, size_t n, void *arg);
	/* The command has exited, with that status. Called once. */
	void (*done)(int status, void *arg);
};

enum shell_phase {
	SHELL_PROMPT,  /* waits for a prompt */
	SHELL_STARTED, /* the command was typed */
	SHELL_RUNNING, /* receives its output */
	SHELL_DONE,
};

struct shell;

/* Types a line end, for a prompt. `ops` must outlive it. `mark` is a word that no other program prints. NULL with
 * "exec-command" if the command is too long or has control characters: a terminal line would act on them. */
struct shell *shell_new(const char *command, const char *mark, const struct shell_ops *ops, void *arg, struct err *e);
void shell_feed(struct shell *s, const char *p, size_t n);
enum shell_phase shell_phase(const struct shell *s);
/* Returns the last line received, sanitized, to show instead of a prompt. Owned by the caller. */
char *shell_last_line(const struct shell *s);
/* Types what ends the command and restores the line's echo. */
void shell_interrupt(struct shell *s);
void shell_free(struct shell *s); /* NULL is fine */

#endif
