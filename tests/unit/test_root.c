/* SPDX-License-Identifier: MIT */
/* image/root: small packages become a root with dpkg's database, the same each time, or nothing. */
#include "base/loop.h"
#include "image/root.h"
#include "image/root_lane.h"
#include "mkroot.h"
#include "readfs.h"

#define SIZE (200ull << 20)
#define OFFSET (65ull << 20)
#define DEBS 6
#define EPOCH 1700000000
#define LARGE_NAMES 1000
#define NAME_SIZE 32

struct fixture {
	char *dir;
	char *out;
	struct root_deb debs[DEBS];
	struct root_deb extra;
	struct root_request req;
	struct err e; /* of the last build */
	int outcome;
	unsigned reports;
	uint64_t done, total;
	struct loop *loop;
	struct root_build *build;
	ext2_filsys fs;
};

static void add_deb(struct fixture *f, struct root_deb *deb, const char *name, const char *arch, const char *fields,
		    const struct mk_entry *control, const struct mk_entry *data, const char *ext)
{
	mkroot_deb(f->dir, deb, name, arch, fields, control, data, ext);
}

static const struct mk_entry base_control[] = {
	MK('f', "./conffiles", "/etc/conf\n/etc/second\nremove-on-upgrade /etc/gone\n", 0644),
	MK('f', "./postinst", "#!/bin/sh\n", 0755),
	MK('f', "./md5sums", "0  usr/bin/tool\n", 0644),
	MK_END,
};
static const struct mk_entry base_data[] = {
	MK('d', "./", NULL, 0755),
	MK('d', "./bin/", NULL, 0700),
	MK_OWNED('f', "./bin/sh", "shell", 04755, 0, 42),
	MK('d', "./etc/", NULL, 0755),
	MK('f', "./etc/conf", "setting", 0640),
	MK('h', "./etc/second", "./etc/conf", 0640),
	MK('f', "./etc/plain", "plain", 0644),
	MK('d', "./usr/", NULL, 0755),
	MK('d', "./usr/share/", NULL, 0750),
	MK('f', "./usr/share/both", "of base", 0644),
	MK_END,
};
static const struct mk_entry lib_control[] = {
	MK('f', "./triggers", "# why\ninterest-noawait /usr/share/x\ninterest ldconfig\nactivate other\n", 0644),
	MK_END,
};
static const struct mk_entry lib_data[] = {
	MK('d', "./", NULL, 0711),
	MK('d', "./lib/", NULL, 0755),
	MK_ZEROS("./lib/lib.so", 0644, 3000000),
	MK('l', "./lib/link", "lib.so", 0777),
	MK('h', "./lib/hard", "./lib/lib.so", 0644),
	MK('d', "./usr/share/", NULL, 0777),
	MK('f', "./usr/share/both", "of lib", 0600),
	MK_END,
};
static const struct mk_entry many_data[] = {
	MK('d', "./", NULL, 0755),
	MK('d', "./usr/lib/", NULL, 0755),
	MK('f', "./usr/lib/na\xefve\\x2d", "bytes", 0644),
	MK_ZEROS("./usr/lib/zeros", 0644, 700000),
	MK('c', "./console", NULL, 0600),
	MK('b', "./disk", NULL, 0660),
	MK('p', "./pipe", NULL, 0622),
	MK_END,
};
static const struct root_file links[] = {
	{.path = "/bin", .link = "usr/bin"},
	{.path = "/lib", .link = "usr/lib"},
};
static const struct root_file files[] = {
	{.path = "/etc/plain", .mode = 0600, .data = "ours", .len = 4},
	{.path = "/var/lib/us/deep", .mode = 0755, .data = "a\0b", .len = 3},
	{.path = "/etc/link", .link = "plain"},
};

