/* SPDX-License-Identifier: MIT */
/*
 * plain_ask: asks one question in lines: its options with numbers, the current value, and an answer. Enter keeps the
 * value, `?` explains, `<` goes back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "plain.h"

#define OPTIONS_MAX 20 /* a longer list can only be searched */
#define FOUND_MAX 12
#define WRONG_MAX 10   /* in a row; or so many turns at one question: */
#define TURNS_MAX 1000 /* then no person is typing */
#define WAIT_OPTIONS_S 30

static struct choice_list plain_ask_poll_options(struct plain *p, void *arg)
{
	return wizard_options(p->wizard, arg);
}

/* Prints a row as a sentence, since it may be spoken: "2) arm64: 64-bit ARM; emulated". */
static void plain_ask_show_row(size_t number, const struct choice *row, bool current)
{
	const char *sign = ": ";
	struct buf b;

	buf_init(&b, 0);
	if (row->why_not)
		buf_addf(&b, "    - %s", row->label);
	else
		buf_addf(&b, "  %2zu) %s", number, row->label);
	for (size_t c = 0; c < CHOICE_COLUMNS; c++) {
		if (!*row->columns[c])
			continue;
		buf_addf(&b, "%s%s", sign, row->columns[c]);
		sign = "; ";
	}
	if (row->why_not)
		buf_addf(&b, "%snot possible: %s", sign, row->why_not);
	if (current)
		buf_adds(&b, " (chosen)");
	plain_line("%s", b.data);
	buf_fini(&b);
}

static void plain_ask_show_options(struct plain *p, const struct wizard_question *q)
{
	struct choice_list l;

	plain_wait(p, plain_ask_poll_options, (void *)(uintptr_t)q, WAIT_OPTIONS_S);
	l = wizard_options(p->wizard, q);
	if (l.len > OPTIONS_MAX) {
		plain_line("  %zu are known; /TEXT shows those that hold it", l.len);
		return;
	}
	for (size_t i = 0; i < l.len; i++)
		plain_ask_show_row(i + 1, &l.rows[i], i == l.current);
	if (*l.note)
		plain_line("  %s", l.note);
}

/* Prints the rows that contain the text. */
static void plain_ask_show_matching(struct plain *p, const struct wizard_question *q, const char *text)
{
	struct choice_list l = wizard_options(p->wizard, q);
	size_t shown = 0;

	for (size_t i = 0; i < l.len && shown < OPTIONS_MAX; i++)
		if (strcasestr(l.rows[i].value, text) || strcasestr(l.rows[i].label, text)) {
			plain_ask_show_row(i + 1, &l.rows[i], false);
			shown++;
		}
	if (!shown)
		plain_line("  none holds it");
}

static void plain_ask_show_help(struct plain *p, const struct wizard_question *q)
{
	const char *note = wizard_note(p->wizard, q);
	bool plain_text = q->field && (q->field->column.type == COLUMN_TEXT || q->field->column.type == COLUMN_LIST) &&
			  !q->field->column.choices; /* its grammar is in the help */
	AUTO_FREE char *allowed = q->field && !plain_text ? column_allowed(&q->field->column) : NULL;
	struct choice_list l;

	plain_line("  %s", q->help);
	l = wizard_options(p->wizard, q);
	for (size_t i = 0; i < l.len && l.len <= OPTIONS_MAX; i++)
		if (*l.rows[i].note)
			plain_line("  %s: %s", l.rows[i].label, l.rows[i].note);
	if (*note && (l.current == l.len || strcmp(note, l.rows[l.current].note)))
		plain_line("  %s", note);
	if (allowed)
		plain_line("  Allowed: %s.", allowed);
	if (q->field)
		plain_line("  In the file, and for --set: %s.%s", q->field->section, q->field->column.key);
}

/* Returns the value that an answer means: a number of the list, or the answer itself; owned. */
static char *plain_ask_value_of(struct plain *p, const struct wizard_question *q, const char *line)
{
	bool numbered = q->widget == WIZARD_CHOICE || q->widget == WIZARD_COMBO || q->widget == WIZARD_LIST ||
			q->widget == WIZARD_FILES;
	struct choice_list l;
	uint64_t n;

	if (q->widget == WIZARD_BOOL && (!strcmp(line, "y") || !strcmp(line, "n")))
		return xstrdup(*line == 'y' ? "yes" : "no");
	if (!numbered || number_parse(line, 1, 10000, &n, NULL) < 0)
		return xstrdup(line);
	l = wizard_options(p->wizard, q);
	return xstrdup(n <= l.len ? l.rows[n - 1].value : line);
}

