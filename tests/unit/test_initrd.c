/* SPDX-License-Identifier: MIT */
/* image/initrd: what is in it, modules in load order, the same bytes each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/asset.h"
#include "image/extfs.h"
#include "image/initrd.h"
#include "rootfs.h"

static char *tmp, *disk;
static struct extfs *fs;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	disk = file_join(tmp, "base.raw");
	rootfs_make(disk, rootfs_fill);
	fs = extfs_open(disk, "raw", EXTFS_ROOT_PARTITION, NULL);
	return fs ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	extfs_close(fs);
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(disk);
	return 0;
}

static int build(const char *names, struct strv *unknown, struct buf *out, struct err *e)
{
	struct strv modules = STRV_INIT;
	int r;

	strv_split(&modules, names, " ");
	r = initrd_build(fs, ROOTFS_VERSION, &modules, unknown, out, e);
	strv_fini(&modules);
	return r;
}

/* "TYPE MODE PATH SIZE" a line; the content of `wanted` into `content`. Gives the archive's length. */
static void list(const char *p, size_t n, struct buf *listing, const char *wanted, struct buf *content)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int r;

	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_memory(a, p, n), ARCHIVE_OK);
	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);

		assert_int_equal(archive_entry_uid(entry) | archive_entry_gid(entry), 0);
		assert_int_equal(archive_entry_mtime(entry), 0);
		buf_addf(listing, "%s%o %s %d\n",
			 archive_entry_filetype(entry) == AE_IFDIR   ? "d"
			 : archive_entry_filetype(entry) == AE_IFCHR ? "c"
								     : "f",
			 (unsigned)archive_entry_perm(entry), path, (int)archive_entry_size(entry));
		if (archive_entry_filetype(entry) == AE_IFCHR) {
			assert_int_equal(archive_entry_rdevmajor(entry), 5);
			assert_int_equal(archive_entry_rdevminor(entry), 1);
		}
		if (!strcmp(path, wanted)) {
			size_t size = (size_t)archive_entry_size(entry);
			char *to = buf_reserve(content, size);

			assert_int_equal(archive_read_data(a, to, size), size);
			content->len += size;
			content->data[content->len] = '\0';
		}
	}
	assert_int_equal(r, ARCHIVE_EOF);
	archive_read_free(a);
}

static void expect_order(const char *names, const char *want)
{
	struct buf initrd, listing, order;
	struct err e = ERR_INIT;

	if (build(names, NULL, &initrd, &e) < 0)
		print_error("%s\n", e.text);
	assert_int_equal(e.kind, ERR_NONE);
	buf_init(&listing, 0);
	buf_init(&order, 0);
	list(initrd.data, initrd.len, &listing, "modules/order", &order);
	assert_string_equal(order.data, want);
	buf_fini(&order);
	buf_fini(&listing);
	buf_fini(&initrd);
}

static void test_order(void **state)
{
	(void)state;
	/* what a module needs comes first and once; packed ones lose their ending; built in: left out */
	expect_order("virtio_pci virtio-mmio ext9", "virtio-ring.ko\nvirtio_pci.ko\nmbc.ko\ncrc-nine.ko\next9.ko\n");
	expect_order("ext9 virtio_pci", "mbc.ko\nvirtio-ring.ko\ncrc-nine.ko\next9.ko\nvirtio_pci.ko\n");
	expect_order("crc_nine crc-nine", "crc-nine.ko\n");
	expect_order("loop_a", "loop-b.ko\nloop-a.ko\n"); /* a ring ends */
	expect_order("virtio", "");
}

static void test_content(void **state)
{
	const struct asset *init = asset_get("guest/init", NULL);
	struct buf initrd, again, listing, content, want, elf;
	struct strv unknown = STRV_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(build("virtio_pci ext9 sd_none", &unknown, &initrd, &e), 0);
	assert_int_equal(unknown.len, 1);
	assert_string_equal(unknown.items[0], "sd_none");
	strv_fini(&unknown);
	assert_int_equal(build("virtio_pci ext9 sd_none", NULL, &again, &e), 0);
	assert_int_equal(initrd.len, again.len);
	assert_memory_equal(initrd.data, again.data, again.len);
	buf_fini(&again);

	buf_init(&listing, 0);
	buf_init(&content, 0);
	buf_init(&want, 0);
	list(initrd.data, initrd.len, &listing, "modules/ext9.ko", &content);
	elf = rootfs_module("kernel/b/ext9.ko.xz", "mbc,virtio_ring,crc-nine", 32, 1);
	assert_int_equal(content.len, elf.len); /* unpacked */
	assert_memory_equal(content.data, elf.data, elf.len);
	buf_addf(&want,
		 "d755 dev 0\nc600 dev/console 0\nd755 bin 0\nf755 bin/busybox 6\n"
		 "f755 init %zu\nd755 modules 0\n",
		 init->len);
	assert_int_equal(strncmp(listing.data, want.data, want.len), 0);
	buf_fini(&elf);

	/* the second archive begins at a multiple of 4, right behind the first */
	size_t end = initrd.len;
	struct initrd_file files[] = {
		{"debwiz/configure.sh", 0755, "#!/bin/sh\n", 10},
		{"debwiz/config.env", 0600, "A=1\n", 4},
	};
	assert_int_equal(initrd_add(&initrd, files, 2, &e), 0);
	end = (end + 3) & ~(size_t)3;
	buf_clear(&listing);
	buf_clear(&content);
	list(initrd.data + end, initrd.len - end, &listing, "debwiz/config.env", &content);
	assert_string_equal(listing.data, "d755 debwiz 0\nf755 debwiz/configure.sh 10\nf600 debwiz/config.env 4\n");
	assert_string_equal(content.data, "A=1\n");
	buf_fini(&want);
	buf_fini(&listing);
	buf_fini(&content);
	buf_fini(&initrd);
}

static void expect_error(const char *names, const char *id)
{
	struct strv unknown = STRV_INIT;
	struct err e = ERR_INIT;
	struct buf out;

	assert_int_equal(build(names, &unknown, &out, &e), -1);
	assert_string_equal(e.id, id);
	strv_fini(&unknown);
	err_fini(&e);
}

static void test_errors(void **state)
{
	struct strv modules = STRV_INIT;
	struct err e = ERR_INIT;
	struct buf out;

	(void)state;
	expect_error("broken", "module-broken");
	expect_error("gone", "module-missing"); /* listed, but not there */
	expect_error("none of these", "module-missing");
	assert_int_equal(initrd_build(fs, "9.9", &modules, NULL, &out, &e), -1);
	assert_string_equal(e.id, "fs-missing");
	err_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
