/* SPDX-License-Identifier: MIT */
/*
 * term_seq: the control sequences that keys and the mouse send, as xterm's "Control Sequences" has them:
 * PC-style keys, the application keypad, modifyOtherKeys, CSI u, and the mouse in its SGR form.
 */
#ifndef TUI_TOOLKIT_TERM_SEQ_H
#define TUI_TOOLKIT_TERM_SEQ_H

#include <stddef.h>

#include "tui/toolkit/key.h"

/* Whether a sequence that begins with ESC [ or ESC O is whole. */
bool term_seq_is_whole(const char *s);
/* What a whole sequence, or the beginning of one behind which nothing came, is as a key. A key that has
 * no name, or one with modifiers, is K_SEQUENCE; a character with modifiers that a terminal has a code
 * for (Ctrl-A) is that. `bytes` is `s` where a guest gets that. */
void term_seq_read(const char *s, struct key *k);
/* A mouse event by xterm's number of the button; row and column count from 1. */
void term_seq_mouse(struct key *k, unsigned number, int column, int row, bool released);

#endif
