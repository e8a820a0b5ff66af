/* SPDX-License-Identifier: MIT */
/* memory: what a program that has started and now mostly waits does not need any more. */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

/* Gives free pages of the heap back, and unmaps code and constants of the program and its libraries:
 * most was touched by the start alone (relocation reads all of it), and what is needed comes back
 * from the file cache at its next use. Does nothing where the system has no means. */
void host_trim_memory(void);

#endif
