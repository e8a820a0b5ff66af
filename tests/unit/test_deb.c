/* SPDX-License-Identifier: MIT */
/* image/deb: what a package holds, and every way in which one can be no package. */
#include <fcntl.h>
#include <lzma.h>

#include "image/deb.h"
#include "mkdeb.h"

static const struct mk_entry control[] = {
	MK('d', "./", NULL, 0755),
	MK('f', "./control", "Package: tiny\nVersion: 1:2.0-1 \nArchitecture: all\nX:\n", 0644),
	MK('f', "./postinst", "#!/bin/sh\n", 0755),
	MK_END,
};
static const struct mk_entry data[] = {
	MK('d', "./", NULL, 0755),
	MK('d', "./usr/", NULL, 0755),
	MK_OWNED('d', "./usr/bin/", NULL, 01777, 7, 8),
	MK_OWNED('f', "./usr/bin/hello", "hello\n", 04755, 1, 70000),
	MK('f', "./usr/bin/empty", "", 0644),
	MK('l', "./usr/bin/link", "../../hello", 0777),
	MK('h', "./usr/bin/again", "./usr/bin/hello", 04755),
	MK('f', "/usr/bin/na\xefve\\x2d", "bytes", 0600),
	MK('c', "./dev", NULL, 0620),
	MK('b', "./disk", NULL, 0660),
	MK('p', "./pipe", NULL, 0600),
	MK_ZEROS("./usr/big", 0644, 300000),
	MK_END,
};

struct fixture {
	char *dir;
	char *path;
	int fd;
	struct err e;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->dir = check_tmpdir();
	f->fd = -1;
	*state = f;
	return 0;
}

static void put(struct fixture *f, struct buf *deb)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	f->path = mk_file(f->dir, "x.deb", deb->data, deb->len);
	f->fd = open(f->path, O_RDONLY);
	assert_true(f->fd >= 0);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->fd >= 0)
		close(f->fd);
	err_fini(&f->e);
	free(f->path);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

/* Reads a whole package; 0 when all of it was sound. */
static int read_all(int fd, uint64_t limit, uint8_t sha[HASH_SIZE], uint64_t *size, struct err *e)
{
	struct deb *d = deb_open(fd, "x.deb", e);
	struct deb_entry it;
	char p[10000];
	int r = -1;

	if (!d)
		return -1;
	deb_limit(d, limit);
	for (int part = DEB_CONTROL; part <= DEB_DATA; part++) {
		r = deb_enter(d, (enum deb_part)part, e);
		if (r)
			goto out;
		while ((r = deb_next(d, &it, e)) > 0) {
			ssize_t n;

			while ((n = deb_read(d, p, sizeof p, e)) > 0)
				;
			if (n < 0) {
				r = -1;
				goto out;
			}
		}
		if (r < 0)
			goto out;
	}
	r = deb_finish(d, sha, size, e);
out:
	deb_free(d);
	return r < 0 ? -1 : r;
}

static void next_is(struct deb *d, enum deb_type type, const char *path, unsigned mode, uint64_t size)
{
	struct deb_entry it;

	assert_int_equal(deb_next(d, &it, NULL), 1);
	assert_string_equal(it.path, path);
	assert_int_equal(it.type, type);
	assert_int_equal(it.mode, mode);
	assert_int_equal(it.size, size);
	assert_int_equal(it.mtime, MK_MTIME);
	if (type == DEB_CHAR || type == DEB_BLOCK) {
		assert_int_equal(it.major, 5);
		assert_int_equal(it.minor, 1);
	}
	if (type == DEB_SYMLINK)
		assert_string_equal(it.link, "../../hello");
	else if (type == DEB_HARDLINK)
		assert_string_equal(it.link, "usr/bin/hello");
	else
		assert_null(it.link);
	if (strcmp(path, "usr/bin/hello") == 0) {
		assert_int_equal(it.uid, 1);
		assert_int_equal(it.gid, 70000);
	}
}

