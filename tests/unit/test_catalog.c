/* SPDX-License-Identifier: MIT */
/* catalog: every row of the real files, and what is refused in wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "host/file.h"

static struct catalog *c;

static int open_catalog(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	c = catalog_new(&e);
	if (!c)
		fail_msg("%s", e.text);
	return 0;
}

static int close_catalog(void **state)
{
	(void)state;
	catalog_free(c);
	return 0;
}

static void arches(void **state)
{
	static const struct {
		const char *name;
		bool offered;
		bool firmware;
	} want[] = {
		{"armhf", true, true},	   {"arm64", true, true},    {"amd64", true, true},   {"i386", true, true},
		{"riscv64", true, true},   {"ppc64el", true, false}, {"s390x", true, false},  {"armel", true, false},
		{"mips64el", true, false}, {"loong64", false, true}, {"alpha", false, false}, {"hppa", false, false},
		{"m68k", false, false},	   {"ppc64", false, false},  {"sh4", false, false},   {"sparc64", false, false},
	};
	const struct catalog_arch *a;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; (a = catalog_arch_next(c, &i)); n++) {
		assert_in_range(n, 0, sizeof(want) / sizeof(want[0]) - 1);
		assert_string_equal(a->name, want[n].name);
		assert_ptr_equal(catalog_arch_find(c, a->name), a);
		assert_int_equal(!*a->not_offered, want[n].offered);
		assert_int_equal(!!a->firmware.len, want[n].firmware);
		/* A reason is part of a sentence. */
		if (*a->not_offered)
			assert_int_not_equal(a->not_offered[strlen(a->not_offered) - 1], '.');
		/* Firmware is of use only with all that finds it and boots by it. */
		assert_int_equal(!a->firmware.len, !*a->firmware_arch);
		assert_int_equal(!a->firmware.len, !*a->firmware_machine);
		assert_int_equal(!a->firmware.len, !*a->grub);
		assert_int_equal(!a->firmware.len, !*a->grub_target);
		assert_int_equal(!a->firmware.len, !*a->efi_file);
		assert_int_equal(!a->firmware_max_memory, !*a->firmware_memory_why);
		assert_int_equal(!a->small_memory, !*a->small_opts);
		if (want[n].offered)
			assert_true(strv_has(&a->cpu_models, a->cpu_tcg));
		assert_true(!*a->kernel_arch || catalog_arch_find(c, a->kernel_arch));
		for (size_t j = 0; j < a->untried.len; j++) {
			char *release = xstrndup(a->untried.items[j], strcspn(a->untried.items[j], "/"));
			bool uefi = strstr(a->untried.items[j], "/uefi");

			assert_true(catalog_is_untried(a, release, uefi));
			assert_true(catalog_has_kernel(a, release) && (!uefi || catalog_has_firmware(a, release)));
			free(release);
		}
		for (size_t j = 0; j < a->releases.len; j++)
			assert_non_null(catalog_release_find(c, a->releases.items[j]));
		for (size_t j = 0; j < a->firmware_releases.len; j++)
			assert_non_null(catalog_release_find(c, a->firmware_releases.items[j]));
		for (size_t j = 0; j < a->initrd_modules.len; j++)
			assert_null(strchr(a->initrd_modules.items[j], '-'));
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	a = catalog_arch_find(c, "armhf");
	assert_int_equal(a->max_cpus, 8);
	assert_true(a->pflash_size == 64 << 20);
	assert_true(a->max_memory == 16ULL << 30);
	assert_string_equal(a->cpu_native, "host,aarch64=off");
	assert_string_equal(a->lib_links, "");
	assert_true(strv_has(&a->initrd_modules, "virtio_blk"));
	assert_true(strv_has(&a->initrd_modules, "ext4")); /* of the key's second line */
	assert_string_equal(catalog_arch_find(c, "amd64")->lib_links, "lib32 lib64 libx32");
	assert_null(catalog_arch_find(c, "sparc"));
	assert_string_equal(catalog_arch_find(c, "armel")->kernel_arch, "armhf");
	a = catalog_arch_find(c, "riscv64");
	assert_true(a->power_line);
	assert_false(catalog_runs_firmware(a, 70222));
	assert_true(catalog_runs_firmware(a, 80100));
	assert_true(catalog_runs_firmware(catalog_arch_find(c, "armhf"), 70200));
	assert_false(catalog_runs_firmware(catalog_arch_find(c, "s390x"), 100000));
	assert_string_equal(a->firmware_qemu_min, "8.1");
	assert_true(catalog_has_kernel(a, "trixie"));
	assert_false(catalog_has_kernel(a, "bookworm"));
	a = catalog_arch_find(c, "armhf");
	assert_true(catalog_has_kernel(a, "forky"));
	assert_true(catalog_has_firmware(a, "trixie"));
	assert_false(catalog_has_firmware(a, "forky"));
	assert_false(catalog_is_untried(a, "bookworm", true));
	assert_false(catalog_has_firmware(catalog_arch_find(c, "s390x"), "bookworm"));
	assert_null(catalog_arch_find(c, ""));
}

