/* SPDX-License-Identifier: MIT */
/* image/extfs, image/kernel: files out of a disk, raw and qcow2; which kernel it would boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <ext2fs/ext2fs.h>

#include "host/paths.h"
#include "host/proc.h"
#include "image/extfs.h"
#include "image/kernel.h"
#include "rootfs.h"

static char *tmp, *disk;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	disk = file_join(tmp, "base.raw");
	rootfs_make(disk, rootfs_fill);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(disk);
	return 0;
}

static struct extfs *open_disk(const char *path, const char *format)
{
	struct err e = ERR_INIT;
	struct extfs *fs = extfs_open(path, format, EXTFS_ROOT_PARTITION, &e);

	if (!fs)
		print_error("%s\n", e.text);
	assert_non_null(fs);
	return fs;
}

static void expect_text(struct extfs *fs, const char *path, const char *want)
{
	struct buf b;
	struct err e = ERR_INIT;

	if (extfs_read(fs, path, 1000, &b, &e) < 0)
		print_error("%s: %s\n", path, e.text);
	assert_string_equal(b.data, want);
	buf_fini(&b);
}

static void expect_big(struct extfs *fs)
{
	char *want = xmalloc(ROOTFS_BIG);
	struct buf b;

	rootfs_big(want);
	assert_int_equal(extfs_read(fs, "/srv/big", ROOTFS_BIG, &b, NULL), 0);
	assert_int_equal(b.len, ROOTFS_BIG);
	assert_memory_equal(b.data, want, ROOTFS_BIG);
	buf_fini(&b);
	free(want);
}

static void expect_error(struct extfs *fs, const char *path, const char *id)
{
	struct err e = ERR_INIT;
	struct buf b;

	assert_int_equal(extfs_read(fs, path, 1000, &b, &e), -1);
	assert_string_equal(e.id, id);
	err_fini(&e);
}

static void test_read(void **state)
{
	struct extfs *fs = open_disk(disk, "raw");
	struct strv names = STRV_INIT;
	struct extfs_stat st;
	char *real;

	(void)state;
	assert_false(extfs_is_unclean(fs));
	expect_text(fs, "/etc/passwd", "inside");
	expect_text(fs, "etc//./passwd", "inside");
	expect_text(fs, "/srv/up", "inside"); /* never above the image's root */
	expect_text(fs, "/srv/absolute", "inside");
	expect_text(fs, "/srv/long/vmlinuz-6.1.0-10-test", "kernel ten");
	expect_text(fs, "/srv/empty", "");
	expect_text(fs, "/lib/../bin/busybox", "static"); /* lib is a link: its parent is usr */
	expect_big(fs);
	expect_error(fs, "/srv/big", "fs-large");
	expect_error(fs, "/srv/loop", "fs-missing");
	expect_error(fs, "/srv/dangling", "fs-missing");
	expect_error(fs, "/srv/through-file", "fs-missing");
	expect_error(fs, "/none", "fs-missing");
	expect_error(fs, "/srv", "fs-type");
	assert_true(extfs_has(fs, "/srv/up"));
	assert_false(extfs_has(fs, "/srv/dangling"));
	assert_int_equal(extfs_resolve(fs, "/vmlinuz", &real, &st, NULL), 0);
	assert_string_equal(real, "/boot/vmlinuz-" ROOTFS_VERSION);
	assert_int_equal(st.size, 11);
	assert_int_equal(st.mode, S_IFREG | 0644);
	assert_int_equal(st.mtime, 1700000000);
	free(real);
	assert_int_equal(extfs_list(fs, "/lib/modules", &names, NULL), 0);
	assert_int_equal(names.len, 1);
	assert_string_equal(names.items[0], ROOTFS_VERSION);
	assert_int_equal(extfs_list(fs, "/etc/passwd", &names, NULL), -1);
	strv_fini(&names);
	extfs_close(fs);
}

static void poke(const char *path, off_t at, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, p, n, at), n);
	close(fd);
}

static void expect_refused(const char *path, const char *format, const char *id)
{
	struct err e = ERR_INIT;

	assert_null(extfs_open(path, format, EXTFS_ROOT_PARTITION, &e));
	assert_string_equal(e.id, id);
	err_fini(&e);
}

