/* SPDX-License-Identifier: MIT */
/* archive/index, unpack and solve: a small Packages file from the cache to a set, twice: parsed, and
 * from the kept parsed form. */
#include "tests/lib/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <solv/pool.h>

#include "archive/cache.h"
#include "archive/index.h"
#include "archive/solve.h"
#include "archive/state.h"
#include "archive/unpack.h"
#include "base/mem.h"

#define SUM "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
#define STANZA(name, version, size, more)                                                                              \
	"Package: " name "\nVersion: " version "\nArchitecture: armhf\n" more "Filename: pool/" name "_" version       \
	"_armhf.deb\nSize: " #size "\nSHA256: " SUM "\n\n"

static const char packages[] = STANZA("base", "1.0", 10,
				      "Essential: yes\nPriority: required\nDepends: lib\nInstalled-Size: 7\n")
	STANZA("lib", "1.0", 20, "") STANZA("lib", "1:0.9+b~1", 21, "Recommends: big\n")
		STANZA("shell", "1.0", 30, "Priority: important\n") STANZA("menu", "1.0", 30, "Priority: important\n")
			STANZA("big", "1.0", 40, "") STANZA("choice", "1.0", 50, "Depends: alpha | beta\n")
				STANZA("alpha", "1.0", 60, "Provides: letter\n")
					STANZA("beta", "1.0", 61, "Provides: letter, second\n")
						STANZA("mailer", "1.0", 70, "Conflicts: poster\n")
							STANZA("poster", "1.0", 80, "")
								STANZA("broken", "1.0", 90, "Depends: nowhere\n")
									STANZA("sizeless", "1.0", 0, "");

struct fixture {
	char *dir;
	struct archive_env env;
	struct index ix;
	struct s_Pool *pool;
};

