/* SPDX-License-Identifier: MIT */
/*
 * catalog: reads the INI files of assets/catalog into rows; see include/catalog/catalog.h. A table
 * of columns describes each kind of row; a key that is in none is an error, so that no fact can be
 * lost by a misspelling.
 */
#include "catalog/catalog.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/size.h"

enum column_type { COLUMN_TEXT, COLUMN_LIST, COLUMN_BOOL, COLUMN_UINT, COLUMN_SIZE };

struct column {
	const char *key;
	enum column_type type;
	size_t offset;
	bool required; /* of a row that is offered */
};

#define ARCH(member) offsetof(struct catalog_arch, member)
static const struct column arch_columns[] = {
	{"title", COLUMN_TEXT, ARCH(title), true},
	{"not_offered", COLUMN_TEXT, ARCH(not_offered), false},
	{"aliases", COLUMN_LIST, ARCH(aliases), false},
	{"qemu", COLUMN_TEXT, ARCH(qemu), true},
	{"qemu_native", COLUMN_TEXT, ARCH(qemu_native), false},
	{"machine", COLUMN_TEXT, ARCH(machine), true},
	{"machine_opts", COLUMN_TEXT, ARCH(machine_opts), false},
	{"small_opts", COLUMN_TEXT, ARCH(small_opts), false},
	{"small_memory", COLUMN_SIZE, ARCH(small_memory), false},
	{"cpu_tcg", COLUMN_TEXT, ARCH(cpu_tcg), true},
	{"cpu_native", COLUMN_TEXT, ARCH(cpu_native), true},
	{"cpu_models", COLUMN_LIST, ARCH(cpu_models), true},
	{"accels", COLUMN_LIST, ARCH(accels), false},
	{"native_hosts", COLUMN_LIST, ARCH(native_hosts), true},
	{"max_cpus", COLUMN_UINT, ARCH(max_cpus), true},
	{"cpu_limit_why", COLUMN_TEXT, ARCH(cpu_limit_why), true},
	{"max_memory", COLUMN_SIZE, ARCH(max_memory), true},
	{"memory_limit_why", COLUMN_TEXT, ARCH(memory_limit_why), true},
	{"kernel", COLUMN_TEXT, ARCH(kernel), true},
	{"releases", COLUMN_LIST, ARCH(releases), false},
	{"console", COLUMN_TEXT, ARCH(console), true},
	{"virtio", COLUMN_TEXT, ARCH(virtio), true},
	{"firmware", COLUMN_TEXT, ARCH(firmware), false},
	{"firmware_releases", COLUMN_LIST, ARCH(firmware_releases), false},
	{"firmware_arch", COLUMN_TEXT, ARCH(firmware_arch), false},
	{"firmware_machine", COLUMN_TEXT, ARCH(firmware_machine), false},
	{"firmware_max_memory", COLUMN_SIZE, ARCH(firmware_max_memory), false},
	{"firmware_memory_why", COLUMN_TEXT, ARCH(firmware_memory_why), false},
	{"pflash_size", COLUMN_SIZE, ARCH(pflash_size), false},
	{"grub", COLUMN_TEXT, ARCH(grub), false},
	{"grub_target", COLUMN_TEXT, ARCH(grub_target), false},
	{"efi_file", COLUMN_TEXT, ARCH(efi_file), false},
	{"initrd_modules", COLUMN_LIST, ARCH(initrd_modules), true},
	{"lib_links", COLUMN_TEXT, ARCH(lib_links), false},
	{NULL, COLUMN_TEXT, 0, false},
};

#define RELEASE(member) offsetof(struct catalog_release, member)
static const struct column release_columns[] = {
	{"version", COLUMN_TEXT, RELEASE(version), false},
	{"state", COLUMN_TEXT, RELEASE(state), true},
	{"not_offered", COLUMN_TEXT, RELEASE(not_offered), false},
	{"security", COLUMN_BOOL, RELEASE(security), false},
	{"updates", COLUMN_BOOL, RELEASE(updates), false},
	{"security_suite", COLUMN_TEXT, RELEASE(security_suite), false},
	{"old_zones", COLUMN_TEXT, RELEASE(old_zones), false},
	{"sources_style", COLUMN_TEXT, RELEASE(sources_style), true},
	{"components", COLUMN_LIST, RELEASE(components), true},
	{"keys", COLUMN_LIST, RELEASE(keys), true},
	{NULL, COLUMN_TEXT, 0, false},
};

