/* SPDX-License-Identifier: MIT */
/* image/firmware: the right files by the package's own descriptors, padded, sparse, or none. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/firmware.h"

#define MIB (1u << 20)
#define JSON "usr/share/qemu/firmware/"

static char *tmp, *code, *vars, *deb;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	code = file_join(tmp, "code.raw");
	vars = file_join(tmp, "vars.raw");
	deb = file_join(tmp, "fw.deb");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(code);
	free(vars);
	free(deb);
	return 0;
}

/* An entry of the package: content, or where its link leads ("-> TARGET"). */
struct item {
	const char *path;
	const char *content;
	size_t size; /* 0: the text's */
};

static la_ssize_t append(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, p, n);
	return (la_ssize_t)n;
}

static struct buf make_tar(const struct item *items, size_t count)
{
	struct archive *a = archive_write_new();
	struct buf out;

	buf_init(&out, 0);
	archive_write_set_format_gnutar(a);
	archive_write_open(a, &out, NULL, append, NULL);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();
		bool is_link = !strncmp(items[i].content, "-> ", 3);
		size_t n = items[i].size ? items[i].size : strlen(items[i].content);
		char *data = xcalloc(1, n + 1);
		char *path = xasprintf("./%s", items[i].path);

		memcpy(data, items[i].content, strlen(items[i].content));
		archive_entry_set_pathname(entry, path);
		archive_entry_set_filetype(entry, is_link ? AE_IFLNK : AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		if (is_link)
			archive_entry_set_symlink(entry, items[i].content + 3);
		archive_entry_set_size(entry, is_link ? 0 : (la_int64_t)n);
		archive_write_header(a, entry);
		if (!is_link)
			archive_write_data(a, data, n);
		archive_entry_free(entry);
		free(path);
		free(data);
	}
	archive_write_free(a);
	return out;
}

static void add_member(struct buf *out, const char *name, const void *p, size_t n)
{
	buf_addf(out, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644, n);
	buf_add(out, p, n);
	if (n % 2)
		buf_addc(out, '\n');
}

static int make_deb(const struct item *items, size_t count)
{
	struct item control = {"control", "Package: fw\nVersion: 1\nArchitecture: all\n", 0};
	struct buf control_tar = make_tar(&control, 1), data_tar = make_tar(items, count), out;

	buf_init(&out, 0);
	buf_adds(&out, "!<arch>\n");
	add_member(&out, "debian-binary", "2.0\n", 4);
	add_member(&out, "control.tar", control_tar.data, control_tar.len);
	add_member(&out, "data.tar", data_tar.data, data_tar.len);
	assert_int_equal(file_write(deb, out.data, out.len, 0600, NULL), 0);
	buf_fini(&out);
	buf_fini(&control_tar);
	buf_fini(&data_tar);
	return open(deb, O_RDONLY | O_CLOEXEC);
}

#define DESCRIPTOR(code, vars, arch, machines, features)                                                               \
	"{\"description\": \"x\", \"interface-types\": [\"uefi\"], \"mapping\": {\"device\": "                         \
	"\"flash\", \"executable\": {\"filename\": \"" code "\", \"format\": \"raw\"}, "                               \
	"\"nvram-template\": {\"filename\": \"" vars "\", \"format\": \"raw\"}}, \"targets\": "                        \
	"[{\"architecture\": \"" arch "\", \"machines\": [" machines "]}], \"features\": [" features                   \
	"], \"tags\": []}"

static const struct item package[] = {
	{"usr/share/A/CODE.fd", "code", 3 * MIB},
	{"usr/share/A/CODE.sb.fd", "secure", MIB},
	{"usr/share/A/VARS.fd", "vars", MIB},
	{"usr/share/A/VARS.ms.fd", "keys", MIB},
	{"usr/share/A/LINK.fd", "-> CODE.fd", 0},
	{"usr/share/A/UP.fd", "-> /usr/share/B/TO.fd", 0},
	{"usr/share/B/TO.fd", "-> CODE.fd", 0},
	{"usr/share/B/CODE.fd", "b", MIB},
	{"usr/share/A/OUT.fd", "-> /etc/passwd", 0},
	{"usr/share/A/LOOP.fd", "-> LOOP.fd", 0},
	{JSON "70-later.json", DESCRIPTOR("/usr/share/B/CODE.fd", "/usr/share/A/VARS.fd", "arm", "\"virt-*\"", ""), 0},
	{JSON "60-plain.json",
	 DESCRIPTOR("/usr/share/A/LINK.fd", "/usr/share/A/VARS.fd", "arm", "\"x\", \"virt-*\"", "\"verbose-static\""),
	 0},
	{JSON "40-secure.json",
	 DESCRIPTOR("/usr/share/A/CODE.sb.fd", "/usr/share/A/VARS.ms.fd", "arm", "\"virt-*\"",
		    "\"enrolled-keys\", \"secure-boot\""),
	 0},
	{JSON "50-gone.json", DESCRIPTOR("/usr/share/A/GONE.fd", "/usr/share/A/VARS.fd", "arm", "\"virt-*\"", ""), 0},
	{JSON "30-smm.json",
	 DESCRIPTOR("/usr/share/B/CODE.fd", "/usr/share/A/VARS.fd", "arm", "\"virt-*\"", "\"requires-smm\""), 0},
	{JSON "25-keys.json",
	 DESCRIPTOR("/usr/share/B/CODE.fd", "/usr/share/A/VARS.ms.fd", "arm", "\"virt-*\"", "\"enrolled-keys\""), 0},
	{JSON "10-broken.json", "{\"mapping\": ", 0},
	{JSON "11-odd.json", "{\"mapping\": [], \"targets\": 7, \"interface-types\": {}}", 0},
	{JSON "20-link.json", DESCRIPTOR("/usr/share/A/UP.fd", "/usr/share/A/VARS.fd", "aarch64", "\"virt-*\"", ""), 0},
	{JSON "20-out.json", DESCRIPTOR("/usr/share/A/OUT.fd", "/usr/share/A/LOOP.fd", "riscv64", "\"virt-*\"", ""), 0},
};

