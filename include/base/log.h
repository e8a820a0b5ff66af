/* SPDX-License-Identifier: MIT */
/*
 * log: messages for maintainers. Nothing is written unless --log FILE opened a file or DEBWIZ_DEBUG=topic,topic (or
 * `all`) selects topics, which go to stderr. Never log a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

/* Reads DEBWIZ_DEBUG. Must be called once at the start. */
void log_init(void);
/* Appends all topics to the file `path`, which is created with mode 0600. */
int log_open(const char *path, struct err *e);
void log_close(void);
bool log_has(const char *topic);
void log_msg(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
