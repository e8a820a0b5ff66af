/* SPDX-License-Identifier: MIT */
/*
 * settings: the user's settings of debwiz itself, in $XDG_CONFIG_HOME/debwiz/debwiz.ini. Without the file the defaults
 * apply.
 *
 *     [face]
 *     theme = auto      ; dark, light, mono
 *     [keys]
 *     prefix = Ctrl-A   ; in the console; Ctrl- and a letter, or one of [ \ ] ^ _
 *     [console]         ; what a guest may do to this terminal, yes or no:
 *     bell = no         ; ring its bell
 *     title = no        ; name its window
 *     clipboard = no    ; put text on the clipboard (it can never read it)
 */
#ifndef TUI_TOOLKIT_SETTINGS_H
#define TUI_TOOLKIT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/toolkit/theme.h"

struct settings_guest {
	bool bell, title, clipboard;
};

struct settings {
	enum theme_kind theme;
	uint32_t prefix; /* a control character */
	struct settings_guest guest;
};

/* Reads debwiz.ini in that folder. A wrong value is an error that names file, line and what is allowed. */
int settings_read(struct settings *s, const char *config_dir, struct err *e);

#endif
