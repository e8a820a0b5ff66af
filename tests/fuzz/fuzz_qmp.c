/* SPDX-License-Identifier: MIT */
/*
 * fuzz_qmp: bytes as what a QEMU says on its monitor, while commands are sent. It never fails twice,
 * answers no command twice, has at most as many in flight as it says, and sends whole JSON lines.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "supervisor/qmp.h"

#define GREETING "{\"QMP\": {}}\n{\"return\": {}, \"id\": 0}\n"
#define COMMANDS 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	struct qmp *q;
	unsigned ready, failed, sent, put;
	unsigned replies[COMMANDS];
};

static void must(int ok)
{
	if (!ok)
		abort();
}

static void on_ready(void *arg)
{
	struct heard *h = arg;

	must(++h->ready == 1 && !h->failed);
}

static void on_event(const char *name, const json_t *data, void *arg)
{
	struct heard *h = arg;

	must(name && json_is_object(data) && !h->failed);
}

static void on_failed(const char *why, void *arg)
{
	struct heard *h = arg;

	must(*why && ++h->failed == 1);
}

static void on_reply(const json_t *value, const char *error, void *arg)
{
	unsigned *count = arg;

	must(++*count == 1 && !(value && error));
	for (; error && *error; error++)
		must((unsigned char)*error >= ' ');
}

static const struct qmp_ops ops = {.ready = on_ready, .event = on_event, .failed = on_failed};

/* All that was put out since the last time is whole lines, each a JSON object with an id. */
static void take_out(struct heard *h)
{
	struct buf *out = qmp_pull(h->q);
	const char *p = out->data, *end = out->data + out->len;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		json_t *o = eol ? json_loadb(p, (size_t)(eol - p), 0, NULL) : NULL;

		must(json_is_integer(json_object_get(o, "id")) && json_str(o, "execute", NULL) != NULL);
		h->put += json_int(o, "id", 0) > 0;
		json_decref(o);
		p = eol + 1;
	}
	buf_clear(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard h = {.sent = 0};
	size_t step = size ? 1 + data[0] % 64 : 1;
	unsigned answered = 0;

	h.q = qmp_new(&ops, &h);
	if (size && data[0] & 128)
		qmp_feed(h.q, GREETING, strlen(GREETING));
	for (size_t at = 1; at < size; at += step) {
		if (h.sent < COMMANDS && qmp_send(h.q, "x", json_object(), on_reply, &h.replies[h.sent]) == 0)
			h.sent++;
		qmp_feed(h.q, (const char *)data + at, size - at < step ? size - at : step);
		take_out(&h);
	}
	for (unsigned i = 0; i < COMMANDS; i++)
		answered += h.replies[i];
	must(h.put <= answered + QMP_IN_FLIGHT && answered <= h.sent);
	must(!h.put || h.ready);
	qmp_free(h.q);
	return 0;
}