static void reads_entries(void **state)
{
	static const char *const exts[] = {"", ".gz", ".xz", ".zst"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		struct deb *d;
		struct buf deb;
		char p[100];

		mk_deb(&deb, control, data, exts[i]);
		put(f, &deb);
		buf_fini(&deb);
		d = deb_open(f->fd, "x.deb", &f->e);
		assert_non_null(d);
		assert_int_equal(deb_enter(d, DEB_CONTROL, &f->e), 0);
		next_is(d, DEB_DIR, "", 0755, 0);
		next_is(d, DEB_FILE, "control", 0644, strlen(control[1].data));
		assert_int_equal(deb_enter(d, DEB_DATA, &f->e), 0);
		next_is(d, DEB_DIR, "", 0755, 0);
		next_is(d, DEB_DIR, "usr", 0755, 0);
		next_is(d, DEB_DIR, "usr/bin", 01777, 0);
		next_is(d, DEB_FILE, "usr/bin/hello", 04755, 6);
		assert_int_equal(deb_read(d, p, 4, NULL), 4);
		assert_int_equal(deb_read(d, p + 4, sizeof p - 4, NULL), 2);
		assert_memory_equal(p, "hello\n", 6);
		assert_int_equal(deb_read(d, p, sizeof p, NULL), 0);
		next_is(d, DEB_FILE, "usr/bin/empty", 0644, 0);
		next_is(d, DEB_SYMLINK, "usr/bin/link", 0777, 0);
		next_is(d, DEB_HARDLINK, "usr/bin/again", 04755, 0);
		next_is(d, DEB_FILE, "usr/bin/na\xefve\\x2d", 0600, 5);
		next_is(d, DEB_CHAR, "dev", 0620, 0);
		next_is(d, DEB_BLOCK, "disk", 0660, 0);
		next_is(d, DEB_FIFO, "pipe", 0600, 0);
		next_is(d, DEB_FILE, "usr/big", 0644, 300000);
		assert_int_equal(deb_next(d, &(struct deb_entry){0}, NULL), 0);
		assert_int_equal(deb_enter(d, DEB_CONTROL, NULL), -1);
		deb_free(d);
	}
}

static void hashes_what_it_reads(void **state)
{
	struct fixture *f = *state;
	uint8_t want[HASH_SIZE], got[HASH_SIZE];
	uint64_t size = 0;
	struct buf deb;
	struct deb *d;

	mk_deb(&deb, control, data, ".xz");
	mk_ar_member(&deb, "_gpgorigin", "odd", 3);
	put(f, &deb);
	hash_bytes(deb.data, deb.len, want);
	assert_int_equal(read_all(f->fd, DEB_DATA_MAX, got, &size, &f->e), 0);
	assert_int_equal(size, deb.len);
	assert_memory_equal(got, want, HASH_SIZE);
	d = deb_open(f->fd, "x", NULL); /* the same when nothing of it was looked at */
	assert_int_equal(deb_finish(d, got, &size, &f->e), 0);
	assert_memory_equal(got, want, HASH_SIZE);
	assert_int_equal(size, deb.len);
	deb_free(d);
	buf_fini(&deb);
}

/* Some tools omit the padding of an odd member at the end. */
static void reads_without_padding(void **state)
{
	struct fixture *f = *state;
	uint8_t got[HASH_SIZE];
	uint64_t size = 0;
	struct buf deb;

	mk_deb(&deb, control, data, ".xz");
	mk_ar_member(&deb, "_gpgorigin", "odd", 3);
	assert_int_equal(deb.len % 2, 0);
	deb.len--;
	put(f, &deb);
	assert_int_equal(read_all(f->fd, DEB_DATA_MAX, got, &size, &f->e), 0);
	assert_int_equal(size, deb.len);
	buf_fini(&deb);
}

static void extracts_files(void **state)
{
	struct fixture *f = *state;
	struct buf deb, out;
	char *v;

	mk_deb(&deb, control, data, ".zst");
	put(f, &deb);
	buf_fini(&deb);
	assert_int_equal(deb_extract_file(f->fd, "x", "./usr/bin/hello", 6, &out, &f->e), 0);
	assert_string_equal(out.data, "hello\n");
	buf_fini(&out);
	assert_int_equal(deb_extract_file(f->fd, "x", "/usr/bin/again", 100, &out, &f->e), 0);
	assert_string_equal(out.data, "hello\n");
	buf_fini(&out);
	assert_int_equal(deb_extract_file(f->fd, "x", "usr/bin/empty", 0, &out, &f->e), 0);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	assert_int_equal(deb_extract_file(f->fd, "x", "usr/bin/hello", 5, &out, &f->e), -1);
	assert_string_equal(f->e.id, "deb-too-large");
	assert_int_equal(deb_extract_file(f->fd, "x", "usr/bin/link", 100, &out, &f->e), -1);
	assert_string_equal(f->e.id, "deb-member");
	assert_int_equal(deb_extract_file(f->fd, "x", "dev", 100, &out, &f->e), -1);
	assert_int_equal(deb_extract_file(f->fd, "x", "usr/bin/none", 100, &out, &f->e), -1);
	assert_string_equal(f->e.id, "deb-member");
	assert_int_equal(deb_read_control(f->fd, "x", &out, &f->e), 0);
	v = deb_control_field(out.data, "version");
	assert_string_equal(v, "1:2.0-1");
	free(v);
	v = deb_control_field(out.data, "X");
	assert_string_equal(v, "");
	free(v);
	assert_null(deb_control_field(out.data, "Vers"));
	buf_fini(&out);
}

