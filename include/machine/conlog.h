/* SPDX-License-Identifier: MIT */
/*
 * conlog: a machine's serial output as a file, never more than 2 MiB x 3: console.log, console.log.1, console.log.2
 * (the oldest). A log that cannot be written loses bytes and counts them; it never blocks the machine.
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

/* Opens the log in `dir`: a new file (older ones are renamed), or the last one if `go_on`. */
void conlog_open(struct conlog *c, const char *dir, bool go_on);
void conlog_write(struct conlog *c, const char *p, size_t n);
void conlog_close(struct conlog *c);

#endif
