/* SPDX-License-Identifier: MIT */
/*
 * probe: with programs that only look like QEMU: a shell script that says a version and ends a
 * trial well or badly, and counts its trials.
 */
#include "../lib/check.h"

#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "host/facts.h"
#include "host/facts_priv.h"
#include "qemu/probe.h"

/* The accelerator that the host of a test has, and what it lacks for that one. Where these functions are, the library's
 * for the real host are not linked. */
static const char *accel_here, *accel_lacks;

void host_accelerators(struct strv *out)
{
	strv_add(out, accel_here);
}

bool host_accelerator_usable(const char *accel, char **why)
{
	*why = strcmp(accel, accel_here) != 0 ? xasprintf("%s is not an accelerator of this host", accel)
	       : accel_lacks		      ? xstrdup(accel_lacks)
					      : NULL;
	return !*why;
}

bool facts_has_attribute(const char *path, const char *name)
{
	(void)path;
	(void)name;
	return false;
}

static char *dir;
static struct spec spec;
static struct catalog_arch arch;

static void set(char **to, const char *s)
{
	free(*to);
	*to = xstrdup(s);
}

static int setup(void **state)
{
	struct host_facts host;

	(void)state;
	accel_here = "kvm";
	accel_lacks = NULL;
	dir = check_tmpdir();
	spec_init(&spec);
	host_facts_get(&host);
	arch = (struct catalog_arch){
		.name = xstrdup("armhf"),
		.qemu = xstrdup("qemu-fake"),
		.qemu_native = xstrdup(""),
		.machine = xstrdup("virt"),
		.machine_opts = xstrdup(",x=y"),
		.cpu_tcg = xstrdup("slow"),
		.cpu_native = xstrdup("host"),
		.qemu_min = xstrdup(""),
		.firmware_qemu_min = xstrdup(""),
	};
	strv_add(&arch.native_hosts, host.machine);
	host_facts_fini(&host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	spec_fini(&spec);
	free(arch.name);
	free(arch.qemu);
	free(arch.qemu_native);
	free(arch.machine);
	free(arch.machine_opts);
	free(arch.cpu_tcg);
	free(arch.cpu_native);
	free(arch.qemu_min);
	free(arch.firmware_qemu_min);
	strv_fini(&arch.native_hosts);
	strv_fini(&arch.accels);
	check_rmdir(dir);
	return 0;
}

/* A program that says `version` and ends trials as `trial` says (shell). */
static void program(const char *version, const char *trial)
{
	char *path = file_join(dir, "qemu-fake");
	char *text = xasprintf("#!/bin/sh\n"
			       "[ \"$1\" != --version ] || { echo \"%s\"; exit 0; }\n"
			       "echo \"$*\" >>'%s/trials'\ncat >/dev/null\n%s\n",
			       version, dir, trial);

	assert_int_equal(file_write(path, text, strlen(text), 0755, NULL), 0);
	set(&spec.qemu_binary, path);
	free(text);
	free(path);
}

static size_t trials(void)
{
	char *path = file_join(dir, "trials");
	struct buf b;
	size_t n = 0;

	if (file_read(path, 1 << 20, &b, NULL) == 0) {
		for (size_t i = 0; i < b.len; i++)
			n += b.data[i] == '\n';
		buf_fini(&b);
	}
	free(path);
	return n;
}

#define V72 "QEMU emulator version 7.2.22 (Debian 1:7.2)"

static void test_versions(void **state)
{
	static const struct {
		const char *text;
		unsigned number;
	} cases[] = {
		{V72 "\nCopyright (c) 2003-2022\n", 70222},
		{"QEMU emulator version 10.0.2", 100002},
		{"warning: x\nQEMU emulator version 9.1\n", 90100},
		{"QEMU emulator version 8.2.50 (v8.2.0-1-gabc)", 80250},
		{"QEMU emulator version x.y", 0},
		{"QEMU emulator version 7", 0},
		{"QEMU emulator version 7.", 0},
		{"QEMU emulator version 999999999999.1", 0},
		{"bash 5.2", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned number = 0;
		char *text = NULL;
		bool ok = qemu_version_parse(cases[i].text, &number, &text);

		assert_int_equal(ok, cases[i].number != 0);
		assert_int_equal(number, cases[i].number);
		free(text);
	}
}

static void test_missing(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	set(&arch.qemu, "qemu-system-arm-that-nobody-has");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.id, "qemu-missing");
	err_fini(&e);
}

/* A path counts from the folder of the machine's file, a home folder is understood. */
static void test_relative(void **state)
{
	static const char *const written[] = {"./qemu-fake", "~/qemu-fake"};
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	setenv("HOME", dir, 1);
	program(V72, "exit 0");
	set(&spec.accel, "tcg");
	spec.path = file_join(dir, "machine.ini");
	for (size_t i = 0; i < 2; i++) {
		set(&spec.qemu_binary, written[i]);
		if (qemu_probe(&spec, &arch, dir, &p, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(access(p.binary, X_OK), 0);
		assert_string_equal(file_basename(p.binary), "qemu-fake");
		qemu_probe_fini(&p);
	}
}

static void test_old_and_strange(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	set(&spec.accel, "tcg");
	program("QEMU emulator version 5.2.0 (Debian)", "exit 0");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_string_equal(e.id, "qemu-old");
	assert_non_null(strstr(e.text, "5.2.0"));
	program("hello", "exit 0");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_string_equal(e.id, "qemu-strange");
	assert_int_equal(e.kind, ERR_MISSING);
	err_fini(&e);
}

/* What an architecture and its firmware need is reported before anything is prepared. */
static void test_least(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	set(&spec.accel, "tcg");
	spec.firmware = SPEC_UEFI;
	assert_int_equal(qemu_check_version(&spec, &arch, &e), 0); /* it is not installed yet */
	program(V72, "exit 0");
	assert_int_equal(qemu_check_version(&spec, &arch, &e), 0);
	set(&arch.firmware_qemu_min, "8.1");
	assert_int_equal(qemu_check_version(&spec, &arch, &e), -1);
	assert_string_equal(e.id, "qemu-old");
	assert_non_null(strstr(e.text, "armhf with mode = uefi needs at least 8.1"));
	assert_non_null(strstr(e.hint, "mode = direct"));
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_string_equal(e.id, "qemu-old");
	spec.firmware = SPEC_DIRECT;
	assert_int_equal(qemu_check_version(&spec, &arch, &e), 0);
	set(&arch.qemu_min, "9.0");
	assert_int_equal(qemu_check_version(&spec, &arch, &e), -1);
	assert_non_null(strstr(e.text, "armhf needs at least 9.0"));
	program("QEMU emulator version 9.0.0", "exit 0");
	spec.firmware = SPEC_UEFI;
	assert_int_equal(qemu_check_version(&spec, &arch, &e), 0);
	err_fini(&e);
}

static void test_emulated(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	strv_fini(&arch.native_hosts);
	arch.native_hosts = (struct strv)STRV_INIT;
	strv_add(&arch.native_hosts, "pdp11");
	program(V72, "exit 0");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_string_equal(p.accel, "tcg");
	assert_string_equal(p.tried, "");
	assert_non_null(strstr(p.why, "cannot run armhf itself"));
	assert_int_equal(p.version, 70222);
	assert_string_equal(p.version_text, "7.2.22 (Debian 1:7.2)");
	assert_true(p.sandbox);
	assert_int_equal(trials(), 1); /* the sandbox alone */
	qemu_probe_fini(&p);
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_int_equal(trials(), 1); /* remembered */
	qemu_probe_fini(&p);
}

/* A requested accelerator that does not start. */
static void test_refused(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	program(V72, "echo 'qemu: warning: old' >&2; echo 'error: failed to set MSR \033[1m' >&2; exit 1");
	set(&spec.accel, "kvm");
	strv_add(&arch.accels, "kvm");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_non_null(strstr(e.text, "cpu.accel: kvm cannot be used"));
	assert_non_null(strstr(e.text, "failed to set MSR ?[1m"));
	assert_null(strstr(e.text, "warning"));
	err_fini(&e);
	accel_lacks = "there is no such device";
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_non_null(strstr(e.text, "cpu.accel: kvm cannot be used: there is no such device"));
	err_fini(&e);
	set(&spec.accel, "hvf");
	strv_add(&arch.accels, "hvf");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), -1);
	assert_non_null(strstr(e.text, "cpu.accel: hvf cannot be used: hvf is not an accelerator of this host"));
	err_fini(&e);
}

/* Tried, believed, and no longer after it failed in use. */
static void test_used_and_rejected(void **state)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	program(V72, "exit 0");
	strv_add(&arch.accels, "kvm");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_string_equal(p.accel, "kvm");
	assert_non_null(strstr(p.why, "works"));
	qemu_probe_fini(&p);
	assert_int_equal(qemu_probe_reject(&spec, &arch, dir, "kvm", "KVM internal error", &e), 0);
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_string_equal(p.accel, "tcg");
	assert_string_equal(p.tried, "kvm");
	assert_non_null(strstr(p.why, "KVM internal error"));
	qemu_probe_fini(&p);
}

