/* SPDX-License-Identifier: MIT */
/*
 * faults: collects the errors of a file, to be reported together and sorted by line, as `FILE:LINE: section.key:
 * message`. At most FAULTS_MAX are shown.
 */
#ifndef SPEC_FAULTS_H
#define SPEC_FAULTS_H

#include <stddef.h>

#include "base/err.h"

#define FAULTS_MAX 50

struct fault {
	unsigned line; /* 0: none; such faults are last */
	size_t order;
	char *text;
};

struct faults {
	const char *name; /* borrowed: the file */
	struct fault items[FAULTS_MAX];
	size_t count; /* also of those that are not shown */
};

void faults_init(struct faults *f, const char *name);
/* Adds a fault; section and key may be NULL. */
void faults_add(struct faults *f, unsigned line, const char *section, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Returns 0 if there is none, else -1 with all in e (kind ERR_USAGE). Empties f. */
int faults_report(struct faults *f, const char *id, struct err *e);

#endif
