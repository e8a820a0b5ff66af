/* SPDX-License-Identifier: MIT */
/*
 * lists: the rows that questions and the review offer. What must be requested from the offers is requested once a topic
 * and kept until an answer that it depends on changes; an older result stays in use until it is looked at again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "lists.h"
#include "state.h"
#include "wizard/offers.h"

/* ---- requests ---- */

/* What was requested of one topic. */
struct lists_topic {
	struct wizard *w;
	char *key; /* what the answer depends on, NULL: never requested */
	enum choice_state state;
	struct choices rows;
	char *failure;
	enum err_kind kind;		/* of the failure */
	struct wizard_request *request; /* while it loads */
};

/* The options of one question that need no request. */
struct lists_options {
	struct choices rows;
	bool made;
};

struct wizard_lists {
	struct lists_topic topics[WIZARD_TOPIC_COUNT];
	struct lists_options *options; /* as question_rows */
};

/* Keys and whole sections that a topic's result depends on; "": all. */
static const char *const depends[WIZARD_TOPIC_COUNT][8] = {
	[WIZARD_ARCHES] = {"qemu"},
	[WIZARD_RELEASES] = {"mirror.url", "mirror.security_url", "mirror.snapshot", "mirror.keyring", "mirror.proxy",
			     "machine.arch"},
	[WIZARD_FIRMWARE] = {"mirror", "machine.arch", "machine.release"},
	[WIZARD_PACKAGES] = {"mirror", "machine.arch", "machine.release"},
	[WIZARD_ESTIMATE] = {""},
	[WIZARD_COMMAND] = {""},
};

static bool lists_names(const char *const *list, const struct field *f)
{
	for (; *list; list++) {
		const char *dot = strchr(*list, '.');
		size_t n = strcspn(*list, ".");

		if (!**list ||
		    (!strncmp(*list, f->section, n) && !f->section[n] && (!dot || !strcmp(dot + 1, f->column.key))))
			return true;
	}
	return false;
}

/* Returns the values that the result depends on, without secrets; owned. */
static char *lists_topic_key(const struct wizard *w, enum wizard_topic topic, const char *query)
{
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, query ? query : "");
	for (size_t i = 0; i < field_count; i++) {
		struct strv values = STRV_INIT;

		if (field_table[i].secret || !lists_names(depends[topic], &field_table[i]))
			continue;
		column_format(&field_table[i].column, &w->spec, &values);
		for (size_t k = 0; k < values.len; k++)
			buf_addf(&b, "\n%s", values.items[k]);
		buf_adds(&b, "\n.");
		strv_fini(&values);
	}
	return buf_steal(&b);
}

static void lists_on_answer(struct choices *rows, const struct err *e, void *arg)
{
	struct lists_topic *a = arg;

	a->request = NULL;
	choices_fini(&a->rows);
	free(a->failure);
	a->failure = NULL;
	if (rows) {
		a->rows = *rows;
		*rows = (struct choices){.items = NULL};
		a->state = CHOICE_READY;
	} else {
		a->failure = e && e->text ? xasprintf("%s%s%s", e->text, e->hint ? "; " : "", e->hint ? e->hint : "")
					  : xstrdup("no answer");
		a->state = CHOICE_FAILED;
		a->kind = e ? e->kind : ERR_FAILED;
	}
	wizard_forget_texts(a->w);
	if (a->w->conf.changed)
		a->w->conf.changed(a->w->conf.arg);
}

/* Whether a request cannot be cancelled, because it has started QEMU: such requests run one at a time, or they would
 * queue up for each letter typed. */
static bool lists_is_unstoppable(enum wizard_topic topic)
{
	return topic == WIZARD_ARCHES || topic == WIZARD_COMMAND;
}

static void lists_withdraw(struct lists_topic *a, bool rows_too)
{
	if (a->request)
		a->w->offers->cancel(a->w->offers->arg, a->request);
	a->request = NULL;
	if (rows_too)
		choices_fini(&a->rows);
	free(a->failure);
	free(a->key);
	a->failure = NULL;
	a->key = NULL;
	a->state = CHOICE_NONE;
}

static struct lists_topic *lists_request(struct wizard *w, enum wizard_topic topic, const char *query)
{
	struct lists_topic *a = &w->lists->topics[topic];
	char *key = lists_topic_key(w, topic, query);