#define PROFILE(member) offsetof(struct catalog_profile, member)
static const struct column profile_columns[] = {
	{"title", COLUMN_TEXT, PROFILE(title), true},
	{"default", COLUMN_BOOL, PROFILE(is_default), false},
	{"hidden", COLUMN_BOOL, PROFILE(hidden), false},
	{"include", COLUMN_TEXT, PROFILE(include), false},
	{"packages", COLUMN_LIST, PROFILE(packages), false},
	{"without", COLUMN_LIST, PROFILE(without), false},
	{"jobs", COLUMN_LIST, PROFILE(jobs), false},
	{"instead", COLUMN_LIST, PROFILE(instead), false},
	{NULL, COLUMN_TEXT, 0, false},
};

#define EXTRA(member) offsetof(struct catalog_extra, member)
static const struct column extra_columns[] = {
	{"parts", COLUMN_LIST, EXTRA(parts), false},
	{"value", COLUMN_TEXT, EXTRA(value), false},
	{"instead", COLUMN_TEXT, EXTRA(instead), false},
	{NULL, COLUMN_TEXT, 0, false},
};

#define ACCOUNT(member) offsetof(struct catalog_account, member)
static const struct column account_columns[] = {
	{"names", COLUMN_LIST, ACCOUNT(names), true},
	{NULL, COLUMN_TEXT, 0, false},
};

struct zone_lists {
	struct strv names;
	struct strv links; /* old name and present name, by turns */
};

struct mirror_lists {
	struct strv mirrors;
	struct strv security;
	char *snapshot;
};

/* Rows of one file; the name of a row is its first member. */
struct table {
	const char *asset;
	const struct column *columns;
	size_t row_size;
	size_t not_offered; /* offset of that text; (size_t)-1 where there is none */
	void *rows;
	size_t len;
};

struct catalog {
	struct table arches;
	struct table releases;
	struct table profiles;
	struct table accounts;
	struct zone_lists zones;
	struct table extras;
	struct mirror_lists mirrors;
};

/* The member of a row at `offset`. */
static void *catalog_cell(const void *row, size_t offset)
{
	return (char *)row + offset;
}

static char *const *catalog_text_cell(const void *row, size_t offset)
{
	return catalog_cell(row, offset);
}

static const char *catalog_name_of(const void *row)
{
	return *catalog_text_cell(row, 0);
}

static void *catalog_find_row(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->len; i++) {
		void *row = catalog_cell(t->rows, i * t->row_size);

		if (!strcmp(catalog_name_of(row), name))
			return row;
	}
	return NULL;
}

static void *catalog_new_row(struct table *t, const char *name)
{
	char **text;
	void *row;

	t->rows = xreallocarray(t->rows, t->len + 1, t->row_size);
	row = catalog_cell(t->rows, t->len++ * t->row_size);
	memset(row, 0, t->row_size);
	text = row;
	*text = xstrdup(name);
	for (const struct column *c = t->columns; c->key; c++)
		if (c->type == COLUMN_TEXT) {
			text = catalog_cell(row, c->offset);
			*text = xstrdup("");
		}
	return row;
}

static int catalog_set_column(const struct column *c, void *row, const char *value, struct err *e)
{
	void *p = catalog_cell(row, c->offset);
	char **text = p;
	uint64_t n;

	switch (c->type) {
	case COLUMN_TEXT:
		if (**text)
			return err_set(e, ERR_FAILED, "catalog-bad", "given twice");
		free(*text);
		*text = xstrdup(value);
		return 0;
	case COLUMN_LIST:
		strv_split(p, value, " \t");
		return 0;
	case COLUMN_BOOL:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return err_set(e, ERR_FAILED, "catalog-bad", "write yes or no");
		*(bool *)p = *value == 'y';
		return 0;
	case COLUMN_UINT:
		if (number_parse(value, 1, 65535, &n, e) < 0)
			return -1;
		*(unsigned *)p = (unsigned)n;
		return 0;
	case COLUMN_SIZE:
		return size_parse(value, p, e);
	}
	return -1;
}

static int catalog_on_row_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
				struct err *e)
{
	struct table *t = arg;
	const struct column *c = t->columns;
	void *row = catalog_find_row(t, section);

	if (!row)
		row = catalog_new_row(t, section);
	while (c->key && strcmp(c->key, key))
		c++;
	if (!c->key)
		return err_set(e, ERR_FAILED, "catalog-bad", "%s:%u: %s.%s: there is no such key", t->asset, line,
			       section, key);
	if (catalog_set_column(c, row, value, e) < 0)
		return err_prefix(e, "%s:%u: %s.%s", t->asset, line, section, key);
	return 0;
}