static void test_refusals(void **state)
{
	char *other = file_join(tmp, "other.raw");
	struct err e = ERR_INIT;
	unsigned char flag = 0x04;
	struct extfs *fs;

	(void)state;
	assert_null(extfs_open(disk, "raw", "no-such", &e));
	assert_string_equal(e.id, "gpt-partition");
	err_fini(&e);
	expect_refused(other, "raw", "disk-read");
	rootfs_make(other, rootfs_fill);
	expect_refused(other, "qcow2", "disk-foreign");	   /* the format is not guessed */
	poke(other, ROOTFS_START + 1024 + 0x60, &flag, 1); /* s_feature_incompat: RECOVER … */
	expect_refused(other, "raw", "fs-broken");	   /* … and nothing else: no extents */
	rootfs_make(other, rootfs_fill);
	/* as a crash leaves it; with the checksum wrong it is refused, which is as good */
	ext2_filsys raw;
	char options[32];
	snprintf(options, sizeof(options), "offset=%u", ROOTFS_START);
	assert_int_equal(ext2fs_open2(other, options, EXT2_FLAG_RW, 0, 0, unix_io_manager, &raw), 0);
	ext2fs_set_feature_journal_needs_recovery(raw->super);
	ext2fs_mark_super_dirty(raw);
	assert_int_equal(ext2fs_close(raw), 0);
	fs = open_disk(other, "raw");
	assert_true(extfs_is_unclean(fs));
	extfs_close(fs);
	poke(other, 512, "XXXX", 4);
	expect_refused(other, "raw", "gpt-missing");
	assert_int_equal(truncate(other, 100), 0);
	expect_refused(other, "raw", "disk-read");
	free(other);
}

/* Blocks that are allocated but were never written read as zeros, whatever lies there. */
static void test_unwritten(void **state)
{
	char *other = file_join(tmp, "unwritten.raw");
	struct ext2_inode inode;
	char garbage[4096], options[32];
	ext2_filsys raw;
	ext2_ino_t ino;
	blk64_t block;
	struct extfs *fs;
	struct buf b;

	(void)state;
	rootfs_make(other, rootfs_fill);
	snprintf(options, sizeof(options), "offset=%u", ROOTFS_START);
	assert_int_equal(ext2fs_open2(other, options, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &raw), 0);
	assert_int_equal(ext2fs_read_bitmaps(raw), 0);
	assert_int_equal(ext2fs_namei(raw, EXT2_ROOT_INO, EXT2_ROOT_INO, "srv/empty", &ino), 0);
	assert_int_equal(ext2fs_read_inode(raw, ino, &inode), 0);
	assert_int_equal(ext2fs_fallocate(raw, EXT2_FALLOCATE_FORCE_UNINIT, ino, &inode, 0, 0, 2), 0);
	inode.i_size = 5000;
	assert_int_equal(ext2fs_write_inode(raw, ino, &inode), 0);
	memset(garbage, 'x', sizeof(garbage));
	for (blk64_t i = 0; i < 2; i++) {
		assert_int_equal(ext2fs_bmap2(raw, ino, &inode, NULL, 0, i, NULL, &block), 0);
		assert_int_equal(io_channel_write_blk64(raw->io, block, 1, garbage), 0);
	}
	assert_int_equal(ext2fs_close(raw), 0);
	fs = open_disk(other, "raw");
	assert_int_equal(extfs_read(fs, "/srv/empty", 5000, &b, NULL), 0);
	assert_int_equal(b.len, 5000);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], 0);
	buf_fini(&b);
	extfs_close(fs);
	free(other);
}

/* A file system cut short: an error that reports it, at opening or at reading. */
static void test_cut(void **state)
{
	char *other = file_join(tmp, "cut.raw");
	struct err e = ERR_INIT;
	struct extfs *fs;
	struct buf b;

	(void)state;
	rootfs_make(other, rootfs_fill);
	assert_int_equal(truncate(other, ROOTFS_START + 16384), 0);
	fs = extfs_open(other, "raw", EXTFS_ROOT_PARTITION, &e);
	if (fs) {
		assert_int_equal(extfs_read(fs, "/etc/passwd", 1000, &b, &e), -1);
		extfs_close(fs);
	}
	assert_true(e.kind == ERR_FAILED);
	err_fini(&e);
	free(other);
}

static void run_tool(char *const *argv)
{
	struct err e = ERR_INIT;

	if (proc_run(argv, 0, NULL, &e) < 0)
		print_error("%s\n", e.text);
	assert_int_equal(e.kind, ERR_NONE);
}

