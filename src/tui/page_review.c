/* SPDX-License-Identifier: MIT */
/* page_review: gathers the lines of the review, scrolls them, and runs the buttons. */
#include "page_review.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/paths.h"
#include "page_answer.h"
#include "tui/toolkit/dialog.h"

#define LEFT 4
#define LABEL 10 /* columns at least */
#define PAGE 10	 /* rows that PgUp and PgDn scroll */

static const struct {
	const char *title;
	enum page_then then;
} buttons[] = {
	{"Save, prepare and boot", PAGE_THEN_BOOT},
	{"Save and prepare", PAGE_THEN_PREPARE},
	{"Save", PAGE_THEN_NOTHING},
};
#define BUTTONS ARRAY_SIZE(buttons)

struct page_review {
	struct page *page;
	struct wizard *w;
	struct page_save *save;
	size_t button;	     /* the chosen one */
	int scroll, rows;    /* of the lines */
	bool awaits_command; /* QEMU's command line was requested and is not known yet */
	int buttons_row;
	struct {
		int left, right;
	} spots[BUTTONS];
};

struct page_review *page_review_new(struct page *page, struct page_save *save)
{
	struct page_review *p = xcalloc(1, sizeof(*p));

	p->page = page;
	p->w = page_wizard(page);
	p->save = save;
	return p;
}

void page_review_free(struct page_review *p)
{
	free(p);
}

void page_review_reset(struct page_review *p)
{
	p->scroll = 0;
	p->button = 0;
	p->awaits_command = false;
}

/* Lines of the review, gathered first so that they can be scrolled. */
struct review_lines {
	struct review_line {
		char *label, *text, *right;
		enum role role;
	} * lines;
	size_t len;
	int label_width;
};

static void page_review_lines_add(struct review_lines *sh, const char *label, const char *text, const char *right,
				  enum role role)
{
	sh->lines = xreallocarray(sh->lines, sh->len + 1, sizeof(*sh->lines));
	sh->lines[sh->len++] = (struct review_line){xstrdup(label), xstrdup(text), xstrdup(right), role};
	if ((int)strlen(label) > sh->label_width)
		sh->label_width = (int)strlen(label);
}

static void page_review_lines_fini(struct review_lines *sh)
{
	for (size_t i = 0; i < sh->len; i++) {
		free(sh->lines[i].label);
		free(sh->lines[i].text);
		free(sh->lines[i].right);
	}
	free(sh->lines);
}

static void page_review_add_list(struct review_lines *sh, struct choice_list l)
{
	for (size_t i = 0; i < l.len; i++)
		page_review_lines_add(sh, l.rows[i].label, l.rows[i].value, l.rows[i].columns[0], ROLE_TEXT);
	if (l.state == CHOICE_LOADING || l.state == CHOICE_FAILED)
		page_review_lines_add(sh, "Estimate", l.note, "", l.state == CHOICE_FAILED ? ROLE_WARN : ROLE_DIM);
}

static void page_review_add_changes(struct page_review *p, struct review_lines *sh)
{
	struct wizard_change *changes;
	size_t n = wizard_changes(p->w, &changes);

	if (n)
		page_review_lines_add(sh, "", "", "", ROLE_TEXT);
	for (size_t i = 0; i < n; i++) {
		const struct wizard_change *c = &changes[i];
		AUTO_FREE char *text = xasprintf("%s → %s", *c->from ? c->from : "nothing", *c->to ? c->to : "nothing");

		page_review_lines_add(sh, c->question->title, text, "", ROLE_STRONG);
		page_review_lines_add(sh, "", c->refused ? c->refused : c->words, "", c->refused ? ROLE_BAD : ROLE_DIM);
	}
	wizard_changes_free(changes, n);
}

static void page_review_gather(struct page_review *p, struct review_lines *sh)
{
	AUTO_STRV struct strv warnings = STRV_INIT;

	*sh = (struct review_lines){NULL, 0, LABEL};
	page_review_add_list(sh, wizard_summary(p->w));
	if (page_is_editing(p->page))
		page_review_add_changes(p, sh);
	page_review_lines_add(sh, "", "", "", ROLE_TEXT);
	page_review_add_list(sh, wizard_estimate(p->w));
	wizard_warnings(p->w, WIZARD_REVIEW, &warnings);
	if (warnings.len)
		page_review_lines_add(sh, "", "", "", ROLE_TEXT);
	for (size_t i = 0; i < warnings.len; i++)
		page_review_lines_add(sh, i ? "" : "Note", warnings.items[i], "", ROLE_WARN);
}

/* Paints the buttons; the chosen one has a marker and reverse video. */
static void page_review_paint_buttons(struct page_review *p, const struct canvas *c, int row)
{
	int column = LEFT;

	p->buttons_row = row;
	for (size_t i = 0; i < BUTTONS; i++) {
		bool focus = i == p->button;

		canvas_put(c, row, column - 2, ROLE_KEY, focus ? canvas_glyph(c, GLYPH_FOCUS) : " ");
		p->spots[i].left = column;
		column += canvas_putf(c, row, column, focus ? ROLE_FOCUS : ROLE_TEXT, " %s ", buttons[i].title);
		p->spots[i].right = column;
		column += 3;
	}
}

