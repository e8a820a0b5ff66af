/* SPDX-License-Identifier: MIT */
/*
 * backend: the library that draws on the terminal and reads its keys. Only backend.c includes curses; a terminal of
 * another kind (a Windows console) takes another file with these functions. One terminal is open at a time.
 */
#ifndef TUI_TOOLKIT_BACKEND_H
#define TUI_TOOLKIT_BACKEND_H

#include "tui/toolkit/key.h"
#include "tui/toolkit/term.h"

enum backend_status { BACKEND_OPEN, BACKEND_UNKNOWN, BACKEND_NO_CURSOR };

/* Opens the terminal of standard input and output and fills colours and mouse of `caps`. *like_xterm: it understands
 * xterm's control sequences, or ignores those that it does not know. On failure nothing is left open. */
enum backend_status backend_open(struct term_caps *caps, bool colour, bool *like_xterm);
void backend_close(void);
/* An entry of terminfo that fits a terminal of this name, which has no usable entry of its own; NULL: none. */
const char *backend_similar_entry(const char *name);
/* Leaves the full screen; resumes it with its modes and repaints it as a whole with backend_show. */
void backend_suspend(void);
void backend_resume(void);
void backend_show(void);
/* Writes the bytes that leave the full screen into `out`; returns how many there are. */
size_t backend_exit_bytes(char *out, size_t size);

void backend_size(int *rows, int *columns);
/* Adopts another size. `visible`: the terminal is ours now, so its scrolling region is adapted, too. */
void backend_resize(int rows, int columns, bool visible);

/* Painting, within the terminal; backend_flush sends what has changed and places the cursor (row < 0: hidden). */
void backend_erase(void);
void backend_repaint(void); /* the next flush sends everything */
void backend_put(int row, int column, const struct term_style *style, const char *text);
void backend_fill(int row, int column, int columns, const struct term_style *style);
void backend_restyle(int row, int column, int columns, const struct term_style *style);
void backend_flush(int row, int column);
void backend_bell(void);

enum backend_event_kind {
	BACKEND_NONE,	   /* nothing to read now */
	BACKEND_CHARACTER, /* code: a character, control characters included */
	BACKEND_KEY,	   /* code: of enum key_code; 0: a key without a name there */
	BACKEND_MOUSE,	   /* mouse: a K_MOUSE key */
	BACKEND_PASTE_BEGIN,
	BACKEND_PASTE_END,
};

struct backend_event {
	enum backend_event_kind kind;
	uint32_t code;
	struct key mouse;
};
/* Reads the next event. Does not block. */
struct backend_event backend_read(void);

#endif
