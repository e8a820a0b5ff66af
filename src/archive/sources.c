/* SPDX-License-Identifier: MIT */
/*
 * sources: archive_get_source. Downloads the Sources files of all suites as archive_fetch does packages, reads them
 * (pool), and downloads the files of the one that was found. The indices are read again each time: nothing of them is
 * kept but the packed files in the cache.
 */
#include "archive/sources.h"

#include <solv/evr.h>
#include <solv/pool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/suggest.h"
#include "index.h"
#include "state.h"

#define BLANK " \t\r"
#define BUILDERS_MAX 3
#define SIZE_CAP (UINT64_C(1) << 40)

/* ---- reading an index --------------------------------------------------------------------- */

enum field { FIELD_OTHER, FIELD_PACKAGE, FIELD_VERSION, FIELD_DIRECTORY, FIELD_BINARY, FIELD_SUMS, FIELD_EXTRA };

static const char *const sources_fields[] = {
	[FIELD_PACKAGE] = "Package", [FIELD_VERSION] = "Version",	[FIELD_DIRECTORY] = "Directory",
	[FIELD_BINARY] = "Binary",   [FIELD_SUMS] = "Checksums-Sha256", [FIELD_EXTRA] = "Extra-Source-Only",
};

struct sources_scan {
	Pool *pool;
	const char *name, *version; /* what is looked for; version: NULL for the newest */
	const struct index *index;
	const struct suite *suite;
	/* the current stanza */
	enum field field;
	struct buf values[ARRAY_SIZE(sources_fields)];
	/* outcome */
	struct archive_source found;
	struct strv versions; /* "2.10-3 (bookworm)" */
	struct strv names;    /* of all sources */
	struct strv builders; /* of a package of that name */
};

static const char *sources_value(const struct sources_scan *s, enum field f)
{
	return s->values[f].len ? s->values[f].data : "";
}

/* Whether the comma-separated list has the name. */
static bool sources_list_has(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)); p += n)
		if ((p == list || strchr(", \t\n", p[-1])) && (!p[n] || strchr(", \t\n", p[n])))
			return true;
	return false;
}

static bool sources_file_name_ok(const char *name)
{
	return *name && *name != '.' && strlen(name) < 256 && !strchr(name, '/');
}

static bool sources_directory_ok(const char *dir)
{
	return *dir && *dir != '/' && !strstr(dir, "..") && !strpbrk(dir, BLANK "?#%");
}

/* Takes the lines "HEX SIZE NAME" of the stanza; -1 if one is not of that form, or there is no .dsc. */
static int sources_take_files(const struct sources_scan *s, struct package_set *set)
{
	AUTO_STRV struct strv lines = STRV_INIT;
	const char *dir = sources_value(s, FIELD_DIRECTORY);
	bool dsc = false, bad = !sources_directory_ok(dir);

	strv_split(&lines, sources_value(s, FIELD_SUMS), "\n");
	set->items = xcalloc(lines.len + 1, sizeof(*set->items));
	for (size_t i = 0; i < lines.len && !bad; i++) {
		AUTO_STRV struct strv words = STRV_INIT;
		struct package *p = &set->items[set->len];

		strv_split(&words, lines.items[i], BLANK);
		if (words.len != 3 || !hash_from_hex(words.items[0], p->sha256) ||
		    number_parse(words.items[1], 0, SIZE_CAP, &p->size, NULL) < 0 ||
		    !sources_file_name_ok(words.items[2])) {
			bad = true;
			break;
		}
		p->name = xstrdup(words.items[2]);
		p->version = xstrdup("");
		p->arch = xstrdup("source");
		p->filename = xasprintf("%s/%s", dir, p->name);
		p->url = xasprintf("%s/%s", s->index->base, p->filename);
		dsc = dsc || (strlen(p->name) > 4 && !strcmp(p->name + strlen(p->name) - 4, ".dsc"));
		set->len++;
	}
	return bad || !dsc ? -1 : 0;
}

/* The requested version, or one that is newer than what was found. Sources that exist only because others were built
 * with them (Extra-Source-Only) must be named by their version. */
static bool sources_is_better(const struct sources_scan *s, const char *version)
{
	if (s->version)
		return !strcmp(version, s->version) && !s->found.name;
	if (!strcasecmp(sources_value(s, FIELD_EXTRA), "yes"))
		return false;
	return !s->found.name || pool_evrcmp_str(s->pool, version, s->found.version, EVRCMP_COMPARE) > 0;
}

