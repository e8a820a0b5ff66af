/* SPDX-License-Identifier: MIT */
/* image/seed: what is on the disk and who may read it; the guest's apt sources. */
#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/seed.h"

static char *tmp, *path;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	path = file_join(tmp, "seed.iso");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(path);
	return 0;
}

static const struct seed plain = {
	.hostname = "armhf-build",
	.user = "build",
	.password_hash = "$y$j9T$it's$\"quoted\"",
	.locale = "C.UTF-8",
	.timezone = "Etc/UTC",
	.proxy = "",
	.keyboard = "de:nodeadkeys",
	.term = "xterm-256color",
	.rows = 24,
	.columns = 80,
	.authorized_keys = "ssh-ed25519 AAAA me\nssh-rsa BBBB\n",
	.sources = "deb http://x y z\n",
};

/* "MODE NAME\nCONTENT" of each file, in the disk's order. */
static char *dump(void)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct buf out, image;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_size == SEED_STEP);
	assert_int_equal(file_read(path, 1 << 20, &image, NULL), 0);
	assert_memory_equal(image.data + 16 * 2048 + 40, "DEBWIZ  ", 8);
	buf_init(&out, 0);
	archive_read_support_format_iso9660(a);
	assert_int_equal(archive_read_open_memory(a, image.data, image.len), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		char text[4096];
		la_ssize_t n;

		if (archive_entry_filetype(entry) != AE_IFREG)
			continue;
		n = archive_read_data(a, text, sizeof(text));
		assert_true(n >= 0);
		buf_addf(&out, "%o %s\n%.*s", (unsigned)archive_entry_perm(entry), archive_entry_pathname(entry),
			 (int)n, text);
	}
	archive_read_free(a);
	buf_fini(&image);
	return buf_steal(&out);
}

static void expect_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("not in the disk: %s\n%s\n", part, text);
	assert_non_null(strstr(text, part));
}

static void test_disk(void **state)
{
	struct err e = ERR_INIT;
	static const struct seed_host_key keys[] = {{"ed25519", "PRIVATE\n", "ssh-ed25519 AAAA r@h\n"}};
	struct seed s = plain;
	mode_t old = umask(0);
	char *text;

	(void)state;
	assert_int_equal(seed_write(path, &s, &e), 0);
	umask(old);
	text = dump();
	expect_holds(text, "600 seed.env\nHOSTNAME='armhf-build'\nUSER='build'\n"
			   "PASSWORD_HASH='$y$j9T$it'\\''s$\"quoted\"'\nLOCALE='C.UTF-8'\n"
			   "TIMEZONE='Etc/UTC'\nKEYBOARD='de:nodeadkeys'\nPROXY=''\nTERM='xterm-256color'\n"
			   "ROWS='24'\nCOLUMNS='80'\n");
	expect_holds(text, "600 authorized_keys\nssh-ed25519 AAAA me\nssh-rsa BBBB\n");
	expect_holds(text, "600 sources.list\ndeb http://x y z\n");
	free(text);
	s.deb822 = true;
	s.rows = 0;
	s.host_keys = keys;
	s.host_key_count = 1;
	assert_int_equal(seed_write(path, &s, &e), 0);
	text = dump();
	expect_holds(text, "600 debian.sources\n");
	expect_holds(text, "ROWS=''\n");
	expect_holds(text, "600 ssh_host_ed25519_key\nPRIVATE\n");
	expect_holds(text, "600 ssh_host_ed25519_key.pub\nssh-ed25519 AAAA r@h\n");
	assert_null(strstr(text, "sources.list"));
	free(text);
	assert_int_equal(seed_write_template(path, &e), 0);
	text = dump();
	assert_string_equal(text, "600 template\n");
	free(text);
}

static void test_refusals(void **state)
{
	struct err e = ERR_INIT;
	struct seed s = plain;

	(void)state;
	s.hostname = "a\nPASSWORD_HASH='x'";
	assert_int_equal(seed_write(path, &s, &e), -1);
	assert_string_equal(e.id, "seed-value");
	s = plain;
	s.authorized_keys = xcalloc(1, 8 << 20);
	memset((char *)s.authorized_keys, 'x', (8 << 20) - 1);
	assert_int_equal(seed_write(path, &s, &e), -1);
	assert_string_equal(e.id, "seed");
	free((char *)s.authorized_keys);
	assert_false(file_exists(path));
	err_fini(&e);
}