/* A file system's blocks in the base, in the layer over it, and not through a third overlay. */
static void test_layer(void **state)
{
	char *layer = file_join(tmp, "layer.qcow2");
	char *overlay = file_join(tmp, "disk.qcow2");
	char *over = file_join(tmp, "over.qcow2");
	char *tool = host_which("qemu-img");
	char *io = host_which("qemu-io");
	struct extfs *fs;

	(void)state;
	if (tool && io) {
		char *command = xasprintf("write -s %s 0 %u", disk, ROOTFS_SIZE);
		char *moved = file_join(tmp, "moved.raw");

		run_tool((char *[]){tool, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", layer, "1G",
				    NULL});
		run_tool((char *[]){tool, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "layer.qcow2", overlay,
				    "2G", NULL});
		fs = open_disk(overlay, "qcow2");
		expect_text(fs, "/etc/passwd", "inside");
		expect_big(fs);
		extfs_close(fs);
		run_tool((char *[]){io, "-f", "qcow2", "-c", command, layer, NULL});
		assert_int_equal(rename(disk, moved), 0);
		assert_int_equal(file_write(disk, "", 0, 0600, NULL), 0);
		fs = open_disk(overlay, "qcow2");
		expect_text(fs, "/etc/passwd", "inside");
		expect_big(fs);
		extfs_close(fs);
		run_tool((char *[]){tool, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "disk.qcow2", over, "2G",
				    NULL});
		expect_refused(over, "qcow2", "disk-foreign");
		assert_int_equal(rename(moved, disk), 0);
		free(moved);
		free(command);
		unlink(overlay);
		unlink(layer);
	}
	free(layer);
	free(overlay);
	free(over);
	if (!tool || !io) {
		free(tool);
		free(io);
		skip();
	}
	free(tool);
	free(io);
}

/* The same content through a qcow2 overlay, a standalone qcow2, and not through a packed one. */
static void test_qcow2(void **state)
{
	char *overlay = file_join(tmp, "disk.qcow2");
	char *packed = file_join(tmp, "packed.qcow2");
	char *tool = host_which("qemu-img");
	char *io = host_which("qemu-io");
	struct err e = ERR_INIT;
	struct extfs *fs;

	(void)state;
	if (!tool) {
		free(overlay);
		free(packed);
		free(io);
		skip();
	}
	run_tool((char *[]){tool, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", overlay, "1G", NULL});
	fs = open_disk(overlay, "qcow2");
	expect_text(fs, "/etc/passwd", "inside");
	expect_big(fs);
	extfs_close(fs);
	if (io) { /* a file system's own blocks in the overlay, over a base without them */
		char *command = xasprintf("write -s %s 0 %u", disk, ROOTFS_SIZE);
		char *moved = file_join(tmp, "moved.raw");

		run_tool((char *[]){io, "-f", "qcow2", "-c", command, overlay, NULL});
		assert_int_equal(rename(disk, moved), 0);
		assert_int_equal(file_write(disk, "", 0, 0600, NULL), 0);
		fs = open_disk(overlay, "qcow2");
		expect_text(fs, "/etc/passwd", "inside");
		expect_big(fs);
		extfs_close(fs);
		assert_int_equal(rename(moved, disk), 0);
		free(moved);
		free(command);
	}
	run_tool((char *[]){tool, "convert", "-f", "raw", "-O", "qcow2", disk, packed, NULL});
	fs = open_disk(packed, "qcow2");
	expect_big(fs);
	extfs_close(fs);
	run_tool((char *[]){tool, "convert", "-c", "-f", "raw", "-O", "qcow2", disk, packed, NULL});
	fs = extfs_open(packed, "qcow2", EXTFS_ROOT_PARTITION, &e);
	assert_null(fs);
	assert_string_equal(e.id, "disk-compressed");
	err_fini(&e);
	free(overlay);
	free(packed);
	free(tool);
	free(io);
}

static void test_versions(void **state)
{
	/* ascending */
	static const char *const versions[] = {
		"5.10.0-28-armmp",     "6.1.0~rc3-armmp", "6.1.0-9-armmp",	"6.1.0-10-armmp",
		"6.1.0-10-armmp-lpae", "6.1.0-50-armmp",  "6.12.9+deb13-armmp", "6.12.107+deb13-armmp",
	};
	size_t n = sizeof(versions) / sizeof(*versions);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int d = kernel_version_compare(versions[i], versions[k]);

			assert_int_equal((d > 0) - (d < 0), (i > k) - (i < k));
		}
	assert_int_equal(kernel_version_compare("6.01", "6.1"), 0);
}

static void expect_file(const char *path, const char *want)
{
	struct buf b;

	assert_int_equal(file_read(path, 100, &b, NULL), 0);
	assert_string_equal(b.data, want);
	buf_fini(&b);
}

static void fill_many(struct image *im)
{
	char name[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "srv/many/name-%04d", i);
		rootfs_puts(im, name, i == 2999 ? "last" : "");
	}
}

