/* SPDX-License-Identifier: MIT */
/* changes: what differs from the file as it was read, and when each change counts. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "private.h"

static char *changes_in_words(const struct field *f, const struct spec *s)
{
	struct strv values = STRV_INIT;
	char *text;

	column_format(&f->column, s, &values);
	if (f->secret)
		text = xstrdup(values.len && *values.items[0] ? "set" : "none");
	else
		text = strv_join(&values, ", ");
	strv_fini(&values);
	return text;
}

static const char *changes_effect_words(const struct wizard *w, enum field_effect effect)
{
	if (!w->made.disk)
		return "counts when the machine is prepared";
	switch (effect) {
	case FIELD_NEXT_BOOT:
		return "counts from the next boot";
	case FIELD_APPLIED:
		return "counts from the next boot, or by `debwiz forward M apply`";
	case FIELD_GROW_ONLY:
		return "grows at the next boot; it never shrinks";
	case FIELD_NEW_ONLY:
		return "for new machines only: this one keeps what it was made with until it is recreated";
	}
	return "";
}

size_t wizard_changes(struct wizard *w, struct wizard_change **out)
{
	struct wizard_change *all = xcalloc(question_count, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; w->original && i < question_count; i++) {
		const struct wizard_question *q = &w->questions[i];

		if (!q->field || column_equal(&q->field->column, &w->was, &w->spec))
			continue;
		all[n++] = (struct wizard_change){
			.question = q,
			.from = changes_in_words(q->field, &w->was),
			.to = changes_in_words(q->field, &w->spec),
			.effect = q->field->effect,
			.words = changes_effect_words(w, q->field->effect),
			.refused = wizard_wrong(w, q),
		};
	}
	*out = all;
	return n;
}

void wizard_changes_free(struct wizard_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(c[i].from);
		free(c[i].to);
	}
	free(c);
}
