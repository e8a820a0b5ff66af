/* SPDX-License-Identifier: MIT */
/*
 * log: what a maintainer wants to see. Nothing is written unless a sink was opened
 * (--log FILE) or topics were asked for (DEBWIZ_DEBUG=topic,topic or `all`, to stderr).
 * Never hand a secret to it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

/* Reads DEBWIZ_DEBUG. Call once at start. */
void log_init(void);
/* Appends all topics to `path` (made with mode 0600). */
int log_open(const char *path, struct err *e);
void log_close(void);
bool log_has(const char *topic);
void log_msg(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