static void versions(void **state)
{
	(void)state;
	assert_int_equal(catalog_version("8.1"), 80100);
	assert_int_equal(catalog_version("10"), 100000);
	assert_int_equal(catalog_version("8.1.2"), 0);
	assert_int_equal(catalog_version("x"), 0);
	assert_int_equal(catalog_version(""), 0);
}

static void releases(void **state)
{
	const struct catalog_release *r;
	size_t offered = 0;

	(void)state;
	for (size_t i = 0; (r = catalog_release_next(c, &i));) {
		offered += !*r->not_offered;
		assert_int_equal(r->security, !!*r->security_suite);
		assert_true(strv_has(&r->components, "main"));
		assert_true(!strcmp(r->sources_style, "list") || !strcmp(r->sources_style, "deb822"));
		assert_in_range(r->keys.len, 1, 10);
		for (size_t j = 0; j < r->keys.len; j++) {
			assert_int_equal(strlen(r->keys.items[j]), 40);
			assert_int_equal(strspn(r->keys.items[j], "0123456789ABCDEF"), 40);
			for (size_t m = 0; m < j; m++)
				assert_string_not_equal(r->keys.items[j], r->keys.items[m]);
		}
	}
	assert_int_equal(offered, 2);
	r = catalog_release_find(c, "bookworm");
	assert_string_equal(r->version, "12");
	assert_string_equal(r->not_offered, "");
	assert_true(strv_has(&r->keys, "4D64FEC119C2029067D6E791F8D2585B8783D481"));
	assert_string_equal(catalog_release_find(c, "trixie")->security_suite, "trixie-security");
	assert_null(catalog_release_find(c, "buster"));
}

static void profiles(void **state)
{
	const struct catalog_profile *base = catalog_profile_find(c, "base");
	const struct catalog_profile *p = catalog_profile_find(c, "build");
	size_t defaults = 0;

	(void)state;
	assert_non_null(base);
	assert_non_null(p);
	assert_true(p->is_default);
	assert_string_equal(p->include, "base");
	assert_true(strv_has(&p->packages, "build-essential"));
	assert_true(p->packages.len > base->packages.len);
	for (size_t i = 0; i < base->packages.len; i++)
		assert_string_equal(p->packages.items[i], base->packages.items[i]);
	assert_true(strv_equal(&p->without, &base->without));
	for (size_t i = 0; (p = catalog_profile_next(c, &i));)
		defaults += p->is_default;
	assert_int_equal(defaults, 1);
}

static void zones(void **state)
{
	const struct strv *names = catalog_zones(c);
	const struct catalog_release *trixie = catalog_release_find(c, "trixie");
	const struct catalog_release *bookworm = catalog_release_find(c, "bookworm");

	(void)state;
	assert_in_range(names->len, 400, 600);
	for (size_t i = 0; i < names->len; i++)
		assert_ptr_equal(catalog_zone(c, names->items[i]), names->items[i]);
	assert_string_equal(catalog_zone(c, "US/Eastern"), "America/New_York");
	assert_string_equal(catalog_zone(c, "EST5EDT"), "America/New_York");
	assert_string_equal(catalog_zone(c, "Etc/UTC"), "Etc/UTC");
	assert_null(catalog_zone(c, "localtime")); /* a link to itself */
	assert_null(catalog_zone(c, "Mars/Phobos"));
	assert_null(catalog_zone(c, ""));
	assert_string_equal(trixie->old_zones, "tzdata-legacy");
	assert_string_equal(bookworm->old_zones, "");
}