static void load(struct fixture *f)
{
	f->pool = solve_pool_new("armhf", NULL);
	index_open_parsed(&f->env, &f->ix);
	assert_int_equal(index_load(&f->env, &f->ix, f->pool, NULL), 0);
	solve_pool_ready(f->pool);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = check_tmpdir();
	f->env.cache_dir = f->dir;
	f->ix = (struct index){.name = xstrdup("the test's list"),
			       .base = "http://m/debian",
			       .size = strlen(packages),
			       .plain_size = strlen(packages),
			       .solv_fd = -1};
	assert_int_equal(cache_store(f->dir, packages, strlen(packages), f->ix.sha256, NULL), 0);
	memcpy(f->ix.plain_sha256, f->ix.sha256, HASH_SIZE);
	load(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pool_free(f->pool);
	index_fini(&f->ix);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

static struct strv words(const char *text)
{
	struct strv v = STRV_INIT;

	strv_split(&v, text, " ");
	return v;
}

/* The set as "name=version" words, `+` behind those that are extra, `!` behind those of them that were
 * asked for by name; or the error's id. */
static char *solve(struct fixture *f, const char *names, const char *extra, const char *prefer, const char *without)
{
	struct strv n = words(names), x = words(extra), p = words(prefer), w = words(without);
	struct solve_request req = {.names = &n, .extra = &x, .prefer = &p, .without = &w};
	struct package_set set = {0};
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, 0);
	if (solve_packages(f->pool, &req, &set, &e) < 0)
		buf_adds(&b, e.id);
	for (size_t i = 0; i < set.len; i++)
		buf_addf(&b, "%s%s=%s%s%s", i ? " " : "", set.items[i].name, set.items[i].version,
			 set.items[i].extra ? "+" : "", set.items[i].extra && set.items[i].named ? "!" : "");
	package_set_fini(&set);
	err_fini(&e);
	strv_fini(&n);
	strv_fini(&x);
	strv_fini(&p);
	strv_fini(&w);
	return buf_steal(&b);
}

static void assert_solved(struct fixture *f, const char *names, const char *extra, const char *prefer,
			  const char *without, const char *want)
{
	char *got = solve(f, names, extra, prefer, without);

	assert_string_equal(got, want);
	free(got);
}

#define BASE "base=1.0 lib=1:0.9+b~1 menu=1.0"

static void sets(struct fixture *f)
{
	assert_solved(f, "", "", "", "", BASE " shell=1.0"); /* newest by epoch; no recommends */
	assert_solved(f, "", "", "", "menu", "base=1.0 lib=1:0.9+b~1 shell=1.0");
	assert_solved(f, "choice", "", "beta", "",
		      "base=1.0 beta=1.0 choice=1.0 lib=1:0.9+b~1 "
		      "menu=1.0 shell=1.0");
	assert_solved(f, "choice", "", "alpha absent", "",
		      "alpha=1.0 base=1.0 choice=1.0 "
		      "lib=1:0.9+b~1 menu=1.0 shell=1.0");
	assert_solved(f, "alpha", "choice big lib", "", "",
		      "alpha=1.0 base=1.0 big=1.0+! choice=1.0+! lib=1:0.9+b~1 menu=1.0 shell=1.0");
	assert_solved(f, "second", "", "", "", "base=1.0 beta=1.0 lib=1:0.9+b~1 menu=1.0 shell=1.0");
	assert_solved(f, "", "choice", "beta", "", "base=1.0 beta=1.0+ choice=1.0+! lib=1:0.9+b~1 menu=1.0 shell=1.0");
	assert_solved(f, "", "second", "", "", "base=1.0 beta=1.0+! lib=1:0.9+b~1 menu=1.0 shell=1.0");
	assert_solved(f, "letter", "", "", "", "package-virtual");
	assert_solved(f, "bigg", "", "", "", "package-unknown");
	assert_solved(f, "nowhere", "", "", "", "package-unknown");
	assert_solved(f, "mailer poster", "", "", "", "package-conflict");
	assert_solved(f, "mailer", "poster", "", "", "package-conflict");
	assert_solved(f, "broken", "", "", "", "package-conflict");
	assert_solved(f, "sizeless", "", "", "", "package-data");
}

static void solving(void **state)
{
	struct fixture *f = *state;

	sets(f);
	pool_free(f->pool);
	load(f);
	assert_int_equal(f->ix.solv_fd, -1); /* it was there, and was used */
	sets(f);
}

/* One message says all that is wrong with the names, and what of the user's own to change. */
static void messages(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][4] = {
		/* names, extra, text, hint */
		{"", "bigg nowhere mialer", "there is no package bigg, nowhere, mialer",
		 "did you mean: bigg: big; mialer: mailer?"},
		{"", "bigg", "there is no package bigg", "did you mean big?"},
		{"", "zzzzzzzz", "there is no package zzzzzzzz", "check the spelling, and whether this release has it"},
		{"", "letter bigg", "letter is a virtual package that several provide; there is no package bigg",
		 "name one of them, such as alpha or beta; did you mean big?"},
		{"mailer", "poster", NULL,
		 "leave poster out of system.packages: it does not go with what the profile brings"},
		{"", "mailer poster", NULL, "leave mailer or poster out of system.packages"},
		{"mailer poster", "", NULL,
		 "the mirror may be in the middle of an update: try again later or name another mirror"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strv names = words(rows[i][0]), extra = words(rows[i][1]);
		struct package_set set;
		struct err e = ERR_INIT;

		assert_int_equal(
			solve_packages(f->pool, &(struct solve_request){.names = &names, .extra = &extra}, &set, &e),
			-1);
		if (rows[i][2])
			assert_string_equal(e.text, rows[i][2]);
		assert_string_equal(e.hint, rows[i][3]);
		err_fini(&e);
		strv_fini(&names);
		strv_fini(&extra);
	}
}

/* deb-control(5): =, <<, >>, <=, >=; a virtual package by a provider. */
static void satisfying(void **state)
{
	static const char *const good[][2] = {
		{"lib", "lib"},		 {"lib (= 1:0.9+b~1)", "lib"}, {"lib (>> 1.0)", "lib"},
		{"lib (<< 1:0)", "lib"}, {"alpha (>= 1.0)", "alpha"},  {"letter", "alpha"},
		{"second", "beta"},	 {"big (<= 1.0)", "big"},
	};
	static const char *const bad[][2] = {
		{"lib (>> 1:1)", "lib (>> 1:1): the archive has 1:0.9+b~1"},
		{"big (<< 1.0)", "big (<< 1.0): the archive has 1.0"},
		{"nowhere", "nowhere: the archive has no such package"},
		{"letter (>= 1)", "letter (>= 1): the archive has no such package"},
	};
	struct fixture *f = *state;
	struct strv all = STRV_INIT, names = STRV_INIT;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct strv one = STRV_INIT, got = STRV_INIT;

		strv_add(&one, good[i][0]);
		if (solve_satisfy(f->pool, &one, &got, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(got.len, 1);
		assert_string_equal(got.items[0], good[i][1]);
		strv_fini(&got);
		strv_fini(&one);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		strv_add(&all, bad[i][0]);
	assert_int_equal(solve_satisfy(f->pool, &all, &names, &e), -1);
	assert_string_equal(e.id, "dependency");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(strstr(e.text, bad[i][1]));
	err_fini(&e);
	strv_fini(&names);
	strv_fini(&all);
}

static void one_package(void **state)
{
	struct fixture *f = *state;
	struct package_set set;
	struct err e = ERR_INIT;

	for (int i = 0; i < 2; i++) { /* parsed, then from the kept form */
		assert_int_equal(solve_find(f->pool, "base", &set, NULL), 0);
		assert_int_equal(set.len, 1);
		assert_string_equal(set.items[0].url, "http://m/debian/pool/base_1.0_armhf.deb");
		assert_int_equal(set.items[0].size, 10);
		assert_int_equal(set.items[0].installed, 7 * 1024);
		assert_int_equal(set.items[0].sha256[0], 0x5f);
		assert_true(set.items[0].essential);
		package_set_fini(&set);
		assert_int_equal(solve_find(f->pool, "lib", &set, NULL), 0);
		assert_string_equal(set.items[0].version, "1:0.9+b~1");
		assert_false(set.items[0].essential);
		package_set_fini(&set);
		assert_string_equal(solve_version(f->pool, "lib"), "1:0.9+b~1");
		assert_null(solve_version(f->pool, "letter"));
		pool_free(f->pool);
		load(f);
	}
	assert_int_equal(solve_find(f->pool, "shel", &set, &e), -1);
	assert_string_equal(e.id, "package-unknown");
	assert_non_null(strstr(e.hint, "shell"));
	err_fini(&e);
}

static void near_names(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{"mialer", "mailer"}, {"alfa", "alpha"}, {"zzzzzzzz", ""}, {"", ""}, {"cho", "choice"}, {"bta", "beta"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *near = search_similar_names(f->pool, rows[i][0]);

		assert_string_equal(near, rows[i][1]);
		free(near);
	}
}

static void note_found(const char *name, const char *version, const char *summary, void *arg)
{
	(void)summary;
	buf_addf(arg, "%s=%s ", name, version);
}

static void assert_found(struct fixture *f, const char *text, size_t most, const char *want, size_t all)
{
	struct archive a = {.pool = f->pool};
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(archive_search(&a, text, most, note_found, &b), all);
	assert_string_equal(b.data, want);
	buf_fini(&b);
}

/* The name itself, then beginnings, then parts; of two versions the newest; nothing for nothing. */
static void searching(void **state)
{
	struct fixture *f = *state;

	assert_found(f, "lib", 9, "lib=1:0.9+b~1 ", 1);
	assert_found(f, "be", 9, "beta=1.0 ", 1);
	assert_found(f, "b", 2, "base=1.0 beta=1.0 ", 5);
	assert_found(f, "ta", 9, "beta=1.0 ", 1);
	assert_found(f, "nowhere", 9, "", 0);
	assert_found(f, "", 9, "", 0);
}

static char *only_solv_file(const char *dir)
{
	char *folder = file_join(dir, "solv");
	char *path = NULL;
	DIR *d = opendir(folder);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			assert_null(path); /* and no temporary file beside it */
			path = file_join(folder, entry->d_name);
		}
	closedir(d);
	free(folder);
	return path;
}

/* A parsed form that was damaged anywhere, or cut, is a miss and not an error. */
static void damaged_form(void **state)
{
	struct fixture *f = *state;
	char *path = only_solv_file(f->dir);
	struct stat st;
	char c;
	int fd;

	assert_non_null(path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &c, 1, st.st_size / 2), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, st.st_size / 2), 1);
	close(fd);
	index_open_parsed(&f->env, &f->ix);
	assert_int_equal(f->ix.solv_fd, -1);
	assert_false(file_exists(path));
	pool_free(f->pool);
	load(f);
	assert_true(file_exists(path));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 20), 0);
	index_open_parsed(&f->env, &f->ix);
	assert_int_equal(f->ix.solv_fd, -1);
	free(path);
}

