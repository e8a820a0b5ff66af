/* SPDX-License-Identifier: MIT */
/*
 * image/root: packages that are signed and odd. What dpkg unpacks is in the image as dpkg would have
 * it, and e2fsck finds nothing; the rest ends as unacceptable content (exit status 5), with the
 * package's name, what to do, and no image.
 */
#include "base/loop.h"
#include "mkroot.h"
#include "readfs.h"

#define SIZE (200ull << 20)
#define OFFSET (65ull << 20)
#define X40 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X240 X40 X40 X40 X40 X40 X40
#define X255 X240 "xxxxxxxxxxxxxxx"

struct fixture {
	char *dir, *out;
	struct root_deb deb;
	struct loop *loop;
	struct err e;
	bool done;
	ext2_filsys fs;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->dir = check_tmpdir();
	f->out = file_join(f->dir, "disk.part");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->fs)
		ext2fs_free(f->fs);
	err_fini(&f->e);
	free((char *)f->deb.path);
	free(f->out);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

static void on_done(const struct err *error, void *arg)
{
	struct fixture *f = arg;

	if (error)
		err_copy(&f->e, error);
	f->done = !error;
	loop_stop(f->loop);
}

static bool build(struct fixture *f, const struct mk_entry *control, const struct mk_entry *data)
{
	struct root_request req = {
		.output = f->out, .size = SIZE, .epoch = 1700000000, .fs_uuid = {9}, .debs = &f->deb, .deb_count = 1};

	err_fini(&f->e);
	f->done = false;
	mkroot_deb(f->dir, &f->deb, "odd", "all", "", control, data, "");
	f->loop = loop_new();
	assert_non_null(root_build_start(f->loop, &req, NULL, on_done, f, &f->e));
	loop_run(f->loop);
	loop_free(f->loop);
	return f->done;
}

static void builds(struct fixture *f, const struct mk_entry *control, const struct mk_entry *data)
{
	if (!build(f, control, data))
		fail_msg("%s", f->e.text);
	if (f->fs)
		ext2fs_free(f->fs);
	readfs_check(f->out, OFFSET);
	f->fs = readfs_open(f->out, OFFSET);
}

static void refused(struct fixture *f, const struct mk_entry *control, const struct mk_entry *data)
{
	if (build(f, control, data))
		fail_msg("%s was unpacked", data->path);
	if (f->e.kind != ERR_VERIFY || !f->e.hint || !strstr(f->e.text, "odd"))
		fail_msg("%s: kind %d: %s", data->path, f->e.kind, f->e.text);
	assert_int_equal(access(f->out, F_OK), -1);
}

static void keeps_odd_entries(void **state)
{
	static const struct mk_entry data[] = {
		MK('f', "./lost+found/x", "found", 0644),
		MK('b', "./disk", NULL, 02660),
		MK('h', "./disk2", "./disk", 0660),
		MK('l', "./link", "/etc/../../../etc/passwd", 0777),
		MK('h', "./link2", "./link", 0777),
		MK('f', "./link2x/" X255, "long", 04711),
		MK('d', "./bits", NULL, 07777),
		MK('f', "./ctl\x01\x1b[31m\t\x7f", "control", 0),
		MK('f', "./\xff\xfe\"'\\$`", "bytes", 0644),
		MK('f', "./twice", "first", 0600),
		MK('f', "./twice", "second", 0644),
		MK('d', "./dir", NULL, 0700),
		MK('d', "./dir", NULL, 0755),
		MK('l', "./self", "self", 0777),
		MK('h', "./twice", "./twice", 0644), /* a link to itself changes nothing */
		MK_OWNED('f', "./owner", "", 0644, 4294967294u, 65536),
		MK_END,
	};
	static const struct mk_entry attr[] = {
		{.type = 'f', .path = "./attr", .data = "attr", .mode = 0644, .xattr = "user.x"},
		MK_END,
	};
	struct fixture *f = *state;
	struct ext2_inode_large in;

	builds(f, NULL, data);
	readfs_is(f->fs, "lost+found/x", "found");
	assert_int_equal(readfs_stat(f->fs, "disk").i_mode, LINUX_S_IFBLK | 02660);
	assert_int_equal(readfs_find(f->fs, "disk2"), readfs_find(f->fs, "disk"));
	readfs_link_is(f->fs, "link", "/etc/../../../etc/passwd");
	assert_int_equal(readfs_find(f->fs, "link2"), readfs_find(f->fs, "link"));
	readfs_is(f->fs, "link2x/" X255, "long");
	assert_int_equal(readfs_stat(f->fs, "link2x/" X255).i_mode & 07777, 04711);
	assert_int_equal(readfs_stat(f->fs, "bits").i_mode & 07777, 07777);
	readfs_is(f->fs, "ctl\x01\x1b[31m\t\x7f", "control");
	readfs_is(f->fs, "\xff\xfe\"'\\$`", "bytes");
	readfs_is(f->fs, "twice", "second");
	assert_int_equal(readfs_stat(f->fs, "twice").i_links_count, 1);
	assert_int_equal(readfs_stat(f->fs, "dir").i_mode & 07777, 0700);
	readfs_link_is(f->fs, "self", "self");
	in = readfs_stat(f->fs, "owner");
	assert_int_equal(inode_uid(in), 4294967294u);
	assert_int_equal(inode_gid(in), 65536);
	builds(f, NULL, attr); /* as dpkg, which does not know them */
	readfs_is(f->fs, "attr", "attr");
	assert_int_equal(readfs_stat(f->fs, "attr").i_file_acl, 0);
}