static int setup(void **state)
{
	static const char *const names[] = {"m1", "m2", "m3"};
	static const char *const exts[] = {"", ".gz", ".zst"};
	struct fixture *f = calloc(1, sizeof *f);

	f->dir = check_tmpdir();
	f->out = file_join(f->dir, "disk.part");
	add_deb(f, &f->debs[0], "base", "all", "", base_control, base_data, ".xz");
	add_deb(f, &f->debs[1], "zlib", "armhf", "Multi-Arch: same\n", lib_control, lib_data, ".xz");
	add_deb(f, &f->debs[2], "zlib-twin", "armhf", "Multi-Arch: foreign\n", lib_control, base_data + 7, ".gz");
	for (int i = 0; i < 3; i++)
		add_deb(f, &f->debs[3 + i], names[i], "all", "", NULL, many_data, exts[i]);
	add_deb(f, &f->extra, "extra", "armhf", "", NULL, many_data, ".xz");
	f->req = (struct root_request){
		.output = f->out,
		.size = SIZE,
		.epoch = EPOCH,
		.fs_uuid = {9, 8, 7},
		.disk_id = {{1}},
		.esp_id = {{2}},
		.root_id = {{3}},
		.debs = f->debs,
		.deb_count = DEBS,
		.extras = &f->extra,
		.extra_count = 1,
		.links = links,
		.link_count = 2,
		.files = files,
		.file_count = 3,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->fs)
		ext2fs_free(f->fs);
	for (int i = 0; i < DEBS; i++)
		free((char *)f->debs[i].path);
	free((char *)f->extra.path);
	err_fini(&f->e);
	free(f->out);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

static void on_progress(uint64_t done, uint64_t total, const char *package, void *arg)
{
	struct fixture *f = arg;

	(void)package;
	assert_true(done >= f->done && done <= total);
	f->reports++;
	f->done = done;
	f->total = total;
}

static void on_done(const struct err *error, void *arg)
{
	struct fixture *f = arg;

	f->outcome = error ? -1 : 1;
	f->build = NULL;
	if (error)
		err_set(&f->e, error->kind, error->id, "%s", error->text);
	loop_stop(f->loop);
}

/* Runs a build to its end; 0 when it succeeded. */
static int build(struct fixture *f, bool cancel)
{
	err_fini(&f->e);
	f->outcome = 0;
	f->done = 0;
	f->loop = loop_new();
	f->build = root_build_start(f->loop, &f->req, on_progress, on_done, f, &f->e);
	if (f->build && cancel)
		root_build_cancel(f->build);
	if (f->build)
		loop_run(f->loop);
	loop_free(f->loop);
	return f->outcome == 1 ? 0 : -1;
}

static void fails(struct fixture *f, enum err_kind kind, const char *id)
{
	assert_int_equal(build(f, false), -1);
	assert_int_equal(f->e.kind, kind);
	assert_string_equal(f->e.id, id);
	assert_int_equal(access(f->out, F_OK), -1); /* nothing is left that could be taken for it */
}

static void builds_a_root(void **state)
{
	struct fixture *f = *state;
	struct ext2_inode_large in;
	struct buf b, want;

	if (build(f, false))
		fail_msg("%s", f->e.text);
	assert_true(f->reports > 0);
	assert_int_equal(f->done, f->total);
	readfs_check(f->out, OFFSET);
	f->fs = readfs_open(f->out, OFFSET);
	assert_string_equal((char *)f->fs->super->s_volume_name, "debwiz-root");
	readfs_link_is(f->fs, "bin", "usr/bin");
	readfs_is(f->fs, "usr/bin/sh", "shell");
	in = readfs_stat(f->fs, "usr/bin/sh");
	assert_int_equal(in.i_mode, LINUX_S_IFREG | 04755);
	assert_int_equal(in.i_gid, 42);
	assert_int_equal(in.i_mtime, MK_MTIME);
	assert_int_equal(readfs_stat(f->fs, "usr/bin").i_mode & 07777, 0755);
	assert_int_equal(readfs_stat(f->fs, "/").i_mode & 07777, 0755);
	assert_int_equal(readfs_stat(f->fs, "usr/share").i_mode & 07777, 0750);
	readfs_is(f->fs, "usr/share/both", "of base"); /* zlib-twin ships it last */
	assert_int_equal(readfs_find(f->fs, "etc/conf"), 0);
	readfs_is(f->fs, "etc/conf.dpkg-new", "setting");
	assert_int_equal(readfs_find(f->fs, "etc/conf.dpkg-new"), readfs_find(f->fs, "etc/second.dpkg-new"));
	assert_int_equal(readfs_find(f->fs, "usr/lib/hard"), readfs_find(f->fs, "usr/lib/lib.so"));
	assert_int_equal(readfs_stat(f->fs, "usr/lib/hard").i_links_count, 2);
	assert_int_equal(readfs_stat(f->fs, "usr/lib/hard").i_size, 3000000);
	readfs_is(f->fs, "usr/lib/na\xefve\\x2d", "bytes");
	assert_int_equal(readfs_stat(f->fs, "console").i_mode, LINUX_S_IFCHR | 0600);
	assert_int_equal(readfs_stat(f->fs, "disk").i_mode, LINUX_S_IFBLK | 0660);
	assert_int_equal(readfs_stat(f->fs, "disk").i_block[0], 0x501);
	assert_int_equal(readfs_stat(f->fs, "pipe").i_mode, LINUX_S_IFIFO | 0622);
	readfs_is(f->fs, "etc/plain", "ours");
	assert_int_equal(readfs_stat(f->fs, "etc/plain").i_mode & 07777, 0600);
	readfs_link_is(f->fs, "etc/link", "plain");
	readfs_content(f->fs, "var/lib/us/deep", &b);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 3);
	buf_fini(&b);
	readfs_content(f->fs, "var/cache/debwiz/extra.deb", &b);
	assert_int_equal(file_read(f->extra.path, 1 << 20, &want, NULL), 0);
	assert_int_equal(b.len, want.len);
	assert_memory_equal(b.data, want.data, want.len);
	buf_fini(&want);
	buf_fini(&b);
}