/* The signed unpacked size and digest count, and damage of the packed file is seen. */
static void other_content(void **state)
{
	struct fixture *f = *state;
	struct s_Pool *pool = solve_pool_new("armhf", NULL);
	struct err e = ERR_INIT;
	char *path = cache_path(f->dir, f->ix.sha256);

	f->ix.plain_size--;
	assert_int_equal(index_load(&f->env, &f->ix, pool, &e), -1);
	assert_string_equal(e.id, "index-size");
	f->ix.plain_size += 2;
	assert_int_equal(index_load(&f->env, &f->ix, pool, &e), -1);
	assert_string_equal(e.id, "index-size");
	f->ix.plain_size--;
	f->ix.plain_sha256[0] ^= 1;
	assert_int_equal(index_load(&f->env, &f->ix, pool, &e), -1);
	assert_string_equal(e.id, "index-size");
	f->ix.plain_sha256[0] ^= 1;
	atomic_store(&f->env.stop, true);
	assert_int_equal(index_load(&f->env, &f->ix, pool, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	atomic_store(&f->env.stop, false);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(index_load(&f->env, &f->ix, pool, &e), -1);
	assert_string_equal(e.id, "cache-damaged");
	pool_free(pool);
	err_fini(&e);
	free(path);
}

/* Loads another list; what became of it, and of its unpacked text. */
static int load_text(struct fixture *f, const struct buf *text, struct s_Pool **pool, struct err *e)
{
	struct index ix = {.name = xstrdup("a list"), .base = "http://m/debian", .size = text->len, .solv_fd = -1};
	int r;

	assert_int_equal(cache_store(f->dir, text->data, text->len, ix.sha256, NULL), 0);
	*pool = solve_pool_new("armhf", NULL);
	r = index_load(&f->env, &ix, *pool, e);
	if (!r)
		solve_pool_ready(*pool);
	index_fini(&ix);
	return r;
}

#define FOREIGN(name, more)                                                                                            \
	"Package: " name "\nVersion: 2.0\nArchitecture: arm64\n" more "Filename: pool/" name "_arm64.deb\nSize: 9\n"   \
	"SHA256: " SUM "\n\n"

/* A kernel of another architecture: only kernels of it are used, never a newer library, nor what it requires. */
static void foreign_kernel(void **state)
{
	static const char list[] = FOREIGN("linux-image-x", "Depends: linux-image-2-x\n")
		FOREIGN("linux-image-2-x", "Depends: lib, shell\n") FOREIGN("lib", "") FOREIGN("only", "")
			FOREIGN("needed", "Essential: yes\nPriority: required\n");
	struct fixture *f = *state;
	struct index ix = {.name = xstrdup("the other list"),
			   .base = "http://m/debian",
			   .size = strlen(list),
			   .only = "linux-image-",
			   .solv_fd = -1};

	assert_int_equal(cache_store(f->dir, list, strlen(list), ix.sha256, NULL), 0);
	for (int i = 0; i < 2; i++) { /* parsed, then from the kept form */
		pool_free(f->pool);
		f->pool = solve_pool_new("armhf", "arm64");
		index_open_parsed(&f->env, &f->ix);
		index_open_parsed(&f->env, &ix);
		assert_int_equal(ix.solv_fd >= 0, i);
		assert_int_equal(index_load(&f->env, &f->ix, f->pool, NULL), 0);
		assert_int_equal(index_load(&f->env, &ix, f->pool, NULL), 0);
		assert_int_equal(ix.packages, 2);
		solve_pool_ready(f->pool);
		assert_solved(f, "", "", "", "", BASE " shell=1.0");
		assert_solved(f, "linux-image-x", "", "", "",
			      "base=1.0 lib=1:0.9+b~1 linux-image-2-x=2.0 linux-image-x=2.0 menu=1.0 shell=1.0");
		assert_solved(f, "only", "", "", "", "package-unknown");
	}
	index_fini(&ix);
}

/* libsolv takes the square of a field's lines and of the longest stanza: it gets neither. Were it
 * given this text, the test would not end within hours. */
static void long_texts(void **state)
{
	struct fixture *f = *state;
	struct s_Pool *pool;
	struct err e = ERR_INIT;
	struct buf text;

	buf_init(&text, 0);
	buf_adds(&text, "Package: long\nVersion: 1\nArchitecture: armhf\nProvides: first,\n");
	for (int i = 0; i < 20000; i++)
		buf_addf(&text, " word%d,\n", i);
	buf_adds(&text, "\tlast\nDescription: short\n");
	while (text.len < 40u << 20)
		buf_adds(&text, " x\n .\n");
	buf_adds(&text, "Filename: pool/long.deb\nSize: 5\nSHA256: " SUM "\n\n");
	for (int i = 0; i < 30000; i++)
		buf_addf(&text,
			 "Package: p%d\nVersion: 1\nArchitecture: armhf\nFilename: x\nSize: 1\nSHA256: " SUM "\n\n", i);
	assert_int_equal(load_text(f, &text, &pool, &e), 0);
	pool_free(f->pool);
	f->pool = pool;
	assert_solved(f, "last", "", "", "", "long=1");
	assert_solved(f, "word19999", "", "", "", "long=1");
	assert_solved(f, "p29999", "", "", "", "p29999=1");
	buf_clear(&text);
	buf_adds(&text, "Package: long\nVersion: 1\nProvides: a");
	while (text.len < 1u << 20)
		buf_adds(&text, ",\n b");
	assert_int_equal(load_text(f, &text, &pool, &e), -1);
	assert_int_equal(e.kind, ERR_VERIFY);
	assert_string_equal(e.id, "index-unpack");
	pool_free(pool);
	err_fini(&e);
	buf_fini(&text);
}

/* A page of text is not a list, even where it was signed as one; an empty list is one. */
static void no_list(void **state)
{
	static const char *const pages[] = {"<html>\n<body>It works!</body>\n</html>\n", "\n\n", "x"};
	struct fixture *f = *state;
	struct s_Pool *pool;
	struct err e = ERR_INIT;
	struct buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < 3; i++) {
		buf_clear(&text);
		buf_adds(&text, pages[i]);
		assert_int_equal(load_text(f, &text, &pool, &e), -1);
		assert_int_equal(e.kind, ERR_VERIFY);
		assert_string_equal(e.id, "index-parse");
		assert_non_null(e.hint);
		pool_free(pool);
		err_fini(&e);
	}
	buf_clear(&text);
	assert_int_equal(load_text(f, &text, &pool, &e), 0);
	pool_free(pool);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(solving, setup, teardown),
		cmocka_unit_test_setup_teardown(messages, setup, teardown),
		cmocka_unit_test_setup_teardown(satisfying, setup, teardown),
		cmocka_unit_test_setup_teardown(one_package, setup, teardown),
		cmocka_unit_test_setup_teardown(near_names, setup, teardown),
		cmocka_unit_test_setup_teardown(searching, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_form, setup, teardown),
		cmocka_unit_test_setup_teardown(other_content, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(long_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(no_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