/* ext4 has 34 bits of seconds, from 1901 to 2446: what is beyond gets the nearest. */
static void keeps_times(void **state)
{
	static const struct {
		const char *path;
		int64_t mtime, want;
	} times[] = {
		{"./before", -1, -1},
		{"./first", -2147483648ll, -2147483648ll},
		{"./ancient", -2147483649ll, -2147483648ll},
		{"./eons", -99999999999ll, -2147483648ll},
		{"./y2038", 2147483648ll, 2147483648ll},
		{"./y2106", 4294967296ll, 4294967296ll},
		{"./last", 15032385535ll, 15032385535ll},
		{"./beyond", 15032385536ll, 15032385535ll},
		{"./never", 99999999999999ll, 15032385535ll},
	};
	enum { N = sizeof times / sizeof *times };
	struct mk_entry data[N + 1] = {{.type = 0}};
	struct fixture *f = *state;

	for (int i = 0; i < N; i++)
		data[i] = (struct mk_entry){.type = i % 2 ? 'd' : 'f',
					    .path = times[i].path,
					    .mode = 0755,
					    .data = "",
					    .mtime = times[i].mtime};
	builds(f, NULL, data);
	for (int i = 0; i < N; i++) {
		struct ext2_inode_large in = readfs_stat(f->fs, times[i].path + 2);
		int64_t got = (int32_t)in.i_mtime + ((int64_t)(in.i_mtime_extra & 3) << 32);

		if (got != times[i].want)
			fail_msg("%s: %lld", times[i].path, (long long)got);
	}
}

static void refuses_what_cannot_be(void **state)
{
	static const struct mk_entry list[][4] = {
		{MK('h', "./hard", "./nowhere", 0644), MK_END},
		{MK('h', "./hard", "./hard", 0644), MK_END},
		{MK('d', "./d", NULL, 0755), MK('h', "./hard", "./d", 0644), MK_END},
		{MK('d', "./d", NULL, 0755), MK('f', "./d", "x", 0644), MK_END},
		{MK('f', "./d", "x", 0644), MK('d', "./d", NULL, 0755), MK_END},
		{MK('f', "./d", "x", 0644), MK('f', "./d/x", "x", 0644), MK_END},
		{MK('p', "./d", NULL, 0644), MK('f', "./d/x", "x", 0644), MK_END},
		{MK('f', "./lost+found", "x", 0644), MK_END},
		{MK('l', "./a", "b", 0777), MK('l', "./b", "a", 0777), MK('f', "./a/x", "", 0644), MK_END},
		{MK('f', "./a/../b", "x", 0644), MK_END},
		{MK('h', "./hard", "./../hard", 0644), MK_END},
		{MK('f', "./line\nend", "x", 0644), MK_END},
		{MK('f', "./x" X255, "x", 0644), MK_END},
		{MK('l', "./empty", "", 0777), MK_END},
		{MK('f', "./", "x", 0644), MK_END},
		{{.type = 'c', .path = "./dev", .mode = 0644, .major = 4096}, MK_END},
		{{.type = 'f', .path = "./sparse", .mode = 0644, .size = 300000, .hole = 100000}, MK_END},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		refused(f, NULL, list[i]);
}

/* A file is known by at most 65000 names. */
static void refuses_too_many_links(void **state)
{
	enum { MOST = 65000 };
	struct mk_entry *data = calloc(MOST + 2, sizeof *data);
	char(*names)[16] = calloc(MOST + 1, sizeof *names);
	struct fixture *f = *state;

	data[0] = (struct mk_entry)MK('f', "./file", "x", 0644);
	for (int i = 1; i <= MOST; i++) {
		snprintf(names[i], sizeof names[i], "./d/%d", i);
		data[i] = (struct mk_entry)MK('h', names[i], "./file", 0644);
	}
	refused(f, NULL, data);
	data[MOST].type = 0;
	builds(f, NULL, data);
	assert_int_equal(readfs_stat(f->fs, "file").i_links_count, MOST);
	free(names);
	free(data);
}

/* Members of the control part become files of dpkg's database, but for those that are dpkg's own. */
static void keeps_dpkgs_own_files(void **state)
{
	static const struct mk_entry data[] = {MK('f', "./file", "x", 0644), MK_END};
	static const struct mk_entry list[] = {MK('f', "./list", "/etc/shadow\n", 0644), MK_END};
	static const struct mk_entry dotted[] = {MK('f', "./twin.list", "/etc/shadow\n", 0644), MK_END};
	static const struct mk_entry conffiles[] = {MK('f', "./conffiles", "/" X255 "\n", 0644), MK_END};
	static const struct mk_entry conffile[] = {MK('f', "./" X255, "x", 0644), MK_END};
	struct fixture *f = *state;

	builds(f, list, data);
	readfs_is(f->fs, "var/lib/dpkg/info/odd.list", "/file\n");
	refused(f, dotted, data);	 /* odd.twin may be a package */
	refused(f, conffiles, conffile); /* no name is left for its .dpkg-new */
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(keeps_odd_entries),	  WITH_DIR(keeps_times),	   WITH_DIR(refuses_what_cannot_be),
		WITH_DIR(refuses_too_many_links), WITH_DIR(keeps_dpkgs_own_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