#define STANZA(name, arch, more, end)                                                                                  \
	"Package: " name "\nStatus: install ok unpacked\nVersion: 1-1\nArchitecture: " arch "\n" more                  \
	"Description: " name "\n x\n" end "\n"

static void writes_dpkg_database(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(build(f, false), 0);
	f->fs = readfs_open(f->out, OFFSET);
	readfs_is(f->fs, "var/lib/dpkg/status",
		  STANZA("base", "all", "",
			 "Conffiles:\n /etc/conf newconffile\n /etc/second newconffile\n"
			 " /etc/gone newconffile remove-on-upgrade\n") STANZA("m1", "all", "", "")
			  STANZA("m2", "all", "", "") STANZA("m3", "all", "", "")
				  STANZA("zlib", "armhf", "Multi-Arch: same\n", "")
					  STANZA("zlib-twin", "armhf", "Multi-Arch: foreign\n", ""));
	readfs_is(f->fs, "var/lib/dpkg/info/base.list",
		  "/.\n/bin\n/bin/sh\n/etc\n/etc/conf\n/etc/second\n/etc/plain\n/usr\n/usr/share\n"
		  "/usr/share/both\n");
	readfs_is(f->fs, "var/lib/dpkg/info/base.postinst", "#!/bin/sh\n");
	assert_int_equal(readfs_stat(f->fs, "var/lib/dpkg/info/base.postinst").i_mode & 07777, 0755);
	readfs_is(f->fs, "var/lib/dpkg/info/base.md5sums", "0  usr/bin/tool\n");
	readfs_is(f->fs, "var/lib/dpkg/info/base.conffiles", base_control[0].data);
	assert_int_equal(readfs_find(f->fs, "var/lib/dpkg/info/base.control"), 0);
	readfs_is(f->fs, "var/lib/dpkg/info/zlib:armhf.triggers", lib_control[0].data);
	assert_true(readfs_find(f->fs, "var/lib/dpkg/info/zlib:armhf.list") != 0);
	assert_true(readfs_find(f->fs, "var/lib/dpkg/info/zlib-twin.list") != 0);
	readfs_is(f->fs, "var/lib/dpkg/triggers/File",
		  "/usr/share/x zlib:armhf/noawait\n/usr/share/x zlib-twin/noawait\n");
	readfs_is(f->fs, "var/lib/dpkg/triggers/ldconfig", "zlib:armhf\nzlib-twin\n");
	readfs_is(f->fs, "var/lib/dpkg/triggers/Unincorp", "");
	assert_int_equal(readfs_find(f->fs, "var/lib/dpkg/triggers/other"), 0);
	readfs_is(f->fs, "var/lib/dpkg/info/format", "1\n");
	readfs_is(f->fs, "var/lib/dpkg/available", "");
	readfs_is(f->fs, "var/lib/dpkg/diversions", "");
	readfs_is(f->fs, "var/lib/dpkg/statoverride", "");
	assert_true(readfs_find(f->fs, "var/lib/dpkg/updates") != 0);
	assert_true(readfs_find(f->fs, "var/lib/dpkg/alternatives") != 0);
}

