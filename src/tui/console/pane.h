/* SPDX-License-Identifier: MIT */
/*
 * console: what the files of the live console share: screen_console.c (life, keys, the status
 * line), console_paint.c (cells), console_keys.c (keys to the guest), console_look.c (the
 * scrollback: moving, searching, marking), console_menu.c (what stands behind the prefix key),
 * console_file.c (saving and sending files), console_wishes.c (bell, title, clipboard).
 */
#ifndef TUI_CONSOLE_PANE_H
#define TUI_CONSOLE_PANE_H

#include "machine/attach.h"
#include "tui/toolkit/screen.h"
#include "tui/toolkit/settings.h"
#include "tui/toolkit/widget_text.h"

struct pane;

/* A line of input in place of the status line. */
struct pane_prompt {
	const char *label; /* NULL: none is open */
	struct text_field field;
	int column;					/* of its cursor, as painted */
	void (*changed)(struct pane *p);		/* at each key; may be NULL */
	void (*done)(struct pane *p, const char *text); /* NULL: left by Esc */
};

/* A place in the scrollback or on the screen, as in console/find.h. */
struct pane_place {
	uint64_t line;
	int col;
};

/* Lines on their way to a text, page by page. */
struct pane_gather {
	bool on;
	struct pane_place at, end; /* up to before `end` */
	struct buf text;
	void (*done)(struct pane *p);
};

struct pane {
	struct screen *screen;
	char *name, *dir, *runtime;
	struct attach *attach;
	enum vm_state state;
	char *cause;	      /* why it has ended; NULL: it has not */
	int64_t pid, started; /* of QEMU */
	char *elsewhere;      /* the console that the kernel talks on; NULL: this one, as far as is known */
	bool display;	      /* it has one */
	uint16_t ssh_port;
	uint32_t prefix; /* a control character */
	bool prefixed;	 /* it was pressed */
	bool trimmed;	 /* what the start took was given back */
	char *message;	 /* until the next key */
	bool amount;	 /* it is how far a suspension is: until another state */
	enum role role;
	struct settings_guest may; /* what the guest is allowed */
	bool types;		   /* it had the keyboard at the last update … */
	bool wants;		   /* … and was not left to others */
	bool others;		   /* others looked then */
	struct console_modes seen; /* in the last update … */
	bool has_seen;		   /* … if there was one */
	uint64_t rang;		   /* when its bell was last passed on */
	char *title;		   /* that the terminal was given; NULL: none */

	/* how busy it is; the timer runs while the machine does */
	struct loop_timer *timer;
	uint64_t measured; /* loop_now, 0: not yet */
	uint64_t cpu_ms, io;
	int cpu;	   /* percent, -1: not known */
	uint64_t rate;	   /* bytes a second */
	uint64_t spoke;	   /* when the guest last printed */
	uint64_t deadline; /* of the stop ladder's rung, 0: none */
	char *doing;	   /* what the progress port said last */

	/* looking at the scrollback */
	bool looking, marking;
	struct pane_place at, mark;
	uint64_t top; /* first line in sight */
	char *sought; /* what was searched for last */
	struct find_place hit;
	bool has_hit;
	struct pane_place search_from;

	struct pane_prompt prompt;
	struct pane_gather gather;
	char *copied;
	struct pane_sender *sender; /* a file on its way to the guest */
	char *to_save;		    /* text that waits for a file's name */
};

/* screen_console.c */
int pane_rows(const struct pane *p); /* above the status line */
void pane_say(struct pane *p, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Opens the line of input, with a text to begin with. */
void pane_ask(struct pane *p, const char *label, const char *text, void (*changed)(struct pane *p),
	      void (*done)(struct pane *p, const char *text));
void pane_detach(struct pane *p);
/* The pane of a screen, NULL where that is no longer on the stack. */
struct pane *pane_find(struct app *app, const struct screen *s);

/* console_paint.c */
void pane_paint_cells(struct pane *p, const struct canvas *c);
/* Where the guest's cursor is in the pane; false: out of sight or hidden. */
bool pane_guest_cursor(const struct pane *p, int *row, int *column);
/* The place of a click on the guest's screen. */
void pane_guest_place(const struct pane *p, int row, int column, int *guest_row, int *guest_column);

/* console_keys.c */
void pane_guest_key(struct pane *p, const struct key *k);

/* console_look.c */
void pane_look(struct pane *p);
void pane_look_key(struct pane *p, const struct key *k);
void pane_search(struct pane *p);
bool pane_is_marked(const struct pane *p, uint64_t line, int col);
/* Reads text between two places; `done` finds it in gather.text. */
void pane_gather(struct pane *p, struct pane_place from, struct pane_place to, void (*done)(struct pane *p));
void pane_gather_step(struct pane *p); /* a page has come */

/* console_menu.c */
void pane_command(struct pane *p, const struct key *k);
const char *pane_key_name(uint32_t code, char out[8]); /* "^A" */

/* console_wishes.c */
void pane_wishes(struct pane *p); /* an update has come */
void pane_wishes_end(struct pane *p);

/* console_file.c */
void pane_save_screen(struct pane *p);
void pane_save_log(struct pane *p);
void pane_save_text(struct pane *p); /* what was gathered */
void pane_send_file(struct pane *p);
/* Types a text of up to 1 MiB into the guest; `what` names it. */
void pane_send_text(struct pane *p, const char *what, const char *text);
void pane_send_stop(struct pane *p);

#endif
