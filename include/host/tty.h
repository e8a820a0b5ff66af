/* SPDX-License-Identifier: MIT */
/*
 * tty: what differs by host about the terminal of standard input and output under the full screens: its modes, waiting
 * for input, its end. One is open at a time, because a signal handler restores it.
 */
#ifndef HOST_TTY_H
#define HOST_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct tty_ops {
	void (*input)(void *arg); /* there may be input */
	/* The size may have changed. Only on Windows, where that comes with the input; elsewhere it is a signal. */
	void (*resized)(void *arg);
};

/* Whether standard input and output are both a terminal. */
bool tty_is_there(void);
/* Records the modes that tty_restore restores; call it before they are changed. */
void tty_open(void);
/* Restores the modes after everything that was written has been sent. */
void tty_restore(void);
/* Restores the modes immediately; may be called in a signal handler. */
void tty_restore_now(void);
/* Writes to the terminal; may be called in a signal handler. Blocks. */
void tty_write(const char *bytes, size_t n);
/* Returns what the Backspace key sends, DEL or Ctrl-H, by the recorded modes. */
char tty_erase(void);
/* Calls `ops`, which is borrowed, from the loop until tty_unwatch. */
void tty_watch(struct loop *l, const struct tty_ops *ops, void *arg);
void tty_unwatch(void); /* without tty_watch, too */
/* Returns whether the terminal has closed. */
bool tty_gone(void);

/* For Windows, where no curses does it. */
/* Sets the modes of full screens: control sequences, no line editing, no echo. Returns false if the console does not
 * understand control sequences. */
bool tty_raw(void);
/* Reads the next character. Keys without one and mouse events are xterm's sequences (SGR form). Waits only after an
 * Esc, 25 ms for the rest of a sequence. Returns false if there is none. */
bool tty_read(uint32_t *c);

#endif
