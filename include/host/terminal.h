/* SPDX-License-Identifier: MIT */
/* terminal: what differs by host about the terminal of the command line. The full screens have tui/toolkit/term.h. */
#ifndef HOST_TERMINAL_H
#define HOST_TERMINAL_H

#include <stdbool.h>

/* Reports the size of the terminal that is open as fd; false if it is none. */
bool host_terminal_size(int fd, unsigned *rows, unsigned *columns);
/* Reads standard input without echo until host_terminal_echo; Ctrl-C ends the line. Returns whether it is a
 * terminal. */
bool host_terminal_hush(void);
void host_terminal_echo(void);
/* Returns whether the locale's characters are UTF-8, which the program's texts are. After setlocale. */
bool host_locale_is_utf8(void);
/* Returns the errno of a pipe or socket whose reader has gone, 0 if it has not. */
int host_reader_lost(int fd);

#endif