/* macOS: the catalogue's rows, whose host has the name that macOS gives it, are tried with HVF. */
static void test_hvf(void **state)
{
	static const char *const macs[] = {"arm64", "x86_64"};
	struct catalog *c = catalog_new(NULL);
	const struct catalog_arch *row;
	struct err e = ERR_INIT;
	struct qemu_probe p;
	size_t i = 0, rows = 0;

	(void)state;
	accel_here = "hvf";
	while ((row = catalog_arch_next(c, &i))) {
		struct catalog_arch here = *row;

		if (!strv_has(&row->accels, "hvf"))
			continue;
		assert_true(strv_has(&row->native_hosts, macs[0]) || strv_has(&row->native_hosts, macs[1]));
		here.native_hosts = arch.native_hosts; /* this host, as if it were such a Mac */
		program(V72, "case \"$*\" in *'-accel hvf'*) exit 0 ;; *) exit 1 ;; esac");
		assert_int_equal(qemu_probe(&spec, &here, dir, &p, &e), 0);
		assert_string_equal(p.accel, "hvf");
		assert_non_null(strstr(p.why, "hvf was tried and works"));
		qemu_probe_fini(&p);
		accel_lacks = "sysctl kern.hv_support is 0";
		assert_int_equal(qemu_probe(&spec, &here, dir, &p, &e), 0);
		assert_string_equal(p.accel, "tcg");
		assert_non_null(strstr(p.why, "hvf cannot be used: sysctl kern.hv_support is 0"));
		qemu_probe_fini(&p);
		accel_lacks = NULL;
		rows++;
	}
	assert_int_equal(rows, 2); /* 64-bit ARM and x86: HVF runs no others */
	catalog_free(c);
}

