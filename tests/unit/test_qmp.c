/* SPDX-License-Identifier: MIT */
/* qmp: the dialogue, byte by byte, without a process. */
#include "../lib/check.h"

#include "base/mem.h"
#include "supervisor/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define READY GREETING "{\"return\": {}, \"id\": 0}\r\n"

struct heard {
	struct qmp *q;
	struct buf text; /* what happened, a line each */
};

static void on_ready(void *arg)
{
	buf_adds(&((struct heard *)arg)->text, "ready\n");
}

static void on_event(const char *name, const json_t *data, void *arg)
{
	buf_addf(&((struct heard *)arg)->text, "event %s %zu\n", name, json_object_size(data));
}

static void on_failed(const char *why, void *arg)
{
	buf_addf(&((struct heard *)arg)->text, "failed %s\n", why);
}

static void on_reply(const json_t *value, const char *error, void *arg)
{
	buf_addf(&((struct heard *)arg)->text, "reply %s\n", error ? error : json_str(value, "x", "-"));
}

static const struct qmp_ops ops = {.ready = on_ready, .event = on_event, .failed = on_failed};

static void start(struct heard *h)
{
	buf_init(&h->text, 0);
	h->q = qmp_new(&ops, h);
}

static void stop(struct heard *h)
{
	qmp_free(h->q);
	buf_fini(&h->text);
}

static void feed(struct heard *h, const char *s)
{
	qmp_feed(h->q, s, strlen(s));
}

/* Checks what is to be sent and takes it. */
static void sent(struct heard *h, const char *want)
{
	assert_string_equal(qmp_pull(h->q)->data, want);
	buf_clear(qmp_pull(h->q));
}

static void heard(struct heard *h, const char *want)
{
	assert_string_equal(h->text.data, want);
	buf_clear(&h->text);
}

