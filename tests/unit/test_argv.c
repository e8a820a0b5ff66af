/* SPDX-License-Identifier: MIT */
/*
 * argv: tests/golden/argv/CASE.ini with CASE.json (facts about a host, files of a machine) gives
 * CASE.args, an element a line; cases.txt has further ones by what they change (see argv_golden.h).
 * DEBWIZ_REGEN=1 writes both again: then read the difference.
 */
#include "argv_golden.h"

#include "qemu/argv_edit.h"

static void check_case(struct golden *g)
{
	char *path = golden_path(g->name, ".args");
	struct qemu_argv v;
	struct buf want;
	char *got;

	if (file_exists(path)) { /* others are in cases.txt */
		build(g, &v);
		got = as_text(&v);
		if (getenv("DEBWIZ_REGEN")) {
			assert_int_equal(file_write(path, got, strlen(got), 0644, NULL), 0);
		} else {
			assert_int_equal(file_read(path, 1 << 20, &want, NULL), 0);
			if (strcmp(want.data, got) != 0)
				fail_msg("%s differs; now it is:\n%s", path, got);
			buf_fini(&want);
		}
		free(got);
		qemu_argv_fini(&v);
	}
	free(path);
}

static void test_golden(void **state)
{
	(void)state;
	each_case(check_case);
}

/* The arguments of a case, a line end in one as \\n. */
static void args_of(const char *of, const struct delta *d, struct strv *out)
{
	struct qemu_argv v;
	struct golden g;
	char *text;

	golden_open_delta(&g, of, d);
	build(&g, &v);
	text = as_text(&v);
	strv_split(out, text, "\n");
	free(text);
	qemu_argv_fini(&v);
	golden_close(&g);
}

static void check_delta(struct delta *d)
{
	struct strv was = STRV_INIT, is = STRV_INIT, lines = STRV_INIT;
	char *got;

	args_of(d->of, NULL, &was);
	args_of(d->of, d, &is);
	diff_args(&was, &is, &lines);
	got = strv_join(&lines, "\n");
	if (getenv("DEBWIZ_REGEN")) {
		strv_fini(&d->lines);
		strv_copy(&d->lines, &lines);
	} else if (!strv_equal(&d->lines, &lines)) {
		fail_msg("cases.txt: [%s] differs; now it is:\n%s", d->name, got);
	}
	free(got);
	strv_fini(&lines);
	strv_fini(&is);
	strv_fini(&was);
}

/* What each change of a file, a host or a machine's files does to the arguments. */
static void test_cases(void **state)
{
	struct deltas all;

	(void)state;
	deltas_read(&all);
	for (size_t i = 0; i < all.len; i++)
		check_delta(&all.items[i]);
	if (getenv("DEBWIZ_REGEN"))
		deltas_write(&all);
	deltas_fini(&all);
}

/* Returns the path in the other folder if it is below `from`; kept in `words`. */
static const char *elsewhere(struct strv *words, const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	if (!path || strncmp(path, from, n) != 0 || path[n] != '/')
		return path;
	strv_addf(words, "%s%s", to, path + n);
	return words->items[words->len - 1];
}

/* A command line that is moved is the one that is built for the other folders. */
static void check_moved(struct golden *g)
{
	static const char *const dirs[][2] = {{"/m", "/home/x, y\"z/m2"}, {"/b", "/c"}};
	struct strv moved = STRV_INIT, built = STRV_INIT, words = STRV_INIT;
	struct qemu_files *f = &g->files;
	struct qemu_argv v;
	const char *run = f->runtime_dir;

	build(g, &v);
	qemu_argv_strv(&v, &moved);
	qemu_argv_fini(&v);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char **paths[] = {&f->disk,   &f->pflash_code, &f->pflash_vars, &f->kernel,
					&f->initrd, &f->seed,	     &f->volume};

		qemu_argv_move_files(&moved, dirs[i][0], dirs[i][1]);
		for (size_t k = 0; k < ARRAY_SIZE(paths); k++)
			*paths[k] = elsewhere(&words, *paths[k], dirs[i][0], dirs[i][1]);
	}
	if (run) {
		f->runtime_dir = "/tmp/debwiz, 7/box";
		qemu_argv_move_sockets(&moved, run, f->runtime_dir);
	}
	build(g, &v);
	qemu_argv_strv(&v, &built);
	qemu_argv_fini(&v);
	assert_int_equal(moved.len, built.len);
	for (size_t i = 0; i < built.len; i++)
		assert_string_equal(moved.items[i], built.items[i]);
	strv_fini(&words);
	strv_fini(&built);
	strv_fini(&moved);
}

static void test_moved(void **state)
{
	(void)state;
	each_case(check_moved);
}

