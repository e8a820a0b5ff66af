/* SPDX-License-Identifier: MIT */
/* page_save: compares, asks and writes; watches the folder of a file that is edited. */
#include "page_save.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "tui/screens.h"
#include "tui/toolkit/dialog.h"

struct page_save {
	struct page *page;
	struct wizard *w;
	struct loop_watch *watch; /* of the file's folder */
	bool stale;		  /* the folder has changed since the file was compared */
	bool changed;		  /* another program has changed the file */
	/* a saving that is under way */
	enum page_then then;
	struct wizard_diff diff;
	bool has_diff;
};

struct page_save *page_save_new(struct page *page)
{
	struct page_save *s = xcalloc(1, sizeof(*s));

	s->page = page;
	s->w = page_wizard(page);
	return s;
}

static void page_save_end(struct page_save *s)
{
	if (s->has_diff)
		wizard_diff_fini(&s->diff);
	s->has_diff = false;
}

void page_save_free(struct page_save *s)
{
	if (!s)
		return;
	page_save_end(s);
	loop_watch_stop(s->watch);
	free(s);
}

static void page_save_compare(struct page_save *s);

/* Closes the wizard's screen and shows what follows. */
static void page_save_continue(struct page_save *s)
{
	struct app *app = page_app(s->page);
	AUTO_FREE char *path = xstrdup(wizard_path(s->w));
	struct err e = ERR_INIT;
	struct screen *next;

	screen_pop(page_screen(s->page));
	if (s->then == PAGE_THEN_NOTHING)
		next = screen_machine(app, path, &e);
	else
		next = screen_progress(app, path, s->then == PAGE_THEN_BOOT ? PROGRESS_BOOT : PROGRESS_PREPARE, &e);
	dialog_unless(app, next, &e);
}

static void page_save_write(struct page_save *s)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (wizard_save(s->w, s->has_diff ? &s->diff : NULL, &e) == 0) {
		page_save_end(s);
		page_save_continue(s);
	} else if (!strcmp(e.id, "save-changed") || !strcmp(e.id, "save-unseen")) {
		page_save_compare(s);
	} else {
		dialog_error(page_app(s->page), "Not saved", &e);
		page_save_end(s);
	}
}

static void page_save_on_answer(size_t choice, void *arg)
{
	struct page_save *s = arg;

	if (choice == 0)
		page_save_write(s);
	else
		page_save_end(s);
}

static enum role page_save_diff_role(const char *line)
{
	return *line == '+' ? ROLE_GOOD : *line == '-' ? ROLE_BAD : ROLE_TEXT;
}

static void page_save_show_difference(struct page_save *s)
{
	static const char *const choices[] = {"Write it", "Back"};
	struct dialog_question q = {
		.choices = choices,
		.count = 2,
		.fallback = 0,
		.escape = 1,
		.line_role = page_save_diff_role,
		.answer = page_save_on_answer,
		.arg = s,
	};
	AUTO_FREE char *path = host_short(wizard_path(s->w));
	AUTO_BUF struct buf text = {0};

	buf_init(&text, 0);
	if (s->diff.foreign || s->diff.other) {
		q.fallback = 1;
		buf_addf(&text, "%s %s:\n\n", path,
			 s->diff.other ? "is another file; writing replaces it"
				       : "was changed by another program since it was read. Writing "
					 "would undo that");
	}
	for (size_t i = 0; i < s->diff.len; i++)
		if (s->diff.lines[i].mark != WIZARD_SAME)
			buf_addf(&text, "%c %s\n", (char)s->diff.lines[i].mark, s->diff.lines[i].text);
	q.title = s->diff.other	    ? "The file already exists"
		  : s->diff.foreign ? "The file has changed"
				    : "What changes in the file";
	q.text = text.data;
	dialog_ask(page_app(s->page), &q);
}

static void page_save_compare(struct page_save *s)
{
	AUTO_ERR struct err e = ERR_INIT;

	page_save_end(s);
	s->has_diff = wizard_diff(s->w, &s->diff, &e) == 0;
	if (!s->has_diff) {
		dialog_error(page_app(s->page), "Not saved", &e);
		page_save_end(s);
	} else if (s->diff.exists && !s->diff.same) {
		page_save_show_difference(s);
	} else {
		page_save_write(s);
	}
}

void page_save_do(struct page_save *s, enum page_then then)
{
	s->then = then;
	page_save_compare(s);
}

/* ---- while the questions are open ---- */

static void page_save_on_folder(void *arg)
{
	struct page_save *s = arg;

	s->stale = true;
	app_changed(page_app(s->page));
}

void page_save_watch(struct page_save *s)
{
	AUTO_FREE char *dir = file_dirname(wizard_path(s->w));

	s->watch = loop_watch_start(app_loop(page_app(s->page)), dir, page_save_on_folder, s);
}

void page_save_sync(struct page_save *s)
{
	bool before = s->changed;

	if (!s->stale)
		return;
	s->stale = false;
	s->changed = wizard_file_changed(s->w);
	if (s->changed && !before)
		page_notice(s->page, ROLE_WARN,
			    "Another program has changed the file since it was read. Saving shows the "
			    "difference first.");
}

bool page_save_is_changed(const struct page_save *s)
{
	return s->changed;
}
