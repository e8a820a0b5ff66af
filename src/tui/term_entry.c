/* SPDX-License-Identifier: MIT */
/* term_entry: what terminfo has in place of an entry that is missing. Apart, for the macros of term.h. */
#include <string.h>
#include <unistd.h>

#include "term_priv.h"

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
