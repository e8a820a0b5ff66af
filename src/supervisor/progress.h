/* SPDX-License-Identifier: MIT */
/*
 * progress: the lines a guest writes to the port `debwiz.progress`:
 *
 *     1 STATE KEY=VALUE KEY=VALUE...
 *
 * STATE and KEY are [a-z][a-z0-9_-]*; values are percent-escaped (every byte up to 0x20, '%' and
 * from 0x7f on may be, the first three must be). A guest is not trusted: a line is capped at 4 KiB,
 * and one that does not fit this to the letter is dropped and counted.
 *
 * While a base is being configured: phase, configuring, installing, log, then configured or failed.
 * From a machine:
 *     setting name=NAME state=applied|warned|failed text=TEXT   the outcome of a setting (machine/reported.h);
 *         the last one of a name counts
 *     seed-applied             the settings of the seed disk are applied, perhaps with warnings
 *     seed-failed text=TEXT    the account or its keys are not: no login as configured
 *     hostkey type=TYPE key=BASE64   one of its ssh host keys
 *     ready ip=ADDRESS kernel=VERSION ssh=yes|no pending=SUITES   it is up; whether something listens on its
 *         ssh port; the suites whose updates it lacks (machine/pending.h), empty if it lacks none
 *     caught-up                it has installed the updates that it lacked
 *     clock behind=SECONDS     it has set its clock as requested (src/supervisor/clock.c)
 *     grown bytes=N            the root file system has that size now
 */
#ifndef SUPERVISOR_PROGRESS_H
#define SUPERVISOR_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"

#define PROGRESS_LINE_MAX 4096

struct progress_reader {
	struct buf line;
	bool skipping; /* skips the rest of a line that was too long */
	size_t refused;
};

/* `values`: an object of strings, sanitized for messages; borrowed. */
typedef void (*progress_fn)(const char *state, const json_t *values, void *arg);

void progress_init(struct progress_reader *r);
void progress_fini(struct progress_reader *r);
void progress_feed(struct progress_reader *r, const char *p, size_t n, progress_fn fn, void *arg);
/* Parses one line without its end. Returns the values, a new reference, or NULL; *state is owned on success. */
json_t *progress_parse(const char *p, size_t n, char **state);

#endif