static void test_renamed(void **state)
{
	struct strv argv = STRV_INIT;

	(void)state;
	strv_split(&argv, "qemu -name guest=box -machine virt,highmem=off -m 1G", " ");
	qemu_argv_rename(&argv, "other", "two");
	assert_string_equal(argv.items[2], "guest=box");
	qemu_argv_rename(&argv, "box", "two");
	assert_string_equal(argv.items[2], "guest=two");
	qemu_argv_pin_machine(&argv, "virt-7.2");
	assert_string_equal(argv.items[4], "virt-7.2,highmem=off");
	assert_false(qemu_argv_has_host_line(&argv));
	strv_add(&argv, "socket,id=host,path=/r/host,server=on,wait=off");
	assert_true(qemu_argv_has_host_line(&argv));
	strv_fini(&argv);
}

/* What must never be on a command line of ours. */
static void check_denied(struct golden *g)
{
	static const char *const denied[] = {
		"smb=",	 "tftp=", "guestfwd=", "exec:",	   "-bios", "-daemonize", "stdio", "tcp::",
		"udp::", ":5900", "\"vc\"",    "-monitor", "-qmp",  "-vnc",	  "-gdb",  "snapshot=on",
	};
	struct qemu_argv v;

	strv_fini(&g->spec.qemu_extra); /* what may stand there is another rule's */
	build(g, &v);
	assert_string_equal(v.items[1].text, "-no-user-config");
	assert_string_equal(v.items[2].text, "-nodefaults");
	for (size_t i = 0; i < v.len; i++) {
		for (size_t k = 0; k < sizeof(denied) / sizeof(*denied); k++) {
			if (g->files.alone && !strcmp(denied[k], "stdio"))
				continue; /* a person starts it in a terminal */
			if (strstr(v.items[i].text, denied[k]))
				fail_msg("%s: %s is in %s", g->name, denied[k], v.items[i].text);
		}
		if (!strcmp(v.items[i].text, "-blockdev")) {
			assert_non_null(strstr(v.items[i + 1].text, "{\"driver\":\""));
			assert_non_null(strstr(v.items[i + 1].text, "\"file\":{\"driver\":\"file\""));
		}
		assert_string_not_equal(v.items[i].text, "-drive");
	}
	qemu_argv_fini(&v);
}

static void test_denied(void **state)
{
	(void)state;
	each_case(check_denied);
}

/* Every option has its reason, every value comes without one. */
static void check_explained(struct golden *g)
{
	struct qemu_argv v;

	strv_fini(&g->spec.qemu_extra);
	build(g, &v);
	for (size_t i = 0; i < v.len; i++) {
		bool option = !i || v.items[i].text[0] == '-';

		if (option != (v.items[i].why != NULL))
			fail_msg("%s: reason of %s", g->name, v.items[i].text);
		assert_non_null(v.items[i].key);
	}
	qemu_argv_fini(&v);
}

static void test_explained(void **state)
{
	(void)state;
	each_case(check_explained);
}

static const char *value_of(const struct qemu_argv *v, const char *option, const char *begins)
{
	for (size_t i = 0; i + 1 < v->len; i++) {
		if (!strcmp(v->items[i].text, option) && !strncmp(v->items[i + 1].text, begins, strlen(begins)))
			return v->items[i + 1].text;
	}
	return NULL;
}

/* Hostile values in paths: each is one value, read back as it was. */
static void test_hostile_values(void **state)
{
	static const char *const values[] = {
		"/t/a,b=c",	  "/t/x:y",	    "/t/-S",	   "/t/\"quoted\"",	    "/t/a b",
		"/t/line\nbreak", "/t/back\\slash", "/t/\xc3\xa9", "/t/id=disk,format=raw", "/t/%s%n",
		"/t/'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct qemu_argv v;
		struct golden g;
		const char *text;
		json_t *o;
		size_t plain;

		golden_open(&g, "armhf-direct");
		build(&g, &v);
		plain = v.len;
		qemu_argv_fini(&v);
		g.files.disk = g.files.kernel = g.files.append = g.files.runtime_dir = values[i];
		build(&g, &v);
		assert_int_equal(v.len, plain);
		o = json_loads(value_of(&v, "-blockdev", "{"), 0, NULL);
		assert_string_equal(json_str(json_object_get(o, "file"), "filename", ""), values[i]);
		assert_string_equal(json_str(o, "driver", ""), "qcow2");
		json_decref(o);
		assert_string_equal(value_of(&v, "-append", ""), values[i]);
		text = value_of(&v, "-chardev", "socket,id=qmp,");
		if (strchr(values[i], ','))
			assert_non_null(strstr(text, "path=/t/a,,b=c/qmp,server") ||
							strstr(text, "/t/id=disk,,format=raw/qmp,server")
						? text
						: NULL);
		qemu_argv_fini(&v);
		golden_close(&g);
	}
}

static void test_path_not_utf8(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_argv v;
	struct golden g;

	(void)state;
	golden_open(&g, "armhf-direct");
	g.files.disk = "/t/\xff";
	assert_int_equal(qemu_argv_build(&g.spec, g.arch, &g.facts, &g.files, &v, &e), -1);
	assert_string_equal(e.id, "path-bad");
	err_fini(&e);
	golden_close(&g);
}

