/* SPDX-License-Identifier: MIT */
/* progress: lines of the guest's port; watch: the serial line; hostkeys, words: what becomes of it. */
#include "../lib/check.h"

#include "machine/hostkeys.h"
#include "machine/reported.h"
#include "machine/sanitize.h"
#include "supervisor/progress.h"
#include "supervisor/prompt.h"

static struct buf said;

static void on_line(const char *state, const json_t *values, void *arg)
{
	char *text = json_line(values);

	(void)arg;
	buf_addf(&said, "%s %s\n", state, text);
	free(text);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&said, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&said);
	return 0;
}

/* Feeds in pieces of `step` bytes. */
static size_t feed(const char *p, size_t n, size_t step)
{
	struct progress_reader r;
	size_t refused;

	progress_init(&r);
	for (size_t at = 0; at < n; at += step)
		progress_feed(&r, p + at, n - at < step ? n - at : step, on_line, NULL);
	refused = r.refused;
	progress_fini(&r);
	return refused;
}

static void test_lines(void **state)
{
	static const char text[] = "1 configuring n=131 total=225 package=python3-minimal\n"
				   "1 seed-applied\r\n"
				   "1 failed step=dpkg text=exit%20status%201%0A%25%3d\n"
				   "1 phase name=\n"
				   "1 ready ip=10.0.2.15 k_2=\xc3\xa9\n";

	(void)state;
	for (size_t step = 1; step < 70; step += 3) {
		buf_clear(&said);
		assert_int_equal(feed(text, sizeof(text) - 1, step), 0);
		assert_string_equal(said.data,
				    "configuring {\"n\":\"131\",\"package\":\"python3-minimal\",\"total\":\"225\"}\n"
				    "seed-applied {}\n"
				    "failed {\"step\":\"dpkg\",\"text\":\"exit status 1; %=\"}\n"
				    "phase {\"name\":\"\"}\n"
				    "ready {\"ip\":\"10.0.2.15\",\"k_2\":\"\xc3\xa9\"}\n");
	}
}

static void test_refused_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"1",
		"1 ",
		"2 ready",
		"01 ready",
		"ready",
		"1  ready",
		"1 Ready",
		"1 ready ",
		"1 ready a",
		"1 ready =b",
		"1 ready a=b  c=d",
		"1 ready a=b a=c",
		"1 ready A=b",
		"1 ready a=%",
		"1 ready a=%2",
		"1 ready a=%zz",
		"1 ready a=%00",
		"1 ready a=b\tc",
		"1 ready a=\x01",
		"1 re\x1b[31mady",
		"1 9a",
		"1 -a",
		" 1 ready",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char *line = NULL;
		size_t n = strlen(lines[i]) + 1;

		line = malloc(n + 1);
		assert_non_null(line);
		snprintf(line, n + 1, "%s\n", lines[i]);
		if (feed(line, n, 1) != 1 || said.len)
			fail_msg("was taken: %s", lines[i]);
		free(line);
	}
	assert_int_equal(feed("1 a\0b\n", 6, 6), 1);
}

static void test_too_long(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "1 ready a=");
	for (int i = 0; i < PROGRESS_LINE_MAX; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\n1 after\n");
	assert_int_equal(feed(b.data, b.len, 100), 1);
	assert_string_equal(said.data, "after {}\n");
	buf_fini(&b);
}

static void on_login(void *arg)
{
	(void)arg;
	buf_adds(&said, "login\n");
}

static void on_panic(const char *text, void *arg)
{
	(void)arg;
	buf_addf(&said, "panic %s\n", text);
}

static const struct prompt_ops prompt_ops = {.login = on_login, .panic = on_panic};

static void watch(const char *s, const char *want)
{
	for (size_t step = 1; step < 40; step += 7) {
		struct prompt w = {.host = "de-box"};
		size_t n = strlen(s);

		buf_clear(&said);
		for (size_t at = 0; at < n; at += step)
			prompt_feed(&w, s + at, n - at < step ? n - at : step, &prompt_ops, NULL);
		assert_string_equal(said.data, want);
	}
}

