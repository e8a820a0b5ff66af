/* SPDX-License-Identifier: MIT */
/* ini: the file as it would be written: that which was read, with what has changed; or a new one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/mem.h"
#include "private.h"

const char *wizard_path(struct wizard *w)
{
	if (w->path)
		return w->path;
	if (!w->save_path)
		w->save_path = w->offers->save_path(w->offers->arg, w->spec.name);
	return w->save_path;
}

static bool ini_is_idle(const struct wizard *w, const struct field *f)
{
	for (size_t i = 0; i < question_count; i++)
		if (w->questions[i].field == f)
			return !question_applies(w, i);
	return false;
}

struct record {
	struct wizard *w;
	struct spec *s;
};

/* What does not apply may be said only as far as the rules bear it. */
static void ini_on_fault(unsigned line, const char *section, const char *key, const char *message, void *arg)
{
	const struct record *r = arg;

	(void)line;
	(void)message;
	if (ini_is_idle(r->w, field_find(section, key)))
		spec_unset(r->s, section, key);
}

int wizard_record(struct wizard *w, struct spec *out, struct err *e)
{
	struct strv values = STRV_INIT;
	struct record record;

	if (!w->original) {
		spec_copy(out, &w->spec);
		return 0;
	}
	if (spec_read_text(out, wizard_path(w), w->original, strlen(w->original), e) < 0)
		return -1;
	strv_copy(&out->agreed, &w->was.agreed);
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];

		if (column_equal(&f->column, out, &w->spec))
			continue;
		if (ini_is_idle(w, f)) {
			spec_unset(out, f->section, f->column.key);
			continue;
		}
		field_values(f, &w->spec, &values);
		field_assign(f, out, &values);
		strv_fini(&values);
	}
	record = (struct record){w, out};
	spec_check_each(out, w->conf.catalog, ini_on_fault, &record);
	return 0;
}

/* As it is shown: "(not shown)" in place of the values of secret keys, and without what other systems put
 * before a text and at the end of a line; takes the text. */
char *wizard_hide(char *text)
{
	struct buf b;

	buf_init(&b, 0);
	for (const char *at = text + ini_mark_len(text, strlen(text)); *at;) {
		size_t n = strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
		size_t shown = strcspn(at, "\r\n");
		size_t key = strcspn(at, " \t=");
		bool secret = false;

		for (size_t i = 0; i < field_count && !secret; i++)
			secret = field_table[i].secret && strlen(field_table[i].column.key) == key &&
				 !strncmp(at, field_table[i].column.key, key);
		if (secret)
			buf_addf(&b, "%.*s = (not shown)%s", (int)key, at, at[n - 1] == '\n' ? "\n" : "");
		else if (at[shown] == '\r' && (!at[shown + 1] || at[shown + 1] == '\n'))
			buf_addf(&b, "%.*s%s", (int)shown, at, at[shown + 1] ? "\n" : "");
		else
			buf_add(&b, at, n);
		at += n;
	}
	mem_wipe(text, strlen(text));
	free(text);
	return buf_steal(&b);
}

/* The lines of the field's key. */
static void ini_find_lines(const char *text, const struct field *f, unsigned *first, unsigned *count)
{
	struct ini_doc *d = ini_doc_parse("", text, strlen(text), NULL);

	if (!d)
		return;
	*first = ini_doc_line(d, f->section, f->column.key, 0);
	while (ini_doc_line(d, f->section, f->column.key, *count))
		++*count;
	ini_doc_free(d);
}

char *wizard_written(struct wizard *w, struct err *e)
{
	struct spec s;
	char *text;

	if (wizard_record(w, &s, e) < 0)
		return NULL;
	text = spec_text(&s, e);
	spec_fini(&s);
	return text;
}

char *wizard_ini(struct wizard *w, const struct wizard_question *q, unsigned *first, unsigned *count, struct err *e)
{
	unsigned none[2];
	char *text;

	first = first ? first : &none[0];
	count = count ? count : &none[1];
	*first = *count = 0;
	text = wizard_written(w, e);
	if (text && q && q->field)
		ini_find_lines(text, q->field, first, count);
	return text ? wizard_hide(text) : NULL;
}

bool wizard_dirty(struct wizard *w)
{
	for (size_t i = 0; i < question_count; i++)
		if (w->answers[i].draft || (!w->original && w->answers[i].touched))
			return true;
	return !spec_equal(&w->spec, &w->was);
}
