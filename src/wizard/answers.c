/* SPDX-License-Identifier: MIT */
/* answers: sets answers, and reports why one is invalid. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/password.h"
#include "host/paths.h"
#include "recompute.h"
#include "save.h"
#include "state.h"

static void answers_drop_draft(struct answer *a)
{
	free(a->draft);
	free(a->draft_why);
	a->draft = a->draft_why = NULL;
}

static bool answers_keeps_draft(const struct wizard_question *q)
{
	return q->widget != WIZARD_CHOICE && q->widget != WIZARD_BOOL && q->widget != WIZARD_PASSWORD &&
	       !wizard_is_list(q);
}

/* Checks values with the field's grammar. */
static int answers_check_values(const struct field *f, const struct strv *values, struct err *e)
{
	struct spec scratch;
	int r = 0;

	spec_init(&scratch);
	if (f->column.type == COLUMN_LIST)
		column_fini(&f->column, &scratch);
	for (size_t i = 0; i < values->len && !r; i++)
		r = field_parse(f, &scratch, values->items[i], e);
	spec_fini(&scratch);
	return r;
}

/* Refuses an option whose row cannot be chosen. */
static int answers_check_option(struct wizard *w, const struct wizard_question *q, const char *value, struct err *e)
{
	struct choice_list list;

	if (q->widget != WIZARD_CHOICE)
		return 0;
	list = wizard_options(w, q);
	for (size_t i = 0; i < list.len; i++)
		if (!strcmp(list.rows[i].value, value) && list.rows[i].why_not)
			return err_set(e, ERR_USAGE, "value-impossible", "%s: %s", value, list.rows[i].why_not);
	return 0;
}

/* Makes the values the answer; refuses a choice that contradicts another answer. */
static int answers_take(struct wizard *w, const struct wizard_question *q, const struct strv *values, struct err *e)
{
	struct answer *a = question_answer(w, q);
	struct answer was = {.touched = a->touched, .yielded = a->yielded};

	strv_copy(&was.wanted, &a->wanted);
	answers_drop_draft(a);
	a->touched = true;
	a->yielded = false;
	strv_copy(&a->wanted, values);
	wizard_recompute(w, q);
	if (q->widget == WIZARD_CHOICE && a->fault) {
		err_set(e, ERR_USAGE, "value-impossible", "%s", a->fault);
		a->touched = was.touched;
		a->yielded = was.yielded;
		strv_copy(&a->wanted, &was.wanted);
		strv_fini(&was.wanted);
		wizard_recompute(w, q);
		strv_fini(&w->notices);
		return -1;
	}
	strv_fini(&was.wanted);
	return 0;
}

static int answers_set_password(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e)
{
	struct strv values = STRV_INIT;
	AUTO_FREE char *hash = NULL;
	int r = 0;

	if (*text)
		r = host_password_hash(text, &hash, e);
	if (!r) {
		strv_add(&values, hash ? hash : "");
		r = answers_take(w, q, &values, e);
		mem_wipe(values.items[0], strlen(values.items[0]));
		strv_fini(&values);
	}
	if (hash)
		mem_wipe(hash, strlen(hash));
	return r;
}

/* Refuses to move an existing file: two files of one name would describe one machine. */
static int answers_check_path(struct wizard *w, const char *text, const char *path, struct err *e)
{
	size_t n = strlen(text);

	if (n < 5 || strcmp(text + n - 4, ".ini") || text[n - 5] == '/')
		return err_set(e, ERR_USAGE, "save-name", "\"%s\" is not a file name that ends in .ini", text);
	if (wizard_is_edited(w) && strcmp(path, wizard_path(w)))
		return err_set(e, ERR_USAGE, "save-moved",
			       "%s has one file, the one that is edited; `debwiz clone` makes "
			       "another machine",
			       wizard_baseline(w)->name);
	return 0;
}