static void plain_ask_print_wrong(struct plain *p, const char *why)
{
	p->wrong++;
	plain_line("  Wrong: %s", why);
}

static void plain_ask_print_notices(struct plain *p)
{
	const struct strv *v = wizard_notices(p->wizard);

	for (size_t i = 0; i < v->len; i++)
		plain_line("  Note: %s.", v->items[i]);
}

/* ---- a value ---- */

static enum plain_go plain_ask_answer_value(struct plain *p, const struct wizard_question *q, const char *line)
{
	struct err e = ERR_INIT;
	char *value = plain_ask_value_of(p, q, line);
	int r = wizard_try(p->wizard, q, value, &e);
	const char *fault;

	if (r < 0)
		plain_ask_print_wrong(p, e.text);
	else
		plain_ask_print_notices(p);
	err_fini(&e);
	free(value);
	if (r < 0)
		return PLAIN_AGAIN;
	fault = wizard_wrong(p->wizard, q);
	if (!fault)
		return PLAIN_NEXT;
	plain_ask_print_wrong(p, fault);
	return PLAIN_AGAIN;
}

/* Replaces a wrong answer by the earlier one: Enter must always keep what is shown. */
static void plain_ask_drop_wrong(struct plain *p, const struct wizard_question *q, const char *before)
{
	if (!wizard_wrong(p->wizard, q))
		return;
	if (wizard_set(p->wizard, q, before, NULL) < 0 || wizard_wrong(p->wizard, q))
		wizard_reset(p->wizard, q);
}

static enum plain_go plain_ask_answer_password(struct plain *p, const struct wizard_question *q)
{
	AUTO_ERR struct err e = ERR_INIT;
	char *first = plain_read_secret(p, *wizard_text(p->wizard, q) ? "Password, not shown [is set; - removes it]"
								      : "Password, not shown [none]");
	AUTO_FREE char *again = NULL;
	enum plain_go go = PLAIN_NEXT;
	const char *value = first;

	if (!first) {
		go = PLAIN_END;
	} else if (!strcmp(first, "<")) {
		go = PLAIN_BACK;
	} else if (!strcmp(first, "?")) {
		plain_ask_show_help(p, q);
		go = PLAIN_AGAIN;
	} else if (*first) {
		if (!strcmp(first, "-"))
			value = "";
		else
			again = plain_read_secret(p, "The same again");
		if (*value && (!again || strcmp(first, again))) {
			go = again ? PLAIN_AGAIN : PLAIN_END;
			if (again)
				plain_ask_print_wrong(p, "the two are not the same");
		} else if (wizard_set(p->wizard, q, value, &e) < 0) {
			plain_ask_print_wrong(p, e.text);
			go = PLAIN_AGAIN;
		}
	}
	if (first)
		mem_wipe(first, strlen(first));
	if (again)
		mem_wipe(again, strlen(again));
	free(first);
	return go;
}

/* ---- a list ---- */

static bool plain_ask_is_index(const struct strv *items, const char *text, size_t *at)
{
	uint64_t n;

	for (size_t i = 0; i < items->len; i++)
		if (!strcmp(items->items[i], text)) {
			*at = i;
			return true;
		}
	if (number_parse(text, 1, items->len, &n, NULL) < 0)
		return false;
	*at = (size_t)n - 1;
	return true;
}

struct search {
	const struct wizard_question *q;
	const char *text;
};

static struct choice_list plain_ask_poll_found(struct plain *p, void *arg)
{
	const struct search *s = arg;

	return wizard_search(p->wizard, s->q, s->text);
}

/* Returns whether the release has the name, or that is not known; else shows similar ones. */
static bool plain_ask_is_found(struct plain *p, const struct wizard_question *q, const char *text)
{
	struct search s = {q, text};
	struct choice_list l;

	plain_wait(p, plain_ask_poll_found, &s, 60);
	l = plain_ask_poll_found(p, &s);
	if (l.state != CHOICE_READY) {
		plain_line("  Not looked up: %s", l.state == CHOICE_FAILED ? l.note : "no answer in time");
		return true;
	}
	if (l.len && !strcmp(l.rows[0].value, text))
		return true;
	plain_line("  %s", l.note);
	for (size_t i = 0; i < l.len && i < FOUND_MAX; i++)
		plain_line("     %-24s %s", l.rows[i].value, l.rows[i].columns[1]);
	return false;
}

