/* SPDX-License-Identifier: MIT */
/* facts: what the host's files say, apt's sources above all; free ports and space. */
#include "../lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/apt_sources.h"
#include "host/facts.h"

static char *dir;

static int setup(void **state)
{
	(void)state;
	dir = check_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	check_rmdir(dir);
	return 0;
}

static void put(const char *name, const char *text)
{
	char *path = file_join(dir, name);
	char *parent = file_dirname(path);

	assert_int_equal(file_mkdirs(parent, NULL), 0);
	assert_int_equal(file_write(path, text, strlen(text), 0644, NULL), 0);
	free(parent);
	free(path);
}

static void sources(const char *want_archive, const char *want_security)
{
	struct strv archive = STRV_INIT, security = STRV_INIT;
	char *a, *s;

	apt_sources_read(dir, &archive, &security);
	a = strv_join(&archive, " ");
	s = strv_join(&security, " ");
	assert_string_equal(a, want_archive);
	assert_string_equal(s, want_security);
	free(a);
	free(s);
	strv_fini(&archive);
	strv_fini(&security);
}

static void test_one_line_style(void **state)
{
	(void)state;
	put("sources.list", "# deb http://commented.example/debian x main\n"
			    "deb https://packages.example/tool stable main\n"
			    "deb http://mirror.example/debian/ bookworm main # the mirror\n"
			    "deb [arch=amd64 signed-by=/a/b.gpg] http://mirror.example/debian bookworm-updates main\n"
			    "deb-src http://source.example/debian bookworm main\n"
			    "deb http://mirror.example/debian-security bookworm-security main\n"
			    "deb http://old.example/ stretch/updates main\n"
			    "deb cdrom:[Debian 12]/ bookworm main\n"
			    "deb file:/srv/debian bookworm main\n"
			    "deb mirror+http://m.example/list bookworm main\n"
			    "deb http://me:secret@private.example/debian bookworm main\n"
			    "deb http://me@private.example/debian bookworm main\n"
			    "deb http://broken.example/debian\n"
			    "debx http://no.example/debian bookworm main\n");
	sources("http://mirror.example/debian https://packages.example/tool",
		"http://mirror.example/debian-security http://old.example");
}

static void test_deb822_style(void **state)
{
	(void)state;
	put("sources.list.d/debian.sources",
	    "# a comment\nTypes: deb deb-src\nURIs: http://a.example/debian\n http://b.example/debian/\n"
	    "Suites: trixie trixie-updates\nComponents: main\nSigned-By: /usr/share/x.gpg\n\n"
	    "types: deb\nuris: https://a.example/debian-security\n# in between\n"
	    "suites:\n trixie-security\ncomponents: main\n \t\n"
	    "Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: trixie\n\n"
	    "Types: deb-src\nURIs: http://src.example/debian\nSuites: trixie\n\n"
	    "Types: deb\nURIs: http://u:p@cred.example/debian\nSuites: trixie\n");
	put("sources.list.d/other.list", "deb http://c.example/debian sid main\n");
	put("sources.list.d/ignored.list.save", "deb http://no.example/debian sid main\n");
	put("sources.list.d/ignored", "deb http://no.example/debian sid main\n");
	sources("http://a.example/debian http://b.example/debian http://c.example/debian",
		"https://a.example/debian-security");
}

static void test_no_sources(void **state)
{
	(void)state;
	sources("", "");
	put("sources.list", "\x01\x02 deb [ http://x \n[[[]]]\ndeb [\n");
	put("sources.list.d/x.sources", ":\nTypes\n:deb\n \n continuation\nTypes: deb\n");
	sources("", "");
}

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8 me@here\n"
#define PRIVATE "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n"