static int sources_end_stanza(struct sources_scan *s, struct err *e)
{
	const char *name = sources_value(s, FIELD_PACKAGE);
	const char *version = sources_value(s, FIELD_VERSION);
	int r = 0;

	if (*name)
		strv_add(&s->names, name);
	if (*name && s->builders.len < BUILDERS_MAX && !strv_has(&s->builders, name) &&
	    sources_list_has(sources_value(s, FIELD_BINARY), s->name))
		strv_add(&s->builders, name);
	if (!strcmp(name, s->name)) {
		strv_addf(&s->versions, "%s (%s)", version, s->suite->pub.suite);
		if (sources_is_better(s, version)) {
			archive_source_fini(&s->found);
			s->found.name = xstrdup(name);
			s->found.version = xstrdup(version);
			if (sources_take_files(s, &s->found.files) < 0)
				r = err_set(e, ERR_VERIFY, "index-parse", "%s: the entry of %s %s is not valid",
					    s->index->name, name, version);
		}
	}
	s->field = FIELD_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(s->values); i++)
		buf_clear(&s->values[i]);
	return r;
}

static enum field sources_field_of(const char *line, size_t n)
{
	for (size_t i = FIELD_PACKAGE; i < ARRAY_SIZE(sources_fields); i++) {
		size_t len = strlen(sources_fields[i]);

		if (n > len && line[len] == ':' && !strncasecmp(line, sources_fields[i], len))
			return (enum field)i;
	}
	return FIELD_OTHER;
}

static int sources_take_line(const char *line, size_t n, void *arg, struct err *e)
{
	struct sources_scan *s = arg;
	struct buf *value;

	if (!n)
		return sources_end_stanza(s, e);
	if (*line == ' ' || *line == '\t') {
		if (s->field == FIELD_OTHER)
			return 0;
	} else {
		s->field = sources_field_of(line, n);
		if (s->field == FIELD_OTHER)
			return 0;
		buf_clear(&s->values[s->field]);
		line += strlen(sources_fields[s->field]) + 1;
		n -= strlen(sources_fields[s->field]) + 1;
	}
	for (; n && strchr(BLANK, *line); n--)
		line++;
	while (n && strchr(BLANK, line[n - 1]))
		n--;
	value = &s->values[s->field];
	if (value->len)
		buf_addc(value, '\n');
	if (buf_add(value, line, n) < 0)
		return err_set(e, ERR_VERIFY, "index-unpack", "%s holds a line or an entry of absurd length",
			       s->index->name);
	return 0;
}

/* ---- what was not found ------------------------------------------------------------------- */

static int sources_no_version(const struct sources_scan *s, struct err *e)
{
	AUTO_FREE char *all = strv_join(&s->versions, ", ");

	if (s->version)
		err_set(e, ERR_USAGE, "source-version", "there is no version %s of the source package %s", s->version,
			s->name);
	else
		err_set(e, ERR_USAGE, "source-version",
			"the source package %s is kept only because others were built with it", s->name);
	return err_hint(e, "name a version that exists, as %s=VERSION: %s", s->name, all);
}

static int sources_unknown(const struct archive *a, const struct sources_scan *s, struct err *e)
{
	AUTO_FREE char *components = strv_join(&a->components, ", ");
	AUTO_FREE char *builders = strv_join(&s->builders, " or ");
	AUTO_FREE char *similar = NULL;
	struct suggest_list list;

	err_set(e, ERR_USAGE, "source-unknown", "there is no source package %s in %s (%s)", s->name,
		a->suites[0]->pub.suite, components);
	if (s->builders.len)
		return err_hint(e, "the package %s is built from %s; a folder is written as ./%s", s->name, builders,
				s->name);
	suggest_list_begin(&list, s->name);
	for (size_t i = 0; i < s->names.len; i++)
		suggest_list_offer(&list, s->names.items[i]);
	similar = suggest_list_text(&list);
	if (*similar)
		return err_hint(e, "similar names are %s; a folder is written as ./%s", similar, s->name);
	return err_hint(e, "a folder is written as ./%s; other components are named by mirror.components", s->name);
}

/* ---- the operation ------------------------------------------------------------------------ */

struct sources_op {
	struct archive_op op;
	struct archive *a;
	struct archive_op *fetch; /* under way, or NULL */
	char *name, *version;
	struct index *indices;
	const struct suite **suites; /* of each index */
	size_t count;
	struct package_set lists; /* the indices as archive_fetch takes them */
	struct archive_source found;
	bool cancelled;
	struct loop_timer *end;
	struct err err;
	archive_progress_fn progress;
	void (*done)(struct archive_source *s, const struct err *e, void *arg);
	void *arg;
};

void archive_source_fini(struct archive_source *s)
{
	free(s->name);
	free(s->version);
	package_set_fini(&s->files);
	*s = (struct archive_source){.name = NULL};
}

static void sources_on_end(void *arg)
{
	struct sources_op *op = arg;
	void (*done)(struct archive_source *, const struct err *, void *) = op->done;
	struct archive_source found = op->found;
	void *user = op->arg;
	AUTO_ERR struct err e = ERR_INIT;

	err_move(&e, &op->err);
	for (size_t i = 0; i < op->count; i++)
		index_fini(&op->indices[i]);
	free(op->indices);
	free(op->suites);
	package_set_fini(&op->lists);
	free(op->name);
	free(op->version);
	loop_timer_stop(op->end);
	free(op);
	if (e.kind == ERR_NONE) {
		done(&found, NULL, user);
	} else {
		archive_source_fini(&found);
		done(NULL, &e, user);
	}
}

