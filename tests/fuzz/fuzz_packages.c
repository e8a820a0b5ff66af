/* SPDX-License-Identifier: MIT */
/*
 * fuzz_packages: bytes as a package list, plain, gzip or xz. It is refused by name, or what libsolv
 * is given of it has each field on one line and no entry over the cap, and libsolv reads it.
 */
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <string.h>

#include "archive/solve.h"
#include "archive/unpack.h"
#include "input.h"

#define CAP (4u << 20)

static void check_plain(const char *p, size_t n)
{
	bool in_stanza = false;

	for (size_t i = 0; i < n;) {
		const char *nl = memchr(p + i, '\n', n - i);

		must(nl != NULL);
		must(!in_stanza || (p[i] != ' ' && p[i] != '\t'));
		in_stanza = nl != p + i;
		i = (size_t)(nl - p) + 1;
	}
}

static void check_stanzas(const struct unpacked *u)
{
	for (size_t i = 0; i < u->len; i++) {
		must(u->stanzas[i].name < u->names.len);
		must(memchr(u->names.data + u->stanzas[i].name, '\0', u->names.len - u->stanzas[i].name) != NULL);
		must(u->stanzas[i].size <= UINT64_C(1) << 40);
		must(!u->stanzas[i].essential || u->stanzas[i].base);
	}
}

static void load(FILE *f)
{
	struct s_Pool *pool = solve_pool_new("armhf", NULL);

	must(lseek(fileno(f), 0, SEEK_SET) == 0);
	repo_add_debpackages(repo_create(pool, "fuzz"), f, 0);
	solve_pool_ready(pool);
	pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const atomic_bool stop;
	static char plain[CAP + 4096];
	char path[64];
	int in = fuzz_file(data, size, path);
	FILE *out = tmpfile();
	struct err e = ERR_INIT;
	struct unpacked u;
	ssize_t n;

	must(out != NULL);
	if (unpack_index(in, fileno(out), CAP, &stop, "a list", &u, &e) < 0) {
		must_be_error(&e, ERR_VERIFY);
	} else {
		must(u.size <= CAP);
		check_stanzas(&u);
		n = pread(fileno(out), plain, sizeof plain, 0);
		must(n >= 0 && (uint64_t)n <= u.size + 2);
		check_plain(plain, (size_t)n);
		load(out);
		unpacked_fini(&u);
	}
	fclose(out);
	close(in);
	unlink(path);
	return 0;
}