/* All verdicts of the cache; a new reference. */
static json_t *verdicts(void)
{
	char *path = file_join(dir, "accelerators.json");
	json_t *all = json_read(path, NULL);

	assert_true(json_is_object(all));
	free(path);
	return all;
}

static size_t passing_verdicts(void)
{
	json_t *all = verdicts(), *one;
	const char *key;
	size_t n = 0;

	json_object_foreach (all, key, one)
		n += json_int(one, "until", 0) > 0;
	json_decref(all);
	return n;
}

/* As if they were remembered long ago. */
static void let_pass(void)
{
	char *path = file_join(dir, "accelerators.json");
	json_t *all = verdicts(), *one;
	const char *key;

	json_object_foreach (all, key, one)
		if (json_int(one, "until", 0))
			json_object_set_new(one, "until", json_integer(1000000000));
	assert_int_equal(json_write(path, all, NULL), 0);
	json_decref(all);
	free(path);
}

static bool sandboxed(const char *why)
{
	struct err e = ERR_INIT;
	struct qemu_probe p;
	bool is;

	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_non_null(strstr(p.sandbox_why, why));
	is = p.sandbox;
	qemu_probe_fini(&p);
	return is;
}

/* What may be of the moment is not held against QEMU for good; what it says itself is. */
static void test_passing_refusals(void **state)
{
	static const struct {
		const char *trial, *why;
		bool passing;
	} cases[] = {
		{"kill -9 $$", "signal 9", true},
		{"exit 1", "status 1 and no message", true},
		{"echo 'kvm: Device or resource busy' >&2; exit 1", "busy", true},
		{"echo 'no such option' >&2; exit 1", "no such option (`debwiz doctor`", false},
	};
	char *mark = file_join(dir, "broken");
	struct err e = ERR_INIT;

	(void)state;
	set(&spec.accel, "tcg");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *trial = xasprintf("[ ! -e '%s' ] || { %s; }", mark, cases[i].trial);
		size_t before = trials();

		program(V72, trial);
		assert_int_equal(file_write(mark, "", 0, 0600, NULL), 0);
		assert_false(sandboxed(cases[i].why));
		assert_int_equal(passing_verdicts(), cases[i].passing);
		unlink(mark);
		assert_false(sandboxed(cases[i].why)); /* not tried at every start */
		assert_int_equal(trials(), before + 1);
		let_pass();
		assert_int_equal(sandboxed(""), cases[i].passing);
		assert_int_equal(qemu_probe_retry(dir, &e), !cases[i].passing);
		assert_true(sandboxed(""));
		assert_int_equal(trials(), before + 2);
		free(trial);
	}
	assert_int_equal(qemu_probe_retry(dir, &e), 0);
	free(mark);
}

/* A damaged cache is ignored. */
static void test_bad_cache(void **state)
{
	char *path = file_join(dir, "accelerators.json");
	struct err e = ERR_INIT;
	struct qemu_probe p;

	(void)state;
	assert_int_equal(file_write(path, "[1, {", 5, 0600, NULL), 0);
	program(V72, "exit 3");
	set(&spec.accel, "tcg");
	assert_int_equal(qemu_probe(&spec, &arch, dir, &p, &e), 0);
	assert_false(p.sandbox);
	qemu_probe_fini(&p);
	free(path);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_versions),
		T(test_least),
		T(test_missing),
		T(test_relative),
		T(test_old_and_strange),
		T(test_emulated),
		T(test_refused),
		T(test_used_and_rejected),
		T(test_hvf),
		T(test_passing_refusals),
		T(test_bad_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
