/* SPDX-License-Identifier: MIT */
/*
 * The machine in the form of other programs: tests/golden/export/CASE.FORM, of the cases of tests/golden/argv.
 * DEBWIZ_REGEN=1 rewrites them. The scripts are read back as their shells do, too.
 */
#include "argv_golden.h"

#include <unistd.h>

#include "export/export.h"
#include "export/manifest.h"
#include "host/proc.h"

static const char *const cases[] = {"armhf-uefi", "armhf-direct", "arm64-uefi",	  "amd64-everything",
				    "amd64-kvm",  "amd64-secure", "amd64-console"};

static struct export_machine machine_of(const struct golden *g)
{
	static char *items[] = {"XDG_DATA_HOME=/srv/my \"data\"/50%/$HOME"};
	static const struct strv env = {.items = items, .len = 1};

	return (struct export_machine){
		.s = &g->spec,
		.arch = g->arch,
		.dir = "/m",
		.facts = g->facts,
		.files = g->files,
		.program = "/opt/my $tools/debwiz",
		.ref = "/home/me/50%/m.ini",
		.env = &env,
	};
}

typedef char *(*form_fn)(const struct export_machine *m, struct strv *notes, struct err *e);

static char *text_of(const struct golden *g, form_fn form)
{
	struct export_machine m = machine_of(g);
	struct strv notes = STRV_INIT;
	struct err e = ERR_INIT;
	char *text = form(&m, &notes, &e);

	if (!text)
		fail_msg("%s: %s", g->name, e.text);
	strv_fini(&notes);
	return text;
}

static void check_golden(form_fn form, const char *suffix)
{
	const char *srcdir = getenv("srcdir");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = xasprintf("%s/tests/golden/export/%s%s", srcdir ? srcdir : ".", cases[i], suffix);
		struct err e = ERR_INIT;
		struct golden g;
		struct buf want;
		char *got;

		golden_open(&g, cases[i]);
		got = text_of(&g, form);
		if (getenv("DEBWIZ_REGEN")) {
			assert_int_equal(file_write(path, got, strlen(got), 0644, NULL), 0);
		} else {
			if (file_read(path, 1 << 20, &want, &e) < 0)
				fail_msg("%s", e.text);
			assert_string_equal(got, want.data);
			buf_fini(&want);
		}
		free(got);
		golden_close(&g);
		free(path);
	}
}

static void test_goldens(void **state)
{
	(void)state;
	check_golden(export_sh, ".sh");
	check_golden(export_bat, ".bat");
	check_golden(export_libvirt, ".xml");
	check_golden(export_unit, ".service");
}

/* Makes of the case a machine whose every value has characters with a meaning for a shell. */
static void odd_values(struct golden *g)
{
	static const char drive[] = "devices.drive=path=/t/it's \"$HOME\" `x` %PATH% & (a) ^b ;c!d.raw,format=raw";
	struct err e = ERR_INIT;

	if (spec_set(&g->spec, drive, &e) < 0)
		fail_msg("%s", e.text);
	g->files.append = "a=\"b c\" d=%TEMP% e\\\" f=\\\\ g|h>i<j \\";
}

/* What the script is to pass to QEMU: the command line without a supervisor, in the machine's folder. */
static void want_args(const struct golden *g, struct strv *out)
{
	struct qemu_files f = g->files;
	struct err e = ERR_INIT;
	struct qemu_argv v;

	f.disk = "disk.qcow2";
	f.kernel = "vmlinuz";
	f.initrd = "initrd.img";
	f.alone = true;
	if (qemu_argv_build(&g->spec, g->arch, &g->facts, &f, &v, &e) < 0)
		fail_msg("%s", e.text);
	qemu_argv_strv(&v, out);
	qemu_argv_fini(&v);
}

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0700, NULL), 0);
}

