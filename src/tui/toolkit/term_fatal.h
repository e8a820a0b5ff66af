/* SPDX-License-Identifier: MIT */
/*
 * term_fatal: gives the terminal back and leaves a report when a fatal signal or lack of memory ends the program.
 */
#ifndef TUI_TOOLKIT_TERM_FATAL_H
#define TUI_TOOLKIT_TERM_FATAL_H

#include <stddef.h>

/* Installs the handlers: they write these bytes, which are copied, to the terminal and restore its modes. */
void term_fatal_arm(const char *bytes, size_t len);
void term_fatal_disarm(void);
/* The descriptor that standard error had, and the one of the file that collects it until the end; -1: none. */
void term_fatal_stderr(int original, int collected);

#endif
