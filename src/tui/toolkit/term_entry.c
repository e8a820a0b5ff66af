/* SPDX-License-Identifier: MIT */
/* term_entry: see term_entry.h. Apart, for the macros of curses' term.h, which has a struct term, too. */
#include "term_entry.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <curses.h>

#include <term.h>

/* Terminals of today without an entry of their own here (xterm-kitty, alacritty, foot, ghostty) do what
 * xterm does; what runs in screen and tmux does what they do. */
const char *term_entry_instead(const char *name)
{
	static const char *const names[] = {"screen-256color", "screen", "xterm-256color", "xterm", "vt100"};
	bool within = !strncmp(name, "screen", 6) || !strncmp(name, "tmux", 4);
	int found;

	for (size_t i = within ? 0 : 2; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) != 0 && setupterm(names[i], STDOUT_FILENO, &found) == OK)
			return names[i];
	return NULL;
}
