/* SPDX-License-Identifier: MIT */
/*
 * term_seq: the control sequences that keys and the mouse send, as in xterm's "Control Sequences":
 * PC-style keys, the application keypad, modifyOtherKeys, CSI u, and the mouse in its SGR form.
 */
#ifndef TUI_TOOLKIT_TERM_SEQ_H
#define TUI_TOOLKIT_TERM_SEQ_H

#include <stddef.h>

#include "tui/toolkit/key.h"

/* Whether a sequence that begins with ESC [ or ESC O is complete. */
bool term_seq_is_whole(const char *s);
/* Decodes a complete sequence, or the beginning of one that nothing followed. A key without a name, or with
 * modifiers, is K_SEQUENCE; a character with modifiers that has a code of its own (Ctrl-A) is that code. k->bytes is
 * `s` if a guest gets it unchanged. */
void term_seq_read(const char *s, struct key *k);
/* Decodes a mouse event with xterm's number of the button; row and column count from 1. */
void term_seq_mouse(struct key *k, unsigned number, int column, int row, bool released);

#endif
