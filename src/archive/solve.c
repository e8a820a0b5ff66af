/* SPDX-License-Identifier: MIT */
/*
 * solve: solves requests by libsolv, which takes jobs and returns a transaction. The result is sorted by name,
 * because the transaction's order depends on how the pool was loaded.
 */
#include "solve.h"

#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <solv/transaction.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "index.h"

#define PROBLEMS_MAX 3

struct s_Pool *solve_pool_new(const char *arch, const char *foreign)
{
	Pool *pool = pool_create();
	AUTO_FREE char *policy = foreign ? xasprintf("%s:%s", arch, foreign) : xstrdup(arch);

	pool_setdisttype(pool, DISTTYPE_DEB);
	pool_setarchpolicy(pool, policy);
	return pool;
}

void solve_pool_ready(struct s_Pool *pool)
{
	pool_addfileprovides(pool);
	pool_createwhatprovides(pool);
}

/* --- names --- */

static bool solve_is_package(Pool *pool, Id name)
{
	Id p, pp;

	FOR_PROVIDES (p, pp, name)
		if (pool_id2solvable(pool, p)->name == name)
			return true;
	return false;
}

/* Lists the names of packages that provide `name`. */
static void solve_providers(Pool *pool, Id name, struct strv *out)
{
	Id p, pp;

	FOR_PROVIDES (p, pp, name)
		strv_add(out, pool_id2str(pool, pool_id2solvable(pool, p)->name));
	strv_sort(out);
	strv_uniq(out);
}

static char *solve_join_words(const struct strv *v, size_t max)
{
	struct buf b;
	size_t n = v->len < max ? v->len : max;

	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", !i ? "" : i + 1 == n ? " or " : ", ", v->items[i]);
	return buf_steal(&b);
}

/* All errors of names, to be reported together. */
struct name_faults {
	struct strv unknown;
	struct strv similar;	  /* "NAME: A or B" */
	struct strv texts, hints; /* of names that several packages provide */
};

static int solve_report_names(struct name_faults *f, struct err *e)
{
	bool any = f->unknown.len || f->texts.len;
	AUTO_FREE char *names = strv_join(&f->unknown, ", ");
	char *similar = strv_join(&f->similar, "; ");
	const char *id = f->unknown.len ? "package-unknown" : "package-virtual";
	char *all;

	if (f->unknown.len)
		strv_addf(&f->texts, "there is no package %s", names);
	if (f->similar.len == 1 && f->unknown.len == 1)
		strv_addf(&f->hints, "did you mean %s?", strchr(similar, ' ') + 1);
	else if (f->similar.len)
		strv_addf(&f->hints, "did you mean: %s?", similar);
	else if (f->unknown.len)
		strv_add(&f->hints, "check the spelling, and whether this release has it");
	if (any) {
		all = strv_join(&f->texts, "; ");
		err_set(e, ERR_USAGE, id, "%s", all);
		free(all);
		all = strv_join(&f->hints, "; ");
		err_hint(e, "%s", all);
		free(all);
	}
	free(similar);
	strv_fini(&f->unknown);
	strv_fini(&f->similar);
	strv_fini(&f->texts);
	strv_fini(&f->hints);
	return any ? -1 : 0;
}

/* Returns the id of a package of this name; a name that only one package provides means that package. */
static Id solve_find_name(Pool *pool, const char *text, struct name_faults *faults)
{
	Id name = pool_str2id(pool, text, 0);
	struct strv list = STRV_INIT;
	char *similar;
	Id found = 0;

	if (name && solve_is_package(pool, name))
		return name;
	if (name)
		solve_providers(pool, name, &list);
	if (list.len == 1) {
		found = pool_str2id(pool, list.items[0], 0);
	} else if (list.len) {
		similar = solve_join_words(&list, 5);
		strv_addf(&faults->texts, "%s is a virtual package that several provide", text);
		strv_addf(&faults->hints, "name one of them, such as %s", similar);
		free(similar);
	} else {
		similar = search_similar_names(pool, text);
		strv_add(&faults->unknown, text);
		if (*similar)
			strv_addf(&faults->similar, "%s: %s", text, similar);
		free(similar);
	}
	strv_fini(&list);
	return found;
}

/* --- solving --- */

/* Adds jobs for these names; adds the names of their packages to `found`, if not NULL. */
static int solve_add_names(Pool *pool, const struct strv *names, Queue *jobs, Queue *found, struct err *e)
{
	struct name_faults faults = {.unknown = STRV_INIT};

	for (size_t i = 0; names && i < names->len; i++) {
		Id name = solve_find_name(pool, names->items[i], &faults);

		if (!name)
			continue;
		queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, name);
		if (found)
			queue_push(found, name);
	}
	return solve_report_names(&faults, e);
}

