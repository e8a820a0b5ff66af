/* SPDX-License-Identifier: MIT */
/* page_edit: how an answer is given: typed, chosen from a list, an item of several, a password. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "page.h"
#include "tui/toolkit/picker.h"

void page_notice(struct page *p, enum role role, const char *text)
{
	free(p->notice);
	p->notice = xstrdup(text);
	p->notice_role = role;
}

/* What an answer changed elsewhere is told once. */
static void page_edit_tell_notices(struct page *p)
{
	const struct strv *notices = wizard_notices(p->w);
	char *text;

	if (!notices || !notices->len)
		return;
	text = strv_join(notices, " ");
	page_notice(p, ROLE_WARN, text);
	free(text);
}

void page_answer(struct page *p, const struct wizard_question *q, const char *value)
{
	struct err e = ERR_INIT;

	if (wizard_set(p->w, q, value, &e) < 0 && !page_is_typed(q))
		page_notice(p, ROLE_BAD, e.text ? e.text : "that cannot be");
	else
		page_edit_tell_notices(p);
	err_fini(&e);
	app_changed(p->screen->app);
}

void page_type(struct page *p, const struct key *k, const struct wizard_question *q)
{
	/* the field holds what the wizard has, also before it was painted with the cursor in it */
	if (strcmp(p->edit_id, q->id)) {
		text_field_set(&p->edit, wizard_text(p->w, q));
		snprintf(p->edit_id, sizeof(p->edit_id), "%s", q->id);
	}
	if (text_field_key(&p->edit, k) && strcmp(p->edit.text, wizard_text(p->w, q)))
		page_answer(p, q, p->edit.text);
}

/* ---- a dialog for one question ---- */

struct asked {
	struct page *page;
	char id[PAGE_ID];
	int at;	     /* item, or PAGE_SUB_ADD, or PAGE_SUB_FIELD */
	char *first; /* password: as typed the first time */
};

static struct asked *page_edit_asked_new(struct page *p, const struct wizard_question *q, int at)
{
	struct asked *a = xcalloc(1, sizeof(*a));

	a->page = p;
	a->at = at;
	snprintf(a->id, sizeof(a->id), "%s", q->id);
	return a;
}

static void page_edit_asked_free(void *arg)
{
	struct asked *a = arg;

	if (a->first)
		mem_wipe(a->first, strlen(a->first));
	free(a->first);
	free(a);
}

static struct wizard_list page_edit_asked_rows(const char *typed, void *arg)
{
	struct asked *a = arg;
	const struct wizard_question *q = wizard_question(a->page->w, a->id);

	if (q->widget == WIZARD_SEARCH)
		return wizard_search(a->page->w, q, typed);
	return wizard_options(a->page->w, q);
}

static void page_edit_ask_again(void *arg)
{
	wizard_retry(((struct asked *)arg)->page->w);
}

static int page_edit_take_value(const char *value, char **more, void *arg, struct err *e)
{
	struct asked *a = arg;
	const struct wizard_question *q = wizard_question(a->page->w, a->id);
	int r = 0;

	(void)more;
	if (a->at == PAGE_SUB_FIELD)
		r = wizard_try(a->page->w, q, value, e);
	else if (a->at == PAGE_SUB_ADD)
		r = *value ? wizard_item_add(a->page->w, q, value, e) : 0;
	else if (*value)
		r = wizard_item_set(a->page->w, q, (size_t)a->at, value, e);
	else
		wizard_item_remove(a->page->w, q, (size_t)a->at);
	a->page->edit_id[0] = '\0';
	if (!r)
		page_edit_tell_notices(a->page);
	return r;
}

/* What a relative path counts from: of an answer in the file its folder, as whoever reads it has
 * it. */
static char *page_edit_folder_of(struct page *p, const struct wizard_question *q)
{
	char *path = file_absolute(q->field ? wizard_path(p->w) : "here");
	char *folder = file_dirname(path);

	free(path);
	return folder;
}

void page_open_list(struct page *p, const struct wizard_question *q)
{
	char *folder = page_edit_folder_of(p, q);
	struct picker_conf conf = {
		.title = q->title,
		.about = q->help,
		.initial = page_is_typed(q) ? wizard_text(p->w, q) : NULL,
		.types = q->widget == WIZARD_COMBO || q->widget == WIZARD_FILE,
		.narrows = q->widget == WIZARD_COMBO,
		.folder = folder,
		.rows = q->widget == WIZARD_FILE ? NULL : page_edit_asked_rows,
		.again = page_edit_ask_again,
		.take = page_edit_take_value,
		.gone = page_edit_asked_free,
		.arg = page_edit_asked_new(p, q, PAGE_SUB_FIELD),
	};

	if (q->widget == WIZARD_FILE)
		picker_file(p->screen->app, &conf);
	else
		picker_open(p->screen->app, &conf);
	free(folder);
}

void page_open_item(struct page *p, const struct wizard_question *q, int at)
{
	struct wizard_list l = wizard_options(p->w, q);
	bool has_rows =
		q->widget == WIZARD_SEARCH || (q->widget == WIZARD_FILES ? l.len > 0 : l.state != WIZARD_NO_LIST);
	char *folder = page_edit_folder_of(p, q);
	struct picker_conf conf = {
		.title = q->title,
		.about = q->help,
		.initial = at >= 0 ? wizard_items(p->w, q)->items[at] : NULL,
		.types = true,
		.narrows = q->widget != WIZARD_SEARCH,
		.folder = folder,
		.ending = q->widget == WIZARD_FILES ? ".pub" : NULL, /* no private key by mistake */
		.rows = has_rows ? page_edit_asked_rows : NULL,
		.again = page_edit_ask_again,
		.take = page_edit_take_value,
		.gone = page_edit_asked_free,
		.arg = page_edit_asked_new(p, q, at),
	};

	if (q->widget == WIZARD_FILES)
		picker_file(p->screen->app, &conf);
	else if (q->field && q->field->parts)
		picker_item(p->screen->app, &conf, q->field->parts);
	else
		picker_open(p->screen->app, &conf);
	free(folder);
}

/* ---- password: typed twice, never shown ---- */

static void page_edit_open_password(struct asked *a, bool again);

static int page_edit_take_first(const char *value, char **more, void *arg, struct err *e)
{
	struct asked *a = arg;

	(void)more;
	(void)e;
	a->first = xstrdup(value);
	return 0;
}

static void page_edit_first_gone(void *arg)
{
	struct asked *a = arg;

	if (a->first && *a->first)
		page_edit_open_password(a, true);
	else
		page_edit_asked_free(a);
}

static int page_edit_take_second(const char *value, char **more, void *arg, struct err *e)
{
	struct asked *a = arg;

	(void)more;
	if (strcmp(value, a->first))
		return err_set(e, ERR_USAGE, "password-differs", "that is not what was typed before");
	return wizard_set(a->page->w, wizard_question(a->page->w, a->id), value, e);
}

static void page_edit_open_password(struct asked *a, bool again)
{
	struct picker_conf conf = {
		.title = again ? "The same password once more" : "Password",
		.about = again ? "It is not shown, so enter it twice." : "Nothing and Enter: it stays as it is.",
		.types = true,
		.secret = true,
		.take = again ? page_edit_take_second : page_edit_take_first,
		.gone = again ? page_edit_asked_free : page_edit_first_gone,
		.arg = a,
	};

	picker_open(a->page->screen->app, &conf);
}

void page_open_password(struct page *p, const struct wizard_question *q)
{
	page_edit_open_password(page_edit_asked_new(p, q, PAGE_SUB_FIELD), false);
}