static void refused(struct fixture *f, struct buf *deb, const char *id, size_t which)
{
	uint8_t sha[HASH_SIZE];
	uint64_t size;

	put(f, deb);
	buf_fini(deb);
	err_fini(&f->e);
	if (read_all(f->fd, 1 << 20, sha, &size, &f->e) != -1)
		fail_msg("number %zu: accepted where %s was expected", which, id);
	assert_string_equal(f->e.id, id);
	assert_int_equal(f->e.kind, ERR_VERIFY);
	assert_non_null(strstr(f->e.text, "x.deb"));
}

/* Members in the order of a list of names. */
static void put_members(struct buf *ar, const char *const *names)
{
	struct buf tar;

	buf_init(ar, 0);
	for (; *names; names++) {
		const char *dot = strstr(*names, ".tar");

		if (!dot) {
			mk_ar_member(ar, *names, "2.0\n", 4);
			continue;
		}
		mk_tar(&tar, **names == 'c' ? control : data, dot + 4);
		mk_ar_member(ar, *names, tar.data, tar.len);
		buf_fini(&tar);
	}
}

static void refuses_members(void **state)
{
	static const char *const bad[][7] = {
		{"control.tar.xz", "data.tar.xz"},
		{"control.tar", "debian-binary", "data.tar"},
		{"debian-binary"},
		{"debian-binary", "control.tar.gz"},
		{"debian-binary", "data.tar.gz"},
		{"debian-binary", "data.tar", "control.tar"},
		{"debian-binary", "control.tar", "control.tar", "data.tar"},
		{"debian-binary", "control.tar", "data.tar", "data.tar"},
		{"debian-binary", "control.tar", "data.tar", "control.tar.gz"},
		{"debian-binary", "control.tar", "data.tar", "debian-binary"},
		{"debian-binary", "control.tar", "other", "data.tar"},
		{"debian-binary", "control.tar", "data.tar.lzma"},
		{"debian-binary", "control.tar.bz2", "data.tar"},
	};
	static const char *const good[][7] = {
		{"debian-binary", "control.tar", "data.tar"},
		{"debian-binary", "_a", "control.tar.gz", "_b", "data.tar.xz", "later"},
		{"debian-binary/", "control.tar/", "data.tar/"},
	};
	struct fixture *f = *state;
	uint8_t sha[HASH_SIZE];
	uint64_t size;
	struct buf deb;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put_members(&deb, bad[i]);
		refused(f, &deb, "deb-format", i);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		put_members(&deb, good[i]);
		put(f, &deb);
		buf_fini(&deb);
		if (read_all(f->fd, 1 << 20, sha, &size, &f->e))
			fail_msg("%s", f->e.text);
	}
}

static void refuses_headers(void **state)
{
	static const struct {
		size_t at;
		const char *bytes, *text;
	} bad[] = {
		{0, "!<arcX>\n", "not an ar archive"},
		{66, "x", "bad ar header"},
		{67, "x", "bad ar header"},
		{56, "-4        ", "bad ar header"},
		{56, "          ", "bad ar header"},
		{56, "4x        ", "bad ar header"},
		{56, "9999999999", "larger than the file"},
		{8, "                ", "without a proper name"},
		{8, "a/b", "without a proper name"},
		{68, "3.0\n", "its format is not 2.x"},
		{68, "2.0 ", "its format is not 2.x"},
	};
	struct fixture *f = *state;
	char size[16];
	struct buf deb;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		mk_deb(&deb, control, data, "");
		memcpy(deb.data + bad[i].at, bad[i].bytes, strlen(bad[i].bytes));
		refused(f, &deb, "deb-format", i);
		if (!strstr(f->e.text, bad[i].text))
			fail_msg("number %zu: \"%s\" in place of \"%s\"", i, f->e.text, bad[i].text);
	}
	mk_deb(&deb, control, data, ""); /* smaller than the file, and larger than the rest of it */
	snprintf(size, sizeof size, "%-10zu", deb.len - 1);
	memcpy(deb.data + 56, size, 10);
	refused(f, &deb, "deb-format", 99);
	assert_non_null(strstr(f->e.text, "larger than the file"));
	buf_init(&deb, 0);
	buf_adds(&deb, "!<ar");
	refused(f, &deb, "deb-format", 100);
	mk_deb(&deb, control, data, ".xz"); /* cut in the data, and in a header */
	deb.len -= 40;
	refused(f, &deb, "deb-format", 101);
	mk_deb(&deb, control, data, "");
	buf_adds(&deb, "left over");
	refused(f, &deb, "deb-format", 102);
	assert_non_null(strstr(f->e.text, "ends in an ar header"));
}

