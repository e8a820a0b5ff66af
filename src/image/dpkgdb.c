/* SPDX-License-Identifier: MIT */
/*
 * dpkgdb: collects what dpkg keeps of each package and writes it under /var/lib/dpkg. In: control
 * files and paths. Out: files in an image. Trigger interests (deb-triggers(5)) are recorded as dpkg records them
 * when it unpacks: triggers/File for paths, triggers/NAME for the others. Activations leave nothing behind, since
 * a package that is not configured is not triggered.
 */
#include "dpkgdb.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strv.h"
#include "deb.h"

#define DB "var/lib/dpkg"

struct dpkgdb_member {
	char *name;
	unsigned mode;
	struct buf content;
};

struct dpkgdb_package {
	char *name;
	char *arch;
	char *version;
	bool is_same; /* Multi-Arch: same, so its files carry the architecture */
	struct dpkgdb_member *members;
	size_t member_count;
	struct strv conffiles;	    /* sorted, without leading "/" */
	struct strv conffile_lines; /* of its stanza, in the package's order */
	struct buf list;
};

struct dpkgdb {
	struct dpkgdb_package **packages;
	size_t count;
};

struct dpkgdb_writer {
	struct image *image;
	unsigned rank;
	int64_t epoch;
};

struct dpkgdb *dpkgdb_new(void)
{
	return xcalloc(1, sizeof(struct dpkgdb));
}

static void dpkgdb_free_package(struct dpkgdb_package *p)
{
	for (size_t i = 0; i < p->member_count; i++) {
		free(p->members[i].name);
		buf_fini(&p->members[i].content);
	}
	free(p->members);
	free(p->name);
	free(p->arch);
	free(p->version);
	strv_fini(&p->conffiles);
	strv_fini(&p->conffile_lines);
	buf_fini(&p->list);
	free(p);
}

void dpkgdb_free(struct dpkgdb *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->count; i++)
		dpkgdb_free_package(db->packages[i]);
	free(db->packages);
	free(db);
}

struct dpkgdb_package *dpkgdb_add(struct dpkgdb *db)
{
	struct dpkgdb_package *p = xcalloc(1, sizeof *p);

	buf_init(&p->list, 0);
	db->packages = xreallocarray(db->packages, db->count + 1, sizeof(struct dpkgdb_package *));
	db->packages[db->count++] = p;
	return p;
}

void dpkgdb_control(struct dpkgdb_package *p, const char *name, unsigned mode, struct buf *content)
{
	struct dpkgdb_member *m;

	p->members = xreallocarray(p->members, p->member_count + 1, sizeof *p->members);
	m = &p->members[p->member_count++];
	m->name = xstrdup(name);
	m->mode = mode;
	m->content = *content;
	buf_init(content, 0);
}

static const struct dpkgdb_member *dpkgdb_member(const struct dpkgdb_package *p, const char *name)
{
	for (size_t i = 0; i < p->member_count; i++)
		if (strcmp(p->members[i].name, name) == 0)
			return &p->members[i];
	return NULL;
}

/* deb-conffiles(5): a path a line, perhaps after the word remove-on-upgrade. */
static void dpkgdb_read_conffiles(struct dpkgdb_package *p)
{
	static const char flag[] = "remove-on-upgrade";
	const struct dpkgdb_member *m = dpkgdb_member(p, "conffiles");
	AUTO_STRV struct strv lines = STRV_INIT;

	if (!m)
		return;
	strv_split(&lines, m->content.data, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		char *line = lines.items[i];
		size_t n = strlen(line);
		bool removes = strncmp(line, flag, sizeof flag - 1) == 0;

		while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			line[--n] = '\0';
		if (removes)
			line += sizeof flag - 1;
		line += strspn(line, " \t");
		if (*line != '/')
			continue;
		if (!removes)
			strv_add(&p->conffiles, line + 1);
		strv_addf(&p->conffile_lines, " %s newconffile%s%s", line, removes ? " " : "", removes ? flag : "");
	}
	strv_sort(&p->conffiles);
}

/* Returns whether a name is valid for dpkg; it becomes part of a file's name. */
static bool dpkgdb_is_word(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";

	return s && *s && strchr(first, *s) && s[strspn(s, rest)] == '\0';
}

int dpkgdb_check(struct dpkgdb_package *p, const char *name, const char *version, const char *arch, struct err *e)
{
	const struct dpkgdb_member *m = dpkgdb_member(p, "control");
	char *same;

	if (!m)
		return err_set(e, ERR_VERIFY, "deb-format", "package %s has no control file", name);
	if (memchr(m->content.data, '\0', m->content.len) || strstr(m->content.data, "\n\n"))
		return err_set(e, ERR_VERIFY, "deb-format", "the control file of package %s is not a single stanza",
			       name);
	p->name = deb_control_field(m->content.data, "Package");
	p->version = deb_control_field(m->content.data, "Version");
	p->arch = deb_control_field(m->content.data, "Architecture");
	if (!dpkgdb_is_word(p->name) || !dpkgdb_is_word(p->arch) || !p->version || strcmp(p->name, name) != 0 ||
	    strcmp(p->version, version) != 0 || strcmp(p->arch, arch) != 0)
		return err_set(e, ERR_VERIFY, "root-mismatch", "the file of package %s %s (%s) holds %s %s (%s)", name,
			       version, arch, p->name ? p->name : "?", p->version ? p->version : "?",
			       p->arch ? p->arch : "?");
	same = deb_control_field(m->content.data, "Multi-Arch");
	p->is_same = same && strcmp(same, "same") == 0;
	free(same);
	dpkgdb_read_conffiles(p);
	return 0;
}

