/* SPDX-License-Identifier: MIT */
/* page_answer: gives answers to the wizard, with dialogs for lists, items and passwords. */
#include "page_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "page_rows.h"
#include "picker_item.h"
#include "tui/toolkit/picker.h"

void page_answer(struct page *p, const struct wizard_question *q, const char *value)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (wizard_set(page_wizard(p), q, value, &e) < 0 && !page_question_is_typed(q))
		page_notice(p, ROLE_BAD, e.text ? e.text : "not possible");
	else
		page_answered(p);
	app_changed(page_app(p));
}

/* ---- a dialog for one question ---- */

struct page_asked {
	struct page *page;
	char id[PAGE_ID];
	int at;	     /* item, or PAGE_SUB_ADD, or PAGE_SUB_FIELD */
	char *first; /* password: as typed the first time */
};

static struct page_asked *page_answer_asked_new(struct page *p, const struct wizard_question *q, int at)
{
	struct page_asked *a = xcalloc(1, sizeof(*a));

	a->page = p;
	a->at = at;
	snprintf(a->id, sizeof(a->id), "%s", q->id);
	return a;
}

static void page_answer_asked_free(void *arg)
{
	struct page_asked *a = arg;

	if (a->first)
		mem_wipe(a->first, strlen(a->first));
	free(a->first);
	free(a);
}

static struct choice_list page_answer_asked_rows(const char *typed, void *arg)
{
	struct page_asked *a = arg;
	const struct wizard_question *q = wizard_question(page_wizard(a->page), a->id);

	if (q->widget == WIZARD_SEARCH)
		return wizard_search(page_wizard(a->page), q, typed);
	return wizard_options(page_wizard(a->page), q);
}

static void page_answer_ask_again(void *arg)
{
	wizard_retry(page_wizard(((struct page_asked *)arg)->page));
}

static int page_answer_take_value(const char *value, char **more, void *arg, struct err *e)
{
	struct page_asked *a = arg;
	const struct wizard_question *q = wizard_question(page_wizard(a->page), a->id);
	int r = 0;

	(void)more;
	if (a->at == PAGE_SUB_FIELD)
		r = wizard_try(page_wizard(a->page), q, value, e);
	else if (a->at == PAGE_SUB_ADD)
		r = *value ? wizard_item_add(page_wizard(a->page), q, value, e) : 0;
	else if (*value)
		r = wizard_item_set(page_wizard(a->page), q, (size_t)a->at, value, e);
	else
		wizard_item_remove(page_wizard(a->page), q, (size_t)a->at);
	if (!r)
		page_answered(a->page);
	return r;
}

/* What a relative path counts from: of an answer in the file its folder, as whoever reads it has
 * it. */
static char *page_answer_folder_of(struct page *p, const struct wizard_question *q)
{
	AUTO_FREE char *path = file_absolute(q->field ? wizard_path(page_wizard(p)) : "here");
	char *folder = file_dirname(path);

	return folder;
}

void page_open_list(struct page *p, const struct wizard_question *q)
{
	AUTO_FREE char *folder = page_answer_folder_of(p, q);
	struct picker_conf conf = {
		.title = q->title,
		.about = q->help,
		.initial = page_question_is_typed(q) ? wizard_text(page_wizard(p), q) : NULL,
		.types = q->widget == WIZARD_COMBO || q->widget == WIZARD_FILE,
		.narrows = q->widget == WIZARD_COMBO,
		.folder = folder,
		.rows = q->widget == WIZARD_FILE ? NULL : page_answer_asked_rows,
		.again = page_answer_ask_again,
		.take = page_answer_take_value,
		.gone = page_answer_asked_free,
		.arg = page_answer_asked_new(p, q, PAGE_SUB_FIELD),
	};

	if (q->widget == WIZARD_FILE)
		picker_file(page_app(p), &conf);
	else
		picker_open(page_app(p), &conf);
}

void page_open_item(struct page *p, const struct wizard_question *q, int at)
{
	struct choice_list l = wizard_options(page_wizard(p), q);
	bool has_rows = q->widget == WIZARD_SEARCH || (q->widget == WIZARD_FILES ? l.len > 0 : l.state != CHOICE_NONE);
	AUTO_FREE char *folder = page_answer_folder_of(p, q);
	struct picker_conf conf = {
		.title = q->title,
		.about = q->help,
		.initial = at >= 0 ? wizard_items(page_wizard(p), q)->items[at] : NULL,
		.types = true,
		.narrows = q->widget != WIZARD_SEARCH,
		.folder = folder,
		.ending = q->widget == WIZARD_FILES ? ".pub" : NULL, /* no private key by mistake */
		.rows = has_rows ? page_answer_asked_rows : NULL,
		.again = page_answer_ask_again,
		.take = page_answer_take_value,
		.gone = page_answer_asked_free,
		.arg = page_answer_asked_new(p, q, at),
	};

	if (q->widget == WIZARD_FILES)
		picker_file(page_app(p), &conf);
	else if (q->field && q->field->parts)
		picker_item(page_app(p), &conf, q->field->parts);
	else
		picker_open(page_app(p), &conf);
}

/* ---- password: typed twice, never shown ---- */

static void page_answer_open_password(struct page_asked *a, bool again);

static int page_answer_take_first(const char *value, char **more, void *arg, struct err *e)
{
	struct page_asked *a = arg;

	(void)more;
	(void)e;
	a->first = xstrdup(value);
	return 0;
}

static void page_answer_first_gone(void *arg)
{
	struct page_asked *a = arg;

	if (a->first && *a->first)
		page_answer_open_password(a, true);
	else
		page_answer_asked_free(a);
}

static int page_answer_take_second(const char *value, char **more, void *arg, struct err *e)
{
	struct page_asked *a = arg;

	(void)more;
	if (strcmp(value, a->first))
		return err_set(e, ERR_USAGE, "password-differs", "that differs from the first password");
	return wizard_set(page_wizard(a->page), wizard_question(page_wizard(a->page), a->id), value, e);
}

static void page_answer_open_password(struct page_asked *a, bool again)
{
	struct picker_conf conf = {
		.title = again ? "The same password again" : "Password",
		.about = again ? "It is not shown, so enter it twice." : "Empty: it stays as it is.",
		.types = true,
		.secret = true,
		.take = again ? page_answer_take_second : page_answer_take_first,
		.gone = again ? page_answer_asked_free : page_answer_first_gone,
		.arg = a,
	};

	picker_open(page_app(a->page), &conf);
}

void page_open_password(struct page *p, const struct wizard_question *q)
{
	page_answer_open_password(page_answer_asked_new(p, q, PAGE_SUB_FIELD), false);
}
