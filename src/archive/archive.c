/* SPDX-License-Identifier: MIT */
/* archive: functions of an opened archive, and what every operation on an archive needs (env.h). */
#include "archive/archive.h"

#include <solv/pool.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "http.h"
#include "solve.h"
#include "state.h"

void archive_cancel(struct archive_op *op)
{
	if (op)
		op->cancel(op);
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->suite_count; i++)
		suite_free(a->suites[i]);
	free(a->suites);
	free(a->pub);
	if (a->pool)
		pool_free(a->pool);
	strv_fini(&a->warnings);
	strv_fini(&a->left_out);
	strv_fini(&a->components);
	free(a->arch);
	strv_fini(&a->without);
	archive_env_fini(&a->env);
	free(a);
}

const struct archive_suite *archive_suites(const struct archive *a, size_t *count)
{
	*count = a->suite_count;
	return a->pub;
}

const struct strv *archive_left_out(const struct archive *a)
{
	return &a->left_out;
}

char *archive_signers_text(const struct archive_suite *s)
{
	size_t debian = s->debian_signers;
	size_t own = s->signers.len - debian;
	char count[SIZE_TEXT];
	char *first = debian || !own ? xstrdup(count_human(debian, "Debian key", count)) : NULL;
	char *second = own ? xasprintf("%s of your keyring", count_human(own, "key", count)) : NULL;
	char *text = first && second ? xasprintf("%s and %s", first, second) : xstrdup(first ? first : second);

	free(first);
	free(second);
	return text;
}

const struct strv *archive_warnings(const struct archive *a)
{
	return &a->warnings;
}

int archive_solve(struct archive *a, const struct strv *names, const struct strv *extra, const struct strv *jobs,
		  struct package_set *out, struct err *e)
{
	return solve_packages(
		a->pool,
		&(struct solve_request){.names = names, .extra = extra, .prefer = jobs, .without = &a->without}, out,
		e);
}

int archive_solve_alone(struct archive *a, const struct strv *names, struct package_set *out, struct err *e)
{
	return solve_packages(a->pool, &(struct solve_request){.names = names, .alone = true}, out, e);
}

void archive_unknown(struct archive *a, const struct strv *names, struct strv *out, struct err *e)
{
	solve_unknown(a->pool, names, out, e);
}

int archive_satisfy(struct archive *a, const struct strv *dependencies, struct strv *names, struct err *e)
{
	return solve_satisfy(a->pool, dependencies, names, e);
}

void archive_other_components(const struct archive *a, struct strv *out)
{
	AUTO_FREE char *ending = xasprintf("/binary-%s/Packages.", a->arch);
	const struct release *r = &a->suites[0]->release;

	for (size_t i = 0; i < r->len; i++) {
		const char *end = strstr(r->files[i].name, ending);
		char *component = end ? xstrndup(r->files[i].name, (size_t)(end - r->files[i].name)) : NULL;

		if (component && !strchr(component, '/') && !strv_has(&a->components, component) &&
		    !strv_has(out, component))
			strv_add(out, component);
		free(component);
	}
}

void archive_exclude(struct archive *a, const struct strv *without)
{
	strv_copy(&a->without, without);
}

int archive_find(struct archive *a, const char *name, struct package_set *out, struct err *e)
{
	return solve_find(a->pool, name, out, e);
}

const char *archive_first(struct archive *a, const struct strv *names)
{
	for (size_t i = 0; i < names->len; i++)
		if (archive_version(a, names->items[i]))
			return names->items[i];
	return NULL;
}

const char *archive_version(struct archive *a, const char *name)
{
	return solve_version(a->pool, name);
}

size_t archive_package_count(const struct archive *a)
{
	size_t n = 0;
	Repo *repo;
	int i;

	for (i = 1; i < a->pool->nrepos; i++) {
		repo = a->pool->repos[i];
		if (repo)
			n += (size_t)repo->nsolvables;
	}
	return n;
}

/* ---- The environment of an operation */

/* Returns the seconds without data that end a transfer, as tests set them; 0: http's default. */
static unsigned archive_stall_setting(void)
{
	const char *text = getenv("DEBWIZ_STALL");
	uint64_t seconds;

	if (!text || number_parse(text, 1, 600, &seconds, NULL) < 0)
		return 0;
	return (unsigned)seconds;
}

static time_t archive_wall_clock(void)
{
	return time(NULL);
}

void archive_env_init(struct archive_env *env, struct loop *l, const char *cache_dir, const char *proxy,
		      unsigned stall_s, time_t (*now)(void))
{
	env->loop = l;
	env->http = http_new(l, proxy, stall_s ? stall_s : archive_stall_setting());
	env->cache_dir = xstrdup(cache_dir);
	env->offline = false;
	env->floor = true;
	env->now = now ? now : archive_wall_clock;
	atomic_init(&env->stop, false);
}

void archive_env_fini(struct archive_env *env)
{
	http_free(env->http);
	free(env->cache_dir);
}

/* ---- Mirrors */

static void archive_mirror_add_base(struct strv *out, const char *url)
{
	size_t n = strlen(url);
	char *base;

	while (n && url[n - 1] == '/')
		n--;
	base = xstrndup(url, n);
	if (!strv_has(out, base) && http_url_ok(base))
		strv_add(out, base);
	free(base);
}

/* Accepts "20260711T101637Z", or a shorter form that the service accepts. */
static bool archive_mirror_is_timestamp(const char *s)
{
	return strlen(s) >= 8 && strspn(s, "0123456789TZ") == strlen(s);
}

static int archive_mirror_snapshot_base(const struct archive_conf *conf, bool security, struct strv *out, struct err *e)
{
	const char *service = catalog_snapshot(conf->catalog);
	char *url;

	if (!archive_mirror_is_timestamp(conf->snapshot)) {
		err_set(e, ERR_USAGE, "mirror-snapshot", "%s is not a time of the snapshot service", conf->snapshot);
		return err_hint(e, "write it like 20260711T101637Z");
	}
	url = xasprintf("%s/%s/%s", service, security ? "debian-security" : "debian", conf->snapshot);
	archive_mirror_add_base(out, url);
	free(url);
	return 0;
}

int archive_mirror_bases(const struct archive_conf *conf, bool security, struct strv *out, struct err *e)
{
	const char *named = security ? conf->security_mirror : conf->mirror;
	const struct strv *host = security ? conf->host_security_mirrors : conf->host_mirrors;
	const struct strv *built_in =
		security ? catalog_security_mirrors(conf->catalog) : catalog_mirrors(conf->catalog);

	if (conf->snapshot && *conf->snapshot) {
		if (archive_mirror_snapshot_base(conf, security, out, e) < 0)
			return -1;
	} else if (named && *named && strcmp(named, "auto")) {
		if (!http_url_ok(named)) {
			char *public = http_public_url(named);

			err_set(e, ERR_USAGE, "mirror-url", "%s is not a http or https address", public);
			free(public);
			return -1;
		}
		archive_mirror_add_base(out, named);
	} else {
		for (size_t i = 0; host && i < host->len; i++)
			archive_mirror_add_base(out, host->items[i]);
		for (size_t i = 0; i < built_in->len; i++)
			archive_mirror_add_base(out, built_in->items[i]);
	}
	if (!out->len)
		return err_set(e, ERR_USAGE, "mirror-none", "no mirror is configured");
	return 0;
}
