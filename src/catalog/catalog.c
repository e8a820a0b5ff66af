/* SPDX-License-Identifier: MIT */
/*
 * catalog: reads the INI files of assets/catalog into rows. A table of columns describes each kind of row; an unknown
 * key is an error, so that a misspelt fact is not lost.
 */
#include "catalog/catalog.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/buf.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/table.h"

unsigned catalog_version(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, &end, 10) : 0;

	return *end || major > 1000 || minor > 99 ? 0 : (unsigned)(major * 10000 + minor * 100);
}

static int catalog_check_version(const char *value, struct err *e)
{
	return catalog_version(value) ? 0 : err_set(e, ERR_USAGE, "catalog-bad", "is not a version; write 8.1");
}

#define ARCH(member) .offset = offsetof(struct catalog_arch, member)
static const struct column arch_columns[] = {
	{"title", COLUMN_TEXT, ARCH(title), .required = true},
	{"not_offered", COLUMN_TEXT, ARCH(not_offered)},
	{"ports", COLUMN_BOOL, ARCH(ports)},
	{"elf", COLUMN_TEXT, ARCH(elf)},
	{"gnu", COLUMN_TEXT, ARCH(gnu)},
	{"aliases", COLUMN_WORDS, ARCH(aliases)},
	{"qemu", COLUMN_TEXT, ARCH(qemu), .required = true},
	{"qemu_native", COLUMN_TEXT, ARCH(qemu_native)},
	{"machine", COLUMN_TEXT, ARCH(machine), .required = true},
	{"machine_opts", COLUMN_TEXT, ARCH(machine_opts)},
	{"ram", COLUMN_TEXT, ARCH(ram)},
	{"small_opts", COLUMN_TEXT, ARCH(small_opts)},
	{"small_memory", COLUMN_SIZE, ARCH(small_memory)},
	{"cpu_tcg", COLUMN_TEXT, ARCH(cpu_tcg), .required = true},
	{"cpu_native", COLUMN_TEXT, ARCH(cpu_native), .required = true},
	{"cpu_models", COLUMN_WORDS, ARCH(cpu_models), .required = true},
	{"accels", COLUMN_WORDS, ARCH(accels)},
	{"native_hosts", COLUMN_WORDS, ARCH(native_hosts), .required = true},
	{"max_cpus", COLUMN_UINT, ARCH(max_cpus), .min = 1, .max = 65535, .required = true},
	{"cpu_limit_why", COLUMN_TEXT, ARCH(cpu_limit_why), .required = true},
	{"max_memory", COLUMN_SIZE, ARCH(max_memory), .required = true},
	{"memory_limit_why", COLUMN_TEXT, ARCH(memory_limit_why), .required = true},
	{"kernel", COLUMN_TEXT, ARCH(kernel), .required = true},
	{"kernel_arch", COLUMN_TEXT, ARCH(kernel_arch)},
	{"releases", COLUMN_WORDS, ARCH(releases)},
	{"untried", COLUMN_WORDS, ARCH(untried)},
	{"qemu_min", COLUMN_TEXT, ARCH(qemu_min), .check = catalog_check_version},
	{"console", COLUMN_TEXT, ARCH(console), .required = true},
	{"virtio", COLUMN_TEXT, ARCH(virtio), .required = true},
	{"power_line", COLUMN_BOOL, ARCH(power_line)},
	{"libvirt", COLUMN_TEXT, ARCH(libvirt)},
	{"libvirt_acpi", COLUMN_TEXT, ARCH(libvirt_acpi)},
	{"firmware", COLUMN_WORDS, ARCH(firmware)},
	{"firmware_releases", COLUMN_WORDS, ARCH(firmware_releases)},
	{"firmware_qemu_min", COLUMN_TEXT, ARCH(firmware_qemu_min), .check = catalog_check_version},
	{"firmware_arch", COLUMN_TEXT, ARCH(firmware_arch)},
	{"firmware_machine", COLUMN_TEXT, ARCH(firmware_machine)},
	{"firmware_smm", COLUMN_BOOL, ARCH(firmware_smm)},
	{"secure_boot", COLUMN_WORDS, ARCH(secure_boot)},
	{"secure_smm", COLUMN_BOOL, ARCH(secure_smm)},
	{"tpm", COLUMN_TEXT, ARCH(tpm)},
	{"firmware_max_memory", COLUMN_SIZE, ARCH(firmware_max_memory)},
	{"firmware_memory_why", COLUMN_TEXT, ARCH(firmware_memory_why)},
	{"pflash_size", COLUMN_SIZE, ARCH(pflash_size)},
	{"grub", COLUMN_TEXT, ARCH(grub)},
	{"grub_target", COLUMN_TEXT, ARCH(grub_target)},
	{"efi_file", COLUMN_TEXT, ARCH(efi_file)},
	{"initrd_modules", COLUMN_WORDS, ARCH(initrd_modules), .required = true},
	{"installer", COLUMN_TEXT, ARCH(installer)},
	{"installer_kernel", COLUMN_TEXT, ARCH(installer_kernel)},
	{"installer_initrd", COLUMN_TEXT, ARCH(installer_initrd)},
	{"lib_links", COLUMN_TEXT, ARCH(lib_links)},
	{.key = NULL},
};