/* A folder with a hash index is read as any other. */
static void test_many(void **state)
{
	char *other = file_join(tmp, "many.raw");
	struct strv names = STRV_INIT;
	struct extfs *fs;

	(void)state;
	rootfs_make(other, fill_many);
	fs = open_disk(other, "raw");
	assert_int_equal(extfs_list(fs, "/srv/many", &names, NULL), 0);
	assert_int_equal(names.len, 3000);
	for (size_t i = 0; i < names.len; i += 97) {
		char *path = file_join("/srv/many", names.items[i]);

		assert_int_equal(strtoul(names.items[i] + 5, NULL, 10), i);
		assert_true(extfs_has(fs, path));
		free(path);
	}
	expect_text(fs, "/srv/many/name-2999", "last");
	assert_false(extfs_has(fs, "/srv/many/name-3000"));
	strv_fini(&names);
	extfs_close(fs);
	free(other);
}

static void test_kernel(void **state)
{
	struct extfs *fs = open_disk(disk, "raw");
	char *out = file_join(tmp, "vmlinuz");
	struct err e = ERR_INIT;
	struct kernel k;
	char *identity, *with;

	(void)state;
	assert_int_equal(kernel_find(fs, &k, &e), 0);
	assert_string_equal(k.version, ROOTFS_VERSION); /* by the link, though ten is newer */
	assert_string_equal(k.initrd.path, "/boot/initrd.img-" ROOTFS_VERSION);
	identity = kernel_identity(&k, false);
	with = kernel_identity(&k, true);
	assert_string_not_equal(identity, with);
	assert_non_null(strstr(identity, " 11 1700000000"));
	k.initrd.mtime++;
	free(with);
	with = kernel_identity(&k, false);
	assert_string_equal(identity, with);
	assert_int_equal(kernel_extract(fs, &k, out, &e), 0);
	expect_file(out, "kernel nine");
	assert_int_equal(kernel_extract_initrd(fs, &k, out, &e), 0);
	expect_file(out, "initrd nine");
	free(identity);
	free(with);
	kernel_fini(&k);
	extfs_close(fs);
	free(out);
}

static void fill_unlinked(struct image *im)
{
	struct buf gz = rootfs_gzip("packed kernel", 13);
	struct buf zboot;
	unsigned char head[64] = "MZ";

	rootfs_put(im, "boot/vmlinuz-6.1.0-9-x", gz.data, gz.len);
	buf_init(&zboot, 0);
	memcpy(head + 4, "zimg", 4);
	rootfs_int(head + 8, 64, 4, 0);
	rootfs_int(head + 12, gz.len, 4, 0);
	memcpy(head + 24, "gzip", 4);
	buf_add(&zboot, head, sizeof(head));
	buf_add(&zboot, gz.data, gz.len);
	buf_adds(&zboot, "behind it");
	rootfs_put(im, "boot/vmlinuz-6.1.0-10-x", zboot.data, zboot.len);
	rootfs_link(im, "vmlinuz", "boot/vmlinuz-gone");
	buf_fini(&zboot);
	buf_fini(&gz);
}

static void fill_bare(struct image *im)
{
	rootfs_puts(im, "boot/vmlinuz-6.1.0-9-x", "");
}

/* As newer packages of Debian's kernels have it: the image is beside its modules, alone or linked to. */
static void fill_modules(struct image *im)
{
	rootfs_puts(im, "boot/vmlinuz-6.12-1-x", "of an older package");
	rootfs_puts(im, "usr/lib/modules/6.12-1-x/modules.order", "none");
	rootfs_puts(im, "usr/lib/modules/7.2-1-x/vmlinuz", "beside its modules");
	rootfs_puts(im, "usr/lib/modules/7.10-1-x/modules.order", "none");
	rootfs_puts(im, "usr/lib/modules/7.11-1 \033x/vmlinuz", "of no package");
}

