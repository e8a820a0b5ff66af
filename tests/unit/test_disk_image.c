/* SPDX-License-Identifier: MIT */
/* image/disk: what is recognized of an existing image; prepare/job_image: which images a machine can begin as. */
#include "../../src/image/elf.h"
#include "../../src/prepare/job_steps.h"
#include "../lib/check.h"
#include "rootfs.h"

static char *dir;

/* The header of a program. */
static void put_elf(unsigned char h[64], int bits, int big, unsigned machine, unsigned flags)
{
	memset(h, 0, 64);
	memcpy(h, "\177ELF", 4);
	h[4] = bits == 64 ? 2 : 1;
	h[5] = big ? 2 : 1;
	rootfs_int(h + 18, machine, 2, big);
	rootfs_int(h + (bits == 64 ? 48 : 36), flags, 4, big);
}

static void names_elf_kinds(void **state)
{
	static const struct {
		int bits, big;
		unsigned machine, flags;
		const char *want;
	} rows[] = {
		{64, 0, 62, 0, "64le62"},
		{64, 1, 22, 0, "64be22"},
		{32, 0, 40, 0x5000400, "32le40hard"},
		{32, 0, 40, 0x5000200, "32le40soft"},
		{32, 0, 40, 0x5000000, "32le40"},
		{64, 0, 40, 0x5000400, "64le40"},
		{32, 1, 15, 0x210, "32be15"},
		{64, 0, 0x9026, 0, "64le36902"},
	};
	unsigned char h[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *kind;

		put_elf(h, rows[i].bits, rows[i].big, rows[i].machine, rows[i].flags);
		kind = elf_kind(h, sizeof(h));
		assert_non_null(kind);
		assert_string_equal(kind, rows[i].want);
		free(kind);
	}
	assert_null(elf_kind(h, 63));
	assert_null(elf_kind(h, 0));
	h[4] = 3;
	assert_null(elf_kind(h, 64));
	assert_null(elf_kind("#!/bin/sh\n#                                                         ", 64));
}

static void fill(struct image *im)
{
	unsigned char h[64];

	put_elf(h, 32, 0, 40, 0x5000400);
	rootfs_put(im, "/usr/bin/dash", h, sizeof(h));
	rootfs_link(im, "/bin", "usr/bin");
	rootfs_link(im, "/usr/bin/sh", "dash");
	rootfs_puts(im, "/usr/bin/cloud-init", "#!/usr/bin/python3\n");
}

static void fill_without_shell(struct image *im)
{
	rootfs_puts(im, "/etc/passwd", "data\n");
}

static void examine(char *path, struct disk_image *out)
{
	struct err e = ERR_INIT;

	if (disk_image_examine(path, "raw", out, &e) < 0)
		print_error("%s\n", e.text);
	assert_null(e.text);
}

static void recognizes(void **state)
{
	char *path = file_join(dir, "root.raw");
	struct disk_image i;

	(void)state;
	rootfs_make(path, fill);
	examine(path, &i);
	assert_false(i.efi);
	assert_true(i.cloud_init);
	assert_string_equal(i.elf, "32le40hard");
	assert_int_equal(strlen(i.root), 36);
	disk_image_fini(&i);
	rootfs_make(path, fill_without_shell);
	examine(path, &i);
	assert_null(i.root);
	assert_null(i.elf);
	assert_false(i.cloud_init);
	disk_image_fini(&i);
	assert_int_equal(truncate(path, 1 << 20), 0); /* the table names more than there is */
	examine(path, &i);
	assert_null(i.root);
	disk_image_fini(&i);
	unlink(path);
	free(path);
}

static void expect_id(const char *arch, enum spec_firmware mode, struct disk_image image, const char *id,
		      const char *hint)
{
	struct err e = ERR_INIT;
	struct catalog *c = catalog_new(NULL);
	struct spec s = {.firmware = mode};
	struct job j = {.catalog = c, .spec = &s, .arch = catalog_arch_find(c, arch)};

	assert_int_equal(job_check_image(&j, "/i", &image, &e), id ? -1 : 0);
	if (id) {
		assert_string_equal(e.id, id);
		assert_string_equal(e.hint, hint);
	}
	err_fini(&e);
	catalog_free(c);
}

static void checks(void **state)
{
	(void)state;
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.efi = true}, NULL, NULL);
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.efi = true, .elf = "32le40hard"}, NULL, NULL);
	expect_id("armhf", SPEC_DIRECT, (struct disk_image){.root = "u", .elf = "32le40hard"}, NULL, NULL);
	expect_id("armel", SPEC_DIRECT, (struct disk_image){.root = "u", .elf = "32le40hard"}, "image-arch",
		  "write arch = armhf in [machine]");
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.efi = true, .elf = "64le62"}, "image-arch",
		  "write arch = amd64 in [machine]");
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.efi = true, .elf = "64le9"}, "image-arch",
		  "choose an image for armhf");
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.root = "u"}, "image-no-efi",
		  "write mode = direct in [firmware]");
	expect_id("armhf", SPEC_UEFI, (struct disk_image){.efi = false}, "image-no-efi",
		  "choose an image with a GPT partition table");
	expect_id("armhf", SPEC_DIRECT, (struct disk_image){.efi = true}, "image-no-root",
		  "write mode = uefi in [firmware]: its own boot loader finds its root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_elf_kinds),
		cmocka_unit_test(recognizes),
		cmocka_unit_test(checks),
	};
	int failed;

	dir = check_tmpdir();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	check_rmdir(dir);
	return failed;
}