static void refuses_paths(void **state)
{
	static char long_part[300], long_path[5000];
	const char *bad[] = {"../x", "./a/../b", "..", "a//b", "a\nb", long_part, long_path};
	struct fixture *f = *state;
	struct buf deb;

	memset(long_part, 'a', sizeof long_part - 1);
	for (size_t i = 0; i < sizeof long_path - 1; i++)
		long_path[i] = i % 100 ? 'a' : '/';
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct mk_entry list[] = {MK('f', bad[i], "x", 0644), MK_END};
		const struct mk_entry link[] = {MK('h', "ok", bad[i], 0644), MK_END};

		mk_deb(&deb, control, list, "");
		refused(f, &deb, "deb-format", i);
		mk_deb(&deb, control, link, "");
		refused(f, &deb, "deb-format", i);
	}
}

static void refuses_too_much(void **state)
{
	static const struct mk_entry big[] = {MK_ZEROS("zeros", 0644, 64 << 20), MK_END};
	static const struct mk_entry many[] = {MK_ZEROS("a", 0644, 600000), MK_ZEROS("b", 0644, 600000), MK_END};
	static const char *const exts[] = {"", ".gz", ".xz", ".zst"};
	struct fixture *f = *state;
	struct buf deb;

	for (size_t i = 0; i < 4; i++) {
		mk_deb(&deb, control, i ? big : many, exts[i]);
		refused(f, &deb, "deb-too-large", i);
	}
	for (size_t i = 0; i < 4; i++) {
		mk_deb(&deb, control, many, exts[i]);
		refused(f, &deb, "deb-too-large", i);
	}
}

/* Few bytes that claim to be very many, with no lower limit set. */
static void refuses_bombs(void **state)
{
	static const struct mk_entry once[] = {MK_ZEROS("a", 0644, 200 << 20), MK_END};
	static const struct mk_entry twice[] = {MK_ZEROS("a", 0644, 200 << 20), MK_ZEROS("b", 0644, 200 << 20), MK_END};
	struct fixture *f = *state;
	uint8_t sha[HASH_SIZE];
	uint64_t size;
	struct buf deb, tar;

	for (int count = 1; count <= 2; count++) {
		buf_init(&deb, 0);
		mk_ar_member(&deb, "debian-binary", "2.0\n", 4);
		mk_ar_tar(&deb, "control.tar", "", control);
		mk_tar(&tar, count == 1 ? once : twice, ".zst");
		mk_ar_member(&deb, "data.tar.zst", tar.data, tar.len);
		buf_fini(&tar);
		put(f, &deb);
		buf_fini(&deb);
		assert_int_equal(read_all(f->fd, DEB_DATA_MAX, sha, &size, &f->e), 1 - count);
	}
	assert_string_equal(f->e.id, "deb-too-large");
}

