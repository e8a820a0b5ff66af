/* SPDX-License-Identifier: MIT */
/* image/disk: what is accepted as a machine's disk, and what qemu-img makes of one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "image/disk.h"

#define CLUSTER 65536u
#define GIB (1ull << 30)

static char *tmp, *base, *disk;

static int setup(void **state)
{
	char name[] = "/tmp/debwiz-test-XXXXXX";
	int fd;

	(void)state;
	tmp = xstrdup(mkdtemp(name));
	base = file_join(tmp, "base.raw");
	disk = file_join(tmp, "disk.qcow2");
	fd = open(base, O_WRONLY | O_CREAT, 0600);
	/* a guest may write what it likes to its disk: this is not a qcow2 image for that */
	if (fd < 0 || pwrite(fd, "QFI\373\0\0\0\3", 8, 0) != 8 || ftruncate(fd, 1 << 20) < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	file_remove_tree(tmp, NULL);
	free(tmp);
	free(base);
	free(disk);
	return 0;
}

static void put(unsigned char *p, uint64_t v, int bytes)
{
	while (bytes--) {
		p[bytes] = (unsigned char)v;
		v >>= 8;
	}
}

/* An image of 1 GiB over base.raw with one data cluster: header, L1 table, L2 table, data, and a
 * table and a block of reference counts. */
static unsigned char *make_image(void)
{
	unsigned char *p = xcalloc(6, CLUSTER);

	memcpy(p, "QFI\373", 4);
	put(p + 4, 3, 4);
	put(p + 8, 512, 8);
	put(p + 16, 8, 4);
	put(p + 20, 16, 4);
	put(p + 24, GIB, 8);
	put(p + 36, 2, 4);
	put(p + 40, CLUSTER, 8);
	put(p + 48, 4 * CLUSTER, 8);
	put(p + 56, 1, 4);
	put(p + 96, 4, 4);
	put(p + 100, 104, 4);
	put(p + 104, 0xe2792aca, 4);
	put(p + 108, 3, 4);
	memcpy(p + 112, "raw", 3);
	memcpy(p + 512, "base.raw", 8);
	put(p + CLUSTER, 1ull << 63 | 2 * CLUSTER, 8);
	put(p + 2 * CLUSTER, 1ull << 63 | 3 * CLUSTER, 8);
	return p;
}

static void write_image(const unsigned char *p, size_t n)
{
	assert_int_equal(file_write(disk, p, n, 0600, NULL), 0);
}

