/* SPDX-License-Identifier: MIT */
/*
 * conlog: a machine's serial output as a file, never more than 2 MiB x 3: console.log,
 * console.log.1, console.log.2 (the oldest). A log that cannot be written loses bytes and counts
 * them, it never holds up the machine.
 */
#ifndef MACHINE_CONLOG_H
#define MACHINE_CONLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONLOG_MAX (2 * 1024 * 1024)
#define CONLOG_FILES 3

struct conlog {
	char *path;
	int fd; /* -1: cannot be written */
	uint64_t size, lost;
};

/* Begins a new file (an older one is moved on) in `dir`, or goes on with the last one. */
void conlog_open(struct conlog *c, const char *dir, bool go_on);
void conlog_write(struct conlog *c, const char *p, size_t n);
void conlog_close(struct conlog *c);

#endif