static void mirrors(void **state)
{
	const struct strv *lists[] = {catalog_mirrors(c), catalog_security_mirrors(c)};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		assert_in_range(lists[l]->len, 1, 20);
		for (size_t i = 0; i < lists[l]->len; i++)
			assert_int_equal(strncmp(lists[l]->items[i], "http", 4), 0);
	}
	assert_int_equal(strncmp(catalog_snapshot(c), "https://", 8), 0);
}

/* The public keys that go with the pinned fingerprints are part of the program. */
static void keys(void **state)
{
	const struct asset *a;
	size_t i = 0;

	(void)state;
	a = asset_next("keys/", &i);
	assert_non_null(a);
	assert_non_null(strstr((const char *)a->data, "BEGIN PGP PUBLIC KEY BLOCK"));
	assert_null(strstr((const char *)a->data, "PRIVATE"));
}

/* A folder of assets in which one file is replaced. */
static void check_refused(const char *file, const char *text, const char *want)
{
	static const char *const files[] = {"arches.ini", "releases.ini", "profiles.ini", "mirrors.ini"};
	char dir[] = "/tmp/debwiz-test-XXXXXX";
	struct err e = ERR_INIT;
	char *sub;

	assert_non_null(mkdtemp(dir));
	sub = file_join(dir, "catalog");
	assert_int_equal(mkdir(sub, 0700), 0);
	for (size_t i = 0; i < 4; i++) {
		char *name = file_join("catalog", files[i]);
		char *path = file_join(sub, files[i]);
		const struct asset *a = asset_get(name, NULL);
		bool mine = !strcmp(files[i], file);

		assert_non_null(a);
		assert_int_equal(
			file_write(path, mine ? (const void *)text : a->data, mine ? strlen(text) : a->len, 0600, NULL),
			0);
		free(name);
		free(path);
	}
	free(sub);
	/* Loaded assets stay loaded: a process of its own for each folder. */
	if (!fork()) {
		setenv("DEBWIZ_ASSETS", dir, 1);
		_exit(catalog_new(&e) ? 1 : strstr(e.text, want) ? 0 : 2);
	} else {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(file_remove_tree(dir, NULL), 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			fail_msg("%s: status %#x for \"%s\"", file, (unsigned)status, want);
	}
}

static void refuses(void **state)
{
	(void)state;
	check_refused("arches.ini", "[x]\ntitel = y\n", "catalog/arches.ini:2: x.titel: unknown key");
	check_refused("arches.ini", "[x]\ntitle = y\ntitle = z\n", ":3: x.title: given twice");
	check_refused("arches.ini", "[x]\nmax_cpus = many\n", ":2: x.max_cpus: ");
	check_refused("arches.ini", "[x]\nmax_memory = 16\n", ":2: x.max_memory: ");
	check_refused("arches.ini", "[x]\ntitle = y\n", "[x] is offered and lacks qemu");
	check_refused("arches.ini", "[x]\nqemu_min = new\n", "x.qemu_min: \"new\" is not allowed");
	check_refused("arches.ini", "[x]\ry\n", ":1: a carriage return");
	check_refused("releases.ini", "[x]\nsecurity = true\n", "write yes or no");
	check_refused("profiles.ini", "[x]\ntitle = t\ninclude = y\n[y]\ntitle = t\n",
		      "[x] includes y, which is not above it");
	check_refused("mirrors.ini", "[debian]\nurl = x\n", "catalog/mirrors.ini:2: debian.url");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arches),   cmocka_unit_test(versions), cmocka_unit_test(releases),
		cmocka_unit_test(profiles), cmocka_unit_test(zones),	cmocka_unit_test(mirrors),
		cmocka_unit_test(keys),	    cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