/* Each edit of a sound header, and what it is called. */
static void test_header(void **state)
{
	static const struct {
		const char *what;
		unsigned at;
		uint64_t value;
		int bytes;
		const char *id;
	} edits[] = {
		{"nothing", 0, 'Q', 1, NULL},
		{"dirty", 72, 1, 8, NULL},
		{"magic", 0, 'X', 1, "disk-foreign"},
		{"version 1", 4, 1, 4, "disk-foreign"},
		{"version 4", 4, 4, 4, "disk-foreign"},
		{"tiny clusters", 20, 8, 4, "disk-broken"},
		{"huge clusters", 20, 40, 4, "disk-broken"},
		{"impossible size", 24, ~0ull, 8, "disk-broken"},
		{"larger than its table", 24, 2 * GIB, 8, "disk-broken"},
		{"encrypted", 32, 2, 4, "disk-foreign"},
		{"corrupt", 72, 2, 8, "disk-broken"},
		{"data file", 72, 4, 8, "disk-foreign"},
		{"zstd", 72, 8, 8, "disk-foreign"},
		{"subclusters", 72, 16, 8, "disk-foreign"},
		{"unknown feature", 72, 1ull << 40, 8, "disk-foreign"},
		{"data file extension", 104, 0x44415441, 4, "disk-foreign"},
		{"data file extension, second", 120, 0x4441544100000000, 8, "disk-foreign"},
		{"endless extension", 108, 0xffffffff, 4, "disk-broken"},
		{"no backing format", 104, 0x12345678, 4, "disk-foreign"},
		{"backing format qcow2", 112, 'q', 1, "disk-foreign"},
		{"backing elsewhere", 512, '/', 1, "disk-foreign"},
		{"backing json:", 512, 0x6a736f6e3a7b7d7d, 8, "disk-foreign"},
		{"backing name with NUL", 513, 0, 1, "disk-broken"},
		{"backing name endless", 16, 5000, 4, "disk-broken"},
		{"backing name outside", 8, 1ull << 40, 8, "disk-broken"},
		{"header length", 100, 1u << 30, 4, "disk-broken"},
		{"L1 table outside", 40, 1ull << 40, 8, "disk-broken"},
		{"L1 table endless", 36, 0xffffffff, 4, "disk-broken"},
		{"reference counts outside", 48, 1ull << 50, 8, "disk-broken"},
		{"L2 table outside", CLUSTER, 1ull << 63 | 100 * CLUSTER, 8, "disk-broken"},
		{"data outside", 2 * CLUSTER, 1ull << 63 | 100 * CLUSTER, 8, "disk-broken"},
	};
	unsigned char *p = make_image();
	struct disk_info info;

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		struct err e = ERR_INIT;
		unsigned char *q = xmalloc(6 * CLUSTER);
		int r;

		memcpy(q, p, 6 * CLUSTER);
		put(q + edits[i].at, edits[i].value, edits[i].bytes);
		write_image(q, 6 * CLUSTER);
		r = disk_check(disk, &info, &e);
		if (strcmp(r < 0 ? e.id : "fine", edits[i].id ? edits[i].id : "fine"))
			fail_msg("%s: %s, wanted %s", edits[i].what, r < 0 ? e.text : "accepted",
				 edits[i].id ? edits[i].id : "acceptance");
		err_fini(&e);
		free(q);
	}
	write_image(p, 6 * CLUSTER);
	assert_int_equal(disk_check(disk, &info, NULL), 0);
	assert_int_equal(info.size, GIB);
	assert_false(info.standalone);
	assert_false(info.untouched);
	put(p + 2 * CLUSTER, 0, 8);
	write_image(p, 6 * CLUSTER);
	assert_int_equal(disk_check(disk, &info, NULL), 0);
	assert_true(info.untouched);
	put(p + 60, 1, 4); /* a snapshot */
	write_image(p, 6 * CLUSTER);
	assert_int_equal(disk_check(disk, &info, NULL), 0);
	assert_false(info.untouched);
	assert_int_equal(info.snapshots, 1);
	free(p);
}

static void expect(const char *id)
{
	struct disk_info info;
	struct err e = ERR_INIT;

	assert_int_equal(disk_check(disk, &info, &e), -1);
	assert_string_equal(e.id, id);
	err_fini(&e);
}

static void test_cut(void **state)
{
	unsigned char *p = make_image();
	struct disk_info info;

	(void)state;
	expect("disk-missing");
	/* up to the end of the reference table all is needed; what follows is one empty cluster */
	for (size_t n = 0; n < 5 * CLUSTER; n += n < 600 ? 8 : 4096) {
		write_image(p, n);
		expect("disk-broken");
	}
	write_image(p, 5 * CLUSTER);
	assert_int_equal(disk_check(disk, &info, NULL), 0);
	unlink(base);
	expect("disk-base");
	assert_int_equal(file_write(base, "", 0, 0600, NULL), 0);
	expect("disk-base");
	unlink(disk);
	assert_int_equal(symlink(base, disk), 0);
	expect("disk-foreign");
	unlink(disk);
	assert_int_equal(mkfifo(disk, 0600), 0);
	expect("disk-foreign"); /* and no waiting for a writer */
	free(p);
}

