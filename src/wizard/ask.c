/* SPDX-License-Identifier: MIT */
/*
 * ask: what the wizard has asked the offers for. One request a topic; the answer is kept until what
 * it depends on is another. One that comes for older answers counts until it is looked at again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "private.h"

/* Sections and keys that a topic's answer depends on; a whole section has no key. */
static const char *const depends[WIZARD_TOPIC_COUNT][8] = {
	[WIZARD_ARCHES] = {"qemu"},
	[WIZARD_RELEASES] = {"mirror.url", "mirror.security_url", "mirror.snapshot", "mirror.keyring", "mirror.proxy",
			     "machine.arch"},
	[WIZARD_FIRMWARE] = {"mirror", "machine.arch", "machine.release"},
	[WIZARD_PACKAGES] = {"mirror", "machine.arch", "machine.release"},
	[WIZARD_ESTIMATE] = {""},
	[WIZARD_COMMAND] = {""},
};

static bool ask_names(const char *const *list, const struct field *f)
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

/* The values of all that the answer depends on; owned. A secret is not copied. */
static char *ask_topic_key(const struct wizard *w, enum wizard_topic topic, const char *query)
{
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, query ? query : "");
	for (size_t i = 0; i < field_count; i++) {
		struct strv values = STRV_INIT;

		if (field_table[i].secret || !ask_names(depends[topic], &field_table[i]))
			continue;
		column_format(&field_table[i].column, &w->spec, &values);
		for (size_t k = 0; k < values.len; k++)
			buf_addf(&b, "\n%s", values.items[k]);
		buf_adds(&b, "\n.");
		strv_fini(&values);
	}
	return buf_steal(&b);
}

static void ask_on_answer(struct wizard_rows *rows, const struct err *e, void *arg)
{
	struct asked *a = arg;

	a->request = NULL;
	wizard_rows_fini(&a->rows);
	free(a->failure);
	a->failure = NULL;
	if (rows) {
		a->rows = *rows;
		*rows = (struct wizard_rows){.items = NULL};
		a->state = WIZARD_READY;
	} else {
		a->failure = e && e->text ? xasprintf("%s%s%s", e->text, e->hint ? "; " : "", e->hint ? e->hint : "")
					  : xstrdup("no answer");
		a->state = WIZARD_FAILED;
		a->kind = e ? e->kind : ERR_FAILED;
	}
	wizard_forget(a->w);
	if (a->w->conf.changed)
		a->w->conf.changed(a->w->conf.arg);
}

/* What cannot be ended once QEMU has been started for it: one at a time. Asked at each letter of an
 * answer they would queue up. */
static bool ask_is_unstoppable(enum wizard_topic topic)
{
	return topic == WIZARD_ARCHES || topic == WIZARD_COMMAND;
}

static void ask_withdraw(struct asked *a, bool rows_too)
{
	if (a->request)
		a->w->offers->cancel(a->w->offers->arg, a->request);
	a->request = NULL;
	if (rows_too)
		wizard_rows_fini(&a->rows);
	free(a->failure);
	free(a->key);
	a->failure = NULL;
	a->key = NULL;
	a->state = WIZARD_NO_LIST;
}

struct asked *wizard_ask(struct wizard *w, enum wizard_topic topic, const char *query)
{
	struct asked *a = &w->asked[topic];
	char *key = ask_topic_key(w, topic, query);

	a->w = w;
	if (a->key && !strcmp(a->key, key)) {
		free(key);
		return a;
	}
	if (a->request && ask_is_unstoppable(topic)) {
		free(key); /* once it has answered, whoever looks again asks for the newest */
		return a;
	}
	ask_withdraw(a, topic != WIZARD_COMMAND); /* the old command stays until the new one is known */
	a->key = key;
	a->state = WIZARD_LOADING;
	a->request = w->offers->ask(w->offers->arg, topic, &w->spec, query, ask_on_answer, a);
	return a;
}

void wizard_unask(struct wizard *w)
{
	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++) {
		w->asked[i].w = w;
		ask_withdraw(&w->asked[i], true);
	}
}

void wizard_retry(struct wizard *w)
{
	for (size_t i = 0; i < WIZARD_TOPIC_COUNT; i++)
		if (w->asked[i].state == WIZARD_FAILED || w->asked[i].rows.provisional)
			ask_withdraw(&w->asked[i], true);
	wizard_forget(w);
}
