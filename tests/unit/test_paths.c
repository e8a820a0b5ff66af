/* SPDX-License-Identifier: MIT */
/* host/paths: the XDG rules, and a folder for sockets that is ours alone. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"

static char *tmp;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	setenv("HOME", tmp, 1);
	setenv("TMPDIR", tmp, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	return 0;
}

static void expect_path(char *got, const char *below)
{
	char *want = *below == '/' ? xstrdup(below) : *below == '.' && !below[1] ? xstrdup(tmp) : file_join(tmp, below);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(want);
	free(got);
}

static void test_xdg(void **state)
{
	(void)state;
	expect_path(host_config_dir(), ".config/debwiz");
	expect_path(host_data_dir(), ".local/share/debwiz");
	expect_path(host_cache_dir(), ".cache/debwiz");
	setenv("XDG_CONFIG_HOME", "/etc/x", 1);
	setenv("XDG_DATA_HOME", "relative", 1);
	setenv("XDG_CACHE_HOME", "", 1);
	expect_path(host_config_dir(), "/etc/x/debwiz");
	expect_path(host_data_dir(), ".local/share/debwiz");
	expect_path(host_cache_dir(), ".cache/debwiz");
	expect_path(host_expand("~/.ssh/id.pub"), ".ssh/id.pub");
	expect_path(host_expand("~"), ".");
	expect_path(host_expand("/a/~/b"), "/a/~/b");
}

static void test_strange_homes(void **state)
{
	static const char *const names[] = {"a b", "a,b", "a:b", "a'b\"", "a%sb", "a\nb", "\303\244"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *dir = file_join("/home", names[i]);
		char *want = file_join(dir, ".config/debwiz");
		char *got;

		setenv("HOME", dir, 1);
		got = host_config_dir();
		assert_string_equal(got, want);
		free(got);
		free(want);
		free(dir);
	}
	setenv("HOME", "not/absolute", 1); /* then the user database says */
	char *got = host_home(NULL);
	assert_true(!got || *got == '/');
	free(got);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 0777;
}

static void test_runtime_dir(void **state)
{
	struct err e = ERR_INIT;
	char *run = file_join(tmp, "run");
	mode_t old = umask(0);
	char *dir;

	(void)state;
	assert_int_equal(mkdir(run, 0700), 0);
	setenv("XDG_RUNTIME_DIR", run, 1);
	dir = host_runtime_dir("m", &e);
	umask(old);
	assert_non_null(dir);
	assert_int_equal(mode_of(dir), 0700);
	free(dir);
	expect_path(host_runtime_dir("m", &e), "run/debwiz/m");

	/* one that others may read is not XDG's: the temporary folder serves */
	chmod(run, 0755);
	dir = host_runtime_dir("m", &e);
	assert_non_null(dir);
	assert_null(strstr(dir, "/run/"));
	assert_non_null(strstr(dir, "/debwiz-"));
	free(dir);
	chmod(run, 0700);

	/* planted: too open, a link, a file */
	char *m = file_join(run, "debwiz/m");
	chmod(m, 0777);
	assert_null(host_runtime_dir("m", &e));
	assert_string_equal(e.id, "runtime-unsafe");
	assert_int_equal(rmdir(m), 0);
	assert_int_equal(symlink(tmp, m), 0);
	assert_null(host_runtime_dir("m", &e));
	assert_string_equal(e.id, "runtime-unsafe");
	unlink(m);
	assert_int_equal(file_write(m, "", 0, 0600, &e), 0);
	assert_null(host_runtime_dir("m", &e));
	assert_string_equal(e.id, "runtime-unsafe");
	unlink(m);
	expect_path(host_runtime_dir("m", &e), "run/debwiz/m");
	free(m);
	err_fini(&e);
	free(run);
}

/* A folder in which others could put a socket of their own in place of ours is passed over. */
static void test_runtime_parents(void **state)
{
	static const struct {
		const char *variable;
		mode_t mode;
		bool used;
	} cases[] = {
		{"TMPDIR", 0700, true},		  {"TMPDIR", 0755, true},
		{"TMPDIR", 0775, false},	  {"TMPDIR", 0757, false},
		{"TMPDIR", 0777, false},	  {"TMPDIR", 01777, true},
		{"XDG_RUNTIME_DIR", 0700, true},  {"XDG_RUNTIME_DIR", 0710, false},
		{"XDG_RUNTIME_DIR", 0701, false}, {"XDG_RUNTIME_DIR", 01777, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *parent = xasprintf("%s/p%zu", tmp, i);
		char *dir;

		assert_int_equal(mkdir(parent, 0700), 0);
		assert_int_equal(chmod(parent, cases[i].mode), 0);
		setenv(cases[i].variable, parent, 1);
		dir = host_runtime_dir("m", NULL);
		assert_non_null(dir);
		if ((strncmp(dir, parent, strlen(parent)) == 0) != cases[i].used)
			fail_msg("%s with mode %o: %s", cases[i].variable, (unsigned)cases[i].mode, dir);
		free(dir);
		setenv("TMPDIR", tmp, 1);
		unsetenv("XDG_RUNTIME_DIR");
		free(parent);
	}
}

static void test_runtime_dir_long(void **state)
{
	struct err e = ERR_INIT;
	char *deep = xasprintf("%s/%0100d", tmp, 0);
	char *dir;

	(void)state;
	assert_int_equal(mkdir(deep, 0700), 0);
	setenv("XDG_RUNTIME_DIR", deep, 1);
	dir = host_runtime_dir("armhf-build", &e);
	assert_non_null(dir);
	assert_true(strlen(dir) + strlen("/progress") < 104);
	free(dir);
	free(deep);
	err_fini(&e);
}

static void test_which(void **state)
{
	char *bin = file_join(tmp, "bin");
	char *tool = file_join(bin, "tool");
	char *path = xasprintf(".::/nowhere:%s", bin);
	char *self = host_self(NULL);

	(void)state;
	assert_non_null(self);
	assert_int_equal(access(self, X_OK), 0);
	free(self);
	assert_int_equal(mkdir(bin, 0700), 0);
	assert_int_equal(file_write(tool, "#!/bin/sh\n", 10, 0700, NULL), 0);
	setenv("PATH", path, 1);
	expect_path(host_which("tool"), "bin/tool");
	expect_path(host_which(tool), "bin/tool");
	chmod(tool, 0600);
	if (geteuid())
		assert_null(host_which("tool"));
	assert_null(host_which("no-such-tool"));
	assert_null(host_which(""));
	assert_null(host_which("bin")); /* a folder is not a program */
	assert_int_equal(chdir(bin), 0);
	chmod(tool, 0700);
	setenv("PATH", ".:", 1);
	assert_null(host_which("tool")); /* not from wherever we are */
	assert_int_equal(chdir("/"), 0);
	free(path);
	free(tool);
	free(bin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_xdg, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_homes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_runtime_dir, setup, teardown),
		cmocka_unit_test_setup_teardown(test_runtime_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_runtime_dir_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