static void fill_modules_linked(struct image *im)
{
	rootfs_puts(im, "usr/lib/modules/7.2-1-x/vmlinux", "linked to");
	rootfs_puts(im, "usr/lib/modules/7.3-1-x/vmlinux", "newer");
	rootfs_puts(im, "boot/initrd.img-7.2-1-x", "initrd");
	rootfs_link(im, "vmlinux", "usr/lib/modules/7.2-1-x/vmlinux");
}

/* On some architectures it is not packed, and is called vmlinux. */
static void fill_vmlinux(struct image *im)
{
	rootfs_puts(im, "boot/vmlinux-6.1.0-9-x", "nine");
	rootfs_puts(im, "boot/vmlinux-6.1.0-10-x", "ten");
}

static void expect_kernel(void (*fill)(struct image *im), const char *version, const char *path, const char *content)
{
	char *other = file_join(tmp, "other.raw");
	char *out = file_join(tmp, "vmlinuz");
	struct err e = ERR_INIT;
	struct extfs *fs;
	struct kernel k;

	rootfs_make(other, fill);
	fs = open_disk(other, "raw");
	if (kernel_find(fs, &k, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(k.version, version);
	assert_string_equal(k.image.path, path);
	assert_int_equal(kernel_extract(fs, &k, out, &e), 0);
	expect_file(out, content);
	kernel_fini(&k);
	extfs_close(fs);
	free(other);
	free(out);
}

static void test_kernel_places(void **state)
{
	(void)state;
	expect_kernel(fill_modules, "7.2-1-x", "/usr/lib/modules/7.2-1-x/vmlinuz", "beside its modules");
	expect_kernel(fill_modules_linked, "7.2-1-x", "/usr/lib/modules/7.2-1-x/vmlinux", "linked to");
	expect_kernel(fill_vmlinux, "6.1.0-10-x", "/boot/vmlinux-6.1.0-10-x", "ten");
}

/* What the guest's root made up for whoever reads the terminal. */
static void fill_strange(struct image *im)
{
	rootfs_puts(im, "boot/vmlinuz-6.1.0-9-x", "kernel nine");
	rootfs_puts(im, "boot/vmlinuz-6.1.0-11-\033[2Jx", "kernel eleven");
	rootfs_puts(im, "boot/vmlinuz-6.1.0-12 x", "kernel twelve");
	rootfs_link(im, "vmlinuz", "boot/vmlinuz-6.1.0-11-\033[2Jx");
}

static void test_kernel_strange(void **state)
{
	char *other = file_join(tmp, "other.raw");
	struct err e = ERR_INIT;
	struct extfs *fs;
	struct kernel k;

	(void)state;
	rootfs_make(other, fill_strange);
	fs = open_disk(other, "raw");
	assert_int_equal(kernel_find(fs, &k, &e), 0);
	assert_string_equal(k.version, "6.1.0-9-x");
	kernel_fini(&k);
	extfs_close(fs);
	free(other);
}

static void test_kernel_unlinked(void **state)
{
	char *other = file_join(tmp, "other.raw");
	char *out = file_join(tmp, "vmlinuz");
	struct err e = ERR_INIT;
	struct extfs *fs;
	struct kernel k;

	(void)state;
	rootfs_make(other, fill_unlinked);
	fs = open_disk(other, "raw");
	assert_int_equal(kernel_find(fs, &k, &e), 0);
	assert_string_equal(k.version, "6.1.0-10-x");
	assert_null(k.initrd.path);
	assert_int_equal(kernel_extract(fs, &k, out, &e), 0);
	expect_file(out, "packed kernel");
	assert_int_equal(kernel_extract_initrd(fs, &k, out, &e), -1);
	assert_string_equal(e.id, "initrd-missing");
	free(k.image.path);
	k.image.path = xstrdup("/boot/vmlinuz-6.1.0-9-x");
	assert_int_equal(kernel_extract(fs, &k, out, &e), 0);
	expect_file(out, "packed kernel");
	kernel_fini(&k);
	extfs_close(fs);

	rootfs_make(other, fill_bare);
	fs = open_disk(other, "raw");
	assert_int_equal(kernel_find(fs, &k, &e), -1);
	assert_string_equal(e.id, "kernel-missing");
	extfs_close(fs);
	err_fini(&e);
	free(other);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_layer),
		cmocka_unit_test(test_qcow2),
		cmocka_unit_test(test_unwritten),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_kernel_unlinked),
		cmocka_unit_test(test_kernel_strange),
		cmocka_unit_test(test_kernel_places),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
