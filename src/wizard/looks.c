/* SPDX-License-Identifier: MIT */
/* looks: answers and options as they are shown; see include/wizard/wizard.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "private.h"

const struct strv *wizard_items(struct wizard *w, const struct wizard_question *q)
{
	struct answer *a = question_answer(w, q);

	if (wizard_is_list(q) && !a->items.len)
		field_values(q->field, &w->spec, &a->items);
	return &a->items;
}

const char *wizard_text(struct wizard *w, const struct wizard_question *q)
{
	struct answer *a = question_answer(w, q);
	struct strv values = STRV_INIT;

	if (a->draft)
		return a->draft;
	if (!a->text) {
		if (!strcmp(q->id, "save")) {
			a->text = xstrdup(wizard_path(w));
		} else if (q->widget == WIZARD_PASSWORD) {
			a->text = xstrdup(*w->spec.password_hash ? "set" : "");
		} else {
			field_values(q->field, &w->spec, &values);
			a->text = strv_join(&values, "\n");
			strv_fini(&values);
		}
	}
	return a->text;
}

/* Which one that is, as soon as it was tried. */
static char *looks_auto_accel(struct wizard *w)
{
	struct wizard_list l = wizard_options(w, wizard_question(w, "machine.arch"));

	if (l.current < l.len && *l.rows[l.current].columns[1])
		return xasprintf("auto (%s)", l.rows[l.current].columns[1]);
	return xstrdup("auto");
}

/* What "auto", an empty text and an empty list mean. */
static char *looks_shown(struct wizard *w, const struct wizard_question *q)
{
	const char *text = wizard_text(w, q);

	if (wizard_is_list(q)) {
		const struct strv *items = wizard_items(w, q);

		if (items->len)
			return strv_join(items, ", ");
		return xstrdup(!strcmp(q->id, "system.ssh_key")
				       ? wizard_options(w, q).len ? "your own" : "one that debwiz makes"
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
		return looks_auto_accel(w);
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
	struct answer *a = question_answer(w, q);

	if (!a->shown)
		a->shown = looks_shown(w, q);
	return a->shown;
}

const char *wizard_note(struct wizard *w, const struct wizard_question *q)
{
	struct answer *a = question_answer(w, q);
	struct buf b;

	if (!a->note) {
		buf_init(&b, 0);
		if (question_row(w, q)->note)
			question_row(w, q)->note(w, &b);
		if (!b.len && !a->draft)
			note_row(w, &b, q->id);
		a->note = buf_steal(&b);
	}
	return a->note;
}

/* ---- lists ---- */

static struct wizard_list looks_list_of(const struct wizard_rows *rows, enum wizard_list_state state, const char *note,
					const char *answer)
{
	struct wizard_list l = {
		.state = state,
		.rows = rows->items,
		.len = rows->len,
		.current = rows->len,
		.note = note ? note : "",
		.provisional = rows->provisional,
	};

	for (size_t i = 0; answer && i < rows->len; i++)
		if (!strcmp(rows->items[i].value, answer)) {
			l.current = i;
			break;
		}
	return l;
}

static const char *looks_loading_note(enum wizard_topic topic)
{
	static const char *const notes[WIZARD_TOPIC_COUNT] = {
		[WIZARD_ARCHES] = "trying what runs here",
		[WIZARD_RELEASES] = "asking the mirror",
		[WIZARD_FIRMWARE] = "reading the package lists",
		[WIZARD_PACKAGES] = "reading the package lists",
		[WIZARD_ESTIMATE] = "working out what is to be done",
		[WIZARD_COMMAND] = "asking QEMU",
	};

	return notes[topic];
}

static const char *looks_asked_note(const struct asked *a, enum wizard_topic topic)
{
	return a->state == WIZARD_LOADING  ? looks_loading_note(topic)
	       : a->state == WIZARD_FAILED ? a->failure
					   : a->rows.note;
}

struct wizard_list wizard_options(struct wizard *w, const struct wizard_question *q)
{
	const struct question_row *row = question_row(w, q);
	struct answer *a = question_answer(w, q);
	const char *answer = wizard_text(w, q);
	const struct asked *asked;

	if (!a->has_rows && row->options)
		row->options(w, &a->rows);
	a->has_rows = true;
	if (row->topic == NO_TOPIC || q->widget == WIZARD_SEARCH)
		return looks_list_of(&a->rows, row->options ? WIZARD_READY : WIZARD_NO_LIST, NULL, answer);
	asked = wizard_ask(w, row->topic, NULL);
	return looks_list_of(asked->state == WIZARD_READY ? &asked->rows : &a->rows, asked->state,
			     looks_asked_note(asked, row->topic), answer);
}

bool wizard_can_retry(struct wizard_list l)
{
	return l.state == WIZARD_FAILED || l.provisional;
}

static struct wizard_list looks_asked_list(struct wizard *w, enum wizard_topic topic, const char *query)
{
	const struct asked *a = wizard_ask(w, topic, query);
	struct wizard_list l = looks_list_of(&a->rows, a->state, looks_asked_note(a, topic), NULL);

	l.failed = a->kind;
	return l;
}

struct wizard_list wizard_search(struct wizard *w, const struct wizard_question *q, const char *text)
{
	static const struct wizard_rows none;

	if (q->widget != WIZARD_SEARCH)
		return looks_list_of(&none, WIZARD_NO_LIST, NULL, NULL);
	if (!*text)
		return looks_list_of(&none, WIZARD_READY, "type a part of the name", NULL);
	return looks_asked_list(w, question_row(w, q)->topic, text);
}

struct wizard_list wizard_estimate(struct wizard *w)
{
	return looks_asked_list(w, WIZARD_ESTIMATE, NULL);
}

struct wizard_list wizard_command(struct wizard *w)
{
	return looks_asked_list(w, WIZARD_COMMAND, NULL);
}

struct wizard_list wizard_summary(struct wizard *w)
{
	if (!w->has_summary)
		review_words(w, &w->summary);
	w->has_summary = true;
	return looks_list_of(&w->summary, WIZARD_READY, NULL, NULL);
}
