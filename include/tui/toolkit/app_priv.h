/* SPDX-License-Identifier: MIT */
/* app_priv: what the files of the program share. */
#ifndef TUI_TOOLKIT_APP_PRIV_H
#define TUI_TOOLKIT_APP_PRIV_H

#include "tui/toolkit/app.h"
#include "tui/toolkit/term.h"

#define APP_MIN_ROWS 20
#define APP_MIN_COLUMNS 72

struct app {
	const struct app_conf *conf;
	struct term *term;
	struct theme theme;
	struct screen *top;	/* the uppermost, linked by `below` */
	struct screen *removed; /* to be closed at the end of the turn */
	struct loop_turn *turn;
	struct loop_fd *keyboard;
	struct loop_signal *signals[8];
	bool changed, ended, resized, stop_wanted;
	struct app_work *works;
	unsigned empty; /* announcements of input that brought none */
	int status;
	/* the last line as it was painted, for clicks */
	struct {
		int left, right;
		uint32_t code;
	} spots[SCREEN_KEYS];
	size_t spot_count;
};

/* app_paint.c */
void app_paint(struct app *app);
bool app_too_small(const struct app *app);
/* app_input.c: the keyboard until it is empty; one key. */
void app_input(struct app *app);
void app_key(struct app *app, const struct key *k);
/* app.c: gives the terminal to the shell and stops, until it is continued. False: nobody could
 * continue it here, so it goes on. */
bool app_suspend(struct app *app);

#endif