#define RELEASE(member) .offset = offsetof(struct catalog_release, member)
static const struct column release_columns[] = {
	{"version", COLUMN_TEXT, RELEASE(version)},
	{"state", COLUMN_TEXT, RELEASE(state), .required = true},
	{"not_offered", COLUMN_TEXT, RELEASE(not_offered)},
	{"security", COLUMN_BOOL, RELEASE(security)},
	{"updates", COLUMN_BOOL, RELEASE(updates)},
	{"security_suite", COLUMN_TEXT, RELEASE(security_suite)},
	{"old_zones", COLUMN_TEXT, RELEASE(old_zones)},
	{"sources_style", COLUMN_TEXT, RELEASE(sources_style), .required = true},
	{"components", COLUMN_WORDS, RELEASE(components), .required = true},
	{"keys", COLUMN_WORDS, RELEASE(keys), .required = true},
	{.key = NULL},
};

#define PROFILE(member) .offset = offsetof(struct catalog_profile, member)
static const struct column profile_columns[] = {
	{"title", COLUMN_TEXT, PROFILE(title), .required = true},
	{"default", COLUMN_BOOL, PROFILE(is_default)},
	{"hidden", COLUMN_BOOL, PROFILE(hidden)},
	{"include", COLUMN_TEXT, PROFILE(include)},
	{"packages", COLUMN_WORDS, PROFILE(packages)},
	{"without", COLUMN_WORDS, PROFILE(without)},
	{"jobs", COLUMN_WORDS, PROFILE(jobs)},
	{"instead", COLUMN_WORDS, PROFILE(instead)},
	{.key = NULL},
};

#define EXTRA(member) .offset = offsetof(struct catalog_extra, member)
static const struct column extra_columns[] = {
	{"parts", COLUMN_WORDS, EXTRA(parts)},
	{"value", COLUMN_TEXT, EXTRA(value)},
	{"instead", COLUMN_TEXT, EXTRA(instead)},
	{.key = NULL},
};

#define ACCOUNT(member) .offset = offsetof(struct catalog_account, member)
static const struct column account_columns[] = {
	{"names", COLUMN_WORDS, ACCOUNT(names), .required = true},
	{.key = NULL},
};

struct zone_lists {
	struct strv names;
	struct strv links; /* old name and current name, alternating */
};

struct mirror_lists {
	struct strv mirrors;
	struct strv security;
	char *snapshot;
};

/* Rows of one file; the name of a row is its first member. */
struct catalog_rows {
	const char *asset;
	const struct column *columns;
	size_t row_size;
	void *items;
	size_t len;
};

struct catalog {
	struct catalog_rows arches;
	struct catalog_rows releases;
	struct catalog_rows profiles;
	struct catalog_rows accounts;
	struct zone_lists zones;
	struct catalog_rows extras;
	struct mirror_lists mirrors;
};

static void *catalog_row(const struct catalog_rows *t, size_t i)
{
	return (char *)t->items + i * t->row_size;
}

static const char *catalog_name_of(const void *row)
{
	return *(char *const *)row;
}

static void *catalog_find_row(const struct catalog_rows *t, const char *name)
{
	for (size_t i = 0; i < t->len; i++)
		if (!strcmp(catalog_name_of(catalog_row(t, i)), name))
			return catalog_row(t, i);
	return NULL;
}

static void *catalog_new_row(struct catalog_rows *t, const char *name)
{
	void *row;

	t->items = xreallocarray(t->items, t->len + 1, t->row_size);
	row = memset(catalog_row(t, t->len++), 0, t->row_size);
	*(char **)row = xstrdup(name);
	table_reset(t->columns, row);
	return row;
}

/* Sets a value. Lists append; a second text is refused. */
static int catalog_set_column(const struct column *c, void *row, const char *value, struct err *e)
{
	char *allowed;

	if (c->type == COLUMN_TEXT && **(char **)((char *)row + c->offset))
		return err_set(e, ERR_FAILED, "catalog-bad", "given twice");
	if (column_parse(c, row, value, NULL) == 0)
		return 0;
	allowed = column_allowed(c);
	err_set(e, ERR_FAILED, "catalog-bad", "\"%s\" is not allowed; write %s", value, allowed);
	free(allowed);
	return -1;
}

static int catalog_on_row_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
				struct err *e)
{
	struct catalog_rows *t = arg;
	const struct column *c = table_find(t->columns, key);
	void *row = catalog_find_row(t, section);

	if (!row)
		row = catalog_new_row(t, section);
	if (!c)
		return err_set(e, ERR_FAILED, "catalog-bad", "%s:%u: %s.%s: unknown key", t->asset, line, section, key);
	if (catalog_set_column(c, row, value, e) < 0)
		return err_prefix(e, "%s:%u: %s.%s", t->asset, line, section, key);
	return 0;
}

