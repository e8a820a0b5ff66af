/* SPDX-License-Identifier: MIT */
/*
 * qmp: the dialogue of QMP (qmp.h). Commands wait in a list; the first QMP_IN_FLIGHT were sent and are matched to
 * answers by their id, in any order.
 */
#include "qmp.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "machine/sanitize.h"

enum phase { PHASE_GREETING, PHASE_CAPABILITIES, PHASE_READY, PHASE_FAILED };

struct qmp_command {
	struct qmp_command *next;
	char *name;
	json_t *arguments;
	json_int_t id; /* 0: not sent yet */
	qmp_reply_fn fn;
	void *arg;
};

struct qmp {
	const struct qmp_ops *ops;
	void *arg;
	enum phase phase;
	struct buf in;
	struct buf out;
	struct qmp_command *first, **last;
	size_t in_flight, waiting;
	json_int_t next_id;
	unsigned version;
};

struct qmp *qmp_new(const struct qmp_ops *ops, void *arg)
{
	struct qmp *q = xcalloc(1, sizeof(*q));

	q->ops = ops;
	q->arg = arg;
	q->last = &q->first;
	q->next_id = 1;
	buf_init(&q->in, QMP_LINE_MAX);
	buf_init(&q->out, 0);
	return q;
}

static void qmp_command_free(struct qmp_command *c)
{
	json_decref(c->arguments);
	free(c->name);
	free(c);
}

void qmp_free(struct qmp *q)
{
	struct qmp_command *c;

	if (!q)
		return;
	while ((c = q->first)) {
		q->first = c->next;
		qmp_command_free(c);
	}
	buf_fini(&q->in);
	buf_fini(&q->out);
	free(q);
}

int64_t qmp_oldest(const struct qmp *q)
{
	return q->first ? q->first->id : 0;
}

bool qmp_is_ready(const struct qmp *q)
{
	return q->phase == PHASE_READY;
}

unsigned qmp_version(const struct qmp *q)
{
	return q->version;
}

struct buf *qmp_pull(struct qmp *q)
{
	return &q->out;
}

static void qmp_fail(struct qmp *q, const char *why)
{
	q->phase = PHASE_FAILED;
	buf_fini(&q->in);
	q->ops->failed(why, q->arg);
}

static void qmp_put(struct qmp *q, const char *name, json_t *arguments, json_int_t id)
{
	json_t *o = json_object();
	AUTO_FREE char *line = NULL;

	json_object_set_new(o, "execute", json_string(name));
	json_object_set_new(o, "id", json_integer(id));
	if (arguments)
		json_object_set(o, "arguments", arguments);
	line = json_line(o);
	log_msg("qmp", "> %s", line);
	buf_addf(&q->out, "%s\n", line);
	json_decref(o);
}

/* Sends waiting commands up to the limit in flight. */
static void qmp_pump(struct qmp *q)
{
	for (struct qmp_command *c = q->first; c && q->in_flight < QMP_IN_FLIGHT; c = c->next) {
		if (c->id)
			continue;
		c->id = q->next_id++;
		q->waiting--;
		q->in_flight++;
		qmp_put(q, c->name, c->arguments, c->id);
	}
}

int qmp_send(struct qmp *q, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg)
{
	struct qmp_command *c;

	if (q->phase == PHASE_FAILED || q->waiting >= QMP_WAITING) {
		json_decref(arguments);
		return -1;
	}
	c = xcalloc(1, sizeof(*c));
	c->name = xstrdup(command);
	c->arguments = arguments;
	c->fn = fn;
	c->arg = arg;
	*q->last = c;
	q->last = &c->next;
	q->waiting++;
	if (q->phase == PHASE_READY)
		qmp_pump(q);
	return 0;
}

