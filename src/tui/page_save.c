/* SPDX-License-Identifier: MIT */
/*
 * page_save: saving never overwrites a file whose difference was not seen, and a file that somebody
 * else changed meanwhile is shown again; see page.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "page.h"
#include "tui/screens.h"
#include "tui/toolkit/dialog.h"

struct saving {
	struct page *page;
	enum page_then then;
	struct wizard_diff diff;
	bool diffed;
};

static void page_save_saving_free(struct saving *s)
{
	if (s->diffed)
		wizard_diff_fini(&s->diff);
	free(s);
}

static void page_save_compare(struct saving *s);

/* It is on disk: what comes then takes this screen's place. */
static void page_save_go_on(struct saving *s)
{
	struct app *app = s->page->screen->app;
	char *path = xstrdup(wizard_path(s->page->w));
	struct err e = ERR_INIT;

	screen_pop(s->page->screen);
	if (s->then == PAGE_THEN_NOTHING)
		screen_machine(app, path, &e);
	else
		screen_progress(app, path, s->then == PAGE_THEN_BOOT ? PROGRESS_BOOT : PROGRESS_PREPARE, &e);
	if (e.kind)
		dialog_error(app, "Not possible", &e);
	err_fini(&e);
	free(path);
}

static void page_save_write_it(struct saving *s)
{
	struct app *app = s->page->screen->app;
	struct err e = ERR_INIT;

	if (wizard_save(s->page->w, s->diffed ? &s->diff : NULL, &e) == 0) {
		page_save_go_on(s);
		page_save_saving_free(s);
	} else if (!strcmp(e.id, "save-changed") || !strcmp(e.id, "save-unseen")) {
		err_fini(&e);
		page_save_compare(s);
		return;
	} else {
		dialog_error(app, "Not saved", &e);
		page_save_saving_free(s);
	}
	err_fini(&e);
}

static void page_save_on_answer(size_t choice, void *arg)
{
	struct saving *s = arg;

	if (choice == 0)
		page_save_write_it(s);
	else
		page_save_saving_free(s);
}

static enum role page_save_diff_role(const char *line)
{
	return *line == '+' ? ROLE_GOOD : *line == '-' ? ROLE_BAD : ROLE_TEXT;
}

static void page_save_show_difference(struct saving *s)
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
	char *path = host_short(wizard_path(s->page->w));
	struct buf text;

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
	dialog_ask(s->page->screen->app, &q);
	buf_fini(&text);
	free(path);
}

static void page_save_compare(struct saving *s)
{
	struct err e = ERR_INIT;

	if (s->diffed)
		wizard_diff_fini(&s->diff);
	s->diffed = wizard_diff(s->page->w, &s->diff, &e) == 0;
	if (!s->diffed) {
		dialog_error(s->page->screen->app, "Not saved", &e);
		page_save_saving_free(s);
	} else if (s->diff.exists && !s->diff.same) {
		page_save_show_difference(s);
	} else {
		page_save_write_it(s);
	}
	err_fini(&e);
}

void page_save(struct page *p, enum page_then then)
{
	struct saving *s = xcalloc(1, sizeof(*s));

	s->page = p;
	s->then = then;
	page_save_compare(s);
}

/* ---- while its questions are open ---- */

static void page_save_on_folder(void *arg)
{
	struct page *p = arg;

	p->stale = true;
	app_changed(p->screen->app);
}

/* Of a file that is edited: whoever else writes it is noticed while the questions are open. */
void page_watch_file(struct page *p)
{
	char *dir = file_dirname(wizard_path(p->w));

	p->watch = loop_watch_start(app_loop(p->screen->app), dir, page_save_on_folder, p);
	free(dir);
}

void page_look_at_file(struct page *p)
{
	bool before = p->changed_below;

	p->stale = false;
	p->changed_below = wizard_file_changed(p->w);
	if (p->changed_below && !before)
		page_notice(p, ROLE_WARN,
			    "Another program has changed the file since it was read. Saving shows the "
			    "difference first.");
}
