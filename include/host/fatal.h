/* SPDX-License-Identifier: MIT */
/* fatal: signals, and exceptions of Windows, that end a program with a defect. */
#ifndef HOST_FATAL_H
#define HOST_FATAL_H

/* Calls fn with the signal's name before it ends the program; fn calls only what is safe in a signal handler
 * (signal-safety(7)). NULL: restores the default actions. */
void fatal_handle(void (*fn)(const char *name));

#endif