static void test_sources(void **state)
{
	struct strv components = STRV_INIT;
	struct seed_archive a = {
		.mirror = "http://10.0.2.2:3142/debian",
		.security = "http://s/debian-security",
		.release = "bookworm",
		.updates_suite = "bookworm-updates",
		.security_suite = "bookworm-security",
		.components = &components,
	};
	char *text;

	(void)state;
	strv_split(&components, "main non-free-firmware", " ");
	text = seed_sources(&a);
	assert_string_equal(text, "deb http://10.0.2.2:3142/debian bookworm main non-free-firmware\n"
				  "deb-src http://10.0.2.2:3142/debian bookworm main non-free-firmware\n"
				  "deb http://10.0.2.2:3142/debian bookworm-updates main non-free-firmware\n"
				  "deb-src http://10.0.2.2:3142/debian bookworm-updates main non-free-firmware\n"
				  "deb http://s/debian-security bookworm-security main non-free-firmware\n"
				  "deb-src http://s/debian-security bookworm-security main non-free-firmware\n");
	free(text);
	a.deb822 = true;
	text = seed_sources(&a);
	assert_string_equal(text,
			    "Types: deb deb-src\nURIs: http://10.0.2.2:3142/debian\nSuites: bookworm bookworm-updates\n"
			    "Components: main non-free-firmware\n"
			    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
			    "Types: deb deb-src\nURIs: http://s/debian-security\nSuites: bookworm-security\n"
			    "Components: main non-free-firmware\n"
			    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n");
	free(text);
	a.security = a.security_suite = a.updates_suite = "";
	a.undated = true;
	text = seed_sources(&a);
	assert_string_equal(text, "Types: deb deb-src\nURIs: http://10.0.2.2:3142/debian\nSuites: bookworm\n"
				  "Components: main non-free-firmware\nCheck-Valid-Until: no\n"
				  "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n");
	free(text);
	a.deb822 = false;
	text = seed_sources(&a);
	assert_string_equal(text,
			    "deb [check-valid-until=no] http://10.0.2.2:3142/debian bookworm main non-free-firmware\n"
			    "deb-src [check-valid-until=no] http://10.0.2.2:3142/debian bookworm main "
			    "non-free-firmware\n");
	free(text);
	strv_fini(&components);
}

static void test_guest_url(void **state)
{
	static const char *const table[][2] = {
		{"http://mirror.example/debian", "http://mirror.example/debian"},
		{"https://me:secret@mirror.example:8443/debian/", "https://mirror.example:8443/debian/"},
		{"http://me@localhost:3142/debian", "http://10.0.2.2:3142/debian"},
		{"HTTP://LocalHost/debian", "HTTP://10.0.2.2/debian"},
		{"http://apt.localhost/d", "http://10.0.2.2/d"},
		{"http://127.0.0.1:80/x", "http://10.0.2.2:80/x"},
		{"http://127.9.9.9/", "http://10.0.2.2/"},
		{"http://[::1]:3142/debian", "http://10.0.2.2:3142/debian"},
		{"http://[2001:db8::1]:80/debian", "http://[2001:db8::1]:80/debian"},
		{"http://127.example.org/x", "http://127.example.org/x"},
		{"http://notlocalhost/x", "http://notlocalhost/x"},
		{"http://host/a@b", "http://host/a@b"},
		{"http://localhost", "http://10.0.2.2"},
		{"file:/srv/debian", "http://fall.back/debian"},
		{"cdrom:[Debian]/", "http://fall.back/debian"},
		{"http:///debian", "http://fall.back/debian"},
		{"", "http://fall.back/debian"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *got = seed_guest_url(table[i][0], "http://fall.back/debian");

		assert_string_equal(got, table[i][1]);
		free(got);
	}
}

static void test_guest_proxy(void **state)
{
	static const char *const table[][2] = {
		{"", ""},
		{"http://proxy.example:3128", "http://proxy.example:3128"},
		{"http://proxy.example:3128/", "http://proxy.example:3128"},
		{"proxy.example:3128", "http://proxy.example:3128"},
		{"http://u:p@proxy.example:3128", "http://proxy.example:3128"},
		{"http://localhost:3128", "http://10.0.2.2:3128"},
		{"127.0.0.1:8080", "http://10.0.2.2:8080"},
		{"https://[::1]:3129", "https://10.0.2.2:3129"},
		{"socks5://h:1080", "socks5h://h:1080"},
		{"SOCKS5H://h:1080", "socks5h://h:1080"},
		{"ftp://h:21", ""},
		{"http://", ""},
		{"http://h\";\nAPT::x \"y", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *got = seed_guest_proxy(table[i][0]);

		assert_string_equal(got, table[i][1]);
		free(got);
	}
}

/* The text of a file on the disk; owned. */
static char *file_of(const char *name)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char *text = NULL;

	archive_read_support_format_iso9660(a);
	assert_int_equal(archive_read_open_filename(a, path, 10240), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		size_t n = (size_t)archive_entry_size(entry);

		if (strcmp(archive_entry_pathname(entry), name) != 0)
			continue;
		text = xcalloc(1, n + 1);
		assert_int_equal(archive_read_data(a, text, n), n);
		break;
	}
	archive_read_free(a);
	assert_non_null(text);
	return text;
}

static json_t *cloud_data(const struct seed *s)
{
	struct err e = ERR_INIT;
	json_t *o;
	char *text;

	assert_int_equal(seed_write_cloud(path, s, "debwiz-m-1", "ttyS0", &e), 0);
	text = file_of("user-data");
	assert_memory_equal(text, "#cloud-config\n{", 15);
	o = json_loads(text + 14, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

static void test_cloud(void **state)
{
	static const struct seed_host_key keys[] = {{"ed25519", "PRIVATE\nkey: \"x\"\n", "ssh-ed25519 AAAA root\n"}};
	struct seed s = plain;
	const json_t *user;
	struct buf image;
	struct stat st;
	json_t *o;
	char *text;

	(void)state;
	s.host_keys = keys;
	s.host_key_count = 1;
	o = cloud_data(&s);
	user = json_array_get(json_object_get(o, "users"), 0);
	assert_string_equal(json_string_value(json_object_get(user, "name")), "build");
	assert_string_equal(json_string_value(json_object_get(user, "hashed_passwd")), plain.password_hash);
	assert_true(json_is_false(json_object_get(user, "lock_passwd")));
	assert_int_equal(json_array_size(json_object_get(user, "ssh_authorized_keys")), 2);
	assert_string_equal(json_string_value(json_object_get(json_object_get(o, "ssh_keys"), "ed25519_private")),
			    keys[0].private_key);
	assert_true(json_is_true(json_object_get(o, "ssh_pwauth")));
	assert_int_equal(json_array_size(json_object_get(o, "write_files")), 1); /* consoles do not log in */
	json_decref(o);
	text = file_of("meta-data");
	o = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "instance-id")), "debwiz-m-1");
	assert_string_equal(json_string_value(json_object_get(o, "local-hostname")), "armhf-build");
	json_decref(o);
	free(text);
	assert_int_equal(file_read(path, 1 << 20, &image, NULL), 0);
	assert_memory_equal(image.data + 16 * 2048 + 40, "CIDATA  ", 8);
	buf_fini(&image);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	s.password_hash = "";
	o = cloud_data(&s);
	user = json_array_get(json_object_get(o, "users"), 0);
	assert_null(json_object_get(user, "hashed_passwd"));
	assert_true(json_is_true(json_object_get(user, "lock_passwd")));
	assert_true(json_is_false(json_object_get(o, "ssh_pwauth")));
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(json_object_get(o, "write_files"), 1), "path")),
		"/etc/systemd/system/serial-getty@.service.d/debwiz.conf");
	json_decref(o);
	s.user = "\xff";
	assert_int_equal(seed_write_cloud(path, &s, "i", "ttyS0", NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cloud, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_guest_url),
		cmocka_unit_test(test_guest_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
