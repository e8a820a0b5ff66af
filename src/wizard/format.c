/* SPDX-License-Identifier: MIT */
/* format: answers as texts: as they are edited, as a person reads them, and with a note. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "format.h"
#include "recompute.h"
#include "review.h"
#include "state.h"

/* Of one answer; NULL and empty: not made yet. */
struct wizard_texts {
	char *text, *shown, *note;
	struct strv items;
};

struct wizard_texts *wizard_texts_new(void)
{
	return xcalloc(question_count, sizeof(struct wizard_texts));
}

void wizard_texts_forget(struct wizard_texts *texts)
{
	for (size_t i = 0; i < question_count; i++) {
		free(texts[i].text);
		free(texts[i].shown);
		free(texts[i].note);
		strv_fini(&texts[i].items);
		texts[i] = (struct wizard_texts){.text = NULL};
	}
}

void wizard_texts_free(struct wizard_texts *texts)
{
	wizard_texts_forget(texts);
	free(texts);
}

static struct wizard_texts *format_texts(struct wizard *w, const struct wizard_question *q)
{
	return &w->texts[question_index(w, q)];
}

const struct strv *wizard_items(struct wizard *w, const struct wizard_question *q)
{
	struct wizard_texts *t = format_texts(w, q);

	if (wizard_is_list(q) && !t->items.len)
		field_values(q->field, &w->spec, &t->items);
	return &t->items;
}

const char *wizard_text(struct wizard *w, const struct wizard_question *q)
{
	const struct answer *a = question_answer(w, q);
	struct wizard_texts *t = format_texts(w, q);
	struct strv values = STRV_INIT;

	if (a->draft)
		return a->draft;
	if (!t->text) {
		if (!strcmp(q->id, "save")) {
			t->text = xstrdup(wizard_path(w));
		} else if (q->widget == WIZARD_PASSWORD) {
			t->text = xstrdup(*w->spec.password_hash ? "set" : "");
		} else {
			field_values(q->field, &w->spec, &values);
			t->text = strv_join(&values, "\n");
			strv_fini(&values);
		}
	}
	return t->text;
}

/* "auto" with the accelerator, once that is known. */
static char *format_auto_accel(struct wizard *w)
{
	struct choice_list l = wizard_options(w, wizard_question(w, "machine.arch"));

	if (l.current < l.len && *l.rows[l.current].columns[1])
		return xasprintf("auto (%s)", l.rows[l.current].columns[1]);
	return xstrdup("auto");
}

/* Returns the answer for display: what "auto", an empty text and an empty list mean. */
static char *format_answer(struct wizard *w, const struct wizard_question *q)
{
	const char *text = wizard_text(w, q);

	if (wizard_is_list(q)) {
		const struct strv *items = wizard_items(w, q);

		if (items->len)
			return strv_join(items, ", ");
		return xstrdup(!strcmp(q->id, "system.ssh_key")
				       ? wizard_options(w, q).len ? "your own" : "one that debwiz creates"
			       : !strcmp(q->id, "mirror.components") ? "as Debian's installer chooses"
								     : "none");
	}
	if (!strcmp(q->id, "cpu.count") && !strcmp(text, "auto"))
		return xasprintf("auto (%u)", wizard_auto_cpus(w));
	if (!strcmp(q->id, "cpu.memory") && !strcmp(text, "auto")) {
		char size[SIZE_TEXT];

		return xasprintf("auto (%s)", size_format(wizard_memory(w), size));
	}
	if (!strcmp(q->id, "cpu.accel") && !strcmp(text, "auto"))
		return format_auto_accel(w);
	if (!strcmp(q->id, "cpu.model") && !strcmp(text, "auto") && wizard_arch(w))
		return xasprintf("auto (%s)", wizard_auto_model(w));
	if (!strcmp(q->id, "system.hostname") && !*text)
		return xasprintf("%s (its name)", w->spec.name);
	if (!strcmp(q->id, "mirror.snapshot") && !*text)
		return xstrdup("now");
	return xstrdup(*text ? text : "none");
}

const char *wizard_shown(struct wizard *w, const struct wizard_question *q)
{
	struct wizard_texts *t = format_texts(w, q);

	if (!t->shown)
		t->shown = format_answer(w, q);
	return t->shown;
}

/* The note of the chosen option. */
static void format_option_note(struct wizard *w, const struct wizard_question *q, struct buf *out)
{
	struct choice_list l = wizard_options(w, q);

	if (l.current < l.len)
		buf_adds(out, l.rows[l.current].note);
}

const char *wizard_note(struct wizard *w, const struct wizard_question *q)
{
	struct wizard_texts *t = format_texts(w, q);
	struct buf b;

	if (!t->note) {
		buf_init(&b, 0);
		if (question_row(w, q)->note)
			question_row(w, q)->note(w, &b);
		if (!b.len && !question_answer(w, q)->draft)
			format_option_note(w, q, &b);
		t->note = buf_steal(&b);
	}
	return t->note;
}