void dpkgdb_path(struct dpkgdb_package *p, const char *path)
{
	buf_addc(&p->list, '/');
	buf_adds(&p->list, *path ? path : ".");
	buf_addc(&p->list, '\n');
}

static int dpkgdb_compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool dpkgdb_is_conffile(const struct dpkgdb_package *p, const char *path)
{
	return p->conffiles.len > 0 &&
	       bsearch(&path, p->conffiles.items, p->conffiles.len, sizeof(char *), dpkgdb_compare_text) != NULL;
}

static int dpkgdb_by_name(const void *a, const void *b)
{
	const struct dpkgdb_package *x = *(struct dpkgdb_package *const *)a;
	const struct dpkgdb_package *y = *(struct dpkgdb_package *const *)b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->arch, y->arch);
}

static int dpkgdb_put_bytes(struct dpkgdb_writer *w, const char *name, unsigned mode, const void *data, size_t n,
			    struct err *e)
{
	struct image_attr attr = {.mode = mode, .mtime = w->epoch, .rank = w->rank};
	AUTO_FREE char *path = xasprintf("%s/%s", DB, name);

	return image_put(w->image, path, data, n, &attr, e);
}

static int dpkgdb_put(struct dpkgdb_writer *w, const char *name, const struct buf *text, struct err *e)
{
	return dpkgdb_put_bytes(w, name, 0644, text->data, text->len, e);
}

/* Adds the stanza with Status after Package, and Conffiles at its end. */
static void dpkgdb_add_stanza(struct buf *out, const struct dpkgdb_package *p)
{
	const struct buf *control = &dpkgdb_member(p, "control")->content;
	size_t n = control->len;
	const char *line = control->data;

	while (n > 0 && control->data[n - 1] == '\n')
		n--;
	while (line < control->data + n) {
		const char *end = memchr(line, '\n', (size_t)(control->data + n - line));
		size_t len = end ? (size_t)(end - line) : (size_t)(control->data + n - line);

		buf_add(out, line, len);
		buf_addc(out, '\n');
		if (len > 8 && strncasecmp(line, "Package:", 8) == 0)
			buf_adds(out, "Status: install ok unpacked\n");
		line += len + 1;
	}
	if (p->conffile_lines.len > 0)
		buf_adds(out, "Conffiles:\n");
	for (size_t i = 0; i < p->conffile_lines.len; i++)
		buf_addf(out, "%s\n", p->conffile_lines.items[i]);
	buf_addc(out, '\n');
}

static int dpkgdb_write_info(struct dpkgdb_writer *w, const struct dpkgdb_package *p, struct err *e)
{
	AUTO_FREE char *base = p->is_same ? xasprintf("info/%s:%s", p->name, p->arch) : xasprintf("info/%s", p->name);
	char *name = xasprintf("%s.list", base);
	int r = dpkgdb_put_bytes(w, name, 0644, p->list.data, p->list.len, e);

	free(name);
	for (size_t i = 0; r == 0 && i < p->member_count; i++) {
		const struct dpkgdb_member *m = &p->members[i];

		/* dpkg itself writes these two, whatever a package contains */
		if (strcmp(m->name, "control") == 0 || strcmp(m->name, "list") == 0)
			continue;
		name = xasprintf("%s.%s", base, m->name);
		r = dpkgdb_put_bytes(w, name, m->mode, m->content.data, m->content.len, e);
		free(name);
	}
	return r;
}

static int dpkgdb_make_dirs(struct dpkgdb_writer *w, struct err *e)
{
	static const char *const names[] = {"", "/alternatives", "/info", "/parts", "/triggers", "/updates"};
	/* A package that ships the folder sets its attributes. */
	struct image_attr attr = {.mode = 0755, .mtime = w->epoch, .rank = UINT32_MAX};
	char *path;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		path = xasprintf("%s%s", DB, names[i]);
		r = image_mkdir(w->image, path, &attr, e);
		free(path);
	}
	return r;
}

static int dpkgdb_write_status(struct dpkgdb *db, struct dpkgdb_writer *w, struct err *e)
{
	struct buf status;
	int r;

	buf_init(&status, 0);
	for (size_t i = 0; i < db->count; i++)
		dpkgdb_add_stanza(&status, db->packages[i]);
	r = dpkgdb_put(w, "status", &status, e);
	buf_fini(&status);
	return r;
}

/* ---- Triggers */

struct interest {
	char *trigger;
	char *who; /* "dbus/noawait" */
};

struct interests {
	struct interest *items;
	size_t len;
};