/* Removes the command with that id, which was sent and is not answered yet, from the list. */
static struct qmp_command *qmp_take(struct qmp *q, json_int_t id)
{
	for (struct qmp_command **at = &q->first; *at; at = &(*at)->next) {
		struct qmp_command *c = *at;

		if (!c->id || c->id != id)
			continue;
		*at = c->next;
		if (q->last == &c->next)
			q->last = at;
		return c;
	}
	return NULL;
}

static char *qmp_error_words(const json_t *error)
{
	const char *desc = json_str(error, "desc", "it gave no reason");

	return vm_sanitize(desc, strlen(desc), 500);
}

static void qmp_on_answer(struct qmp *q, const json_t *o)
{
	const json_t *error = json_object_get(o, "error");
	json_int_t id = json_int(o, "id", -1);
	struct qmp_command *c;
	char *words;

	if (q->phase == PHASE_CAPABILITIES && id == 0) {
		if (error) {
			qmp_fail(q, "QEMU refuses its monitor's capabilities");
			return;
		}
		q->phase = PHASE_READY;
		q->ops->ready(q->arg);
		if (q->phase == PHASE_READY)
			qmp_pump(q);
		return;
	}
	c = qmp_take(q, id);
	if (!c)
		return; /* an answer without a command changes nothing */
	q->in_flight--;
	words = error ? qmp_error_words(error) : NULL;
	if (c->fn)
		c->fn(error ? NULL : json_object_get(o, "return"), words, c->arg);
	free(words);
	qmp_command_free(c);
	if (q->phase == PHASE_READY)
		qmp_pump(q);
}

static void qmp_on_event(struct qmp *q, const json_t *o, const char *name)
{
	json_t *none = json_object();
	const json_t *data = json_object_get(o, "data");

	q->ops->event(name, json_is_object(data) ? data : none, q->arg);
	json_decref(none);
}

static void qmp_note_version(struct qmp *q, const json_t *version)
{
	const json_t *v = json_object_get(version, "qemu");
	json_int_t n = json_int(v, "major", 0) * 10000 + json_int(v, "minor", 0) * 100 + json_int(v, "micro", 0);

	q->version = n > 0 && n < 10000000 ? (unsigned)n : 0;
}

static void qmp_on_line(struct qmp *q, const char *p, size_t n)
{
	const char *event;
	json_t *o;

	while (n && (p[n - 1] == '\r' || p[n - 1] == ' '))
		n--;
	if (!n)
		return;
	log_msg("qmp", "< %.*s", n > 2000 ? 2000 : (int)n, p);
	o = json_loadb(p, n, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		qmp_fail(q, "QEMU's monitor sent a line that is not its protocol");
		return;
	}
	event = json_str(o, "event", NULL);
	if (q->phase == PHASE_GREETING) {
		if (json_is_object(json_object_get(o, "QMP"))) {
			qmp_note_version(q, json_object_get(json_object_get(o, "QMP"), "version"));
			q->phase = PHASE_CAPABILITIES;
			qmp_put(q, "qmp_capabilities", NULL, 0);
		} else if (!event) {
			qmp_fail(q, "QEMU's monitor did not greet");
		}
	} else if (event) {
		qmp_on_event(q, o, event);
	} else if (json_object_get(o, "return") || json_object_get(o, "error")) {
		qmp_on_answer(q, o);
	}
	json_decref(o);
}

void qmp_feed(struct qmp *q, const char *p, size_t n)
{
	char *end;

	if (q->phase == PHASE_FAILED)
		return;
	while (n) {
		end = memchr(p, '\n', n);
		if (buf_add(&q->in, p, end ? (size_t)(end - p) : n) < 0) {
			qmp_fail(q, "QEMU's monitor sent a line of more than 10 MiB");
			return;
		}
		if (!end)
			return;
		n -= (size_t)(end - p) + 1;
		p = end + 1;
		qmp_on_line(q, q->in.data, q->in.len);
		if (q->phase == PHASE_FAILED)
			return;
		if (q->in.size > 65536)
			buf_fini(&q->in); /* a rare long line must not stay in memory */
		buf_clear(&q->in);
	}
}
