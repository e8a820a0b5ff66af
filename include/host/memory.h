/* SPDX-License-Identifier: MIT */
/* memory: releases memory that a program needs only while it starts. */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

/* Returns free pages of the heap to the system, and unmaps code and constants of the program and its libraries: most
 * were used only at the start (relocation reads all of it), and the file cache provides what is used again. Does
 * nothing if the system has no means. */
void host_trim_memory(void);

#endif
