/* SPDX-License-Identifier: MIT */
/* image/folder: packages as files of this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/folder.h"
#include "mkdeb.h"

static const struct mk_entry control[] = {MK('f', "./control", "Package: x\nVersion: 1\nArchitecture: all\n", 0644),
					  MK_END};

struct fixture {
	char dir[sizeof("/tmp/dw-folder-XXXXXX")];
	char *to, *outside;
	char *paths[2];
	struct root_deb debs[2];
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->dir, "/tmp/dw-folder-XXXXXX", sizeof(f->dir));
	assert_non_null(mkdtemp(f->dir));
	f->to = file_join(f->dir, "to");
	f->outside = file_join(f->dir, "outside");
	assert_int_equal(file_mkdirs(f->to, NULL), 0);
	assert_int_equal(file_mkdirs(f->outside, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	file_remove_tree(f->dir, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(f->paths); i++)
		free(f->paths[i]);
	free(f->to);
	free(f->outside);
	free(f);
	return 0;
}

static void add(struct fixture *f, size_t i, const struct mk_entry *data)
{
	struct buf deb;
	struct hash *h = hash_new();

	mk_deb(&deb, control, data, ".xz");
	f->paths[i] = mk_file(f->dir, i ? "b.deb" : "a.deb", deb.data, deb.len);
	f->debs[i] =
		(struct root_deb){.name = "x", .version = "1", .arch = "all", .path = f->paths[i], .size = deb.len};
	hash_add(h, deb.data, deb.len);
	hash_end(h, f->debs[i].sha256);
	buf_fini(&deb);
}

static mode_t mode_of(const struct fixture *f, const char *name)
{
	AUTO_FREE char *path = file_join(f->to, name);
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode : 0;
}

static void unpacked(void **state)
{
	static const struct mk_entry data[] = {
		MK('d', "./usr", NULL, 0755),
		MK('d', "./usr/share", NULL, 0755),
		MK('f', "./usr/share/doc", "x", 0644),
		MK('f', "./usr/sharedlib", "x", 0600),
		MK_OWNED('f', "./usr/bin/tool", "program", 04755, 0, 0),
		MK('h', "./usr/bin/same", "./usr/bin/tool", 04755),
		MK('l', "./usr/bin/link", "tool", 0777),
		MK('f', "./lib/x86_64-linux-gnu/libc.so.6", "library", 0644),
		MK('l', "./lib64/ld.so", "/lib/x86_64-linux-gnu/libc.so.6", 0777),
		MK('f', "./etc/config", "x", 0644),
		MK('c', "./usr/lib/device", NULL, 0644),
		MK_END,
	};
	struct fixture *f = *state;
	char text[64] = "";
	AUTO_FREE char *link = NULL;

	add(f, 0, data);
	assert_int_equal(folder_unpack(f->to, f->debs, 1, NULL), 0);
	assert_int_equal(mode_of(f, "usr/bin/tool"), S_IFREG | 0755);
	assert_int_equal(mode_of(f, "usr/bin/same"), S_IFREG | 0755);
	assert_int_equal(mode_of(f, "usr/sharedlib"), S_IFREG | 0644);
	assert_int_equal(mode_of(f, "usr/lib/x86_64-linux-gnu/libc.so.6"), S_IFREG | 0644);
	link = file_join(f->to, "usr/lib64/ld.so");
	assert_int_equal(readlink(link, text, sizeof(text) - 1), strlen("/lib/x86_64-linux-gnu/libc.so.6"));
	assert_string_equal(text, "/lib/x86_64-linux-gnu/libc.so.6");
	assert_int_equal(mode_of(f, "usr/share"), 0);
	assert_int_equal(mode_of(f, "etc"), 0);
	assert_int_equal(mode_of(f, "lib"), 0);
	assert_int_equal(mode_of(f, "usr/lib/device"), 0);
}

/* Nothing is written through a link, in whichever order a link and what lies behind it come. */
static void stays_inside(void **state)
{
	struct fixture *f = *state;
	const struct mk_entry link[] = {MK('l', "./usr/lib/a", f->outside, 0777), MK_END};
	static const struct mk_entry behind[] = {MK('f', "./usr/lib/a/x", "x", 0644), MK_END};
	AUTO_FREE char *written = file_join(f->outside, "x");

	add(f, 0, link);
	add(f, 1, behind);
	assert_int_equal(folder_unpack(f->to, f->debs, 2, NULL), 0);
	assert_false(file_exists(written));
	assert_int_equal(mode_of(f, "usr/lib/a"), S_IFDIR | 0700);
}

/* Bytes that are not those of the request are an error. */
static void digest(void **state)
{
	static const struct mk_entry data[] = {MK('f', "./usr/bin/tool", "program", 0755), MK_END};
	struct fixture *f = *state;
	AUTO_ERR struct err e = ERR_INIT;

	add(f, 0, data);
	f->debs[0].sha256[5] ^= 1;
	assert_int_equal(folder_unpack(f->to, f->debs, 1, &e), -1);
	assert_int_equal(e.kind, ERR_VERIFY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unpacked, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(digest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