/* The user's image as a base's disk: linked, of one hard link more however many machines use it, and compared. */
static void test_link_image(void **state)
{
	AUTO_FREE char *image = file_join(tmp, "user.img"), *named = file_join(tmp, "named.img");
	AUTO_FREE char *folder = file_join(tmp, "b"), *to = file_join(folder, "disk.raw");
	AUTO_FREE char *machine = file_join(tmp, "m"), *link_path = file_join(machine, DISK_BASE_NAME);
	AUTO_FREE char *record = file_join(folder, "original.json");
	struct err e = ERR_INIT;
	struct stat a, b;
	uint64_t users;

	(void)state;
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(mkdir(machine, 0700), 0);
	assert_int_equal(file_write(image, "QFI\373", 4, 0640, NULL), 0);
	assert_int_equal(disk_link_image(image, to, GIB, &e), -1);
	assert_false(file_exists(to));
	assert_int_equal(file_write(image, "12345", 5, 0640, NULL), 0);
	assert_int_equal(symlink(image, named), 0);
	err_fini(&e);
	assert_int_equal(disk_link_image(named, to, 4, &e), -1);
	assert_string_equal(e.id, "image-large");
	err_fini(&e);
	for (int i = 0; i < 2; i++) { /* a second time changes nothing */
		assert_int_equal(disk_link_image(named, to, GIB, &e), 0);
		assert_true(disk_is_original(to) && !disk_is_original(base));
		assert_int_equal(lstat(to, &a), 0);
		assert_int_equal(stat(image, &b), 0);
		assert_true(file_is_same(&a, &b) && a.st_nlink == 2 && (a.st_mode & 0777) == 0640);
		assert_int_equal(disk_base_users(to, &users, &e), 0);
		assert_int_equal(users, i);
		assert_int_equal(disk_link_base(to, link_path, &e), 0);
		assert_int_equal(lstat(link_path, &a), 0);
		assert_true(S_ISLNK(a.st_mode));
		assert_int_equal(disk_check_original(link_path, &e), 0);
	}
	assert_int_equal(unlink(image), 0); /* the file stays */
	assert_int_equal(disk_check_original(link_path, &e), 0);
	assert_int_equal(truncate(to, 6), 0);
	assert_int_equal(disk_check_original(link_path, &e), -1);
	assert_string_equal(e.id, "image-changed");
	assert_non_null(strstr(e.text, named));
	assert_non_null(strstr(e.hint, "touch -d @"));
	err_fini(&e);
	assert_int_equal(file_write(record, "{", 1, 0600, NULL), 0);
	assert_int_equal(disk_check_original(link_path, &e), -1);
	err_fini(&e);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(disk_check_original(link_path, &e), 0);
}

static void test_link_base(void **state)
{
	char *machine = file_join(tmp, "machine");
	char *link_path = file_join(machine, "base.raw");
	struct err e = ERR_INIT;
	struct stat a, b;
	uint64_t users;

	(void)state;
	assert_int_equal(mkdir(machine, 0700), 0);
	assert_int_equal(disk_base_users(base, &users, &e), 0);
	assert_int_equal(users, 0);
	for (int i = 0; i < 2; i++) { /* a second time changes nothing */
		assert_int_equal(disk_link_base(base, link_path, &e), 0);
		assert_int_equal(stat(base, &a), 0);
		assert_int_equal(lstat(link_path, &b), 0);
		assert_true(a.st_ino == b.st_ino);
		assert_int_equal(disk_base_users(base, &users, &e), 0);
		assert_int_equal(users, 1);
	}
	/* another base in its place */
	char *other = file_join(tmp, "other.raw");
	assert_int_equal(file_write(other, "x", 1, 0400, NULL), 0);
	assert_int_equal(disk_link_base(other, link_path, &e), 0);
	assert_int_equal(disk_base_users(base, &users, &e), 0);
	assert_int_equal(users, 0);
	/* a reference, as where the file system has no hard links */
	char *reference = file_join(tmp, "used-by-0123456789abcdef");
	assert_int_equal(file_write(reference, link_path, strlen(link_path), 0600, NULL), 0);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(symlink(base, link_path), 0);
	assert_int_equal(disk_base_users(base, &users, &e), 0);
	assert_int_equal(users, 1);
	assert_int_equal(unlink(link_path), 0); /* the machine is gone */
	assert_int_equal(disk_base_users(base, &users, &e), 0);
	assert_int_equal(users, 0);
	char *nothing = file_join(tmp, "nothing");
	assert_int_equal(disk_link_base(nothing, link_path, &e), -1);
	assert_string_equal(e.id, "disk-base");
	free(nothing);
	err_fini(&e);
	free(reference);
	free(other);
	free(link_path);
	free(machine);
}