static bool catalog_is_empty(const struct column *c, const void *row)
{
	const void *p = catalog_cell(row, c->offset);
	const struct strv *list = p;

	switch (c->type) {
	case COLUMN_TEXT:
		return !**(char *const *)p;
	case COLUMN_LIST:
		return !list->len;
	case COLUMN_UINT:
		return !*(const unsigned *)p;
	case COLUMN_SIZE:
		return !*(const uint64_t *)p;
	case COLUMN_BOOL:
		break;
	}
	return false;
}

/* What is offered must say all that the rest of the program relies on. */
static int catalog_check_rows(const struct table *t, struct err *e)
{
	for (size_t i = 0; i < t->len; i++) {
		void *row = catalog_cell(t->rows, i * t->row_size);

		if (t->not_offered != (size_t)-1 && **catalog_text_cell(row, t->not_offered))
			continue;
		for (const struct column *c = t->columns; c->key; c++)
			if (c->required && catalog_is_empty(c, row))
				return err_set(e, ERR_FAILED, "catalog-bad", "%s: [%s] is offered and lacks %s",
					       t->asset, catalog_name_of(row), c->key);
	}
	return 0;
}

static int catalog_read_asset(const char *name, ini_entry_fn fn, void *arg, struct err *e)
{
	const struct asset *a = asset_get(name, e);

	if (!a)
		return -1;
	return ini_read(name, (const char *)a->data, a->len, fn, arg, e);
}

static int catalog_read_table(struct table *t, struct err *e)
{
	if (catalog_read_asset(t->asset, catalog_on_row_entry, t, e) < 0)
		return -1;
	return catalog_check_rows(t, e);
}

static void catalog_put_before(struct strv *list, const struct strv *first)
{
	struct strv all = STRV_INIT;

	strv_copy(&all, first);
	for (size_t i = 0; i < list->len; i++)
		strv_add(&all, list->items[i]);
	strv_fini(list);
	*list = all;
}

/* A profile may take over one that stands above it, which is complete by then. */
static int catalog_include_profiles(struct table *t, struct err *e)
{
	struct catalog_profile *rows = t->rows;

	for (size_t i = 0; i < t->len; i++) {
		size_t from = 0;

		if (!*rows[i].include)
			continue;
		while (from < i && strcmp(rows[from].name, rows[i].include))
			from++;
		if (from == i)
			return err_set(e, ERR_FAILED, "catalog-bad", "%s: [%s] includes %s, which is not above it",
				       t->asset, rows[i].name, rows[i].include);
		catalog_put_before(&rows[i].packages, &rows[from].packages);
		catalog_put_before(&rows[i].without, &rows[from].without);
		catalog_put_before(&rows[i].jobs, &rows[from].jobs);
	}
	return 0;
}

static int catalog_on_mirror_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
				   struct err *e)
{
	struct mirror_lists *m = arg;

	if (!strcmp(section, "debian") && !strcmp(key, "mirror")) {
		strv_add(&m->mirrors, value);
	} else if (!strcmp(section, "debian-security") && !strcmp(key, "mirror")) {
		strv_add(&m->security, value);
	} else if (!strcmp(section, "snapshot") && !strcmp(key, "url") && !*m->snapshot) {
		free(m->snapshot);
		m->snapshot = xstrdup(value);
	} else {
		return err_set(e, ERR_FAILED, "catalog-bad",
			       "catalog/mirrors.ini:%u: %s.%s: there is no such key, or it is given "
			       "twice",
			       line, section, key);
	}
	return 0;
}

static int catalog_on_zone_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
				 struct err *e)
{
	struct zone_lists *z = arg;
	size_t links = z->links.len;

	if (!strcmp(section, "zones") && !strcmp(key, "zones"))
		strv_split(&z->names, value, " \t");
	else if (!strcmp(section, "links") && !strcmp(key, "link"))
		strv_split(&z->links, value, " \t");
	else
		return err_set(e, ERR_FAILED, "catalog-bad", "catalog/zones.ini:%u: %s.%s: there is no such key", line,
			       section, key);
	if (z->links.len != links && z->links.len != links + 2)
		return err_set(e, ERR_FAILED, "catalog-bad", "catalog/zones.ini:%u: write OLD NEW", line);
	return 0;
}

struct catalog *catalog_new(struct err *e)
{
	struct catalog *c = xcalloc(1, sizeof(*c));

