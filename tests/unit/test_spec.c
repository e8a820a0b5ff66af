/* SPDX-License-Identifier: MIT */
/* spec: reading and writing by the table of fields, exact both ways, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "spec/field.h"
#include "spec/risk.h"
#include "spec/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HASH "$6$saltsalt$Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy"
#define YESCRYPT "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"

static void read_ok(struct spec *s, const char *text)
{
	struct err e = ERR_INIT;

	if (spec_read_text(s, "box.ini", text, strlen(text), &e) < 0)
		fail_msg("%s\n%s", text, e.text);
}

static void read_bad(const char *text, const char *want)
{
	struct err e = ERR_INIT;
	struct spec s;

	if (!spec_read_text(&s, "box.ini", text, strlen(text), &e))
		fail_msg("read all the same: %s", text);
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.text, want))
		fail_msg("\"%s\" is not in \"%s\"", want, e.text);
	err_fini(&e);
	spec_fini(&s); /* holds nothing; freeing it again does no harm */
}

static char *text_of(struct spec *s)
{
	struct err e = ERR_INIT;
	char *text = spec_text(s, &e);

	if (!text)
		fail_msg("%s", e.text);
	return text;
}

/* Reading what was written gives the identical record, and writing that the identical text. */
static void check_round_trip(struct spec *s)
{
	char *text = text_of(s);
	struct spec back;
	char *again;

	read_ok(&back, text);
	if (!spec_equal(s, &back))
		fail_msg("not the same record:\n%s", text);
	again = text_of(&back);
	assert_string_equal(again, text);
	free(again);
	free(text);
	spec_fini(&back);
}

static void defaults(void **state)
{
	struct spec s;

	(void)state;
	read_ok(&s, "");
	assert_string_equal(s.name, "box"); /* the file's stem */
	assert_string_equal(spec_hostname(&s), "box");
	assert_string_equal(s.arch, "armhf");
	assert_int_equal(s.method, SPEC_BOOTSTRAP);
	assert_string_equal(s.mirror, "auto");
	assert_string_equal(s.user, "build");
	assert_int_equal(s.firmware, SPEC_UEFI);
	assert_int_equal(s.cpu_count, 0);
	assert_true(s.memory == 0); /* auto */
	assert_true(s.disk_size == 128ULL << 30);
	assert_true(s.timeout == 600000);
	assert_true(s.security && s.updates && s.rng && s.image_copy);
	assert_false(s.standalone || s.secure_boot || s.tpm || s.usb);
	assert_int_equal(s.forwards.len, 1);
	assert_string_equal(s.forwards.items[0], "127.0.0.1:auto:22");
	assert_true(spec_forwards_ssh(&s));
	check_round_trip(&s);
	spec_fini(&s);
}

/* A list with a default: the file's items, none even, are in its place; what is added is added. */
static void default_list(void **state)
{
	static const struct {
		const char *file, *set, *want;
		bool ssh;
	} cases[] = {
		{"", NULL, "127.0.0.1:auto:22", true},
		{"forward = 127.0.0.1:1:80\nforward = 127.0.0.1:2:81\n", NULL, "127.0.0.1:1:80|127.0.0.1:2:81", false},
		{"forward =\n", NULL, "", false},
		{"", "network.forward=", "", false},
		{"", "network.forward+=127.0.0.1:1:80", "127.0.0.1:auto:22|127.0.0.1:1:80", true},
		{"", "network.forward=127.0.0.1:1:80", "127.0.0.1:1:80", false},
		{"forward = 127.0.0.1:1:22/udp\n", NULL, "127.0.0.1:1:22/udp", false},
		{"mode = none\n", NULL, "127.0.0.1:auto:22", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = xasprintf("[network]\n%s", cases[i].file), *words;
		struct spec s, copy;

		assert_int_equal(spec_read_text(&s, "d/box.ini", text, strlen(text), NULL), 0);
		if (cases[i].set)
			assert_int_equal(spec_set(&s, cases[i].set, NULL), 0);
		words = strv_join(&s.forwards, "|");
		assert_string_equal(words, cases[i].want);
		assert_int_equal(spec_forwards_ssh(&s), cases[i].ssh);
		check_round_trip(&s);
		spec_copy(&copy, &s);
		assert_true(spec_equal(&copy, &s));
		check_round_trip(&copy);
		spec_unset(&copy, "network", "forward");
		assert_string_equal(copy.forwards.items[0], "127.0.0.1:auto:22");
		spec_fini(&copy);
		spec_fini(&s);
		free(words);
		free(text);
	}
}

static void every_default_is_allowed(void **state)
{
	struct err e = ERR_INIT;
	struct spec s;

	(void)state;
	spec_init(&s);
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];

		assert_ptr_equal(field_find(f->section, f->column.key), f);
		assert_non_null(f->title);
		assert_non_null(f->help);
		assert_true(f->help[strlen(f->help) - 1] == '.' || strchr(f->help, '/'));
		if (f->column.type == COLUMN_LIST && !f->column.initial)
			continue;
		if (strcmp(f->column.key, "name") && field_parse(f, &s, f->column.initial, &e) < 0)
			fail_msg("%s.%s: %s", f->section, f->column.key, e.text);
	}
	spec_fini(&s);
}

