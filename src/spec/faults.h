/* SPDX-License-Identifier: MIT */
/*
 * faults: gathers what is wrong with a file, so that a person sees all of it at once, sorted by
 * line, one `FILE:LINE: section.key: message` each. Fixed cap: FAULTS_MAX are shown.
 */
#ifndef SPEC_FAULTS_H
#define SPEC_FAULTS_H

#include <stddef.h>

#include "base/err.h"

#define FAULTS_MAX 50

struct fault {
	unsigned line; /* 0: not of a line; shown last, without a number */
	size_t order;
	char *text;
};

struct faults {
	const char *name; /* borrowed: the file */
	struct fault items[FAULTS_MAX];
	size_t count; /* all of them, shown or not */
};

void faults_init(struct faults *f, const char *name);
/* section and key may be NULL. */
void faults_add(struct faults *f, unsigned line, const char *section, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* 0 when there is none, else -1 with e filled (kind ERR_USAGE). Empties f. */
int faults_report(struct faults *f, const char *id, struct err *e);

#endif