void solve_unknown(struct s_Pool *pool, const struct strv *names, struct strv *out, struct err *e)
{
	struct name_faults faults = {.unknown = STRV_INIT};

	for (size_t i = 0; i < names->len; i++)
		solve_find_name(pool, names->items[i], &faults);
	strv_copy(out, &faults.unknown);
	solve_report_names(&faults, e);
}

static int solve_cmp_ids(const void *a, const void *b, void *unused)
{
	Id x = *(const Id *)a;
	Id y = *(const Id *)b;

	(void)unused;
	return x < y ? -1 : x > y;
}

/* Lists the names of all packages of a minimal system. */
static void solve_add_base(Pool *pool, const struct strv *without, Queue *jobs)
{
	Id key = pool_str2id(pool, INDEX_BASE, 0);
	Queue names;
	Solvable *s;
	Repo *repo;
	Id p;
	int i;

	queue_init(&names);
	FOR_REPOS (i, repo)
		FOR_REPO_SOLVABLES(repo, p, s)
	if (key && solvable_lookup_void(s, key))
		queue_push(&names, s->name);
	solv_sort(names.elements, (size_t)names.count, sizeof(Id), solve_cmp_ids, NULL);
	for (i = 0; i < names.count; i++)
		if ((!i || names.elements[i] != names.elements[i - 1]) &&
		    !(without && strv_has(without, pool_id2str(pool, names.elements[i]))))
			queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, names.elements[i]);
	queue_free(&names);
}

static void solve_add_preferred(Pool *pool, const struct strv *prefer, Queue *jobs)
{
	for (size_t i = 0; prefer && i < prefer->len; i++) {
		Id name = pool_str2id(pool, prefer->items[i], 0);

		if (name && solve_is_package(pool, name))
			queue_push2(jobs, SOLVER_FAVOR | SOLVER_SOLVABLE_NAME, name);
	}
}

/* Adds the package's name if the user named it. */
static void solve_add_named(Pool *pool, Id package, const Queue *named, struct strv *out)
{
	Id name = package > 0 ? pool_id2solvable(pool, package)->name : 0;
	const char *text = name ? pool_id2str(pool, name) : "";

	for (int i = 0; i < named->count; i++)
		if (named->elements[i] == name && !strv_has(out, text))
			strv_add(out, text);
}

/* Explains how to solve problems: which of the user's packages to leave out; never those of the profile. */
static int solve_hint_problems(const struct strv *own, struct err *e)
{
	AUTO_FREE char *names = strv_join(own, " or ");

	if (own->len == 1)
		err_hint(e, "leave %s out of system.packages: it does not go with what the profile brings", names);
	else if (own->len)
		err_hint(e, "leave %s out of system.packages", names);
	else
		err_hint(e, "the mirror may be in the middle of an update: try again later or name "
			    "another mirror");
	return -1;
}

/* `named`: names of the user's packages. */
static int solve_explain_problems(Solver *solver, const Queue *named, struct err *e)
{
	unsigned count = solver_problem_count(solver);
	AUTO_STRV struct strv texts = STRV_INIT;
	AUTO_STRV struct strv own = STRV_INIT;
	Id source, target, dep;
	Queue rules;
	char *all;

	queue_init(&rules);
	for (unsigned i = 1; i <= count && i <= PROBLEMS_MAX; i++) {
		Id rule = solver_findproblemrule(solver, (Id)i);
		SolverRuleinfo type = solver_ruleinfo(solver, rule, &source, &target, &dep);

		strv_add(&texts, solver_problemruleinfo2str(solver, type, source, target, dep));
		solver_findallproblemrules(solver, (Id)i, &rules);
		for (int k = 0; k < rules.count; k++) {
			type = solver_ruleinfo(solver, rules.elements[k], &source, &target, &dep);
			/* for a job, the two ids are not packages but places and words of the job */
			if ((type & SOLVER_RULE_TYPEMASK) != SOLVER_RULE_PKG)
				continue;
			solve_add_named(solver->pool, source, named, &own);
			solve_add_named(solver->pool, target, named, &own);
		}
	}
	queue_free(&rules);
	if (count > PROBLEMS_MAX)
		strv_addf(&texts, "and %u more", count - PROBLEMS_MAX);
	all = strv_join(&texts, "; ");
	err_set(e, ERR_FAILED, "package-conflict", "these packages cannot be installed together: %s", all);
	solve_hint_problems(&own, e);
	free(all);
	return -1;
}