/* Sets the path of the file: `~/` is the home folder, a relative path begins at the current folder. */
static int answers_set_path(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e)
{
	char *whole = host_expand(text);
	char *path = file_absolute(whole);
	int r = answers_check_path(w, text, path, e);

	free(whole);
	if (r < 0) {
		free(path);
		return -1;
	}
	question_answer(w, q)->touched = true;
	wizard_set_path(w, path);
	wizard_recompute(w, NULL);
	return 0;
}

/* Sets an answer. Keeps an invalid text as a draft if `keep`. */
static int answers_set_answer(struct wizard *w, const struct wizard_question *q, const char *text, bool keep,
			      struct err *e)
{
	struct err why = ERR_INIT;
	struct strv values = STRV_INIT;
	struct answer *a = question_answer(w, q);
	int r;

	if (!strcmp(q->id, "save"))
		return answers_set_path(w, q, text, e);
	if (q->widget == WIZARD_PASSWORD)
		return answers_set_password(w, q, text, e);
	if (wizard_is_list(q))
		strv_split(&values, text, "\n");
	else
		strv_add(&values, text);
	r = answers_check_values(q->field, &values, &why);
	if (r < 0 && keep && answers_keeps_draft(q)) {
		char *draft = xstrdup(text); /* text may be the draft itself */

		answers_drop_draft(a);
		a->draft = draft;
		a->draft_why = xstrdup(why.text);
		wizard_forget_texts(w);
		strv_fini(&w->notices);
	}
	if (!r)
		r = answers_check_option(w, q, text, &why);
	if (!r)
		r = answers_take(w, q, &values, &why);
	strv_fini(&values);
	if (r < 0)
		err_move(e, &why);
	err_fini(&why);
	return r;
}

int wizard_set(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e)
{
	return answers_set_answer(w, q, text, true, e);
}

int wizard_try(struct wizard *w, const struct wizard_question *q, const char *text, struct err *e)
{
	return answers_set_answer(w, q, text, false, e);
}

/* ---- lists ---- */

static void answers_list_now(struct wizard *w, const struct wizard_question *q, struct strv *out)
{
	struct answer *a = question_answer(w, q);

	if (question_applies(w, question_index(w, q)))
		field_values(q->field, &w->spec, out);
	else
		strv_copy(out, &a->wanted);
}

static int answers_take_list(struct wizard *w, const struct wizard_question *q, struct strv *values, struct err *e)
{
	int r = answers_check_values(q->field, values, e);

	if (!r)
		r = answers_take(w, q, values, e);
	strv_fini(values);
	return r;
}

/* Refuses a package that the archive does not have; if the archive is not open, the preparation reports it. */
static int answers_check_found(struct wizard *w, const struct wizard_question *q, const char *item, struct err *e)
{
	struct choice_list l = wizard_search(w, q, item);

	if (l.state != CHOICE_READY || !*item || (l.len && !strcmp(l.rows[0].value, item)))
		return 0;
	return err_set(e, ERR_USAGE, "value-unknown", "%s has no package \"%s\"", w->spec.release, item);
}

int wizard_item_add(struct wizard *w, const struct wizard_question *q, const char *item, struct err *e)
{
	struct strv values = STRV_INIT;

	if (answers_check_found(w, q, item, e) < 0)
		return -1;
	answers_list_now(w, q, &values);
	if (strv_has(&values, item)) {
		strv_fini(&values);
		return err_set(e, ERR_USAGE, "value-twice", "\"%s\" is in the list already", item);
	}
	strv_add(&values, item);
	return answers_take_list(w, q, &values, e);
}

int wizard_item_set(struct wizard *w, const struct wizard_question *q, size_t at, const char *item, struct err *e)
{
	struct strv values = STRV_INIT;

	answers_list_now(w, q, &values);
	if (at >= values.len) {
		strv_fini(&values);
		return wizard_item_add(w, q, item, e);
	}
	if (strcmp(values.items[at], item) && answers_check_found(w, q, item, e) < 0) {
		strv_fini(&values);
		return -1;
	}
	free(values.items[at]);
	values.items[at] = xstrdup(item);
	return answers_take_list(w, q, &values, e);
}