	if (a->key && !strcmp(a->key, key)) {
		free(key);
		return a;
	}
	if (a->request && lists_is_unstoppable(topic)) {
		free(key); /* after its result the next display requests a new one */
		return a;
	}
	lists_withdraw(a, topic != WIZARD_COMMAND); /* the last command is displayed until the new one is known */
	a->key = key;
	a->state = CHOICE_LOADING;
	a->request = w->offers->ask(w->offers->arg, topic, &w->spec, query, lists_on_answer, a);
	return a;
}

struct wizard_lists *wizard_lists_new(struct wizard *w)
{
	struct wizard_lists *lists = xcalloc(1, sizeof(*lists));

	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++)
		lists->topics[i].w = w;
	lists->options = xcalloc(question_count, sizeof(*lists->options));
	return lists;
}

static void lists_forget_options(struct lists_options *o)
{
	choices_fini(&o->rows);
	o->made = false;
}

void wizard_lists_forget(struct wizard_lists *lists)
{
	for (size_t i = 0; i < question_count; i++)
		if (!question_rows[i].lasting)
			lists_forget_options(&lists->options[i]);
}

void wizard_lists_free(struct wizard_lists *lists)
{
	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++)
		lists_withdraw(&lists->topics[i], true);
	for (size_t i = 0; i < question_count; i++)
		lists_forget_options(&lists->options[i]);
	free(lists->options);
	free(lists);
}

void wizard_retry(struct wizard *w)
{
	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++)
		if (w->lists->topics[i].state == CHOICE_FAILED || w->lists->topics[i].rows.provisional)
			lists_withdraw(&w->lists->topics[i], true);
	wizard_forget_texts(w);
}

/* ---- lists ---- */

struct choice_list wizard_list_of(const struct choices *rows, enum choice_state state, const char *note,
				  const char *answer)
{
	struct choice_list l = {
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

static const char *lists_loading_note(enum wizard_topic topic)
{
	static const char *const notes[WIZARD_TOPIC_COUNT] = {
		[WIZARD_ARCHES] = "testing what runs on this host",
		[WIZARD_RELEASES] = "connecting to the mirror",
		[WIZARD_FIRMWARE] = "reading the package lists",
		[WIZARD_PACKAGES] = "reading the package lists",
		[WIZARD_ESTIMATE] = "estimating",
		[WIZARD_COMMAND] = "starting QEMU",
	};

	return notes[topic];
}

static const char *lists_topic_note(const struct lists_topic *a, enum wizard_topic topic)
{
	return a->state == CHOICE_LOADING  ? lists_loading_note(topic)
	       : a->state == CHOICE_FAILED ? a->failure
					   : a->rows.note;
}

struct choice_list wizard_options(struct wizard *w, const struct wizard_question *q)
{
	const struct question_row *row = question_row(w, q);
	struct lists_options *o = &w->lists->options[question_index(w, q)];
	const char *answer = wizard_text(w, q);
	const struct lists_topic *asked;

	if (!o->made && row->options)
		row->options(w, &o->rows);
	o->made = true;
	if (row->topic == NO_TOPIC || q->widget == WIZARD_SEARCH)
		return wizard_list_of(&o->rows, row->options ? CHOICE_READY : CHOICE_NONE, NULL, answer);
	asked = lists_request(w, row->topic, NULL);
	return wizard_list_of(asked->state == CHOICE_READY ? &asked->rows : &o->rows, asked->state,
			      lists_topic_note(asked, row->topic), answer);
}

static struct choice_list lists_requested(struct wizard *w, enum wizard_topic topic, const char *query)
{
	const struct lists_topic *a = lists_request(w, topic, query);
	struct choice_list l = wizard_list_of(&a->rows, a->state, lists_topic_note(a, topic), NULL);

	l.failed = a->kind;
	return l;
}

struct choice_list wizard_search(struct wizard *w, const struct wizard_question *q, const char *text)
{
	static const struct choices none;

	if (q->widget != WIZARD_SEARCH)
		return wizard_list_of(&none, CHOICE_NONE, NULL, NULL);
	if (!*text)
		return wizard_list_of(&none, CHOICE_READY, "type a part of the name", NULL);
	return lists_requested(w, question_row(w, q)->topic, text);
}

struct choice_list wizard_estimate(struct wizard *w)
{
	return lists_requested(w, WIZARD_ESTIMATE, NULL);
}

struct choice_list wizard_command(struct wizard *w)
{
	return lists_requested(w, WIZARD_COMMAND, NULL);
}