/* Solves the jobs; appends ids of the solvables to `out`. `named`: names of the user's packages. */
static int solve_run_solver(Pool *pool, Queue *jobs, const Queue *named, Queue *out, struct err *e)
{
	Solver *solver = solver_create(pool);
	Transaction *t;
	int r = 0;

	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	if (solver_solve(solver, jobs)) {
		r = solve_explain_problems(solver, named, e);
	} else {
		t = solver_create_transaction(solver);
		transaction_installedresult(t, out);
		transaction_free(t);
	}
	solver_free(solver);
	return r;
}

/* --- the result --- */

/* Returns whether a byte must be encoded in a URL's path (RFC 3986, section 3.3). */
static char *solve_make_url(const char *base, const char *filename)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "%s/", base);
	for (const unsigned char *p = (const unsigned char *)filename; *p; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
		    strchr("/-._~!$&'()*+,;=:@", *p))
			buf_addc(&b, (char)*p);
		else
			buf_addf(&b, "%%%02X", *p);
	}
	return buf_steal(&b);
}

static void solve_package_fini(struct package *p)
{
	free(p->name);
	free(p->version);
	free(p->arch);
	free(p->url);
	free(p->filename);
}

void package_set_fini(struct package_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		solve_package_fini(&set->items[i]);
	free(set->items);
	*set = (struct package_set){0};
}

static int solve_add_package(Pool *pool, Id id, bool extra, struct package_set *set, struct err *e)
{
	Solvable *s = pool_id2solvable(pool, id);
	Id key = pool_str2id(pool, INDEX_ESSENTIAL, 0);
	const char *filename = solvable_lookup_location(s, NULL);
	Id type = 0;
	const unsigned char *digest = solvable_lookup_bin_checksum(s, SOLVABLE_CHECKSUM, &type);
	struct package p = {
		.size = solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0),
		.installed = solvable_lookup_num(s, SOLVABLE_INSTALLSIZE, 0),
		.essential = key && solvable_lookup_void(s, key),
		.extra = extra,
	};

	if (!filename || !*filename || *filename == '/' || strstr(filename, "..") || !digest ||
	    type != REPOKEY_TYPE_SHA256 || !p.size)
		return err_set(e, ERR_VERIFY, "package-data", "the index has no usable file, size and SHA-256 for %s",
			       pool_id2str(pool, s->name));
	p.name = xstrdup(pool_id2str(pool, s->name));
	p.version = xstrdup(pool_id2str(pool, s->evr));
	p.arch = xstrdup(pool_id2str(pool, s->arch));
	p.filename = xstrdup(filename);
	p.url = solve_make_url(s->repo->appdata, filename);
	memcpy(p.sha256, digest, HASH_SIZE);
	set->items[set->len++] = p;
	return 0;
}

static int solve_by_name(const void *a, const void *b)
{
	const struct package *x = a;
	const struct package *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->arch, y->arch);
}

static bool solve_has(const Queue *ids, Id id)
{
	for (int i = 0; i < ids->count; i++)
		if (ids->elements[i] == id)
			return true;
	return false;
}

/* Fills out with `all`; those that are not in `core` are marked as extra, and those in `named` as named. */
static int solve_make_set(Pool *pool, const Queue *all, const Queue *core, const Queue *named, struct package_set *out,
			  struct err *e)
{
	struct package_set set = {0};
	Map in_core;
	int r = 0;

	set.items = xcalloc((size_t)all->count + 1, sizeof(*set.items));
	map_init(&in_core, pool->nsolvables);
	for (int i = 0; i < core->count; i++)
		MAPSET(&in_core, core->elements[i]);
	for (int i = 0; !r && i < all->count; i++) {
		Id id = all->elements[i];

		r = solve_add_package(pool, id, !MAPTST(&in_core, id), &set, e);
		if (!r)
			set.items[set.len - 1].named = solve_has(named, pool_id2solvable(pool, id)->name);
	}
	map_free(&in_core);
	if (r < 0) {
		package_set_fini(&set);
		return -1;
	}
	mem_sort(set.items, set.len, sizeof(*set.items), solve_by_name);
	*out = set;
	return 0;
}

