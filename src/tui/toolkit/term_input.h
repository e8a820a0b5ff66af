/* SPDX-License-Identifier: MIT */
/*
 * term_input: makes keys of what the back end reads. A paste is one key; a control sequence that terminfo does not name
 * is read whole (term_seq.h), so that its letters do nothing.
 */
#ifndef TUI_TOOLKIT_TERM_INPUT_H
#define TUI_TOOLKIT_TERM_INPUT_H

#include <stdbool.h>

#include "backend.h"
#include "base/buf.h"

struct term_input {
	bool utf8, like_xterm;
	uint32_t erase; /* the terminal's Backspace, DEL or Ctrl-H (stty erase); a guest gets the other one unchanged */
	bool heard;	/* something was read */
	bool pasting, paste_cut;
	struct buf paste;
	bool has_unread; /* an event that was read while looking behind an Esc */
	struct backend_event unread;
	bool has_next; /* a key that followed an Esc */
	struct key next;
	char sequence[128]; /* of the last key */
	int held; /* the button that was pressed last, 0: none; some terminals do not report which was released */
};

void term_input_init(struct term_input *in, bool utf8, bool like_xterm, uint32_t erase);
void term_input_fini(struct term_input *in);
/* The next key; false: none now. `bare` as in term_key. */
bool term_input_next(struct term_input *in, struct key *k, bool bare);
/* Whether anything was read since the last call. */
bool term_input_heard(struct term_input *in);

#endif