void wizard_item_remove(struct wizard *w, const struct wizard_question *q, size_t at)
{
	struct strv values = STRV_INIT;
	struct strv rest = STRV_INIT;

	answers_list_now(w, q, &values);
	for (size_t i = 0; i < values.len; i++)
		if (i != at)
			strv_add(&rest, values.items[i]);
	strv_fini(&values);
	(void)answers_take_list(w, q, &rest, NULL); /* a part of a valid list is valid */
}

/* ---- the rest ---- */

void wizard_reset(struct wizard *w, const struct wizard_question *q)
{
	struct answer *a = question_answer(w, q);

	answers_drop_draft(a);
	a->touched = a->yielded = false;
	if (!strcmp(q->id, "save") && !wizard_is_edited(w)) {
		wizard_set_path(w, NULL);
	}
	wizard_recompute(w, q);
}

const char *wizard_wrong(struct wizard *w, const struct wizard_question *q)
{
	const struct answer *a = question_answer(w, q);

	return a->draft ? a->draft_why : a->fault;
}

bool wizard_touched(struct wizard *w, const struct wizard_question *q)
{
	const struct answer *a = question_answer(w, q);

	return a->touched || a->draft;
}

/* Returns the question that a field belongs to, or NULL. */
static const struct wizard_question *answers_question_of(struct wizard *w, const char *section, const char *key)
{
	const struct field *f = field_find(section, key);

	for (size_t i = 0; f && i < question_count; i++)
		if (w->questions[i].field == f)
			return &w->questions[i];
	return NULL;
}

/* The same for `section.key=value` or `section.key+=value`. */
static const struct wizard_question *answers_question_assigned(struct wizard *w, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	const char *dot = strchr(assignment, '.');
	const struct wizard_question *q;
	char *section, *key;

	if (!eq || !dot || dot > eq)
		return NULL;
	section = xstrndup(assignment, (size_t)(dot - assignment));
	key = xstrndup(dot + 1, (size_t)(eq - dot - 1 - (eq[-1] == '+')));
	q = answers_question_of(w, section, key);
	free(section);
	free(key);
	return q;
}

int wizard_assign(struct wizard *w, const char *assignment, struct err *e)
{
	const struct wizard_question *q = NULL;
	AUTO_STRV struct strv values = STRV_INIT;
	struct spec scratch;
	int r;

	spec_copy(&scratch, &w->spec);
	r = spec_set(&scratch, assignment, e);
	if (!r)
		q = answers_question_assigned(w, assignment);
	if (q) {
		field_values(q->field, &scratch, &values);
		r = answers_take(w, q, &values, e);
		if (r < 0)
			err_prefix(e, "--set: %s", q->id);
	}
	spec_fini(&scratch);
	return r;
}

struct answers_idle {
	const struct field *field;
	char *why;
};

static void answers_on_fault(unsigned line, const char *section, const char *key, const char *message, void *arg)
{
	struct answers_idle *idle = arg;

	(void)line;
	if (!idle->why && field_find(section, key) == idle->field)
		idle->why = xstrdup(message);
}

int wizard_assigned(struct wizard *w, const char *assignment, struct err *e)
{
	const struct wizard_question *q = answers_question_assigned(w, assignment);
	struct answers_idle idle = {.field = q ? q->field : NULL};
	struct spec scratch;

	if (!q || question_applies(w, question_index(w, q)))
		return 0;
	spec_copy(&scratch, &w->spec);
	field_assign(q->field, &scratch, &question_answer(w, q)->wanted);
	spec_check_each(&scratch, w->conf.catalog, answers_on_fault, &idle);
	spec_fini(&scratch);
	if (!idle.why)
		return 0;
	err_set(e, ERR_USAGE, "value-idle", "--set: %s: %s", q->id, idle.why);
	free(idle.why);
	return -1;
}