/* Checks that a row has every required column, unless it is not offered. */
static int catalog_check_rows(const struct catalog_rows *t, struct err *e)
{
	const struct column *reason = table_find(t->columns, "not_offered");

	for (size_t i = 0; i < t->len; i++) {
		const char *row = catalog_row(t, i);
		const char *missing = table_missing(t->columns, row);

		if (missing && (!reason || !**(char *const *)(row + reason->offset)))
			return err_set(e, ERR_FAILED, "catalog-bad", "%s: [%s] is offered and lacks %s", t->asset,
				       catalog_name_of(row), missing);
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

static int catalog_read_rows(struct catalog_rows *t, const char *asset, const struct column *columns, size_t row_size,
			     struct err *e)
{
	*t = (struct catalog_rows){.asset = asset, .columns = columns, .row_size = row_size};
	if (catalog_read_asset(asset, catalog_on_row_entry, t, e) < 0)
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

/* Adds the lists of an included profile, which must be above in the file. */
static int catalog_include_profiles(struct catalog_rows *t, struct err *e)
{
	struct catalog_profile *rows = t->items;

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
			       "catalog/mirrors.ini:%u: %s.%s: unknown key, or given "
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
		return err_set(e, ERR_FAILED, "catalog-bad", "catalog/zones.ini:%u: %s.%s: unknown key", line, section,
			       key);
	if (z->links.len != links && z->links.len != links + 2)
		return err_set(e, ERR_FAILED, "catalog-bad", "catalog/zones.ini:%u: write OLD NEW", line);
	return 0;
}

struct catalog *catalog_new(struct err *e)
{
	struct catalog *c = xcalloc(1, sizeof(*c));

	c->mirrors.snapshot = xstrdup("");
	if (catalog_read_rows(&c->arches, "catalog/arches.ini", arch_columns, sizeof(struct catalog_arch), e) < 0 ||
	    catalog_read_rows(&c->releases, "catalog/releases.ini", release_columns, sizeof(struct catalog_release),
			      e) < 0 ||
	    catalog_read_rows(&c->profiles, "catalog/profiles.ini", profile_columns, sizeof(struct catalog_profile),
			      e) < 0 ||
	    catalog_include_profiles(&c->profiles, e) < 0 ||
	    catalog_read_rows(&c->accounts, "catalog/accounts.ini", account_columns, sizeof(struct catalog_account),
			      e) < 0 ||
	    catalog_read_asset("catalog/zones.ini", catalog_on_zone_entry, &c->zones, e) < 0 ||
	    catalog_read_rows(&c->extras, "catalog/extra.ini", extra_columns, sizeof(struct catalog_extra), e) < 0 ||
	    catalog_read_asset("catalog/mirrors.ini", catalog_on_mirror_entry, &c->mirrors, e) < 0) {
		catalog_free(c);
		return NULL;
	}
	return c;
}

static void catalog_rows_fini(struct catalog_rows *t)
{
	for (size_t i = 0; i < t->len; i++) {
		free(*(char **)catalog_row(t, i));
		table_fini(t->columns, catalog_row(t, i));
	}
	free(t->items);
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	catalog_rows_fini(&c->arches);
	catalog_rows_fini(&c->releases);
	catalog_rows_fini(&c->profiles);
	catalog_rows_fini(&c->accounts);
	strv_fini(&c->zones.names);
	strv_fini(&c->zones.links);
	catalog_rows_fini(&c->extras);
	strv_fini(&c->mirrors.mirrors);
	strv_fini(&c->mirrors.security);
	free(c->mirrors.snapshot);
	free(c);
}

static const void *catalog_next_row(const struct catalog_rows *t, size_t *i)
{
	return *i < t->len ? catalog_row(t, (*i)++) : NULL;
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

bool catalog_has_kernel(const struct catalog_arch *a, const char *release)
{
	return !a->releases.len || strv_has(&a->releases, release);
}

bool catalog_runs_firmware(const struct catalog_arch *a, unsigned qemu)
{
	return a->firmware.len && qemu >= catalog_version(a->firmware_qemu_min);
}

char *catalog_installer(const struct catalog_release *r, const char *text)
{
	static const char mark[] = "VERSION";
	struct buf b;
	const char *at;

	if (!*text || !*r->version)
		return NULL;
	buf_init(&b, 0);
	while ((at = strstr(text, mark))) {
		buf_add(&b, text, (size_t)(at - text));
		buf_adds(&b, r->version);
		text = at + strlen(mark);
	}
	buf_adds(&b, text);
	return buf_steal(&b);
}

bool catalog_is_untried(const struct catalog_arch *a, const char *release, bool uefi)
{
	AUTO_FREE char *target = xasprintf("%s/%s", release, uefi ? "uefi" : "direct");

	return strv_has(&a->untried, target);
}

bool catalog_has_firmware(const struct catalog_arch *a, const char *release)
{
	return a->firmware.len && (!a->firmware_releases.len || strv_has(&a->firmware_releases, release));
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
