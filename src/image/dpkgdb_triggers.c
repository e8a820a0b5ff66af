/* SPDX-License-Identifier: MIT */
/*
 * dpkgdb_triggers: who is interested in which trigger (deb-triggers(5)), as dpkg records it when it
 * unpacks: triggers/File for paths, triggers/NAME for the others. In: the packages' "triggers"
 * files. Out: those files. Activations leave nothing behind, since a package that is not
 * configured is not triggered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dpkgdb_private.h"

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
	struct strv lines = STRV_INIT;

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
	strv_fini(&lines);
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

/* One file for the trigger at `first`, unless an earlier entry has made it. */
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

int dpkgdb_write_triggers(struct dpkgdb *db, struct dpkgdb_writer *w, struct err *e)
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