/* One compression inside another is a bad tar, not one more round of unpacking. */
static void refuses_nesting(void **state)
{
	static const char *const exts[] = {".gz", ".xz", ".zst"};
	struct fixture *f = *state;
	struct buf deb, once, twice;
	struct archive *a;

	for (size_t i = 0; i < 3; i++) {
		struct archive_entry *ae;

		mk_tar(&once, data, exts[i]);
		buf_init(&twice, 0);
		a = archive_write_new();
		archive_write_set_format_raw(a);
		if (i == 0)
			archive_write_add_filter_gzip(a);
		else if (i == 1)
			archive_write_add_filter_xz(a);
		else
			archive_write_add_filter_zstd(a);
		archive_write_open2(a, &twice, NULL, mk_collect, NULL, NULL);
		ae = archive_entry_new();
		archive_entry_set_filetype(ae, AE_IFREG);
		archive_write_header(a, ae);
		archive_write_data(a, once.data, once.len);
		archive_entry_free(ae);
		archive_write_free(a);
		buf_init(&deb, 0);
		mk_ar_member(&deb, "debian-binary", "2.0\n", 4);
		mk_ar_tar(&deb, "control.tar", "", control);
		mk_ar_member(&deb,
			     i == 0   ? "data.tar.gz"
			     : i == 1 ? "data.tar.xz"
				      : "data.tar.zst",
			     twice.data, twice.len);
		refused(f, &deb, "deb-format", i);
		buf_fini(&once);
		buf_fini(&twice);
	}
}

/* The dictionary size is the fifth byte of the first block's header, which has a CRC-32. */
static void refuses_huge_dictionary(void **state)
{
	struct fixture *f = *state;
	struct buf deb, tar;

	for (int bits = 22; bits <= 40; bits += 9) { /* 8 MiB; 192 MiB; 4 GiB */
		uint8_t sha[HASH_SIZE], *block;
		uint64_t size;
		uint32_t crc;
		size_t n;

		mk_tar(&tar, data, ".xz");
		block = (uint8_t *)tar.data + 12;
		n = ((size_t)block[0] + 1) * 4;
		assert_int_equal(block[2], 0x21);
		block[4] = (uint8_t)bits;
		crc = lzma_crc32(block, n - 4, 0);
		for (int i = 0; i < 4; i++)
			block[n - 4 + (size_t)i] = (uint8_t)(crc >> 8 * i);
		buf_init(&deb, 0);
		mk_ar_member(&deb, "debian-binary", "2.0\n", 4);
		mk_ar_tar(&deb, "control.tar", "", control);
		mk_ar_member(&deb, "data.tar.xz", tar.data, tar.len);
		buf_fini(&tar);
		if (bits > 22) {
			refused(f, &deb, "deb-format", (size_t)bits);
			assert_non_null(strstr(f->e.text, "dictionary"));
			continue;
		}
		put(f, &deb);
		buf_fini(&deb);
		assert_int_equal(read_all(f->fd, 1 << 20, sha, &size, &f->e), 0);
	}
}

/* Whatever one bit does: an error or another digest, and an end. */
static void survives_bit_flips(void **state)
{
	static const struct mk_entry small[] = {MK('d', "./", NULL, 0755), MK('f', "./a", "abc", 0644),
						MK('l', "./b", "a", 0777), MK_END};
	static const char *const exts[] = {"", ".gz", ".xz", ".zst"};
	struct fixture *f = *state;
	uint8_t want[HASH_SIZE], got[HASH_SIZE];
	uint64_t size;
	struct buf deb;

	for (size_t k = 0; k < 4; k++) {
		size_t step = k == 0 ? 7 : 1;

		mk_deb(&deb, small, small, exts[k]);
		hash_bytes(deb.data, deb.len, want);
		put(f, &deb);
		close(f->fd);
		f->fd = open(f->path, O_RDWR);
		for (size_t i = 0; i < deb.len; i += step) {
			char c = (char)(deb.data[i] ^ 1 << i % 8);

			assert_int_equal(pwrite(f->fd, &c, 1, (off_t)i), 1);
			if (read_all(f->fd, 1 << 20, got, &size, NULL) == 0)
				assert_memory_not_equal(got, want, HASH_SIZE);
			assert_int_equal(pwrite(f->fd, &deb.data[i], 1, (off_t)i), 1);
		}
		assert_int_equal(read_all(f->fd, 1 << 20, got, &size, &f->e), 0);
		assert_memory_equal(got, want, HASH_SIZE);
		buf_fini(&deb);
	}
}

static void refuses_what_is_no_file(void **state)
{
	struct fixture *f = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_null(deb_open(fds[0], "pipe", &f->e));
	assert_string_equal(f->e.id, "deb-format");
	close(fds[0]);
	close(fds[1]);
	assert_null(deb_open(-1, "none", &f->e));
	assert_string_equal(f->e.id, "deb-read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(hashes_what_it_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_without_padding, setup, teardown),
		cmocka_unit_test_setup_teardown(extracts_files, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_members, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_too_much, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bombs, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_nesting, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_huge_dictionary, setup, teardown),
		cmocka_unit_test_setup_teardown(survives_bit_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
