/* SPDX-License-Identifier: MIT */
/*
 * bench_solve: opens a release on the mirror that this host uses, and solves the machine that the
 * examples describe. `bench_solve [-o] [-f] [-x SUITE]... CACHE RELEASE ARCH`: -o offline; -f fetches
 * the debs too; -x leaves out the updates or security suite of that name.
 * Prints `want NAME`, `without NAME`, `component NAME`, `mirror URL SUITE`, and per package
 * `deb NAME VERSION ARCH SIZE SHA256 PATH`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/cache.h"
#include "base/loop.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "host/facts.h"

struct run {
	struct loop *loop;
	struct archive *archive;
	struct package_set set;
	const char *cache_dir;
	struct strv without; /* suites */
	bool fetch;
	int status;
};

static void fail(struct run *r, const struct err *e)
{
	fprintf(stderr, "bench_solve: %s\n", e->text);
	r->status = 1;
}

static void on_fetched(const struct err *e, void *arg)
{
	if (e)
		fail(arg, e);
}

static void print_set(const struct run *r)
{
	size_t count;
	const struct archive_suite *suites = archive_suites(r->archive, &count);
	char hex[HASH_HEX];

	for (size_t i = 0; i < count; i++)
		printf("mirror %s %s\n", suites[i].base, suites[i].suite);
	for (size_t i = 0; i < r->set.len; i++) {
		const struct package *p = &r->set.items[i];
		char *path = cache_path(r->cache_dir, p->sha256);

		hash_hex(p->sha256, hex);
		printf("deb %s %s %s %" PRIu64 " %s %s\n", p->name, p->version, p->arch, p->size, hex, path);
		free(path);
	}
}

static void on_open(struct archive *a, const struct err *e, void *arg)
{
	struct run *r = arg;

	r->archive = a;
	if (!a)
		fail(r, e);
}

static bool with(const struct run *r, const char *release, const char *kind)
{
	char *suite = xasprintf("%s-%s", release, kind);
	bool yes = !strv_has(&r->without, suite);

	free(suite);
	return yes;
}

/* What the steps of a machine ask for. */
static void want(struct strv *names, const struct catalog_profile *profile, const struct catalog_arch *arch)
{
	strv_copy(names, &profile->packages);
	strv_add(names, arch->kernel);
	if (*arch->grub)
		strv_add(names, arch->grub);
	for (size_t i = 0; i < names->len; i++)
		printf("want %s\n", names->items[i]);
	for (size_t i = 0; i < profile->without.len; i++)
		printf("without %s\n", profile->without.items[i]);
}

static void bench(struct run *r, const struct catalog *c, const char *release, const char *arch_name, bool offline)
{
	const struct catalog_arch *arch = catalog_arch_find(c, arch_name);
	const struct catalog_release *rel = catalog_release_find(c, release);
	const struct catalog_profile *profile = catalog_profile_find(c, "build");
	struct strv mirrors = STRV_INIT, security = STRV_INIT, names = STRV_INIT;
	struct err e = ERR_INIT;

	if (!arch || !rel || !profile) {
		fprintf(stderr, "bench_solve: no such release or architecture\n");
		r->status = 2;
		return;
	}
	host_mirrors(&mirrors, &security);
	archive_open(r->loop,
		     &(struct archive_conf){
			     .catalog = c,
			     .cache_dir = r->cache_dir,
			     .mirror = "auto",
			     .security_mirror = "auto",
			     .host_mirrors = &mirrors,
			     .host_security_mirrors = &security,
			     .proxy = "",
			     .keyring = "",
			     .snapshot = "",
			     .release = release,
			     .arch = arch_name,
			     .components = &rel->components,
			     .security = rel->security && with(r, release, "security"),
			     .updates = rel->updates && with(r, release, "updates"),
			     .offline = offline,
		     },
		     NULL, on_open, r);
	loop_run(r->loop);
	if (!r->status) {
		want(&names, profile, arch);
		for (size_t i = 0; i < rel->components.len; i++)
			printf("component %s\n", rel->components.items[i]);
		archive_exclude(r->archive, &profile->without);
		if (archive_solve(r->archive, &names, NULL, &profile->jobs, &r->set, &e) < 0)
			fail(r, &e);
	}
	if (!r->status && r->fetch) {
		archive_fetch(r->archive, &r->set, NULL, on_fetched, r);
		loop_run(r->loop);
	}
	if (!r->status)
		print_set(r);
	err_fini(&e);
	strv_fini(&names);
	strv_fini(&mirrors);
	strv_fini(&security);
}

int main(int argc, char **argv)
{
	struct run r = {.status = 0};
	struct err e = ERR_INIT;
	bool offline = false;
	struct catalog *c;
	int opt;

	while ((opt = getopt(argc, argv, "ofx:")) >= 0) {
		offline |= opt == 'o';
		r.fetch |= opt == 'f';
		if (opt == 'x')
			strv_add(&r.without, optarg);
	}
	if (argc - optind != 3) {
		fprintf(stderr, "usage: bench_solve [-o] [-f] [-x SUITE]... CACHE RELEASE ARCH\n");
		return 2;
	}
	c = catalog_new(&e);
	if (!c) {
		fail(&r, &e);
		return 1;
	}
	r.loop = loop_new();
	r.cache_dir = argv[optind];
	bench(&r, c, argv[optind + 1], argv[optind + 2], offline);
	package_set_fini(&r.set);
	strv_fini(&r.without);
	archive_close(r.archive);
	loop_free(r.loop);
	catalog_free(c);
	err_fini(&e);
	return r.status;
}
