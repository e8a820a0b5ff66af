/* SPDX-License-Identifier: MIT */
/*
 * argv: tests/golden/argv/CASE.ini with CASE.json (facts about a host, files of a machine) gives
 * CASE.args, an element a line. DEBWIZ_REGEN=1 writes the .args anew: then read the difference.
 */
#include "../lib/check.h"

#include <dirent.h>

#include "base/json.h"
#include "base/mem.h"
#include "qemu/argv.h"

struct golden {
	struct spec spec;
	struct catalog *catalog;
	const struct catalog_arch *arch;
	json_t *json;
	struct qemu_facts facts;
	struct qemu_files files;
	uint16_t ports[8];
	char *append;
};

static char *golden_path(const char *name, const char *suffix)
{
	const char *srcdir = getenv("srcdir");

	return xasprintf("%s/tests/golden/argv/%s%s", srcdir ? srcdir : ".", name, suffix);
}

static void golden_open(struct golden *g, const char *name)
{
	char *ini = golden_path(name, ".ini");
	char *json = golden_path(name, ".json");
	const json_t *facts, *files, *ports;
	struct err e = ERR_INIT;

	memset(g, 0, sizeof(*g));
	g->catalog = catalog_new(&e);
	assert_non_null(g->catalog);
	if (spec_read(&g->spec, ini, &e) < 0 || spec_check(&g->spec, g->catalog, &e) < 0)
		fail_msg("%s", e.text);
	free(g->spec.path);
	g->spec.path = xstrdup("/ini/machine.ini"); /* the same wherever the tests lie */
	setenv("HOME", "/home/me", 1);
	g->arch = catalog_arch_find(g->catalog, g->spec.arch);
	g->json = json_read(json, &e);
	if (!g->json)
		fail_msg("%s", e.text);
	facts = json_object_get(g->json, "facts");
	files = json_object_get(g->json, "files");
	ports = json_object_get(g->json, "ports");
	g->facts = (struct qemu_facts){
		.binary = json_str(facts, "binary", "/usr/bin/qemu"),
		.version = (unsigned)json_int(facts, "version", 70222),
		.accel = json_str(facts, "accel", "tcg"),
		.accel_why = json_str(facts, "accel_why", "no reason"),
		.host_cpus = (unsigned)json_int(facts, "host_cpus", 4),
		.host_memory = (uint64_t)json_int(facts, "host_memory", 8LL << 30),
		.sandbox = json_bool(facts, "sandbox", false),
		.audio = json_str(facts, "audio", NULL),
	};
	for (size_t i = 0; i < json_array_size(ports) && i < 8; i++)
		g->ports[i] = (uint16_t)json_integer_value(json_array_get(ports, i));
	g->files = (struct qemu_files){
		.disk = json_str(files, "disk", "/m/disk.qcow2"),
		.disk_format = json_str(files, "disk_format", "qcow2"),
		.pflash_code = json_str(files, "pflash_code", NULL),
		.pflash_vars = json_str(files, "pflash_vars", NULL),
		.kernel = json_str(files, "kernel", NULL),
		.initrd = json_str(files, "initrd", NULL),
		.seed = json_str(files, "seed", NULL),
		.runtime_dir = json_str(files, "runtime_dir", "/run/m"),
		.forward_ports = g->ports,
		.configuring = json_bool(files, "configuring", false),
	};
	g->append = qemu_cmdline(&g->spec, g->arch, g->files.configuring, 100, 30, "xterm-256color");
	if (g->files.kernel)
		g->files.append = g->append;
	free(json);
	free(ini);
}

static void golden_close(struct golden *g)
{
	free(g->append);
	json_decref(g->json);
	spec_fini(&g->spec);
	catalog_free(g->catalog);
}

static void build(struct golden *g, struct qemu_argv *v)
{
	struct err e = ERR_INIT;

	if (qemu_argv_build(&g->spec, g->arch, &g->facts, &g->files, v, &e) < 0)
		fail_msg("%s", e.text);
}

/* An element a line: a line end within one is written as \n. */
static char *as_text(const struct qemu_argv *v)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < v->len; i++) {
		for (const char *p = v->items[i].text; *p; p++) {
			if (*p == '\n')
				buf_adds(&b, "\\n");
			else
				buf_addc(&b, *p);
		}
		buf_addc(&b, '\n');
	}
	return buf_steal(&b);
}

static void check_case(const char *name)
{
	char *path = golden_path(name, ".args");
	struct qemu_argv v;
	struct golden g;
	struct buf want;
	char *got;

	golden_open(&g, name);
	build(&g, &v);
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
	golden_close(&g);
	free(path);
}

