/* SPDX-License-Identifier: MIT */
/*
 * backend: what draws on the terminal and reads its keys: ncurses (backend_curses.c, which alone includes it), and on
 * Windows control sequences (backend_vt.c). One terminal is open at a time.
 */
#ifndef TUI_TOOLKIT_BACKEND_H
#define TUI_TOOLKIT_BACKEND_H

#include "tui/toolkit/key.h"
#include "tui/toolkit/term.h"

/* Why backend_open has failed. */
struct backend_refusal {
	char *why;	     /* a clause, which the caller frees */
	const char *similar; /* a name for TERM that fits the terminal, which has no usable entry of its own, or NULL */
};

/* Opens the terminal of standard input and output and fills colours and mouse of `caps`. *like_xterm: it understands
 * xterm's control sequences, or ignores those that it does not know. Returns false with `out` filled and nothing left
 * open if it cannot show full screens. */
bool backend_open(struct term_caps *caps, bool colour, bool *like_xterm, struct backend_refusal *out);
void backend_close(void);
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