/* Shares are compared exactly; a double does not tell the last pairs apart. */
static void compares_shares_exactly(void **state)
{
	static const uint64_t pairs[][4] = {
		/* x, its total; y, its total: x is the smaller share */
		{0, 7, 1, UINT64_MAX},
		{1, 3, 1, 2},
		{2, 3, 5, 7},
		{3, 3, 4, 3},
		{UINT64_MAX - 2, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX},
		{UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX},
		{(1ull << 62) - 1, 1ull << 62, (1ull << 63) - 1, 1ull << 63},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const uint64_t *p = pairs[i];

		assert_true(root_share_less(p[0], p[1], p[2], p[3]));
		assert_false(root_share_less(p[2], p[3], p[0], p[1]));
	}
	assert_false(root_share_less(2, 4, 1, 2)); /* equal */
	assert_false(root_share_less(1, 2, 2, 4));
	assert_false(root_share_less(0, 5, 0, 9));
	for (uint64_t a = 0; a < 30; a++) /* against the products, where these do not overflow */
		for (uint64_t b = 1; b < 30; b++)
			for (uint64_t c = 0; c < 30; c++)
				for (uint64_t d = 1; d < 30; d++)
					assert_int_equal(root_share_less(a, b, c, d), a * d < c * b);
}

/* The order of the request decides, not that of the work: big packages are read first. */
static void decides_by_order(void **state)
{
	struct fixture *f = *state;
	struct root_deb swap = f->debs[2];

	f->debs[2] = f->debs[1];
	f->debs[1] = swap;
	assert_int_equal(build(f, false), 0);
	f->fs = readfs_open(f->out, OFFSET);
	readfs_is(f->fs, "usr/share/both", "of lib");
	assert_int_equal(readfs_stat(f->fs, "usr/share").i_mode & 07777, 0750);
}

static void is_the_same_each_time(void **state)
{
	static const unsigned workers[] = {1, 4, 2, 3};
	struct fixture *f = *state;
	uint8_t digest[5][HASH_SIZE];
	uint64_t size;

	for (int i = 0; i < 5; i++) {
		int fd;

		f->req.workers = workers[i % 4];
		f->req.epoch += i / 4;
		assert_int_equal(build(f, false), 0);
		fd = open(f->out, O_RDONLY);
		assert_int_equal(hash_fd(fd, digest[i], &size, NULL), 0);
		close(fd);
		assert_int_equal(size, SIZE);
		if (i < 4)
			assert_memory_equal(digest[i], digest[0], HASH_SIZE);
	}
	assert_memory_not_equal(digest[4], digest[0], HASH_SIZE);
}

/*
 * The image has the same bytes whatever the host's byte order, signedness of char, C library and libext2fs (1.47.0 and
 * 1.47.2). After a change that is meant to change them, copy the digest from the failure, once two hosts agree on it.
 */