static void test_dialogue(void **state)
{
	struct heard h;

	(void)state;
	start(&h);
	assert_false(qmp_is_ready(h.q));
	assert_int_equal(qmp_send(h.q, "cont", NULL, on_reply, &h), 0); /* waits for its turn */
	sent(&h, "");
	feed(&h, GREETING);
	sent(&h, "{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
	feed(&h, "{\"return\": {}, \"id\": 0}\n");
	assert_true(qmp_is_ready(h.q));
	sent(&h, "{\"execute\":\"cont\",\"id\":1}\n");
	feed(&h, "{\"event\": \"RESUME\", \"timestamp\": {}}\n{\"return\": {\"x\": \"y\"}, \"id\": 1}\n");
	heard(&h, "ready\nevent RESUME 0\nreply y\n");
	stop(&h);
}

static void test_byte_by_byte(void **state)
{
	static const char bytes[] = READY "{\"event\":\"STOP\",\"data\":{\"a\":1}}\r\n";
	struct heard h;

	(void)state;
	start(&h);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		qmp_feed(h.q, bytes + i, 1);
	heard(&h, "ready\nevent STOP 1\n");
	stop(&h);
}

static void test_arguments_are_data(void **state)
{
	struct heard h;

	(void)state;
	start(&h);
	feed(&h, READY);
	buf_clear(qmp_pull(h.q));
	qmp_send(h.q, "x", json_pack("{s:s}", "path", "a\",\"b\n\x1b"), NULL, NULL);
	sent(&h, "{\"arguments\":{\"path\":\"a\\\",\\\"b\\n\\u001B\"},\"execute\":\"x\",\"id\":1}\n");
	stop(&h);
}

static void test_answers_out_of_order(void **state)
{
	struct heard h;

	(void)state;
	start(&h);
	feed(&h, READY);
	for (int i = 0; i < 3; i++)
		qmp_send(h.q, "c", NULL, on_reply, &h);
	feed(&h, "{\"id\": 3, \"return\": {\"x\": \"three\"}}\n"
		 "{\"id\": 1, \"error\": {\"class\": \"E\", \"desc\": \"bad\\u001b[31m\"}}\n"
		 "{\"id\": 9, \"return\": {\"x\": \"nobody\"}}\n"
		 "{\"id\": 3, \"return\": {\"x\": \"again\"}}\n"
		 "{\"return\": {\"x\": \"no id\"}}\n"
		 "{\"id\": 2, \"return\": {\"x\": \"two\"}}\n");
	heard(&h, "ready\nreply three\nreply bad?[31m\nreply two\n");
	/* the queue's end is right after its last one went */
	qmp_send(h.q, "c", NULL, on_reply, &h);
	feed(&h, "{\"id\": 4, \"return\": {\"x\": \"four\"}}\n");
	heard(&h, "reply four\n");
	stop(&h);
}

static size_t count(const char *s, const char *word)
{
	size_t n = 0;

	for (; (s = strstr(s, word)); s++)
		n++;
	return n;
}

static void test_at_most_8_in_flight(void **state)
{
	struct heard h;

	(void)state;
	start(&h);
	feed(&h, READY);
	buf_clear(qmp_pull(h.q));
	for (int i = 0; i < 20; i++)
		assert_int_equal(qmp_send(h.q, "c", NULL, on_reply, &h), 0);
	assert_int_equal(count(qmp_pull(h.q)->data, "execute"), QMP_IN_FLIGHT);
	feed(&h, "{\"id\": 5, \"return\": {}}\n");
	assert_int_equal(count(qmp_pull(h.q)->data, "execute"), QMP_IN_FLIGHT + 1);
	for (int i = 0; i < QMP_WAITING - 11; i++)
		assert_int_equal(qmp_send(h.q, "c", NULL, on_reply, &h), 0);
	assert_int_equal(qmp_send(h.q, "c", NULL, on_reply, &h), -1);
	assert_int_equal(qmp_send(h.q, "c", json_object(), on_reply, &h), -1);
	stop(&h);
}

static void test_refused(void **state)
{
	static const struct {
		const char *bytes, *words;
	} cases[] = {
		{"hello\n", "not its protocol"},
		{"[]\n", "not its protocol"},
		{"\"x\"\n", "not its protocol"},
		{"{\"QMP\": 1}\n", "did not greet"},
		{"{}\n", "did not greet"},
		{"{\"return\": {}}\n", "did not greet"},
		{GREETING "{\"error\": {\"desc\": \"no\"}, \"id\": 0}\n", "refuses"},
		{READY "{\"event\": \"A\"}{\"event\": \"B\"}\n", "not its protocol"},
		{READY "{\"event\": \xff}\n", "not its protocol"},
		{READY "{\"event\n", "not its protocol"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct heard h;

		start(&h);
		feed(&h, cases[i].bytes);
		assert_non_null(strstr(h.text.data, cases[i].words));
		buf_clear(&h.text);
		feed(&h, READY); /* nothing counts after that */
		heard(&h, "");
		assert_int_equal(qmp_send(h.q, "c", NULL, NULL, NULL), -1);
		stop(&h);
	}
}

static void test_line_cap(void **state)
{
	char *block = xmalloc(65536);
	struct heard h;
	size_t fed = 0;

	(void)state;
	memset(block, '{', 65536);
	start(&h);
	feed(&h, READY);
	while (fed <= QMP_LINE_MAX && !strstr(h.text.data, "failed")) {
		qmp_feed(h.q, block, 65536);
		fed += 65536;
	}
	assert_true(fed >= QMP_LINE_MAX && fed <= QMP_LINE_MAX + 65536);
	heard(&h, "ready\nfailed QEMU's monitor sent a line of more than 10 MiB\n");
	stop(&h);
	free(block);
}

/* A long line that is right passes, and its memory goes. */
static void test_long_event(void **state)
{
	struct heard h;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, READY "{\"event\": \"BIG\", \"data\": {\"a\": \"");
	for (int i = 0; i < 1000000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}}\n{\"event\": \"SMALL\"}\n");
	start(&h);
	qmp_feed(h.q, b.data, b.len);
	heard(&h, "ready\nevent BIG 1\nevent SMALL 0\n");
	stop(&h);
	buf_fini(&b);
}

static void test_odd_events(void **state)
{
	struct heard h;

	(void)state;
	start(&h);
	feed(&h, READY "{\"event\": 3}\n{\"event\": \"A\", \"data\": [1]}\n{\"event\": \"B\", "
		       "\"data\": null, \"other\": {}}\n\r\n{\"x\": 1}\n{\"event\": \"C\\u0000D\"}\n");
	heard(&h, "ready\nevent A 0\nevent B 0\nevent C 0\n");
	stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_arguments_are_data),
		cmocka_unit_test(test_answers_out_of_order),
		cmocka_unit_test(test_at_most_8_in_flight),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_line_cap),
		cmocka_unit_test(test_long_event),
		cmocka_unit_test(test_odd_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