/* Wraps a line's text; returns how many rows it takes. Paints those within the canvas. */
static int page_review_paint_line(const struct canvas *c, int row, const struct review_line *l, int label_width)
{
	int at = LEFT + label_width + 2;
	int right = canvas_width(c, l->right);
	int space = c->columns - at - 2 - (right ? right + 2 : 0);
	AUTO_STRV struct strv lines = STRV_INIT;
	int used;

	canvas_wrap_lines(l->text, space, &lines);
	used = lines.len ? (int)lines.len : 1;
	if (row >= 0)
		canvas_put_cut(c, row, LEFT, label_width, ROLE_STRONG, l->label);
	for (size_t i = 0; i < lines.len; i++)
		canvas_put_cut(c, row + (int)i, at, space, l->role, lines.items[i]);
	if (right && row >= 0)
		canvas_put_right(c, row, c->columns - 2, ROLE_TEXT, l->right);
	return used;
}

void page_review_paint(struct page_review *p, const struct canvas *c)
{
	struct canvas part = canvas_sub(c, 0, 0, c->rows - 2, c->columns);
	struct review_lines sh;
	int row = -p->scroll;

	page_review_gather(p, &sh);
	for (size_t i = 0; i < sh.len; i++)
		row += page_review_paint_line(&part, row, &sh.lines[i], sh.label_width);
	p->rows = row + p->scroll;
	if (p->scroll > p->rows - part.rows) {
		int most = p->rows > part.rows ? p->rows - part.rows : 0;

		if (p->scroll != most) { /* it has become shorter */
			p->scroll = most;
			page_review_lines_fini(&sh);
			canvas_clear(c);
			page_review_paint(p, c);
			return;
		}
	}
	if (p->scroll)
		canvas_put(c, 0, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (p->rows - p->scroll > part.rows)
		canvas_put(c, part.rows - 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
	page_review_lines_fini(&sh);
	page_review_paint_buttons(p, c, c->rows - 1);
}

void page_review_lines(struct page_review *p, struct screen_lines *out)
{
	if (!out->help.len) {
		AUTO_FREE char *path = host_short(wizard_path(p->w));

		buf_addf(&out->help, "Writes %s; changes nothing outside your own folders.", path);
	}
	if (choice_can_retry(wizard_estimate(p->w)))
		screen_lines_key(out, "F5", K_F(5), "ask again");
	else
		screen_lines_key(out, "←→", K_RIGHT, "choose");
	screen_lines_key(out, "Enter", K_ENTER, "do it");
	screen_lines_key(out, "i", 'i', "INI file");
	screen_lines_key(out, "c", 'c', "command");
	screen_lines_key(out, "p", 'p', "save as");
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "F1", K_F(1), "help");
}

static void page_review_show_ini(struct page_review *p)
{
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_FREE char *text = wizard_ini(p->w, NULL, NULL, NULL, &e);
	AUTO_FREE char *title = host_short(wizard_path(p->w));

	if (text)
		dialog_text(page_app(p->page), title, text);
	else
		dialog_error(page_app(p->page), "The INI file", &e);
}

/* Shows QEMU's command line, or requests it: QEMU is asked what it can do before the line is known. */
static void page_review_command(struct page_review *p)
{
	struct choice_list l = wizard_command(p->w);
	AUTO_BUF struct buf text = {0};

	p->awaits_command = l.state == CHOICE_LOADING;
	if (p->awaits_command) {
		page_notice(p->page, ROLE_WORK, l.note);
		return;
	}
	page_notice(p->page, ROLE_TEXT, NULL);
	buf_init(&text, 0);
	if (!l.len)
		buf_adds(&text, *l.note ? l.note : "Not known yet.");
	for (size_t i = 0; i < l.len; i++)
		buf_addf(&text, "%s\n    %s%s%s\n", l.rows[i].value, l.rows[i].label,
			 *l.rows[i].label && *l.rows[i].note ? ": " : "", l.rows[i].note);
	dialog_text(page_app(p->page), "QEMU's command line, and why", text.data);
}

void page_review_sync(struct page_review *p)
{
	if (p->awaits_command && wizard_command(p->w).state != CHOICE_LOADING)
		page_review_command(p);
}

static bool page_review_click(struct page_review *p, const struct key *k)
{
	if (k->mouse != MOUSE_PRESS)
		return false;
	for (size_t i = 0; k->row == p->buttons_row && i < BUTTONS; i++) {
		if (k->column >= p->spots[i].left && k->column < p->spots[i].right) {
			p->button = i;
			page_save_do(p->save, buttons[i].then);
			break;
		}
	}
	return true;
}

bool page_review_key(struct page_review *p, const struct key *k)
{
	switch (k->code) {
	case K_MOUSE:
		return page_review_click(p, k);
	case K_LEFT:
	case K_BACKTAB:
		p->button = (p->button + BUTTONS - 1) % BUTTONS;
		return true;
	case K_RIGHT:
	case K_TAB:
		p->button = (p->button + 1) % BUTTONS;
		return true;
	case K_UP:
		p->scroll -= p->scroll > 0;
		return true;
	case K_DOWN:
		p->scroll++; /* no further than there is: see page_review_paint */
		return true;
	case K_PAGE_UP:
	case K_HOME:
		p->scroll = k->code == K_HOME || p->scroll < PAGE ? 0 : p->scroll - PAGE;
		return true;
	case K_PAGE_DOWN:
		p->scroll += PAGE;
		return true;
	case K_END:
		p->scroll = p->rows;
		return true;
	case K_ENTER:
		page_save_do(p->save, buttons[p->button].then);
		return true;
	case 'i':
		page_review_show_ini(p);
		return true;
	case 'c':
		page_review_command(p);
		return true;
	case 'p':
		page_open_list(p->page, wizard_question(p->w, "save"));
		return true;
	default:
		return false;
	}
}