int solve_packages(struct s_Pool *pool, const struct solve_request *req, struct package_set *out, struct err *e)
{
	Queue jobs, core, all, named;
	int r;

	queue_init(&named);
	queue_init(&jobs);
	queue_init(&core);
	queue_init(&all);
	if (!req->alone)
		solve_add_base(pool, req->without, &jobs);
	solve_add_preferred(pool, req->prefer, &jobs);
	r = solve_add_names(pool, req->names, &jobs, NULL, e);
	if (!r)
		r = solve_run_solver(pool, &jobs, &named, &core, e);
	if (!r && req->extra &&
	    req->extra->len) { /* in addition to exactly that set, so that one base serves many machines */
		queue_empty(&jobs);
		for (int i = 0; i < core.count; i++)
			queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, core.elements[i]);
		solve_add_preferred(pool, req->prefer, &jobs);
		r = solve_add_names(pool, req->extra, &jobs, &named, e);
		if (!r)
			r = solve_run_solver(pool, &jobs, &named, &all, e);
	}
	if (!r)
		r = solve_make_set(pool, all.count ? &all : &core, &core, &named, out, e);
	queue_free(&named);
	queue_free(&jobs);
	queue_free(&core);
	queue_free(&all);
	return r;
}

/* Returns the newest package of exactly this name, or 0. */
static Id solve_newest(Pool *pool, const char *text)
{
	Id name = pool_str2id(pool, text, 0);
	Id best = 0;
	Id p, pp;

	if (!name)
		return 0;
	FOR_PROVIDES (p, pp, name) {
		Solvable *s = pool_id2solvable(pool, p);

		if (s->name == name &&
		    (!best || pool_evrcmp(pool, s->evr, pool_id2solvable(pool, best)->evr, EVRCMP_COMPARE) > 0))
			best = p;
	}
	return best;
}

int solve_find(struct s_Pool *pool, const char *name, struct package_set *out, struct err *e)
{
	Id id = solve_newest(pool, name);
	struct name_faults faults = {.unknown = STRV_INIT};
	Queue one, none;
	int r;

	if (!id) {
		if (solve_find_name(pool, name, &faults))
			strv_add(&faults.unknown, name);
		return solve_report_names(&faults, e);
	}
	queue_init(&none);
	queue_init(&one);
	queue_push(&one, id);
	r = solve_make_set(pool, &one, &one, &none, out, e);
	queue_free(&one);
	queue_free(&none);
	return r;
}

/* The id of "NAME" or "NAME (OP VERSION)" (deb-control(5)); *name is that of its name. */
static Id solve_dependency(Pool *pool, const char *text, Id *name)
{
	size_t n = strcspn(text, " (");
	const char *op = text + n + strspn(text + n, " (");
	size_t signs = strspn(op, "<>=");
	const char *version = op + signs + strspn(op + signs, " ");
	int flags = 0;

	*name = pool_strn2id(pool, text, (unsigned)n, 1);
	if (!signs)
		return *name;
	for (size_t i = 0; i < signs; i++)
		flags |= op[i] == '<' ? REL_LT : op[i] == '>' ? REL_GT : REL_EQ;
	if (signs == 1 && flags != REL_EQ) /* "<" and ">" mean "or equal" */
		flags |= REL_EQ;
	if (signs == 2 && op[0] == op[1])
		flags &= ~REL_EQ;
	return pool_rel2id(pool, *name, pool_strn2id(pool, version, (unsigned)strcspn(version, ")"), 1), flags, 1);
}

/* The package to install for it, or 0. */
static Id solve_choose(Pool *pool, Id dependency, Id name)
{
	const char *best = NULL;
	Id found = 0, p, pp;

	FOR_PROVIDES (p, pp, dependency) {
		const Solvable *s = pool_id2solvable(pool, p);
		const char *text = pool_id2str(pool, s->name);

		if (s->name == name)
			return name;
		if (!best || strcmp(text, best) < 0) {
			best = text;
			found = s->name;
		}
	}
	return found;
}

int solve_satisfy(struct s_Pool *pool, const struct strv *dependencies, struct strv *names, struct err *e)
{
	struct strv missing = STRV_INIT;
	char *all;

	for (size_t i = 0; i < dependencies->len; i++) {
		const char *text = dependencies->items[i];
		Id name, dependency = solve_dependency(pool, text, &name);
		Id package = solve_choose(pool, dependency, name);
		const char *has = solve_version(pool, pool_id2str(pool, name));

		if (package)
			strv_add(names, pool_id2str(pool, package));
		else if (has)
			strv_addf(&missing, "%s: the archive has %s", text, has);
		else
			strv_addf(&missing, "%s: the archive has no such package", text);
	}
	if (!missing.len)
		return 0;
	all = strv_join(&missing, "; ");
	err_set(e, ERR_FAILED, "dependency", "cannot install %s", all);
	free(all);
	strv_fini(&missing);
	return -1;
}

const char *solve_version(struct s_Pool *pool, const char *name)
{
	Id id = solve_newest(pool, name);

	return id ? pool_id2str(pool, pool_id2solvable(pool, id)->evr) : NULL;
}