static int extract(const struct firmware_want *want, const atomic_bool *cancel, struct err *e)
{
	int fd = make_deb(package, sizeof(package) / sizeof(*package));
	int r = firmware_extract(fd, "fw", want, code, vars, cancel, e);

	close(fd);
	return r;
}

static void expect(const char *path, const char *start, size_t size)
{
	struct stat st;
	struct buf b;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 <= 256 * 1024); /* sparse */
	assert_int_equal(file_read(path, 128 * MIB, &b, NULL), 0);
	assert_string_equal(b.data, start);
	for (size_t i = strlen(start); i < b.len; i++)
		assert_int_equal(b.data[i], 0);
	buf_fini(&b);
}

static void test_choice(void **state)
{
	struct firmware_want want = {.arch = "arm", .machine = "virt-*"};
	struct err e = ERR_INIT;

	(void)state;
	if (extract(&want, NULL, &e) < 0)
		fail_msg("%s", e.text);
	expect(code, "code", 3 * MIB);
	expect(vars, "vars", MIB);
	want.size = 64 * MIB;
	assert_int_equal(extract(&want, NULL, &e), 0);
	expect(code, "code", 64 * MIB);
	expect(vars, "vars", 64 * MIB);
	want.secure_boot = true;
	assert_int_equal(extract(&want, NULL, &e), 0);
	expect(code, "secure", 64 * MIB);
	expect(vars, "keys", 64 * MIB);
	want = (struct firmware_want){.arch = "aarch64", .machine = "virt-*"};
	assert_int_equal(extract(&want, NULL, &e), 0);
	expect(code, "b", MIB);
}

static void test_refusals(void **state)
{
	static const struct {
		struct firmware_want want;
		const char *id;
	} table[] = {
		{{.arch = "arm", .machine = "virt"}, "firmware-none"},
		{{.arch = "x86_64", .machine = "virt-*"}, "firmware-none"},
		{{.arch = "riscv64", .machine = "virt-*"}, "firmware-none"}, /* never a host's file */
		{{.arch = "aarch64", .machine = "virt-*", .secure_boot = true}, "firmware-none"},
		{{.arch = "arm", .machine = "virt-*", .size = 2 * MIB}, "firmware-large"},
		{{.arch = "arm", .machine = "virt-*", .size = 1ull << 40}, "firmware-large"},
	};
	atomic_bool cancel = true;
	struct err e = ERR_INIT;
	char *part = xasprintf("%s.part", code);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(extract(&table[i].want, NULL, &e), -1);
		assert_string_equal(e.id, table[i].id);
		assert_false(file_exists(code));
		assert_false(file_exists(part));
	}
	assert_int_equal(extract(&(struct firmware_want){.arch = "arm", .machine = "virt-*"}, &cancel, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	assert_false(file_exists(code));
	err_fini(&e);
	free(part);
}

/* Firmware that keeps its variables in system management mode, where the machine has one; keys are enrolled by none. */
static void test_smm(void **state)
{
	static const struct item only[] = {
		{"usr/share/A/CODE.fd", "code", MIB},
		{"usr/share/A/VARS.fd", "vars", MIB},
		{"usr/share/A/VARS.ms.fd", "keys", MIB},
		{JSON "40-keys.json",
		 DESCRIPTOR("/usr/share/A/CODE.fd", "/usr/share/A/VARS.ms.fd", "i386", "\"pc-q35-*\"",
			    "\"enrolled-keys\", \"requires-smm\", \"secure-boot\""),
		 0},
		{JSON "50-smm.json",
		 DESCRIPTOR("/usr/share/A/CODE.fd", "/usr/share/A/VARS.fd", "i386", "\"pc-q35-*\"",
			    "\"requires-smm\", \"secure-boot\""),
		 0},
	};
	struct firmware_want want = {.arch = "i386", .machine = "pc-q35-*"};
	struct err e = ERR_INIT;
	int fd = make_deb(only, sizeof(only) / sizeof(*only));

	(void)state;
	assert_int_equal(firmware_extract(fd, "fw", &want, code, vars, NULL, &e), -1);
	assert_string_equal(e.id, "firmware-none");
	err_fini(&e);
	want.smm = true;
	if (firmware_extract(fd, "fw", &want, code, vars, NULL, &e) < 0)
		fail_msg("%s", e.text);
	expect(code, "code", MIB);
	expect(vars, "vars", MIB);
	close(fd);
	/* and one without, if there is any */
	want = (struct firmware_want){.arch = "arm", .machine = "virt-*", .smm = true};
	assert_int_equal(extract(&want, NULL, &e), 0);
	expect(code, "b", MIB);
}

/* A package without a descriptor; the sanitizers' build sees whether nothing is sorted at NULL. */
static void test_none(void **state)
{
	int fd = make_deb(package, 3);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(firmware_extract(fd, "fw", &(struct firmware_want){.arch = "arm", .machine = "virt-*"}, code,
					  vars, NULL, &e),
			 -1);
	assert_string_equal(e.id, "firmware-none");
	err_fini(&e);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_choice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_smm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