/* The script runs in a real shell; QEMU is a program that prints its arguments. */
static void test_sh_runs(void **state)
{
	char dir[] = "/tmp/debwiz-export.XXXXXX";
	struct strv want = STRV_INIT, got = STRV_INIT;
	char *script, *qemu, *text, *machine, *program;
	struct err e = ERR_INIT;
	struct golden g;
	struct buf out;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	script = file_join(dir, "m.sh");
	qemu = file_join(dir, "qemu");
	golden_open(&g, "amd64-everything");
	odd_values(&g);
	text = text_of(&g, export_sh);
	write_text(script, text);
	write_text(qemu, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
	machine = xasprintf("MACHINE=%s", dir);
	program = xasprintf("QEMU=%s", qemu);
	if (proc_run((char *[]){"env", machine, program, "sh", script, "-snapshot", NULL}, 1 << 20, &out, &e) < 0)
		fail_msg("%s", e.text);
	strv_split(&got, out.data, "\n");
	want_args(&g, &want);
	strv_add(&want, "-snapshot");
	assert_int_equal(got.len, want.len - 1);
	for (size_t i = 0; i < got.len; i++)
		assert_string_equal(got.items[i], want.items[i + 1]);
	buf_fini(&out);

	free(qemu);
	qemu = file_join(dir, "suspend.json");
	write_text(qemu, "{}");
	assert_int_equal(
		proc_run_status((char *[]){"env", machine, program, "sh", script, NULL}, 1 << 20, NULL, &status, &e),
		0);
	assert_int_equal(status, 7);
	assert_int_equal(file_remove_tree(dir, NULL), 0);
	strv_fini(&want);
	strv_fini(&got);
	golden_close(&g);
	free(program);
	free(machine);
	free(text);
	free(qemu);
	free(script);
}

/* Reads a line of a batch file as cmd.exe does: continuations, ^ outside of quotes, %%. A lone % would be a variable.
 */
static char *cmd_line(const char *p)
{
	bool quoted = false;
	struct buf b;

	for (buf_init(&b, 0); *p; p++) {
		if (*p == '%') {
			assert_int_equal(*++p, '%');
			buf_addc(&b, '%');
		} else if (*p == '^' && !quoted) {
			p++;
			if (p[0] == '\r' && p[1] == '\n')
				p += 2;
			buf_addc(&b, *p);
		} else if (*p == '\r' || *p == '\n') {
			break;
		} else {
			if (!quoted && strchr("&|<>()", *p))
				fail_msg("cmd.exe interprets %s", p);
			quoted ^= *p == '"';
			buf_addc(&b, *p);
		}
	}
	assert_false(quoted);
	return buf_steal(&b);
}

/* Splits a command line as CommandLineToArgvW does. */
static void windows_args(const char *p, struct strv *out)
{
	while (*(p += strspn(p, " \t"))) {
		bool quoted = false;
		struct buf b;

		for (buf_init(&b, 0); *p && (quoted || !strchr(" \t", *p)); p++) {
			size_t n = strspn(p, "\\");

			if (p[n] == '"') {
				for (size_t i = 0; i < n / 2; i++)
					buf_addc(&b, '\\');
				p += n;
				if (n % 2)
					buf_addc(&b, '"');
				else
					quoted = !quoted;
			} else {
				buf_addc(&b, *p);
			}
		}
		strv_take(out, buf_steal(&b));
	}
}

static void test_bat_reads_back(void **state)
{
	struct strv want = STRV_INIT, got = STRV_INIT;
	char *text, *line, *start;
	struct golden g;

	(void)state;
	golden_open(&g, "amd64-everything");
	odd_values(&g);
	spec_set(&g.spec, "devices.share=", NULL);
	spec_set(&g.spec, "devices.display=gtk", NULL);
	spec_set(&g.spec, "devices.drive=", NULL);
	free((char *)g.spec.name);
	g.spec.name = xstrdup("m");
	text = text_of(&g, export_bat);
	start = strstr(text, "\"%QEMU%\" ^");
	assert_non_null(start);
	strstr(start, " %*\r\n")[0] = '\0';
	line = cmd_line(start + strlen("\"%QEMU%\""));
	windows_args(line, &got);
	g.facts.audio = "dsound";
	g.facts.sandbox = false;
	want_args(&g, &want);
	assert_int_equal(got.len, want.len - 1);
	for (size_t i = 0; i < got.len; i++)
		assert_string_equal(got.items[i], want.items[i + 1]);
	strv_fini(&want);
	strv_fini(&got);
	free(line);
	free(text);
	golden_close(&g);
}

/* What has no place on Windows is reported. */
static void test_bat_notes(void **state)
{
	struct strv notes = STRV_INIT;
	struct export_machine m;
	struct golden g;
	char *text;

	(void)state;
	golden_open(&g, "amd64-everything");
	m = machine_of(&g);
	text = export_bat(&m, &notes, NULL);
	assert_non_null(text);
	assert_int_equal(notes.len, 4 + 4 + 1);
	assert_null(strstr(text, "fsdev"));
	strv_fini(&notes);
	free(text);
	golden_close(&g);
}

/* A command line that cmd.exe would cut is an error. */
static void test_bat_too_long(void **state)
{
	struct strv notes = STRV_INIT;
	struct export_machine m;
	struct err e = ERR_INIT;
	struct golden g;
	char *append;

	(void)state;
	golden_open(&g, "armhf-direct");
	m = machine_of(&g);
	append = xmalloc(9000);
	memset(append, 'x', 8999);
	append[8999] = '\0';
	m.files.append = append;
	assert_null(export_bat(&m, &notes, &e));
	assert_string_equal(e.id, "export-line");
	err_fini(&e);
	m.files.append = "a\nb";
	assert_null(export_bat(&m, &notes, &e));
	assert_string_equal(e.id, "export-line");
	err_fini(&e);
	free(append);
	strv_fini(&notes);
	golden_close(&g);
}

/* What libvirt does not have is reported, or refused. */
static void test_libvirt_limits(void **state)
{
	static const struct {
		const char *set, *accel;
		size_t notes;
	} rows[] = {
		{"cpu.count=2", "tcg", 0},
		{"cpu.count=2", "whpx", 1},
		{"devices.display=gtk", "tcg", 1},
		{"devices.share=path=/srv,tag=a,security_model=mapped-file", "tcg", 1},
		{"devices.share=path=/srv,tag=a,security_model=none", "tcg", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strv notes = STRV_INIT;
		struct export_machine m;
		struct golden g;
		char *text;

		golden_open(&g, "armhf-direct");
		assert_int_equal(spec_set(&g.spec, rows[i].set, NULL), 0);
		g.facts.accel = rows[i].accel;
		m = machine_of(&g);
		text = export_libvirt(&m, &notes, NULL);
		assert_non_null(text);
		assert_int_equal(notes.len, rows[i].notes);
		free(text);
		strv_fini(&notes);
		golden_close(&g);
	}
}

static void test_libvirt_unknown_arch(void **state)
{
	struct strv notes = STRV_INIT;
	struct catalog_arch arch;
	struct export_machine m;
	struct err e = ERR_INIT;
	struct golden g;

	(void)state;
	golden_open(&g, "armhf-direct");
	arch = *g.arch;
	arch.libvirt = "";
	m = machine_of(&g);
	m.arch = &arch;
	assert_null(export_libvirt(&m, &notes, &e));
	assert_string_equal(e.id, "export-arch");
	assert_non_null(e.hint);
	err_fini(&e);
	golden_close(&g);
}

/* A processor whose features libvirt cannot name is passed to QEMU as it is. */
static void test_libvirt_processor(void **state)
{
	static const struct {
		const char *model, *accel, *want;
	} rows[] = {
		{"cortex-a7", "tcg", "<model fallback='forbid'>cortex-a7</model>"},
		{"max", "tcg", "<cpu mode='maximum'/>"},
		{"host", "kvm", "<cpu mode='host-passthrough'/>"},
		{"auto", "kvm", "<qemu:arg value='host,aarch64=off'/>"},
		{"cortex-a15,neon=on,x=off", "tcg",
		 "<feature policy='require' name='neon'/>\n    <feature policy='disable' name='x'/>"},
		{"cortex-a15,mp-affinity=1", "tcg", "<qemu:arg value='cortex-a15,mp-affinity=1'/>"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct golden g;
		char *text;

		golden_open(&g, "armhf-direct");
		free(g.spec.cpu_model);
		g.spec.cpu_model = xstrdup(rows[i].model);
		g.facts.accel = rows[i].accel;
		text = text_of(&g, export_libvirt);
		if (!strstr(text, rows[i].want))
			fail_msg("%s is not in %s", rows[i].want, text);
		free(text);
		golden_close(&g);
	}
}

/* A bundle is not begun if it certainly does not fit. */
static void test_bundle_space(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(bundle_check_space("/", 0, &e), 0);
	assert_int_equal(bundle_check_space("/", UINT64_MAX, &e), -1);
	assert_string_equal(e.id, "disk-space");
	assert_non_null(strstr(e.text, "needed"));
	err_fini(&e);
}

/* The manifest that was written is read back; one with a name that a machine's folder does not have is not. */
static void test_manifest(void **state)
{
	struct manifest m = {.name = NULL}, back;
	uint8_t digest[HASH_SIZE];
	struct err e = ERR_INIT;
	struct golden g;
	char *text, *at;

	(void)state;
	golden_open(&g, "armhf-direct");
	hash_bytes("x", 1, digest);
	manifest_add(&m, MANIFEST_INI, 1, digest);
	manifest_add(&m, STORE_DISK, 1ULL << 40, digest);
	text = manifest_text(&m, &g.spec);
	assert_int_equal(manifest_parse(text, strlen(text), "b", &back, &e), 0);
	assert_string_equal(back.name, "armhf-direct");
	assert_int_equal(back.count, 2);
	assert_int_equal(manifest_size(&back), (1ULL << 40) + 1);
	assert_memory_equal(manifest_find(&back, STORE_DISK)->digest, digest, HASH_SIZE);
	assert_null(manifest_find(&back, "lock"));
	manifest_fini(&back);
	at = strstr(text, MANIFEST_INI);
	memcpy(at, "../../a.ini", strlen(MANIFEST_INI));
	assert_int_equal(manifest_parse(text, strlen(text), "b", &back, &e), -1);
	assert_string_equal(e.id, "bundle-bad");
	err_fini(&e);
	free(text);
	manifest_fini(&m);
	golden_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_sh_runs),
		cmocka_unit_test(test_bat_reads_back),
		cmocka_unit_test(test_bat_notes),
		cmocka_unit_test(test_bat_too_long),
		cmocka_unit_test(test_libvirt_limits),
		cmocka_unit_test(test_libvirt_unknown_arch),
		cmocka_unit_test(test_libvirt_processor),
		cmocka_unit_test(test_bundle_space),
		cmocka_unit_test(test_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