/* Over two file systems a hard link is impossible: a symbolic one, and the base knows its user. */
static void test_link_far(void **state)
{
	char dir[] = "/dev/shm/debwiz-test-XXXXXX";
	struct stat here, there, st;
	struct err e = ERR_INIT;
	char *link_path;
	uint64_t users;

	(void)state;
	if (!mkdtemp(dir))
		skip();
	link_path = file_join(dir, "base.raw");
	assert_int_equal(stat(dir, &there), 0);
	assert_int_equal(stat(tmp, &here), 0);
	if (here.st_dev == there.st_dev) {
		file_remove_tree(dir, NULL);
		free(link_path);
		skip();
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(disk_link_base(base, link_path, &e), 0);
		assert_int_equal(lstat(link_path, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
		assert_int_equal(disk_base_users(base, &users, &e), 0);
		assert_int_equal(users, 1);
	}
	file_remove_tree(dir, NULL);
	assert_int_equal(disk_base_users(base, &users, &e), 0);
	assert_int_equal(users, 0);
	free(link_path);
}

static void on_percent(double percent, void *arg)
{
	*(double *)arg = percent;
}

static void write_guest(const char *what)
{
	char *io = host_which("qemu-io");

	if (!io)
		return;
	assert_int_equal(proc_run((char *[]){io, "-f", "qcow2", "-c", (char *)what, disk, NULL}, 100000, NULL, NULL),
			 0);
	free(io);
}

static void test_real(void **state)
{
	char *tool = host_which("qemu-img");
	struct disk_info info;
	struct err e = ERR_INIT;
	double percent = 0;
	struct stat st;

	(void)state;
	if (!tool)
		skip();
	free(tool);
	if (disk_create(disk, DISK_BASE_NAME, 2 * GIB, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(stat(disk, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(disk_check(disk, &info, &e), 0);
	assert_int_equal(info.size, 2 * GIB);
	assert_true(info.untouched);
	assert_true(info.allocated < 1 << 20);
	assert_int_equal(disk_create(disk, DISK_BASE_NAME, 2 * GIB, &e), -1);
	assert_string_equal(e.id, "disk-exists");

	write_guest("write 0 64k");
	assert_int_equal(disk_check(disk, &info, &e), 0);
	assert_int_equal(disk_grow(disk, 3 * GIB, &e), 0);
	assert_int_equal(disk_grow(disk, 3 * GIB, &e), 0);
	assert_int_equal(disk_grow(disk, 1 * GIB, &e), -1);
	assert_string_equal(e.id, "disk-shrink");
	assert_int_equal(disk_check(disk, &info, &e), 0);
	assert_int_equal(info.size, 3 * GIB);

	assert_int_equal(disk_flatten(disk, NULL, on_percent, &percent, &e), 0);
	assert_true(percent > 99.9);
	assert_int_equal(disk_check(disk, &info, &e), 0);
	assert_true(info.standalone);
	assert_int_equal(info.size, 3 * GIB);
	unlink(base);
	assert_int_equal(disk_check(disk, &info, &e), 0); /* needs none */
	err_fini(&e);
}

/* A disk over a layer needs both; what is below a layer must be a base. */
static void test_layer(void **state)
{
	char *tool = host_which("qemu-img");
	char *layer = file_join(tmp, DISK_LAYER_NAME);
	char *other = file_join(tmp, "other");
	struct disk_info info;
	struct err e = ERR_INIT;

	(void)state;
	if (!tool) {
		free(layer);
		free(other);
		skip();
	}
	free(tool);
	assert_int_equal(disk_create(layer, DISK_BASE_NAME, GIB, &e), 0);
	assert_int_equal(disk_create(disk, DISK_LAYER_NAME, 2 * GIB, &e), 0);
	assert_int_equal(disk_check(disk, &info, &e), 0);
	assert_int_equal(info.size, 2 * GIB);
	assert_true(info.untouched);
	assert_int_equal(rename(base, other), 0);
	assert_int_equal(disk_check(disk, &info, &e), -1);
	assert_string_equal(e.id, "disk-base");
	assert_int_equal(rename(other, base), 0);
	assert_int_equal(rename(layer, other), 0);
	assert_int_equal(disk_check(disk, &info, &e), -1);
	assert_string_equal(e.id, "disk-base");
	assert_non_null(strstr(e.text, DISK_LAYER_NAME));
	assert_int_equal(disk_create(layer, DISK_BASE_NAME, 4 * GIB, &e), 0); /* larger than the disk */
	assert_int_equal(disk_check(disk, &info, &e), -1);
	assert_string_equal(e.id, "disk-base");
	assert_int_equal(unlink(layer), 0);
	assert_int_equal(link(disk, layer), 0); /* below a layer, itself */
	assert_int_equal(disk_check(disk, &info, &e), -1);
	assert_string_equal(e.id, "disk-foreign");
	assert_int_equal(unlink(layer), 0);
	assert_int_equal(rename(other, layer), 0);
	assert_int_equal(disk_flatten(disk, NULL, NULL, NULL, &e), 0);
	unlink(layer);
	assert_int_equal(disk_check(disk, &info, &e), 0); /* needs none */
	assert_true(info.standalone);
	err_fini(&e);
	free(layer);
	free(other);
}

/* A tool that hangs: cancelled within a second, the disk as before, nothing left. */
static void test_cancel(void **state)
{
	char *bin = file_join(tmp, "bin");
	char *fake = file_join(bin, "qemu-img");
	char *part = xasprintf("%s.part", disk);
	char *path = xasprintf("%s:%s", bin, getenv("PATH"));
	char *old = xstrdup(getenv("PATH"));
	atomic_bool cancel = true;
	unsigned char *p = make_image();
	struct err e = ERR_INIT;
	struct buf after;

	(void)state;
	assert_int_equal(mkdir(bin, 0700), 0);
	assert_int_equal(file_write(fake, "#!/bin/sh\nfor f; do :; done\n: >$f\nexec sleep 60\n", 47, 0700, NULL), 0);
	setenv("PATH", path, 1);
	write_image(p, 6 * CLUSTER);
	/* the tool would take 60 s, and then have done it */
	assert_int_equal(disk_flatten(disk, &cancel, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	assert_false(file_exists(part));
	assert_int_equal(file_write(fake, "#!/bin/sh\necho 'qemu-img: no \033[1mspace' >&2\nexit 1\n", 51, 0700, NULL),
			 0);
	assert_int_equal(disk_flatten(disk, NULL, NULL, NULL, &e), -1);
	assert_string_equal(e.text, "qemu-img convert failed: qemu-img: no  [1mspace");
	assert_int_equal(file_read(disk, 1 << 20, &after, NULL), 0);
	assert_memory_equal(after.data, p, 6 * CLUSTER);
	put(p + 60, 1, 4);
	write_image(p, 6 * CLUSTER);
	assert_int_equal(disk_flatten(disk, NULL, NULL, NULL, &e), -1);
	assert_string_equal(e.id, "disk-snapshots");
	assert_int_equal(disk_grow(disk, 2 * GIB, &e), -1);
	assert_string_equal(e.id, "disk-snapshots");
	setenv("PATH", "/nowhere", 1);
	unlink(disk);
	assert_int_equal(disk_create(disk, DISK_BASE_NAME, GIB, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_false(file_exists(part));
	setenv("PATH", old, 1);
	buf_fini(&after);
	err_fini(&e);
	free(p);
	free(old);
	free(path);
	free(part);
	free(fake);
	free(bin);
}

static void check_drive(const char *format, const char *id)
{
	struct err e = ERR_INIT;
	int r = disk_check_drive(disk, format, &e);

	if (r < 0 ? !id || strcmp(e.id, id) != 0 : id != NULL)
		fail_msg("%s: %s", id ? id : "no error", e.text ? e.text : "none");
	err_fini(&e);
}

/* A drive of any maker: QEMU would open no other file than this one. */
static void test_drive(void **state)
{
	unsigned char *p = make_image();

	(void)state;
	check_drive("raw", "drive-missing");
	write_image(p, 6 * CLUSTER);
	check_drive("raw", NULL); /* whatever a guest wrote there */
	check_drive("qcow2", "drive-backing");
	put(p + 8, 0, 8);
	write_image(p, 6 * CLUSTER);
	check_drive("qcow2", NULL);
	put(p + 72, 8, 8); /* another compression */
	write_image(p, 6 * CLUSTER);
	check_drive("qcow2", NULL);
	put(p + 72, 4, 8); /* the data lie elsewhere */
	write_image(p, 6 * CLUSTER);
	check_drive("qcow2", "disk-foreign");
	put(p + 72, 2, 8); /* corrupt */
	write_image(p, 6 * CLUSTER);
	check_drive("qcow2", "disk-broken");
	put(p + 72, 0, 8);
	write_image(p, 40);
	check_drive("qcow2", "disk-broken");
	put(p, 0, 4);
	write_image(p, 6 * CLUSTER);
	check_drive("qcow2", "disk-foreign");
	unlink(disk);
	assert_int_equal(mkfifo(disk, 0600), 0); /* opening it does not wait */
	check_drive("raw", "drive-bad");
	check_drive("qcow2", "drive-bad");
	unlink(disk);
	assert_int_equal(mkdir(disk, 0700), 0);
	check_drive("raw", "drive-bad");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_drive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_base, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_image, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_far, setup, teardown),
		cmocka_unit_test_setup_teardown(test_real, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