/* Calls fn for each case; there must be some. */
static void each_case(void (*fn)(const char *name))
{
	char *dir = golden_path("", "");
	DIR *d = opendir(dir);
	struct dirent *entry;
	int count = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		size_t n = strlen(entry->d_name);
		char *name;

		if (n < 5 || strcmp(entry->d_name + n - 4, ".ini") != 0)
			continue;
		name = xstrndup(entry->d_name, n - 4);
		fn(name);
		free(name);
		count++;
	}
	closedir(d);
	free(dir);
	assert_true(count >= 6);
}

static void test_golden(void **state)
{
	(void)state;
	each_case(check_case);
}

/* What must never be on a command line of ours. */
static void check_denied(const char *name)
{
	static const char *const denied[] = {
		"smb=", "tftp=", "guestfwd=", "exec:", "-bios", "-daemonize", "stdio", "tcp::", "udp::",
		":5900", "\"vc\"", "-monitor", "-qmp", "-vnc", "-gdb", "snapshot=on",
	};
	struct qemu_argv v;
	struct golden g;

	golden_open(&g, name);
	strv_fini(&g.spec.qemu_extra); /* what a person adds there is at his own risk */
	build(&g, &v);
	assert_string_equal(v.items[1].text, "-no-user-config");
	assert_string_equal(v.items[2].text, "-nodefaults");
	for (size_t i = 0; i < v.len; i++) {
		for (size_t k = 0; k < sizeof(denied) / sizeof(*denied); k++) {
			if (strstr(v.items[i].text, denied[k]))
				fail_msg("%s: %s is in %s", name, denied[k], v.items[i].text);
		}
		if (!strcmp(v.items[i].text, "-blockdev")) {
			assert_non_null(strstr(v.items[i + 1].text, "{\"driver\":\""));
			assert_non_null(strstr(v.items[i + 1].text, "\"file\":{\"driver\":\"file\""));
		}
		assert_string_not_equal(v.items[i].text, "-drive");
	}
	qemu_argv_fini(&v);
	golden_close(&g);
}

static void test_denied(void **state)
{
	(void)state;
	each_case(check_denied);
}

/* Every option has its reason, every value comes without one. */
static void check_explained(const char *name)
{
	struct qemu_argv v;
	struct golden g;

	golden_open(&g, name);
	strv_fini(&g.spec.qemu_extra);
	build(&g, &v);
	for (size_t i = 0; i < v.len; i++) {
		bool option = !i || v.items[i].text[0] == '-';

		if (option != (v.items[i].why != NULL))
			fail_msg("%s: reason of %s", name, v.items[i].text);
		assert_non_null(v.items[i].key);
	}
	qemu_argv_fini(&v);
	golden_close(&g);
}

static void test_explained(void **state)
{
	(void)state;
	each_case(check_explained);
}

static const char *value_of(const struct qemu_argv *v, const char *option, const char *begins)
{
	for (size_t i = 0; i + 1 < v->len; i++) {
		if (!strcmp(v->items[i].text, option) &&
		    !strncmp(v->items[i + 1].text, begins, strlen(begins)))
			return v->items[i + 1].text;
	}
	return NULL;
}

/* Hostile values in paths: each is one value, read back as it was. */
static void test_hostile_values(void **state)
{
	static const char *const values[] = {
		"/t/a,b=c", "/t/x:y", "/t/-S", "/t/\"quoted\"", "/t/a b", "/t/line\nbreak",
		"/t/back\\slash", "/t/\xc3\xa9", "/t/id=disk,format=raw", "/t/%s%n", "/t/'",
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
						? text : NULL);
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
		{0, 0, 8, 64, true, false, 3071}, /* armhf's firmware takes no more */
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
					     (uint64_t)rows[i].host_gib << 30) >> 20,
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
	line = qemu_cmdline(&g.spec, g.arch, false, 80, 24, "xterm init=/bin/sh");
	assert_null(strstr(line, "init="));
	free(line);
	line = qemu_cmdline(&g.spec, g.arch, true, 80, 24, "xterm");
	assert_string_equal(line,
			    "console=ttyAMA0 root=PARTLABEL=debwiz-root debwiz.configure panic=-1");
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
	golden_close(&g);
}

static void test_shell(void **state)
{
	struct qemu_arg items[] = {
		{.text = "/bin/q", .key = "", .why = "w"}, {.text = "-name", .key = "", .why = "w"},
		{.text = "it's $HOME", .key = ""},	   {.text = "-S", .key = "", .why = "w"},
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
