/* SPDX-License-Identifier: MIT */
/* shell: a command by the console, its output told from all else there. */
#include "../lib/check.h"

#include "base/mem.h"
#include "machine/shell.h"

struct heard {
	struct shell *shell;
	struct buf typed, output;
	int status; /* -1: none yet */
};

static void on_type(const char *text, size_t n, void *arg)
{
	buf_add(&((struct heard *)arg)->typed, text, n);
}

static void on_output(const char *p, size_t n, void *arg)
{
	buf_add(&((struct heard *)arg)->output, p, n);
}

static void on_done(int status, void *arg)
{
	struct heard *h = arg;

	assert_int_equal(h->status, -1);
	h->status = status;
}

static const struct shell_ops ops = {.type = on_type, .output = on_output, .done = on_done};

static void start(struct heard *h, const char *command)
{
	h->status = -1;
	buf_init(&h->typed, 0);
	buf_init(&h->output, 0);
	h->shell = shell_new(command, "MARK", &ops, h, NULL);
	assert_non_null(h->shell);
	assert_string_equal(h->typed.data, "\x15\r");
	buf_clear(&h->typed);
}

static void stop(struct heard *h)
{
	shell_free(h->shell);
	buf_fini(&h->typed);
	buf_fini(&h->output);
}

static void feed(struct heard *h, const char *s)
{
	shell_feed(h->shell, s, strlen(s));
}

static void test_prompts(void **state)
{
	static const struct {
		const char *bytes;
		bool prompt;
	} cases[] = {
		{"build@box:~$ ", true},    {"\x1b[?2004h\x1b[01;32mbuild@box\x1b[0m:~$ ", true},
		{"\r\nroot@box:~# ", true}, {"box login: ", false},
		{"Password: ", false},	    {"~\r\n~\r\n\"x\" 3L, 5B", false},
		{"costs 5$ \r\n", false},   {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct heard h;

		start(&h, "true");
		feed(&h, cases[i].bytes);
		if ((shell_phase(h.shell) == SHELL_STARTED) != cases[i].prompt)
			fail_msg("case %zu: %s", i, cases[i].bytes);
		assert_int_equal(h.typed.len > 0, cases[i].prompt);
		stop(&h);
	}
}

/* Each cut anywhere gives the same. */
static void test_output(void **state)
{
	static const struct {
		const char *bytes, *output;
		int status;
	} cases[] = {
		{"\r\nMARK-begin\r\n\r\nMARK-end-0\r\n$ ", "", 0},
		{"\r\nMARK-begin\r\nhello\r\n\r\nMARK-end-3\r\n", "hello\n", 3},
		{"\r\nMARK-begin\r\nno line end\r\nMARK-end-255\r\n", "no line end", 255},
		{"\r\nMARK-begin\r\n\r\nMARK-end-x\r\n\r\nMARK-end-1\r\n", "\nMARK-end-x\n", 1},
		{"\r\nMARK-begin\r\n\r\nMARK-end-300\r\n\r\nMARK-end-1\r\n", "\nMARK-end-300\n", 1},
		{"\r\nMARK-begin\r\n\r\n\r\nMARK-e\r\n\r\nMARK-end-1\r\n", "\n\nMARK-e\n", 1},
		{"\r\nMARK-begin\r\na\rb\x1b[31m\r\nMARK-end-1\r\n", "a\rb\x1b[31m", 1},
		{" printf '%s' MARK begin; MARK-begin x\r\nMARK-begin\r\nx\r\nMARK-end-7\r\n", "x", 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].bytes);

		for (size_t step = 1; step <= n; step++) {
			struct heard h;

			start(&h, "true");
			feed(&h, "$ ");
			for (size_t at = 0; at < n; at += step)
				shell_feed(h.shell, cases[i].bytes + at, n - at < step ? n - at : step);
			if (h.status != cases[i].status || strcmp(h.output.data, cases[i].output) != 0)
				fail_msg("case %zu by %zu: %d \"%s\"", i, step, h.status, h.output.data);
			stop(&h);
		}
	}
}

/* What is typed runs in a real shell as it would run itself, whatever is in it. */
static void test_quoting(void **state)
{
	struct heard h;

	(void)state;
	start(&h, "echo 'it'\"'\"'s' $HOME;;");
	feed(&h, "# ");
	assert_non_null(strstr(h.typed.data, "sh -c 'echo '\\''it'\\''\"'\\''\"'\\''s'\\'' $HOME;;' </dev/null"));
	assert_null(strstr(h.typed.data, "MARK-"));
	assert_int_equal(h.typed.data[h.typed.len - 1], '\r');
	buf_clear(&h.typed);
	shell_interrupt(h.shell);
	assert_string_equal(h.typed.data, "\x03 stty echo\r");
	stop(&h);
}

static void test_refused(void **state)
{
	char *many = xcalloc(1, SHELL_COMMAND_MAX + 2);
	static const char *const bad[] = {"", "a\nb", "a\tb", "a\x1b[A", "a\x7f"};
	struct heard h = {.status = -1};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_null(shell_new(bad[i], "MARK", &ops, &h, &e));
		assert_string_equal(e.id, "exec-command");
	}
	memset(many, 'x', SHELL_COMMAND_MAX + 1);
	assert_null(shell_new(many, "MARK", &ops, &h, &e));
	err_fini(&e);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompts),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