static void dpkgdb_triggers_add_interest(struct interests *all, const struct dpkgdb_package *p, const char *directive,
					 const char *trigger)
{
	bool noawait = strcmp(directive, "interest-noawait") == 0;
	struct interest *it;

	all->items = xreallocarray(all->items, all->len + 1, sizeof *all->items);
	it = &all->items[all->len++];
	it->trigger = xstrdup(trigger);
	it->who = xasprintf("%s%s%s%s", p->name, p->is_same ? ":" : "", p->is_same ? p->arch : "",
			    noawait ? "/noawait" : "");
}

static void dpkgdb_triggers_read_interests(struct interests *all, const struct dpkgdb_package *p)
{
	const struct dpkgdb_member *m = dpkgdb_member(p, "triggers");
	AUTO_STRV struct strv lines = STRV_INIT;

	if (!m)
		return;
	strv_split(&lines, m->content.data, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		struct strv words = STRV_INIT;

		lines.items[i][strcspn(lines.items[i], "#")] = '\0';
		strv_split(&words, lines.items[i], " \t\r");
		if (words.len == 2 && strncmp(words.items[0], "interest", 8) == 0)
			dpkgdb_triggers_add_interest(all, p, words.items[0], words.items[1]);
		strv_fini(&words);
	}
}

static bool dpkgdb_triggers_is_path(const struct interest *it)
{
	return it->trigger[0] == '/';
}

static int dpkgdb_triggers_write_paths(const struct interests *all, struct dpkgdb_writer *w, struct err *e)
{
	struct buf text;
	int r = 0;

	buf_init(&text, 0);
	for (size_t i = 0; i < all->len; i++)
		if (dpkgdb_triggers_is_path(&all->items[i]))
			buf_addf(&text, "%s %s\n", all->items[i].trigger, all->items[i].who);
	if (text.len > 0)
		r = dpkgdb_put(w, "triggers/File", &text, e);
	buf_fini(&text);
	return r;
}

/* Writes the file of the trigger at `first`, unless an earlier entry has written it. */
static int dpkgdb_triggers_write_named(const struct interests *all, size_t first, struct dpkgdb_writer *w,
				       struct err *e)
{
	const char *trigger = all->items[first].trigger;
	struct buf text;
	char *name;
	int r;

	for (size_t i = 0; i < first; i++)
		if (strcmp(all->items[i].trigger, trigger) == 0)
			return 0;
	if (strchr(trigger, '/') || trigger[0] == '.')
		return err_set(e, ERR_VERIFY, "deb-format", "package %s has a bad trigger name", all->items[first].who);
	buf_init(&text, 0);
	for (size_t i = first; i < all->len; i++)
		if (strcmp(all->items[i].trigger, trigger) == 0)
			buf_addf(&text, "%s\n", all->items[i].who);
	name = xasprintf("triggers/%s", trigger);
	r = dpkgdb_put(w, name, &text, e);
	free(name);
	buf_fini(&text);
	return r;
}

static int dpkgdb_write_triggers(struct dpkgdb *db, struct dpkgdb_writer *w, struct err *e)
{
	struct interests all = {NULL, 0};
	struct buf none;
	int r;

	for (size_t i = 0; i < db->count; i++)
		dpkgdb_triggers_read_interests(&all, db->packages[i]);
	buf_init(&none, 0);
	r = dpkgdb_put(w, "triggers/Unincorp", &none, e);
	if (r == 0)
		r = dpkgdb_triggers_write_paths(&all, w, e);
	for (size_t i = 0; r == 0 && i < all.len; i++)
		if (!dpkgdb_triggers_is_path(&all.items[i]))
			r = dpkgdb_triggers_write_named(&all, i, w, e);
	for (size_t i = 0; i < all.len; i++) {
		free(all.items[i].trigger);
		free(all.items[i].who);
	}
	free(all.items);
	return r;
}

/* ---- The whole database */

int dpkgdb_write(struct dpkgdb *db, struct image *im, unsigned rank, int64_t epoch, struct err *e)
{
	static const char *const empty[] = {"available", "diversions", "statoverride"};
	struct dpkgdb_writer w = {.image = im, .rank = rank, .epoch = epoch};

	mem_sort(db->packages, db->count, sizeof(struct dpkgdb_package *), dpkgdb_by_name);
	for (size_t i = 1; i < db->count; i++)
		if (dpkgdb_by_name(&db->packages[i - 1], &db->packages[i]) == 0)
			return err_set(e, ERR_VERIFY, "root-mismatch", "package %s is in the list twice",
				       db->packages[i]->name);
	if (dpkgdb_make_dirs(&w, e) || dpkgdb_write_status(db, &w, e))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		if (dpkgdb_put_bytes(&w, empty[i], 0644, "", 0, e))
			return -1;
	if (dpkgdb_put_bytes(&w, "info/format", 0644, "1\n", 2, e))
		return -1;
	for (size_t i = 0; i < db->count; i++)
		if (dpkgdb_write_info(&w, db->packages[i], e))
			return -1;
	return dpkgdb_write_triggers(db, &w, e);
}