/* Values that each field without choices takes, the tricky ones among them. */
static const struct {
	const char *key;
	const char *values[8];
} samples[] = {
	{"machine.name", {"a", "armhf-build", "0-"}},
	{"machine.arch", {"arm64", "x"}},
	{"machine.release", {"bookworm"}},
	{"mirror.url",
	 {"http://ftp.debian.org/debian", "https://[2001:db8::1]:8080/a/b~c/", "http://127.0.0.1:1", "https://h/%7Ex"}},
	{"mirror.security_url", {"https://security.debian.org/debian-security"}},
	{"mirror.snapshot", {"20250801T120000Z", ""}},
	{"disk.image", {"/a/b c.qcow2", "~/i.raw", "", "rel/[x];y", "https://cloud.example/a/b.qcow2"}},
	{"mirror.keyring", {"/a/b c.gpg", "~/k", "", "rel/[x];y", "/\xc3\xa4\xff"}},
	{"mirror.proxy", {"http://proxy:3128", "socks5h://[::1]:1080/", ""}},
	{"mirror.components", {"main", "contrib", "non-free-firmware"}},
	{"cpu.model", {"cortex-a15", "max,pauth-impdef=on", "host"}},
	{"cpu.count", {"1", "8", "512", "auto"}},
	{"cpu.memory", {"256M", "1536M", "2G", "262145K"}},
	{"disk.size", {"8G", "16T", "8388609K"}},
	{"network.lan", {"", "lab", "a-1"}},
	{"network.forward", {"127.0.0.1:auto:22", "0.0.0.0:8080:80", "10.1.2.3:65535:1/udp"}},
	{"devices.usb_device", {"0403:6001", "ABCD:ef01", "1-4.2", "255-1"}},
	{"devices.drive", {"path=/a,format=raw", "format=qcow2,path=a,,b=c,readonly=on"}},
	{"devices.share", {"path=~/x y,tag=src", "tag=t,path=[,readonly=off", "path=/a,tag=t,driver=virtiofs"}},
	{"system.hostname", {"box-2", "A", ""}},
	{"system.user", {"me", "_x-1"}},
	{"system.password_hash", {HASH, YESCRYPT, ""}},
	{"system.ssh_key", {"~/.ssh/id_ed25519.pub", "/k # x", "a;b"}},
	{"system.locale", {"C", "POSIX", "C.UTF-8", "de_DE.UTF-8", "ca_ES@valencia", "eo"}},
	{"system.timezone", {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5"}},
	{"system.keyboard", {"de", "latam"}},
	{"system.profile", {"base"}},
	{"disk.image_digest", {"", "0123456789abcdefABCDEF0000000000000000000000000000000000000000ff"}},
	{"system.packages", {"git", "g++", "libstdc++6", "7zip", "python3.11"}},
	{"boot.cmdline", {"", "quiet loglevel=3 init=/bin/sh a:b,c@d%e+f"}},
	{"boot.timeout", {"90s", "5m", "61s"}},
	{"build.jobs", {"1", "512", "auto"}},
	{"build.profiles", {"nocheck", "pkg.debwiz.x-1+b"}},
	{"build.distcc_hosts", {"builder", "10.1.2.3:4000/8", "[fd00::1]"}},
	{"build.silence", {"10s", "150m", "never"}},
	{"build.ccache_size", {"64M", "2G", "24G"}},
	{"build.out", {"", "results", "/srv/a b"}},
	{"qemu.binary", {"auto", "/opt/q e/qemu-system-arm", "./q"}},
	{"qemu.extra", {"-device", "usb-tablet,bus=x", "-append", "a \"b\" = [c]", "#x"}},
};

static const char *const *sample(const char *section, const char *key)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", section, key);
	for (size_t i = 0; i < COUNT(samples); i++)
		if (!strcmp(samples[i].key, name))
			return samples[i].values;
	return NULL;
}

/* Values of a row: its choices, or yes and no, or the samples; NULL behind the last. */
static const char *value_of(const struct field *f, size_t i)
{
	static const char *const yes_no[] = {"yes", "no", NULL};
	static const char *const no[] = {"no", NULL};
	static const char *const one[] = {"1", NULL};
	const char *const *v = f->column.choices;

	if (f->column.type == COLUMN_BOOL)
		v = f->later ? no : yes_no;
	if (f->column.type == COLUMN_UINT && f->column.max == 1)
		v = one;
	if (!v)
		v = sample(f->section, f->column.key);
	if (!v)
		fail_msg("no values to try for %s.%s", f->section, f->column.key);
	return v[i];
}

/* Each value of each field alone, in a new record and in one read from a file with comments. */
static void round_trip_each(void **state)
{
	const char old[] = "; top\n[system]  ; s\nuser = x   ; who\nother = kept\n\n[zz]\nq=1 ; u\n";
	struct err e = ERR_INIT;
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];

		for (size_t v = 0; value_of(f, v); v++) {
			struct spec s;
			char *text;

			spec_init(&s);
			field_parse(field_find("machine", "name"), &s, "new", NULL);
			if (field_parse(f, &s, value_of(f, v), &e) < 0)
				fail_msg("%s.%s: %s", f->section, f->column.key, e.text);
			check_round_trip(&s);
			spec_fini(&s);

			read_ok(&s, old);
			column_fini(&field_find("system", "ssh_key")->column, &s);
			if (field_parse(f, &s, value_of(f, v), &e) < 0)
				fail_msg("%s.%s: %s", f->section, f->column.key, e.text);
			check_round_trip(&s);
			text = text_of(&s);
			assert_int_equal(strncmp(text, "; top\n[system]  ; s\n", 20), 0);
			assert_non_null(strstr(text, "   ; who\nother = kept\n"));
			assert_non_null(strstr(text, "[zz]\nq=1 ; u\n"));
			free(text);
			spec_fini(&s);
			tried++;
		}
	}
	assert_in_range(tried, 100, 1000);
}