static void test_watch(void **state)
{
	(void)state;
	watch("Debian GNU/Linux 12 armhf ttyAMA0\r\n\r\narmhf login: ", "login\n");
	watch("\x1b[0m\x1b[1marmhf\x1b]0;title\x07 lo\x1b[31mgin: ", "login\n");
	watch("armhf login: build (automatic login)\r\nLast login: Sun\r\n", "login\nlogin\n");
	watch("pkg          Starting debwiz-swap.service...\r\nlogin: build (automatic login)\r\n", "login\n");
	watch("pkg         Started ssh.service\r\n login: ", "login\n");
	watch("a-login: x\r\nloginlogin:\r\n", "");
	watch("\r\nde-box Anmeldung: ", "login\n");
	watch("de-box \xe7\x99\xbb\xe5\xbd\x95\xef\xbc\x9a", "login\n");
	watch("de-box identifiant : carol\r\nde-box identifiant : ", "login\nlogin\n");
	watch("de-box: no such file\r\nde-boxer says:\r\nthe de-box Anmeldung:\r\n", "");
	watch("systemd-logind[200]: New seat seat0.\r\n", "");
	watch("[    1.2] Kernel panic - not syncing: VFS: \x1b[31mno root\r\n"
	      "[    1.3] ---[ end Kernel panic - not syncing: VFS ]---\r\n",
	      "panic VFS: no root\n");
	watch("Kernel panic - not syncing: Attempted to kill init!", "");
}

static void test_reported(void **state)
{
	static const char name[] = "a-name-that-is-longer-than-any-that-is-used";
	json_t *settings = json_array(), *copy, *strange;
	struct strv lines = STRV_INIT;
	char *text;

	(void)state;
	assert_true(reported_put(settings, "time-zone", "warned", "no \x1b[31mMars"));
	assert_true(reported_put(settings, "user", "failed", ""));
	assert_true(reported_put(settings, "security", "warned", "pending"));
	assert_true(reported_put(settings, "security", "applied", ""));
	assert_false(reported_put(settings, "", "applied", ""));
	assert_false(reported_put(settings, "Time", "applied", ""));
	assert_false(reported_put(settings, name, "applied", ""));
	assert_false(reported_put(settings, "user", "done", ""));
	reported_lines(settings, "warned", &lines);
	reported_lines(settings, "failed", &lines);
	reported_lines(NULL, "failed", &lines);
	text = strv_join(&lines, "|");
	assert_string_equal(text, "time zone: no ?[31mMars|user: the guest gave no reason");
	free(text);
	strange = json_pack("[s, {s:s}, i]", "x", "name", "user", 1);
	copy = reported_read(strange);
	assert_int_equal(json_array_size(copy), 0);
	json_decref(copy);
	json_decref(strange);
	copy = reported_read(settings);
	assert_true(json_equal(copy, settings));
	for (int i = 0; i < 100; i++) {
		char each[20];

		snprintf(each, sizeof(each), "s%d", i);
		reported_put(copy, each, "applied", "");
	}
	assert_int_equal(json_array_size(copy), 64);
	assert_true(reported_put(copy, "user", "applied", ""));
	json_decref(copy);
	json_decref(settings);
	strv_fini(&lines);
}

static void test_hostkeys(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "[127.0.0.1]:2222 ssh-rsa OLD\n[127.0.0.1]:22223 ssh-rsa OTHER\n# mine\nlast ssh-rsa X");
	hostkeys_forget(&b, "[127.0.0.1]:2222");
	assert_string_equal(b.data, "[127.0.0.1]:22223 ssh-rsa OTHER\n# mine\nlast ssh-rsa X\n");
	buf_clear(&b);
	assert_true(hostkeys_set(&b, "[127.0.0.1]:2222", "ssh-ed25519", "AAAA+/="));
	assert_true(hostkeys_set(&b, "[127.0.0.1]:2222", "ecdsa-sha2-nistp256", "BBBB"));
	assert_true(hostkeys_set(&b, "[127.0.0.1]:2222", "ssh-ed25519", "CCCC"));
	assert_string_equal(b.data, "[127.0.0.1]:2222 ecdsa-sha2-nistp256 BBBB\n"
				    "[127.0.0.1]:2222 ssh-ed25519 CCCC\n");
	assert_false(hostkeys_set(&b, "h", "ssh-rsa", "A B"));
	assert_false(hostkeys_set(&b, "h", "ssh-rsa", "A\n* ssh-rsa EVIL"));
	assert_false(hostkeys_set(&b, "h", "ssh rsa", "A"));
	assert_false(hostkeys_set(&b, "h", "", "A"));
	assert_false(hostkeys_set(&b, "h", "ssh-rsa", ""));
	buf_fini(&b);
}

static void words(const char *in, size_t n, size_t max, const char *want)
{
	char *got = vm_sanitize(in, n, max);

	assert_string_equal(got, want);
	free(got);
}

static void test_words(void **state)
{
	(void)state;
	words("a\tb\r\n\r\nc\n", 8, 100, "a b; c");
	words("\n\nx", 3, 100, "x");
	words("a\x1b[31m\0b\xff\xc2\x9b", 11, 100, "a?[31m?b??");
	words("abcdef", 6, 3, "abc...");
	words("ab\xc3\xa9x", 5, 3, "ab...");
	words("\xe2\x80\xae"
	      "evil",
	      7, 100, "?evil");
	words("%s%n", 4, 100, "%s%n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reported, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostkeys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