static enum plain_go plain_ask_answer_list(struct plain *p, const struct wizard_question *q, const char *line)
{
	const struct strv *items = wizard_items(p->wizard, q);
	struct err e = ERR_INIT;
	char *value;
	size_t at;
	int r;

	if (!strcmp(line, "-")) {
		wizard_set(p->wizard, q, "", NULL);
	} else if (*line == '-' && plain_ask_is_index(items, line + 1, &at)) {
		wizard_item_remove(p->wizard, q, at);
	} else {
		value = plain_ask_value_of(p, q, *line == '+' ? line + 1 : line);
		if (q->widget != WIZARD_SEARCH || plain_ask_is_found(p, q, value)) {
			r = wizard_item_add(p->wizard, q, value, &e);
			if (r < 0)
				plain_ask_print_wrong(p, e.text);
		}
		free(value);
	}
	err_fini(&e);
	if (wizard_wrong(p->wizard, q))
		plain_ask_print_wrong(p, wizard_wrong(p->wizard, q));
	return PLAIN_AGAIN; /* until Enter */
}

/* ---- the question ---- */

/* Returns the form of an answer, if the question's title does not say it. */
static const char *plain_ask_kind_of_answer(const struct wizard_question *q)
{
	switch (q->widget) {
	case WIZARD_BOOL:
		return ", yes or no";
	case WIZARD_SIZE:
		return ", a size like 512M or 2G";
	case WIZARD_DURATION:
		return ", a time like 90s or 10m";
	case WIZARD_FILE:
		return ", a file";
	default:
		return "";
	}
}

static enum plain_go plain_ask_once(struct plain *p, const struct wizard_question *q)
{
	bool list = wizard_is_list(q);
	AUTO_FREE char *before = xstrdup(wizard_text(p->wizard, q));
	AUTO_FREE char *prompt =
		xasprintf("%s%s [%s]%s", q->title, plain_ask_kind_of_answer(q), wizard_shown(p->wizard, q),
			  list ? " Enter keeps; ITEM adds, -ITEM removes, - empties" : "");
	AUTO_FREE char *line = q->widget == WIZARD_PASSWORD ? NULL : plain_read(p, prompt);
	enum plain_go go;

	if (q->widget == WIZARD_PASSWORD) {
		go = plain_ask_answer_password(p, q);
	} else if (!line) {
		go = PLAIN_END;
	} else if (!*line) {
		go = PLAIN_NEXT;
		if (wizard_wrong(p->wizard, q)) {
			plain_ask_print_wrong(p, wizard_wrong(p->wizard, q));
			go = PLAIN_AGAIN;
		}
	} else if (!strcmp(line, "?")) {
		plain_ask_show_help(p, q);
		go = PLAIN_AGAIN;
	} else if (!strcmp(line, "<")) {
		go = PLAIN_BACK;
	} else if (*line == '/' && !list && q->widget == WIZARD_COMBO) {
		plain_ask_show_matching(p, q, line + 1);
		go = PLAIN_AGAIN;
	} else if (list) {
		go = plain_ask_answer_list(p, q, line);
	} else {
		/* an empty text cannot be typed: Enter keeps */
		bool empties = !strcmp(line, "-") && q->field && q->field->column.type == COLUMN_TEXT;

		go = plain_ask_answer_value(p, q, empties ? "" : line);
		if (go == PLAIN_AGAIN)
			plain_ask_drop_wrong(p, q, before);
	}
	return go;
}

enum plain_go plain_ask(struct plain *p, const struct wizard_question *q)
{
	enum plain_go go = PLAIN_AGAIN;
	unsigned turns = 0;

	plain_line("%s", "");
	if (wizard_options(p->wizard, q).state != CHOICE_NONE)
		plain_ask_show_options(p, q);
	p->wrong = 0;
	while (go == PLAIN_AGAIN) {
		go = plain_ask_once(p, q);
		if (p->wrong >= WRONG_MAX) {
			plain_line("  %u answers in a row were wrong; giving up", p->wrong);
			return PLAIN_END;
		}
		if (++turns >= TURNS_MAX)
			return PLAIN_END;
	}
	return go;
}