static void is_the_same_on_every_host(void **state)
{
	static const char want[] = "64c7f4190dc82890d1fc043fce91af32c952cc94f1d8cd5a16509fbec5333574";
	static struct mk_entry large[LARGE_NAMES + 1]; /* a folder with a hash index, of names beyond ASCII */
	struct fixture *f = *state;
	char got[HASH_HEX], *names = calloc(LARGE_NAMES, NAME_SIZE);
	uint8_t digest[HASH_SIZE];
	const char *library;
	uint64_t size;
	int fd;

	for (unsigned i = 0; i < LARGE_NAMES; i++) {
		char *name = names + (size_t)i * NAME_SIZE;

		snprintf(name, NAME_SIZE, "./srv/\xc3\xa9t\xe9 %u", i);
		large[i] = (struct mk_entry)MK('f', name, NULL, 0644);
	}
	add_deb(f, &f->debs[5], "m3", "all", "", NULL, large, "");
	f->req.extra_count = 0; /* copied as it is: its bytes are those of this host's compressor */
	assert_int_equal(build(f, false), 0);
	readfs_check(f->out, OFFSET);
	f->fs = readfs_open(f->out, OFFSET);
	assert_true(readfs_stat(f->fs, "srv").i_flags & EXT2_INDEX_FL);
	fd = open(f->out, O_RDONLY);
	assert_int_equal(hash_fd(fd, digest, &size, NULL), 0);
	close(fd);
	free(names);
	hash_hex(digest, got);
	ext2fs_get_library_version(&library, NULL);
	if (strcmp(got, want) != 0)
		fail_msg("SHA-256 %s with libext2fs %s instead of %s", got, library, want);
}

static void refuses_what_is_not_verified(void **state)
{
	struct fixture *f = *state;
	struct root_deb good = f->debs[1];
	struct root_deb other = f->debs[3];
	char *link = file_join(f->dir, "link");

	f->debs[1].sha256[31] ^= 1;
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[1] = good;
	f->debs[1].size++;
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[1] = good;
	f->debs[1].version = "1-2";
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[1] = good;
	f->debs[1].name = "zlib2";
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[1] = good;
	f->debs[1].arch = "all";
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[1] = good;
	f->debs[3] = good; /* the same package twice */
	fails(f, ERR_VERIFY, "root-mismatch");
	f->debs[3] = other;
	f->debs[3].path = "/nonexistent";
	fails(f, ERR_FAILED, "root-deb");
	assert_int_equal(symlink(other.path, link), 0);
	f->debs[3].path = link;
	fails(f, ERR_FAILED, "root-deb");
	f->debs[3] = other;
	f->extra.sha256[0] ^= 1;
	fails(f, ERR_VERIFY, "root-mismatch");
	f->extra.sha256[0] ^= 1;
	assert_int_equal(build(f, false), 0);
	free(link);
}

/* The file is another one than the one that was verified. */
static void notices_a_changed_file(void **state)
{
	struct fixture *f = *state;
	char c = 'X';
	int fd = open(f->debs[5].path, O_RDWR);

	/* in the padding of an ar header: nothing but the digest can tell */
	assert_int_equal(pwrite(fd, &c, 1, 8 + 30), 1);
	close(fd);
	fails(f, ERR_VERIFY, "root-mismatch");
	assert_non_null(strstr(f->e.text, "m3"));
}

static void refuses_strange_packages(void **state)
{
	static const struct mk_entry bad_list[][3] = {
		{MK('f', "./dir/file", "x", 0644), MK_END},
		{MK('l', "./postinst", "/bin/sh", 0777), MK_END},
	};
	static const struct mk_entry bad_trigger[] = {MK('f', "./triggers", "interest ../status\n", 0644), MK_END};
	static const struct mk_entry clash[] = {MK('f', "./usr", "x", 0644), MK_END};
	static const struct mk_entry up[] = {MK('f', "./../x", "x", 0644), MK_END};
	struct fixture *f = *state;
	struct root_deb *deb = &f->debs[5];

	for (int i = 0; i < 2; i++) {
		add_deb(f, deb, "m3", "all", "", bad_list[i], many_data, ".xz");
		fails(f, ERR_VERIFY, "deb-format");
	}
	add_deb(f, deb, "m3", "all", "", bad_trigger, many_data, ".xz");
	fails(f, ERR_VERIFY, "deb-format");
	add_deb(f, deb, "m3", "all", "X: y\n\nPackage: two\n", NULL, many_data, ".xz");
	fails(f, ERR_VERIFY, "deb-format");
	add_deb(f, deb, "m3", "all", "", NULL, up, ".xz");
	fails(f, ERR_VERIFY, "deb-format");
	add_deb(f, deb, "m3", "all", "", NULL, clash, ".xz");
	fails(f, ERR_VERIFY, "image-clash");
	assert_non_null(strstr(f->e.text, "m3"));
}

