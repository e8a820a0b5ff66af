/* SPDX-License-Identifier: MIT */
/* archive: an opened archive: what it holds, and questions to it. See include/archive/archive.h. */
#include "archive/archive.h"

#include <solv/pool.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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
	char *first = debian || !own ? xasprintf("%zu Debian key%s", debian, debian == 1 ? "" : "s") : NULL;
	char *second = own ? xasprintf("%zu key%s of your keyring", own, own == 1 ? "" : "s") : NULL;
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

void archive_unknown(struct archive *a, const struct strv *names, struct strv *out, struct err *e)
{
	solve_unknown(a->pool, names, out, e);
}

void archive_other_components(const struct archive *a, struct strv *out)
{
	char *ending = xasprintf("/binary-%s/Packages.", a->arch);
	const struct release *r = &a->suites[0]->release;

	for (size_t i = 0; i < r->len; i++) {
		const char *end = strstr(r->files[i].name, ending);
		char *component = end ? xstrndup(r->files[i].name, (size_t)(end - r->files[i].name)) : NULL;

		if (component && !strchr(component, '/') && !strv_has(&a->components, component) &&
		    !strv_has(out, component))
			strv_add(out, component);
		free(component);
	}
	free(ending);
}

void archive_exclude(struct archive *a, const struct strv *without)
{
	strv_copy(&a->without, without);
}

int archive_find(struct archive *a, const char *name, struct package_set *out, struct err *e)
{
	return solve_find(a->pool, name, out, e);
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