	c->arches = (struct table){.asset = "catalog/arches.ini",
				   .columns = arch_columns,
				   .row_size = sizeof(struct catalog_arch),
				   .not_offered = ARCH(not_offered)};
	c->releases = (struct table){.asset = "catalog/releases.ini",
				     .columns = release_columns,
				     .row_size = sizeof(struct catalog_release),
				     .not_offered = RELEASE(not_offered)};
	c->profiles = (struct table){.asset = "catalog/profiles.ini",
				     .columns = profile_columns,
				     .row_size = sizeof(struct catalog_profile),
				     .not_offered = (size_t)-1};
	c->extras = (struct table){.asset = "catalog/extra.ini",
				   .columns = extra_columns,
				   .row_size = sizeof(struct catalog_extra),
				   .not_offered = (size_t)-1};
	c->accounts = (struct table){.asset = "catalog/accounts.ini",
				     .columns = account_columns,
				     .row_size = sizeof(struct catalog_account),
				     .not_offered = (size_t)-1};
	c->mirrors.snapshot = xstrdup("");
	if (catalog_read_table(&c->arches, e) < 0 || catalog_read_table(&c->releases, e) < 0 ||
	    catalog_read_table(&c->profiles, e) < 0 || catalog_include_profiles(&c->profiles, e) < 0 ||
	    catalog_read_table(&c->accounts, e) < 0 ||
	    catalog_read_asset("catalog/zones.ini", catalog_on_zone_entry, &c->zones, e) < 0 ||
	    catalog_read_table(&c->extras, e) < 0 ||
	    catalog_read_asset("catalog/mirrors.ini", catalog_on_mirror_entry, &c->mirrors, e) < 0) {
		catalog_free(c);
		return NULL;
	}
	return c;
}

static void catalog_table_fini(struct table *t)
{
	for (size_t i = 0; i < t->len; i++) {
		void *row = catalog_cell(t->rows, i * t->row_size);

		free(*catalog_text_cell(row, 0));
		for (const struct column *c = t->columns; c->key; c++) {
			if (c->type == COLUMN_TEXT)
				free(*catalog_text_cell(row, c->offset));
			else if (c->type == COLUMN_LIST)
				strv_fini(catalog_cell(row, c->offset));
		}
	}
	free(t->rows);
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	catalog_table_fini(&c->arches);
	catalog_table_fini(&c->releases);
	catalog_table_fini(&c->profiles);
	catalog_table_fini(&c->accounts);
	strv_fini(&c->zones.names);
	strv_fini(&c->zones.links);
	catalog_table_fini(&c->extras);
	strv_fini(&c->mirrors.mirrors);
	strv_fini(&c->mirrors.security);
	free(c->mirrors.snapshot);
	free(c);
}

static const void *catalog_next_row(const struct table *t, size_t *i)
{
	return *i < t->len ? catalog_cell(t->rows, (*i)++ * t->row_size) : NULL;
}

const struct catalog_arch *catalog_arch_next(const struct catalog *c, size_t *i)
{
	return catalog_next_row(&c->arches, i);
}

const struct catalog_release *catalog_release_next(const struct catalog *c, size_t *i)
{
	return catalog_next_row(&c->releases, i);
}

const struct catalog_profile *catalog_profile_next(const struct catalog *c, size_t *i)
{
	return catalog_next_row(&c->profiles, i);
}

const struct catalog_account *catalog_account_next(const struct catalog *c, size_t *i)
{
	return catalog_next_row(&c->accounts, i);
}

const struct strv *catalog_zones(const struct catalog *c)
{
	return &c->zones.names;
}

const char *catalog_zone(const struct catalog *c, const char *name)
{
	const struct strv *links = &c->zones.links;

	for (size_t i = 0; i < c->zones.names.len; i++)
		if (!strcmp(c->zones.names.items[i], name))
			return c->zones.names.items[i];
	for (size_t i = 0; i + 1 < links->len; i += 2)
		if (!strcmp(links->items[i], name))
			return links->items[i + 1];
	return NULL;
}

const struct catalog_arch *catalog_arch_find(const struct catalog *c, const char *name)
{
	return catalog_find_row(&c->arches, name);
}

const struct catalog_release *catalog_release_find(const struct catalog *c, const char *name)
{
	return catalog_find_row(&c->releases, name);
}

const struct catalog_profile *catalog_profile_find(const struct catalog *c, const char *name)
{
	return catalog_find_row(&c->profiles, name);
}

const struct catalog_extra *catalog_extra_next(const struct catalog *c, size_t *i)
{
	return catalog_next_row(&c->extras, i);
}

const struct catalog_extra *catalog_extra_find(const struct catalog *c, const char *name)
{
	return catalog_find_row(&c->extras, name);
}

const struct strv *catalog_mirrors(const struct catalog *c)
{
	return &c->mirrors.mirrors;
}

const struct strv *catalog_security_mirrors(const struct catalog *c)
{
	return &c->mirrors.security;
}

const char *catalog_snapshot(const struct catalog *c)
{
	return c->mirrors.snapshot;
}