/* Random records: every field any of its values, lists of several. */
static void round_trip_random(void **state)
{
	uint32_t seed = 7;
	struct spec s;

	(void)state;
	for (int round = 0; round < 200; round++) {
		spec_init(&s);
		for (size_t i = 0; i < field_count; i++) {
			const struct field *f = &field_table[i];
			size_t n = 0;
			size_t items;

			while (value_of(f, n))
				n++;
			seed = seed * 1664525 + 1013904223;
			items = f->column.type == COLUMN_LIST ? (seed >> 20) % 4 : 1;
			while (items--) {
				seed = seed * 1664525 + 1013904223;
				assert_int_equal(field_parse(f, &s, value_of(f, (seed >> 12) % n), NULL), 0);
			}
		}
		check_round_trip(&s);
		spec_fini(&s);
	}
}

/* Printable garbage: a grammar refuses it, or it comes back as it was. */
static void round_trip_garbage(void **state)
{
	static const char letters[] = "az09AZ;;  ,,==::[]#\"'\\/~.-+@$%\t\n\r\x01\x7f\xc3\xa4";
	uint32_t seed = 3;
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < field_count; i++)
		for (int round = 0; round < 150; round++) {
			const struct field *f = &field_table[i];
			struct err e = ERR_INIT;
			char value[24] = "";
			struct spec s;
			char *text;

			seed = seed * 1664525 + 1013904223;
			for (size_t n = 0; n < (seed >> 28); n++) {
				seed = seed * 1664525 + 1013904223;
				value[n] = letters[(seed >> 16) % (sizeof(letters) - 1)];
			}
			spec_init(&s);
			field_parse(field_find("machine", "name"), &s, "new", NULL);
			if (!field_parse(f, &s, value, NULL)) {
				text = spec_text(&s, &e);
				if (text) {
					check_round_trip(&s);
					taken++;
				} else {
					assert_int_equal(e.kind, ERR_USAGE);
					assert_non_null(strstr(e.text, f->column.key));
				}
				free(text);
				err_fini(&e);
			}
			spec_fini(&s);
		}
	assert_in_range(taken, 50, 10000);
}

