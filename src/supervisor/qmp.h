/* SPDX-License-Identifier: MIT */
/*
 * qmp: QEMU's machine protocol without input and output: bytes are fed in, bytes to be sent are pulled out. Follows
 * QEMU's qmp-spec: greeting, capabilities, then commands with an id each; events may arrive at any moment. The caller
 * ignores unknown events and keys.
 *
 * A line is capped at 10 MiB and must be one JSON object; anything else ends the dialogue with `failed`, after which
 * it accepts no more bytes.
 */
#ifndef SUPERVISOR_QMP_H
#define SUPERVISOR_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

#define QMP_LINE_MAX (10 * 1024 * 1024)
#define QMP_IN_FLIGHT 8
#define QMP_WAITING 256 /* commands that may wait behind those */

struct qmp;

struct qmp_ops {
	/* Capabilities are negotiated: commands are sent from now on. */
	void (*ready)(void *arg);
	/* `data` is an empty object if the event has none; borrowed. */
	void (*event)(const char *name, const json_t *data, void *arg);
	/* The other side broke the protocol; `why` is a sentence. Called at most once. */
	void (*failed)(const char *why, void *arg);
};

/* The answer of a command: `value` is what it returned and error is NULL, or value is NULL and error is QEMU's own
 * sentence, sanitized. Both borrowed. */
typedef void (*qmp_reply_fn)(const json_t *value, const char *error, void *arg);

/* `ops` must outlive it. Callbacks must not free the dialogue. */
struct qmp *qmp_new(const struct qmp_ops *ops, void *arg);
/* Drops commands without an answer without calling their functions. NULL is fine. */
void qmp_free(struct qmp *q);
void qmp_feed(struct qmp *q, const char *p, size_t n);
/* Returns the bytes to be sent, which the caller removes with buf_drop. Borrowed. */
struct buf *qmp_pull(struct qmp *q);
/* Queues a command; takes `arguments` (or NULL); `fn` may be NULL. -1 if too many commands wait or the dialogue has
 * failed. May be called before `ready`. */
int qmp_send(struct qmp *q, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg);
bool qmp_is_ready(const struct qmp *q);
/* Returns the version that QEMU's greeting gave: 70200 for 7.2.0; 0: none yet. */
unsigned qmp_version(const struct qmp *q);
/* Returns the id of the oldest command that was sent and is not answered yet, 0: none. */
int64_t qmp_oldest(const struct qmp *q);

#endif
