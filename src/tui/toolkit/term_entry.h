/* SPDX-License-Identifier: MIT */
/* term_entry: what terminfo has in place of an entry that is missing. */
#ifndef TUI_TOOLKIT_TERM_ENTRY_H
#define TUI_TOOLKIT_TERM_ENTRY_H

/* An entry that may do for a terminal of this name; NULL: there is none. */
const char *term_entry_instead(const char *name);

#endif