static void keeps_the_file(void **state)
{
	const char text[] = "; mine\n[cpu]\nmemory = 2G      ; enough\nmodle = x\n\n[machine]\n"
			    "# odd\nname=x\n[network]\nforward = 127.0.0.1:auto:22 ; ssh\n"
			    "forward = 127.0.0.1:8080:80";
	struct spec s;
	char *out;

	(void)state;
	read_ok(&s, text);
	out = text_of(&s);
	assert_string_equal(out, text); /* nothing changed: to the byte */
	free(out);
	assert_int_equal(s.warnings.len, 1);
	assert_string_equal(s.warnings.items[0], "box.ini:4: cpu.modle: ignored; did you mean cpu.model?");
	assert_int_equal(s.lines[field_find("cpu", "memory") - field_table], 3);
	s.memory = 3ULL << 30;
	assert_int_equal(spec_set(&s, "network.forward+=127.0.0.1:auto:80", NULL), 0);
	assert_int_equal(spec_set(&s, "system.user=me", NULL), 0);
	out = text_of(&s);
	assert_string_equal(out, "; mine\n[cpu]\nmemory = 3G      ; enough\nmodle = x\n\n[machine]\n"
				 "# odd\nname=x\n[network]\nforward = 127.0.0.1:auto:22 ; ssh\n"
				 "forward = 127.0.0.1:8080:80\nforward = 127.0.0.1:auto:80\n\n[system]\n"
				 "user = me");
	free(out);
	s.memory = 0; /* the default, but the file says another one: say it */
	out = text_of(&s);
	assert_non_null(strstr(out, "memory = auto      ; enough"));
	free(out);
	spec_fini(&s);
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} bad[] = {
		{"[cpu]\nmemory = 1024\n", "box.ini:2: cpu.memory: \"1024\" is not allowed; write "
					   "1024M (allowed: auto or a size with K, M, G or T from 256M to 4T)"},
		{"[cpu]\nmemory = lots\n", "cpu.memory: \"lots\" is not allowed; write auto or a size with K, M, "
					   "G or T from 256M to 4T"},
		{"[cpu]\nmemory = 255M\n", "box.ini:2: cpu.memory: \"255M\""},
		{"[cpu]\ncount = 0\n", "auto or a whole number from 1 to 512"},
		{"[cpu]\ncount = 513\n", "cpu.count: \"513\""},
		{"[cpu]\ncount =\n", "cpu.count: \"\""},
		{"[cpu]\naccel = xen\n", "auto, tcg, kvm, hvf, whpx or nvmm"},
		{"[cpu]\nmodel = a b\n", "is not a CPU model"},
		{"[cpu]\nmodel = max,-S\n", "is not a CPU model"},
		{"[cpu]\nmodel = -S\n", "is not a CPU model"},
		{"[disk]\nsize = 7G\n", "from 8G to 16T"},
		{"[disk]\nstandalone = true\n", "\"true\" is not allowed; write yes (allowed: yes or no)"},
		{"[disk]\nstandalone = maybe\n", "\"maybe\" is not allowed; write yes or no"},
		{"[disk]\nbus = ide\n", "virtio or scsi"},
		{"[boot]\ntimeout = 5\n", "a duration in s or m from 10s to 1440m"},
		{"[boot]\ncmdline = a\"b\n", "is not a kernel command line"},
		{"[boot]\ncmdline = quiet debwiz.configure\n", "which debwiz sets itself"},
		{"[machine]\nformat = 2\n", "machine.format: \"2\" is not allowed; write 1"},
		{"[machine]\nname = A\n", "is not a machine name"},
		{"[machine]\nname = abcdefghijklmnopqrstuvwxyz012345\n", "is not a machine name"},
		{"[machine]\nname = -a\n", "is not a machine name"},
		{"[machine]\nname = ../x\n", "is not a machine name"},
		{"[system]\nhostname = x init=/bin/sh\n", "is not a host name"},
		{"[system]\nhostname = a-\n", "is not a host name"},
		{"[system]\nuser = root\n", "is an account or group of the system"},
		{"[system]\nuser = sudo\n", "is an account or group of the system"},
		{"[system]\nuser = 1x\n", "is not a user name"},
		{"[system]\nuser = Me\n", "is not a user name"},
		{"[system]\nlocale = german\n", "is not a locale"},
		{"[system]\nlocale = de_DE.\n", "is not a locale"},
		{"[system]\ntimezone = ../etc/passwd\n", "is not a time zone"},
		{"[system]\ntimezone = Europe/\n", "is not a time zone"},
		{"[system]\nkeyboard = de;x\n", "is not a keyboard layout"},
		{"[system]\npackages = git gcc\n", "is not the name of a package"},
		{"[system]\npackages = -y\n", "is not the name of a package"},
		{"[system]\npackages = Git\n", "is not the name of a package"},
		{"[system]\nssh_key = ~other/k\n", "only ~/"},
		{"[mirror]\nurl = ftp://h/debian\n", "is not a mirror"},
		{"[mirror]\nurl = http://h/a b\n", "is not a mirror"},
		{"[mirror]\nurl = http://h:0/\n", "is not a mirror"},
		{"[mirror]\nurl = http://h:99999/\n", "is not a mirror"},
		{"[mirror]\nurl = http:///x\n", "is not a mirror"},
		{"[mirror]\nurl = http://-h/x\n", "is not a mirror"},
		{"[mirror]\nurl =\n", "is not a mirror"},
		{"[mirror]\nproxy = http://h:1/x\n", "is not a proxy"},
		{"[mirror]\nsnapshot = 20251301T000000Z\n", "is not a point in time"},
		{"[mirror]\nsnapshot = 2025-08-01\n", "is not a point in time"},
		{"[mirror]\ncomponents = universe\n", "is not a component"},
		{"[network]\nforward = 22\n", "is not a forward"},
		{"[network]\nforward = 8080:80\n", "the address is missing"},
		{"[network]\nforward = localhost:8080:80\n", "not an IPv4 address"},
		{"[network]\nforward = 127.0.0.1.:8080:80\n", "not an IPv4 address"},
		{"[network]\nforward = 127.0.0.256:8080:80\n", "not an IPv4 address"},
		{"[network]\nforward = 127.0.0.01:8080:80\n", "not an IPv4 address"},
		{"[network]\nforward = :8080:80\n", "not an IPv4 address"},
		{"[network]\nforward = 127.0.0.1:0:80\n", "1 to 65535"},
		{"[network]\nforward = 127.0.0.1:80:65536\n", "1 to 65535"},
		{"[network]\nforward = 127.0.0.1:80:auto\n", "1 to 65535"},
		{"[network]\nforward = 127.0.0.1:80:80/tcp\n", "only /udp"},
		{"[network]\nforward = 127.0.0.1:80:80-:1\n", "is not a forward"},
		{"[devices]\ndrive = /a\n", "has an unknown part"},
		{"[devices]\ndrive = path=/a\n", "lacks format="},
		{"[devices]\ndrive = path=/a,format=vmdk\n", "has a bad format; allowed are raw, qcow2"},
		{"[devices]\ndrive = path=/a,format=raw,if=none\n", "unknown part"},
		{"[devices]\ndrive = path=/a,format=raw,path=/b\n", "has path twice"},
		{"[devices]\ndrive = path=,format=raw\n", "has a bad path"},
		{"[devices]\ndrive = path=/a,format=raw,\n", "unknown part"},
		{"[devices]\nshare = path=/a\n", "lacks tag="},
		{"[devices]\nshare = path=/a,tag=x y\n", "has a bad tag"},
		{"[devices]\nshare = path=/a,tag=x,security_model=passthrough\n", "security_model"},
		{"[qemu]\nbinary = qemu-system-arm\n", "is not a program"},
		/* the file itself */
		{"[cpu]\nmemory = 1G\nmemory = 1G\n", "box.ini:3: cpu.memory: given twice, first on line 2"},
		{"[cpu]\r\nmemory = 1\r\n", "box.ini:2: cpu.memory: \"1\" is"},
		{"cpu = 1\n", "box.ini:1: a key before"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		read_bad(bad[i].text, bad[i].want);
}

/* What is refused and has a likely meaning: the message says what to write. NULL: nothing is guessed. */
static void suggests_values(void **state)
{
	static const char *const rows[][3] = {
		{"cpu.memory", "2048", "2048M"},
		{"cpu.memory", "2g", "2G"},
		{"cpu.memory", "2GB", "2G"},
		{"cpu.memory", "2 GiB", "2G"},
		{"cpu.memory", "1.5G", "1536M"},
		{"cpu.memory", "2", "2G"},
		{"cpu.memory", "2147483648", "2G"},
		{"cpu.memory", "\"2G\"", "2G"},
		{"cpu.memory", "9999999999999999999999", NULL},
		{"cpu.memory", "100M", NULL},
		{"cpu.memory", "1.5.5G", NULL},
		{"cpu.memory", "", NULL},
		{"disk.size", "64", "64G"},
		{"disk.size", "64gb", "64G"},
		{"disk.standalone", "true", "yes"},
		{"disk.standalone", "No", "no"},
		{"disk.standalone", "ON", "yes"},
		{"disk.standalone", "0", "no"},
		{"disk.standalone", "2", NULL},
		{"boot.timeout", "600", "600s"},
		{"boot.timeout", "10min", "10m"},
		{"boot.timeout", "1h", "60m"},
		{"boot.timeout", "90 sec", "90s"},
		{"boot.timeout", "1d", NULL},
		{"cpu.count", "AUTO", "auto"},
		{"cpu.count", "'2'", "2"},
		{"cpu.count", "two", NULL},
		{"cpu.accel", "KVM", "kvm"},
		{"cpu.accel", "kvn", "kvm"},
		{"firmware.mode", "EFI", "uefi"},
		{"network.mode", "nat", NULL},
		{"machine.arch", "ARMHF", "armhf"},
		{"system.packages", "Git", "git"},
		{"mirror.url", "ftp.debian.org/debian", "http://ftp.debian.org/debian"},
		{"network.forward", "8080:80", "127.0.0.1:8080:80"},
		{"network.forward", "localhost:8080:80", "127.0.0.1:8080:80"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *key = xstrdup(rows[i][0]);
		char *dot = strchr(key, '.');
		struct err e = ERR_INIT;
		struct spec s;
		char *want;

		spec_init(&s);
		*dot = '\0';
		assert_int_equal(field_parse(field_find(key, dot + 1), &s, rows[i][1], &e), -1);
		want = rows[i][2] ? xasprintf("; write %s", rows[i][2]) : NULL;
		if (want && !strstr(e.text, want))
			fail_msg("%s: \"%s\" is not in \"%s\"", rows[i][0], want, e.text);
		if (!want && (strstr(e.text, "(allowed") || strstr(e.text, "meant")))
			fail_msg("%s: a guess: \"%s\"", rows[i][0], e.text);
		if (want) /* and it is one that is taken */
			assert_int_equal(field_parse(field_find(key, dot + 1), &s, rows[i][2], NULL), 0);
		free(want);
		err_fini(&e);
		spec_fini(&s);
		free(key);
	}
}

/* Misspelt keys and sections: ignored, and what was meant is said by line. */
static void suggests_keys(void **state)
{
	static const char *const rows[][2] = {
		{"system.package", "did you mean system.packages?"},
		{"CPU.memory", "did you mean cpu.memory?"},
		{"cpus.memory", "did you mean cpu.memory?"},
		{"machine.memory", "did you mean cpu.memory?"},
		{"network.forwards", "did you mean network.forward?"},
		{"network.Mode", "did you mean network.mode?"},
		{"firmwar.mode", "did you mean firmware.mode?"},
		{"system.ssh-key", "did you mean system.ssh_key?"},
		{"mirror.snapshots", "did you mean mirror.snapshot?"},
		{"machine.colour", "unknown key"},
		{"other.key", "unknown key"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *dot = strchr(rows[i][0], '.');
		struct err e = ERR_INIT;
		struct spec s;
		char *text = xasprintf("\n[%.*s]\n%s = x\n", (int)(dot - rows[i][0]), rows[i][0], dot + 1);
		char *want = xasprintf("box.ini:3: %s: ignored; %s", rows[i][0], rows[i][1]);

		read_ok(&s, text);
		assert_int_equal(s.warnings.len, 1);
		assert_string_equal(s.warnings.items[0], want);
		assert_int_equal(spec_strict(&s, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.id, "spec-unknown");
		assert_string_equal(e.text, want);
		err_fini(&e);
		spec_fini(&s);
		free(want);
		free(text);
	}
	{
		struct err e = ERR_INIT;
		struct spec s;

		read_ok(&s, "[cpu]\nmemory = 2G\n");
		assert_int_equal(spec_strict(&s, &e), 0);
		spec_fini(&s);
	}
}

/* States of all risks as letters: own, agreed, foreign. */
static char *risk_states(const struct spec *s)
{
	struct risks all;
	struct buf b;

	buf_init(&b, 0);
	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++)
		buf_addf(&b, "%s%c", i ? " " : "", "oaf"[all.items[i].state]);
	risks_fini(&all);
	return buf_steal(&b);
}

static void check_risks(const struct spec *s, const char *want)
{
	char *states = risk_states(s);

	assert_string_equal(states, want);
	free(states);
}

/* What the file says is foreign until it is agreed to; what a person says is not. */
static void risky_values(void **state)
{
	static const char text[] = "[network]\nforward = 127.0.0.1:auto:22\nforward = 0.0.0.0:80:80\n"
				   "[devices]\nshare = path=/,tag=a\n[qemu]\nbinary = ./q\n"
				   "extra = -no-reboot\nextra = -device\nextra = edu\n";
	struct err e = ERR_INIT;
	struct spec s, copy;
	struct risks all;

	(void)state;
	read_ok(&s, "[network]\nforward = 127.0.0.1:auto:22\nforward = 127.9.9.9:80:80\n");
	check_risks(&s, "");
	assert_int_equal(risks_check(&s, NULL, NULL, &e), 0);
	spec_fini(&s);
	read_ok(&s, text);
	check_risks(&s, "f f f f f");
	assert_int_equal(risks_check(&s, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.id, RISK_ERROR);
	assert_non_null(strstr(e.text, "\nbox.ini:3: network.forward: opens port 80 of this host"));
	assert_non_null(strstr(e.text, "\nbox.ini:5: devices.share: gives the guest the folder / "));
	assert_non_null(strstr(e.text, "\nbox.ini:7: qemu.binary: runs the program "));
	assert_non_null(strstr(e.text, "\nbox.ini:8: qemu.extra: gives QEMU the arguments -no-reboot"));
	assert_non_null(strstr(e.text, "\nbox.ini:9: qemu.extra: gives QEMU the arguments -device edu"));
	err_fini(&e);
	/* one is agreed to; a copy knows it as well */
	risks_find(&s, &all);
	risk_agree(&s, &all.items[2]);
	risks_fini(&all);
	spec_copy(&copy, &s);
	check_risks(&copy, "f f a f f");
	spec_fini(&copy);
	assert_int_equal(risks_check(&s, "qemu", "binary", NULL), 0);
	assert_int_equal(risks_check(&s, "qemu", "extra", NULL), -1);
	/* another value is the person's own, and so is the same one given again */
	assert_int_equal(spec_set(&s, "devices.share=path=/srv,tag=a", NULL), 0);
	check_risks(&s, "f o a f f");
	assert_int_equal(spec_set(&s, "network.forward+=0.0.0.0:81:81", NULL), 0);
	check_risks(&s, "f o o a f f");
	assert_int_equal(spec_set(&s, "network.forward=0.0.0.0:80:80", NULL), 0);
	check_risks(&s, "o o a f f");
	spec_fini(&s);
	read_ok(&s, "[devices]\nusb_device = 0403:6001\n");
	assert_int_equal(risks_check(&s, NULL, NULL, &e), -1);
	assert_non_null(strstr(e.text, "box.ini:2: devices.usb_device: gives the guest the USB device 0403:6001 of"));
	err_fini(&e);
	spec_fini(&s);
	/* a record that comes from no file is a person's */
	spec_init(&s);
	assert_int_equal(spec_set(&s, "qemu.binary=/q", NULL), 0);
	check_risks(&s, "o");
	spec_fini(&s);
}

/* Known words and keys that come later are refused with just these words. */
static void not_offered_yet(void **state)
{
	(void)state;
	read_bad("[disk]\nformat = raw\n", "disk.format: \"raw\" is not supported yet; write qcow2");
	read_bad("[network]\nmode = tap\n", "\"tap\" is not supported yet; write user or none");
	read_bad("[network]\nmode = bridge\n", "not supported yet");
	read_bad("[network]\nlan = A\n", "is not a name of a network; allowed are a-z, 0-9 and -, at most 31");
}

static void all_errors_by_line(void **state)
{
	const char text[] = "[cpu]\nmemory = 1\ncount = x\nbad line\n[disk]\nsize = 1\n"
			    "[cpu]\nmemory = 1G\n";
	struct err e = ERR_INIT;
	struct spec s;
	char line[32];
	char *p;

	(void)state;
	assert_int_equal(spec_read_text(&s, "dir/My Box.ini", text, strlen(text), &e), -1);
	p = e.text;
	for (int n = 2; n <= 8; n++) {
		if (n == 5 || n == 7)
			continue;
		snprintf(line, sizeof(line), "dir/My Box.ini:%d: ", n);
		if (strncmp(p, line, strlen(line)))
			fail_msg("%s is not where it belongs in\n%s", line, e.text);
		p = strchr(p, '\n') + 1;
	}
	/* What belongs to no line comes last. */
	assert_int_equal(strncmp(p, "dir/My Box.ini: machine.name: is missing", 40), 0);
	assert_null(strchr(p, '\n'));
	err_fini(&e);
}

/* No secret and no terminal sequence gets into a message. */
static void shows_no_secret(void **state)
{
	static const char *const texts[] = {
		"[system]\npassword_hash = sesame\n",
		"[system]\npassword_hash = $1$salt$sesamesesamesesamesesa\n",
		"[system]\npassword_hash = $6$sesame\n",
		"[mirror]\nurl = http://me:sesame@h/debian\n",
		"[mirror]\nproxy = http://me:sesame@h:3128\n",
		"[mirror]\nproxy = sesame@h:3128\n",
		"[mirror]\nurl = http://[sesame@h/debian\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct err e = ERR_INIT;
		struct spec s;

		assert_int_equal(spec_read_text(&s, "b.ini", texts[i], strlen(texts[i]), &e), -1);
		assert_non_null(strstr(e.text, "b.ini:2: "));
		assert_null(strstr(e.text, "sesame"));
		err_fini(&e);
	}
	{
		struct err e = ERR_INIT;
		struct spec s;

		spec_init(&s);
		assert_int_equal(spec_set(&s, "system.user=\x1b[2Jx\n", &e), -1);
		assert_null(strchr(e.text, '\x1b'));
		assert_null(strchr(e.text, '\n'));
		assert_non_null(strstr(e.text, "\\x1b[2Jx\\x0a"));
		err_fini(&e);
		spec_fini(&s);
	}
}

static void sets(void **state)
{
	static const char *const bad[][2] = {
		{"cpu.memory", "write SECTION.KEY=VALUE"},
		{"memory=1G", "write SECTION.KEY=VALUE"},
		{"cpu.modle=x", "--set: cpu.modle: unknown key; did you mean cpu.model?"},
		{"cpu.memory=x", "--set: cpu.memory: \"x\" is not allowed"},
		{"cpu.memory+=1G", "is not a list"},
		{"network.forward+=", "no value after"},
		{"network.forward=22", "is not a forward"},
		{"disk.format=raw", "not supported yet"},
		{"machine.installer=auto", "is not allowed"},
		{"machine.name=", "is not a machine name"},
	};
	struct err e = ERR_INIT;
	struct spec s;

	(void)state;
	read_ok(&s, "[network]\nforward = 127.0.0.1:auto:22\n[cpu]\nmemory = 2G\n");
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(spec_set(&s, bad[i][0], &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		if (!strstr(e.text, bad[i][1]))
			fail_msg("\"%s\" is not in \"%s\"", bad[i][1], e.text);
		err_fini(&e);
	}
	assert_int_equal(s.forwards.len, 1); /* a bad --set changes nothing */
	assert_int_equal(spec_set(&s, "network.forward+=127.0.0.1:80:80", &e), 0);
	assert_int_equal(s.forwards.len, 2);
	assert_int_equal(spec_set(&s, "network.forward=127.0.0.1:1:1", &e), 0);
	assert_int_equal(s.forwards.len, 1);
	assert_string_equal(s.forwards.items[0], "127.0.0.1:1:1");
	assert_int_equal(spec_set(&s, "network.forward=", &e), 0);
	assert_int_equal(s.forwards.len, 0);
	assert_int_equal(spec_set(&s, "cpu.memory=", &e), 0); /* the default */
	assert_true(s.memory == 0);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(s.lines[field_find("cpu", "memory") - field_table], 0);
	assert_int_equal(spec_set(&s, "boot.cmdline=a=b+=c", &e), 0);
	assert_string_equal(s.cmdline, "a=b+=c");
	check_round_trip(&s);
	spec_fini(&s);
}

static void writes_what_is_read_or_refuses(void **state)
{
	struct err e = ERR_INIT;
	struct spec s;

	(void)state;
	/* inih would take ` ;` as a comment, and would cut a line: refused by name. */
	spec_init(&s);
	assert_int_equal(spec_set(&s, "machine.name=x", NULL), 0);
	assert_int_equal(spec_set(&s, "mirror.keyring=/a ;b", NULL), 0);
	assert_null(spec_text(&s, &e));
	assert_non_null(strstr(e.text, "mirror.keyring: the value cannot be written"));
	err_fini(&e);
	free(s.keyring);
	s.keyring = xcalloc(1, 1025);
	memset(s.keyring, '/', 1024);
	assert_null(spec_text(&s, &e));
	assert_non_null(strstr(e.text, "mirror.keyring: the value cannot be written"));
	assert_non_null(strstr(e.text, "too long"));
	err_fini(&e);
	/* A name is needed, and a wrong one set by code is found. */
	assert_int_equal(spec_set(&s, "mirror.keyring=", NULL), 0);
	*s.name = '\0';
	assert_null(spec_text(&s, &e));
	assert_non_null(strstr(e.text, "machine.name"));
	err_fini(&e);
	spec_fini(&s);
}

static void files(void **state)
{
	char dir[] = "/tmp/debwiz-test-XXXXXX";
	struct err e = ERR_INIT;
	struct spec s;
	struct stat st;
	char *path;
	char *other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = file_join(dir, "one.ini");
	other = file_join(dir, "two.ini");
	assert_int_equal(spec_read(&s, path, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	err_fini(&e);
	spec_fini(&s);

	assert_int_equal(file_write(path, "[cpu]\nmemory = 2G\n", 18, 0644, NULL), 0);
	assert_int_equal(spec_read(&s, path, &e), 0);
	assert_string_equal(s.name, "one");
	assert_string_equal(s.path, path);
	/* Under another file name it must say its own name. */
	assert_int_equal(spec_write(&s, other, &e), 0);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	spec_fini(&s);
	assert_int_equal(spec_read(&s, other, &e), 0);
	assert_string_equal(s.name, "one");

	assert_int_equal(spec_set(&s, "system.password_hash=" HASH, NULL), 0);
	assert_int_equal(spec_write(&s, other, &e), 0);
	spec_fini(&s);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spec_read(&s, other, &e), 0);
	assert_string_equal(s.password_hash, HASH);
	spec_fini(&s);
	for (mode_t m = 0604; m <= 0640; m += 034) {
		assert_int_equal(chmod(other, m), 0);
		assert_int_equal(spec_read(&s, other, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.id, "spec-secret");
		assert_null(strstr(e.text, HASH));
		assert_non_null(strstr(e.hint, "chmod 600"));
		err_fini(&e);
		spec_fini(&s);
	}
	file_remove_tree(dir, NULL);
	free(path);
	free(other);
}

static void paths(void **state)
{
	struct spec s;
	char *p;

	(void)state;
	spec_init(&s);
	free(s.path);
	s.path = xstrdup("/m/x/a.ini");
	setenv("HOME", "/home/me", 1);
	p = spec_path(&s, "~/k");
	assert_string_equal(p, "/home/me/k");
	free(p);
	p = spec_path(&s, "/k");
	assert_string_equal(p, "/k");
	free(p);
	p = spec_path(&s, "k/l");
	assert_string_equal(p, "/m/x/k/l");
	free(p);
	spec_fini(&s);
}

static void items(void **state)
{
	struct spec_forward f;
	char *v;

	(void)state;
	assert_int_equal(spec_forward_parse("0.0.0.0:53:5353/udp", &f, NULL), 0);
	assert_string_equal(f.host, "0.0.0.0");
	assert_int_equal(f.host_port, 53);
	assert_int_equal(f.guest_port, 5353);
	assert_true(f.udp);
	assert_int_equal(spec_forward_parse("127.0.0.1:auto:22", &f, NULL), 0);
	assert_int_equal(f.host_port, 0);
	assert_false(f.udp);
	v = spec_item_get("path=/a,,b=c,format=raw", "path");
	assert_string_equal(v, "/a,b=c");
	free(v);
	v = spec_item_get("path=/a,,,format=raw", "format");
	assert_string_equal(v, "raw");
	free(v);
	assert_null(spec_item_get("path=/a", "pat"));
	assert_null(spec_item_get("", "path"));
}

/* Of an item that is being written: the key of the part at its end ("": a key is), where that
 * begins, what it is, and what is given. */
static void item_ends(void **state)
{
	static const struct {
		const char *item, *key;
		size_t at;
		const char *text;
		unsigned given;
		bool complete;
	} cases[] = {
		{"", "", 0, "", 0, false},
		{"pa", "", 0, "pa", 0, false},
		{"path=", "path", 5, "", 1, false},
		{"path=/a,,b", "path", 5, "/a,b", 1, true},
		{"path=/a,", "", 8, "", 1, false},
		{"path=/a,,,fo", "", 10, "fo", 1, false},
		{"path=/a,format=", "format", 15, "", 3, false},
		{"path=/a,format=ra", "format", 15, "ra", 3, false},
		{"path=/a,format=raw", "format", 15, "raw", 3, true},
		{"path=/a,what=ever", "", 8, "ever", 1, false},
		{"readonly=on,path=b=c", "path", 17, "b=c", 5, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct item_end end;

		item_end(item_drive, cases[i].item, &end);
		assert_string_equal(end.part ? end.part->key : "", cases[i].key);
		assert_int_equal(end.at, cases[i].at);
		assert_string_equal(end.text, cases[i].text);
		assert_int_equal(end.given, cases[i].given);
		assert_int_equal(end.complete, cases[i].complete);
		free(end.text);
	}
}

static void item_escapes(void **state)
{
	char *v = item_escape(",a,,b");

	(void)state;
	assert_string_equal(v, ",,a,,,,b");
	free(v);
}

static void long_lists(void **state)
{
	struct spec s;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "[system]\n");
	for (int i = 0; i < FIELD_LIST_MAX; i++)
		buf_addf(&b, "packages = p%d\n", i);
	read_ok(&s, b.data);
	check_round_trip(&s);
	spec_fini(&s);
	buf_adds(&b, "packages = one-more\n");
	read_bad(b.data, "box.ini:502: system.packages: more than 500 items");
	buf_fini(&b);
}

static void many_unknown_keys(void **state)
{
	struct spec s;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_adds(&b, "[zz]\n");
	for (int i = 0; i < 20000; i++)
		buf_addf(&b, "k%d = %d\n", i, i);
	read_ok(&s, b.data);
	assert_int_equal(s.warnings.len, 51);
	assert_non_null(strstr(s.warnings.items[50], "and 19950 more"));
	spec_fini(&s);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(default_list),
		cmocka_unit_test(every_default_is_allowed),
		cmocka_unit_test(round_trip_each),
		cmocka_unit_test(round_trip_random),
		cmocka_unit_test(round_trip_garbage),
		cmocka_unit_test(keeps_the_file),
		cmocka_unit_test(refuses),
		cmocka_unit_test(suggests_values),
		cmocka_unit_test(suggests_keys),
		cmocka_unit_test(risky_values),
		cmocka_unit_test(not_offered_yet),
		cmocka_unit_test(all_errors_by_line),
		cmocka_unit_test(shows_no_secret),
		cmocka_unit_test(sets),
		cmocka_unit_test(writes_what_is_read_or_refuses),
		cmocka_unit_test(files),
		cmocka_unit_test(paths),
		cmocka_unit_test(items),
		cmocka_unit_test(item_ends),
		cmocka_unit_test(item_escapes),
		cmocka_unit_test(long_lists),
		cmocka_unit_test(many_unknown_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