static void test_keys(void **state)
{
	struct strv keys = STRV_INIT;

	(void)state;
	setenv("HOME", dir, 1);
	host_ssh_keys(&keys);
	assert_int_equal(keys.len, 0);
	put(".ssh/id_rsa.pub", KEY);
	put(".ssh/id_ed25519.pub", KEY);
	put(".ssh/id_ed25519", PRIVATE);
	put(".ssh/work.pub", KEY);
	put(".ssh/work-cert.pub", KEY);
	put(".ssh/also.pub", KEY);
	put(".ssh/wrong.pub", PRIVATE);
	put(".ssh/gpg.pub", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
	host_ssh_keys(&keys);
	assert_int_equal(keys.len, 4);
	assert_string_equal(file_basename(keys.items[0]), "id_ed25519.pub");
	assert_string_equal(file_basename(keys.items[1]), "id_rsa.pub");
	assert_string_equal(file_basename(keys.items[2]), "also.pub");
	assert_string_equal(file_basename(keys.items[3]), "work.pub");
	strv_fini(&keys);
}

/* What a file of public keys may hold, and what must never leave this host. */
static void test_key_file(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{KEY, NULL},
		{"", NULL},
		{"# mine\n\n  " KEY "\t\n" KEY, NULL},
		{"ssh-rsa AAAAB3NzaC1yc2E=", NULL},
		{"ecdsa-sha2-nistp256 AAAAE2VjZHNh x\r\n", NULL},
		{"sk-ssh-ed25519@openssh.com AAAAGnNr\n", NULL},
		{"restrict,command=\"echo no\" ssh-ed25519 AAAAC3Nz\n", NULL},
		{PRIVATE, "key-private"},
		{KEY PRIVATE, "key-private"},
		{"-----BEGIN EC PRIVATE KEY-----\nMHcC\n", "key-private"},
		{"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "key-private"},
		{"b3BlbnNzaC1rZXktdjEA\n", "key-bad"},
		{KEY "secret\n", "key-bad"},
		{"ssh-ed25519\n", "key-bad"},
		{"ssh-ed25519 hello\n", "key-bad"},
	};
	char *path = file_join(dir, "keys");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = ERR_INIT;
		struct buf text;

		put("keys", cases[i].text);
		if (!cases[i].id) {
			assert_int_equal(host_ssh_key_read(path, &text, &e), 0);
			assert_string_equal(text.data, cases[i].text);
			buf_fini(&text);
			continue;
		}
		assert_int_equal(host_ssh_key_read(path, &text, &e), -1);
		assert_string_equal(e.id, cases[i].id);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_non_null(strstr(e.hint, ".pub"));
		err_fini(&e);
	}
	assert_int_equal(file_write(path, KEY "\0x", sizeof(KEY) + 1, 0600, NULL), 0);
	assert_int_equal(host_ssh_key_read(path, NULL, NULL), -1);
	free(path);
}

static void test_ports(void **state)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(addr);
	uint16_t taken, other;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	taken = ntohs(addr.sin_port);
	assert_false(host_port_free("127.0.0.1", taken));
	other = host_free_port(taken);
	assert_true(other && other != taken);
	assert_true(host_port_free("127.0.0.1", other));
	assert_int_equal(host_free_port(other), other);
	assert_false(host_port_free("not an address", other));
	assert_false(host_port_free("127.0.0.1", 0));
	close(fd);
	assert_true(host_port_free("127.0.0.1", taken));
}

static void test_space(void **state)
{
	char *deep = file_join(dir, "not/there/yet");
	uint64_t here = 0, there = 0;

	(void)state;
	assert_int_equal(host_free_space(dir, &here, NULL), 0);
	assert_int_equal(host_free_space(deep, &there, NULL), 0);
	assert_true(here > 0 && there > 0);
	free(deep);
}

static void test_zone_and_locale(void **state)
{
	static const struct {
		const char *tz, *lang, *zone, *locale;
	} cases[] = {
		{"Europe/Berlin", "de_DE.UTF-8", "Europe/Berlin", "de_DE.UTF-8"},
		{":America/New_York", "en_US.ISO-8859-1", "America/New_York", "C.UTF-8"},
		{"Etc/UTC", "C", "Etc/UTC", "C.UTF-8"},
		{"Etc/UTC", "x UTF-8;reboot", "Etc/UTC", "C.UTF-8"},
	};

	(void)state;
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct host_facts f;

		setenv("TZ", cases[i].tz, 1);
		setenv("LANG", cases[i].lang, 1);
		host_facts_get(&f);
		assert_string_equal(f.timezone, cases[i].zone);
		assert_string_equal(f.locale, cases[i].locale);
		assert_true(f.cpus > 0 && f.memory > 0 && *f.os && *f.machine);
		host_facts_fini(&f);
	}
	setenv("TZ", "../../etc/passwd", 1);
	{
		struct host_facts f;

		host_facts_get(&f);
		assert_null(strstr(f.timezone, ".."));
		host_facts_fini(&f);
	}
	unsetenv("TZ");
}

static void program(const char *name)
{
	char *path = file_join(dir, name);

	put(name, "#!/bin/sh\n");
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
}

static void hint(const char *wanted, const char *command)
{
	char *text = host_install_hint(wanted);

	if (!command) {
		assert_null(text);
		return;
	}
	/* as root there is nothing in front */
	assert_non_null(text);
	assert_non_null(strstr(text, command));
	assert_int_equal(geteuid() == 0, !strncmp(text, command, strlen(command)));
	free(text);
}

static void test_install_hint(void **state)
{
	char *path = xstrdup(getenv("PATH"));

	(void)state;
	setenv("PATH", dir, 1);
	hint("qemu-img", NULL); /* no package manager that we know */
	program("apt-get");
	program("sudo");
	hint("qemu-system-aarch64", "apt install qemu-system-arm");
	hint("/opt/x/qemu-img", "apt install qemu-utils");
	hint("no-such-program", NULL);
	setenv("PATH", path, 1);
	free(path);
}

static void test_accelerators(void **state)
{
	char *why;

	(void)state;
	assert_true(host_accelerator_usable("tcg", &why));
	assert_null(why);
	assert_false(host_accelerator_usable("no-such", &why));
	assert_non_null(why);
	free(why);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_line_style), T(test_deb822_style), T(test_no_sources), T(test_keys),
		T(test_key_file),	T(test_ports),	      T(test_space),	  T(test_zone_and_locale),
		T(test_install_hint),	T(test_accelerators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