static void can_be_cancelled(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(build(f, true), -1);
	assert_int_equal(f->e.kind, ERR_INTERRUPTED);
	assert_int_equal(access(f->out, F_OK), -1);
	assert_int_equal(build(f, false), 0);
}

static void refuses_bad_requests(void **state)
{
	struct fixture *f = *state;

	f->req.size = 64 << 20;
	fails(f, ERR_FAILED, "root-size");
	f->req.size = SIZE + 1;
	fails(f, ERR_FAILED, "root-size");
	f->req.size = SIZE;
	f->req.epoch = 0;
	fails(f, ERR_FAILED, "root-size");
	f->req.epoch = EPOCH;
	f->req.output = "/nonexistent/disk";
	assert_int_equal(build(f, false), -1);
	assert_string_equal(f->e.id, "root-output");
	f->req.output = f->out;
	f->req.debs = NULL; /* nothing to unpack is not an error */
	f->req.deb_count = 0;
	f->req.extra_count = 0;
	assert_int_equal(build(f, false), 0);
}

static void reads_file_lists(void **state)
{
	static const char good[] = "# c\n\n0750 /usr/local/tool\n0777 /usr/l -> local\n";
	static const char *const bad[] = {"0755 relative\n", "9 /x\n", "0755\n", "0755 /x -> \n",
					  "07777777 /usr/local/tool\n"};
	struct fixture *f = *state;
	char *guest = file_join(f->dir, "guest");
	char *dir = file_join(f->dir, "guest/root/usr/local");

	assert_int_equal(file_mkdirs(dir, NULL), 0);
	free(mk_file(dir, "tool", "do\n", 3));
	setenv("DEBWIZ_ASSETS", f->dir, 1);
	free(mk_file(guest, "good.list", good, strlen(good)));
	f->req.file_list = "guest/good.list";
	if (build(f, false))
		fail_msg("%s", f->e.text);
	f->fs = readfs_open(f->out, OFFSET);
	readfs_is(f->fs, "usr/local/tool", "do\n");
	readfs_link_is(f->fs, "usr/l", "local");
	assert_int_equal(readfs_stat(f->fs, "usr/local/tool").i_mode & 07777, 0750);
	assert_int_equal(readfs_stat(f->fs, "usr/local").i_mode & 07777, 0755);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char name[32];

		snprintf(name, sizeof name, "bad%zu.list", i);
		free(mk_file(guest, name, bad[i], strlen(bad[i])));
		snprintf(name, sizeof name, "guest/bad%zu.list", i);
		f->req.file_list = name;
		assert_int_equal(build(f, false), -1);
		assert_string_equal(f->e.id, "root-list");
	}
	unsetenv("DEBWIZ_ASSETS");
	free(guest);
	free(dir);
}

#define WITH_DEBS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_shares_exactly), WITH_DEBS(builds_a_root),
		WITH_DEBS(writes_dpkg_database),	   WITH_DEBS(decides_by_order),
		WITH_DEBS(is_the_same_each_time),	   WITH_DEBS(is_the_same_on_every_host),
		WITH_DEBS(refuses_what_is_not_verified),   WITH_DEBS(notices_a_changed_file),
		WITH_DEBS(refuses_strange_packages),	   WITH_DEBS(can_be_cancelled),
		WITH_DEBS(refuses_bad_requests),	   WITH_DEBS(reads_file_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