static void sources_end(struct sources_op *op)
{
	if (op->cancelled) {
		atomic_store(&op->a->env.stop, false);
		err_set(&op->err, ERR_INTERRUPTED, "interrupted", "interrupted");
	}
	op->end = loop_timer_start(op->a->env.loop, 0, 0, sources_on_end, op);
}

static void sources_cancel(struct archive_op *base)
{
	struct sources_op *op = (struct sources_op *)base;

	if (op->cancelled || op->end)
		return;
	op->cancelled = true;
	atomic_store(&op->a->env.stop, true); /* for the pool thread */
	archive_cancel(op->fetch);
}

static void sources_on_progress(uint64_t done, uint64_t total, const char *text, void *arg)
{
	struct sources_op *op = arg;

	if (op->progress)
		op->progress(done, total, text, op->arg);
}

static void sources_on_files(const struct err *e, void *arg)
{
	struct sources_op *op = arg;

	op->fetch = NULL;
	if (e)
		err_copy(&op->err, e);
	sources_end(op);
}

static void sources_scan_work(void *arg)
{
	struct sources_op *op = arg;
	struct sources_scan s = {.pool = op->a->pool, .name = op->name, .version = op->version};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(s.values); i++)
		buf_init(&s.values[i], 1u << 20);
	for (size_t i = 0; i < op->count && !r; i++) {
		s.index = &op->indices[i];
		s.suite = op->suites[i];
		r = index_read(&op->a->env, s.index, sources_take_line, &s, &op->err);
		if (!r)
			r = sources_end_stanza(&s, &op->err);
	}
	if (!r && !s.found.name && s.versions.len)
		sources_no_version(&s, &op->err);
	else if (!r && !s.found.name)
		sources_unknown(op->a, &s, &op->err);
	op->found = s.found;
	for (size_t i = 0; i < ARRAY_SIZE(s.values); i++)
		buf_fini(&s.values[i]);
	strv_fini(&s.versions);
	strv_fini(&s.names);
	strv_fini(&s.builders);
}

static void sources_scan_done(void *arg)
{
	struct sources_op *op = arg;

	if (op->cancelled || op->err.kind != ERR_NONE)
		sources_end(op);
	else
		op->fetch = archive_fetch(op->a, &op->found.files, sources_on_progress, sources_on_files, op);
}

static void sources_on_lists(const struct err *e, void *arg)
{
	struct sources_op *op = arg;

	op->fetch = NULL;
	if (e)
		err_copy(&op->err, e);
	if (e || op->cancelled)
		sources_end(op);
	else
		loop_work(op->a->env.loop, sources_scan_work, sources_scan_done, op);
}

/* Chooses the indices of all suites and components; some suites may have none. */
static void sources_choose(struct sources_op *op)
{
	const struct archive *a = op->a;
	size_t most = a->suite_count * a->components.len;

	op->indices = xcalloc(most + 1, sizeof(*op->indices));
	op->suites = xcalloc(most + 1, sizeof(*op->suites));
	op->lists.items = xcalloc(most + 1, sizeof(*op->lists.items));
	for (size_t i = 0; i < most; i++) {
		const struct suite *s = a->suites[i / a->components.len];
		struct index *ix = &op->indices[op->count];
		struct package *p = &op->lists.items[op->count];

		if (!index_choose_sources(s, a->components.items[i % a->components.len], ix))
			continue;
		p->name = xstrdup(ix->name);
		p->version = xstrdup("");
		p->arch = xstrdup("source");
		p->url = xstrdup(ix->urls.items[0]);
		p->filename = xstrdup("");
		p->size = ix->size;
		memcpy(p->sha256, ix->sha256, HASH_SIZE);
		op->suites[op->count++] = s;
	}
	op->lists.len = op->count;
}

struct archive_op *archive_get_source(struct archive *a, const char *name, const char *version,
				      archive_progress_fn progress,
				      void (*done)(struct archive_source *s, const struct err *e, void *arg), void *arg)
{
	struct sources_op *op = xcalloc(1, sizeof(*op));

	op->op.cancel = sources_cancel;
	op->a = a;
	op->name = xstrdup(name);
	op->version = version ? xstrdup(version) : NULL;
	op->progress = progress;
	op->done = done;
	op->arg = arg;
	sources_choose(op);
	if (op->count) {
		op->fetch = archive_fetch(a, &op->lists, sources_on_progress, sources_on_lists, op);
	} else {
		err_set(&op->err, ERR_VERIFY, "sources-absent", "%s lists no source packages of %s",
			a->suites[0]->pub.base, a->suites[0]->pub.suite);
		err_hint(&op->err, "name another mirror");
		sources_end(op);
	}
	return &op->op;
}
