/* SPDX-License-Identifier: MIT */
/*
 * picker_item: completes structured items (`path=FILE,format=raw`) in a picker: what may follow the typed text, from
 * the table that also checks the grammar.
 */
#include "picker_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "tui/toolkit/folder.h"

struct item_picker {
	struct picker_conf outer; /* of the caller */
	const struct item_part *parts;
	struct typed_rows found;
	char *folder;
};

/* Adds a row whose value is the first n bytes of `head`, and `tail`. */
static struct choice *picker_item_add(struct item_picker *m, const char *head, size_t n, const char *tail,
				      const char *label)
{
	AUTO_FREE char *value = xasprintf("%.*s%s", (int)n, head, tail);
	struct choice *r = choices_add(&m->found.rows, value, label);

	return r;
}

/* Adds the keys that are not given and begin with `begun`, each behind `comma`, which may be "". */
static void picker_item_add_keys(struct item_picker *m, const char *typed, const struct item_end *end,
				 const char *begun, const char *comma)
{
	size_t n = *comma ? strlen(typed) : end->at;

	for (size_t i = 0; m->parts[i].key; i++) {
		const struct item_part *part = &m->parts[i];
		AUTO_FREE char *text = xasprintf("%s%s=", comma, part->key);

		if (!(end->given & 1U << i) && !strncmp(part->key, begun, strlen(begun)))
			choice_text(&picker_item_add(m, typed, n, text, text + strlen(comma))->columns[0], part->about);
	}
}

static bool picker_item_ends_in_slash(const char *s)
{
	size_t n = strlen(s);

	return n && s[n - 1] == '/';
}

/* Adds rows for a path: the next parts if it may be complete, and the entries of its folder. */
static void picker_item_add_paths(struct item_picker *m, const char *typed, const struct item_end *end)
{
	struct folder_look look = {.base = m->folder, .folders_only = end->part->kind == ITEM_FOLDER};
	bool whole = look.folders_only && picker_item_ends_in_slash(end->text);
	struct choices found = {.items = NULL};

	folder_rows(&found, end->text, &look);
	for (size_t i = 0; i < found.len; i++)
		whole = whole || !strcmp(found.items[i].label, file_basename(end->text));
	if (end->complete && (whole || !found.len))
		picker_item_add_keys(m, typed, end, "", ",");
	for (size_t i = 0; i < found.len; i++) {
		AUTO_FREE char *path = item_escape(found.items[i].value);

		if (strcmp(found.items[i].value, end->text))
			picker_item_add(m, typed, end->at, path, found.items[i].label);
	}
	choices_fini(&found);
}

static void picker_item_find_rows(struct item_picker *m, const char *typed)
{
	struct item_end end;

	item_end(m->parts, typed, &end);
	if (!end.part)
		picker_item_add_keys(m, typed, &end, end.text, "");
	else if (end.part->kind == ITEM_FILE || end.part->kind == ITEM_FOLDER)
		picker_item_add_paths(m, typed, &end);
	else if (end.complete)
		picker_item_add_keys(m, typed, &end, "", ",");
	for (size_t i = 0; end.part && end.part->words && end.part->words[i]; i++) {
		const char *word = end.part->words[i];

		if (!strncmp(word, end.text, strlen(end.text)) && strcmp(word, end.text))
			picker_item_add(m, typed, end.at, word, word);
	}
	free(end.text);
}

static struct choice_list picker_item_rows(const char *typed, void *arg)
{
	struct item_picker *m = arg;

	if (typed_rows_begin(&m->found, typed))
		picker_item_find_rows(m, typed);
	return typed_rows_list(&m->found, "");
}

static char *picker_item_complete(const char *typed, void *arg)
{
	struct choice_list l = picker_item_rows(typed, arg);

	return folder_complete(&l, typed);
}

/* Returns the first required part that is missing, or NULL. */
static const struct item_part *picker_item_lacking(const struct item_part *parts, unsigned given)
{
	for (size_t i = 0; parts[i].key; i++)
		if (parts[i].required && !(given & 1U << i))
			return &parts[i];
	return NULL;
}

static int picker_item_take(const char *value, char **more, void *arg, struct err *e)
{
	struct item_picker *m = arg;
	const struct item_part *next;
	struct item_end end;
	bool open;

	/* a typed text is taken unchanged, and so is an empty one, which removes the item */
	if (!*value || (m->found.typed && !strcmp(m->found.typed, value)))
		return m->outer.take(value, more, m->outer.arg, e);
	item_end(m->parts, value, &end);
	next = picker_item_lacking(m->parts, end.given);
	open = !end.complete || picker_item_ends_in_slash(end.text);
	free(end.text);
	if (!open && !next)
		return m->outer.take(value, more, m->outer.arg, e);
	*more = open ? xstrdup(value) : xasprintf("%s,%s=", value, next->key);
	return 1;
}

static void picker_item_gone(void *arg)
{
	struct item_picker *m = arg;

	if (m->outer.gone)
		m->outer.gone(m->outer.arg);
	typed_rows_fini(&m->found);
	free(m->folder);
	free(m);
}

struct screen *picker_item(struct app *app, const struct picker_conf *conf, const struct item_part *parts)
{
	struct item_picker *m = xcalloc(1, sizeof(*m));
	struct picker_conf inner = *conf;
	AUTO_FREE char *begun = xasprintf("%s=", parts[0].key);
	struct screen *s;

	m->outer = *conf;
	m->parts = parts;
	m->folder = xstrdup(conf->folder);
	inner.initial = conf->initial ? conf->initial : begun;
	inner.types = inner.continues = true;
	inner.narrows = false;
	inner.rows = picker_item_rows;
	inner.complete = picker_item_complete;
	inner.again = NULL; /* the rows do not come from the caller */
	inner.take = picker_item_take;
	inner.gone = picker_item_gone;
	inner.arg = m;
	s = picker_open(app, &inner);
	return s;
}