static void test_host_cpu_under_emulation(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_argv v;
	struct golden g;

	(void)state;
	golden_open(&g, "armhf-direct");
	free(g.spec.cpu_model);
	g.spec.cpu_model = xstrdup("host");
	assert_int_equal(qemu_argv_build(&g.spec, g.arch, &g.facts, &g.files, &v, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "cpu.model"));
	err_fini(&e);
	golden_close(&g);
}

/* auto: enough for a compiler on each CPU, never more than the host or the machine bears. */
static void test_memory(void **state)
{
	static const struct {
		uint64_t set;
		unsigned count, host_cpus, host_gib;
		bool uefi, no_arch;
		uint64_t mib;
	} rows[] = {
		{1536ULL << 20, 8, 8, 64, true, false, 1536}, /* as the file says */
		{0, 0, 1, 4, true, false, 1024},	      /* at least */
		{0, 0, 2, 8, true, false, 1024},
		{0, 0, 4, 8, true, false, 2048},
		{0, 0, 8, 64, false, false, 4096},
		{0, 0, 8, 64, true, false, 3071}, /* the limit of armhf's firmware */
		{0, 0, 8, 4, false, false, 2048}, /* half of the host's */
		{0, 0, 2, 1, false, false, 512},
		{0, 8, 2, 0, false, false, 4096}, /* the host's memory is not known */
		{0, 0, 2, 23, false, false, 2048},
		{0, 16, 32, 256, false, true, 8192},
	};
	struct golden g;

	(void)state;
	golden_open(&g, "armhf-direct");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		g.spec.memory = rows[i].set;
		g.spec.cpu_count = rows[i].count;
		g.spec.firmware = rows[i].uefi ? SPEC_UEFI : SPEC_DIRECT;
		assert_int_equal(qemu_memory(&g.spec, rows[i].no_arch ? NULL : g.arch, rows[i].host_cpus,
					     (uint64_t)rows[i].host_gib << 30) >>
					 20,
				 rows[i].mib);
	}
	golden_close(&g);
}

static void test_cmdline(void **state)
{
	struct golden g;
	char *line;

	(void)state;
	golden_open(&g, "armhf-direct");
	line = qemu_cmdline(&g.spec, g.arch, NULL, false, 80, 24, "xterm init=/bin/sh");
	assert_null(strstr(line, "init="));
	free(line);
	line = qemu_cmdline(&g.spec, g.arch, NULL, true, 80, 24, "xterm");
	assert_string_equal(line, "console=ttyAMA0 root=PARTLABEL=debwiz-root debwiz.configure panic=-1");
	free(line);
	line = qemu_installer_cmdline(g.arch, false, NULL);
	assert_string_equal(
		line, "console=ttyAMA0 TERM=dumb auto=true priority=critical DEBIAN_FRONTEND=text --- console=ttyAMA0");
	free(line);
	line = qemu_installer_cmdline(g.arch, true, "xterm");
	assert_string_equal(line, "console=ttyAMA0 TERM=xterm --- console=ttyAMA0");
	free(line);
	golden_close(&g);
}

/* The last console= is where the kernel's own console is. */
static void test_elsewhere(void **state)
{
	static const struct {
		const char *cmdline, *name;
	} rows[] = {
		{"", NULL},
		{"quiet", NULL},
		{"console=ttyAMA0,115200n8", NULL},
		{"console=tty0 console=ttyAMA0", NULL},
		{"xconsole=tty0", NULL},
		{"console=", NULL},
		{"console=tty0", "tty0"},
		{"quiet console=ttyAMA0 console=ttyS1,9600 splash", "ttyS1"},
		{"console=ttyAMA", "ttyAMA"},
	};
	struct golden g;

	(void)state;
	golden_open(&g, "armhf-direct");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *name;

		free(g.spec.cmdline);
		g.spec.cmdline = xstrdup(rows[i].cmdline);
		name = qemu_console_elsewhere(&g.spec, g.arch);
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
		else
			assert_null(name);
		free(name);
	}
	g.spec.console = SPEC_CONSOLE_VIRTIO;
	for (size_t i = 0; i < 2; i++) {
		char *name;

		free(g.spec.cmdline);
		g.spec.cmdline = xstrdup(i ? "console=hvc0" : "console=ttyAMA0");
		name = qemu_console_elsewhere(&g.spec, g.arch);
		assert_true(i ? !name : !strcmp(name, "ttyAMA0"));
		free(name);
	}
	golden_close(&g);
}

static void test_shell(void **state)
{
	struct qemu_arg items[] = {
		{.text = "/bin/q", .key = "", .why = "w"},
		{.text = "-name", .key = "", .why = "w"},
		{.text = "it's $HOME", .key = ""},
		{.text = "-S", .key = "", .why = "w"},
	};
	struct qemu_argv v = {.items = items, .len = 4};
	char *text = qemu_argv_shell(&v);

	(void)state;
	assert_string_equal(text, "/bin/q \\\n\t-name 'it'\\''s $HOME' \\\n\t-S");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_explained),
		cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_path_not_utf8),
		cmocka_unit_test(test_host_cpu_under_emulation),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
