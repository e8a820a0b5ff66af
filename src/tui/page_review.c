/* SPDX-License-Identifier: MIT */
/* page_review: the machine in words, what is to be done, and the buttons that do it; see page.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/paths.h"
#include "page.h"
#include "tui/toolkit/dialog.h"

#define LEFT 4
#define LABEL 10 /* columns at least */
#define PAGE 10	 /* rows that a page's key moves */

static const struct {
	const char *title;
	enum page_then then;
} buttons[] = {
	{"Save, prepare and boot", PAGE_THEN_BOOT},
	{"Save and prepare", PAGE_THEN_PREPARE},
	{"Save", PAGE_THEN_NOTHING},
};
#define BUTTONS (sizeof(buttons) / sizeof(*buttons))

/* Lines of the review, gathered first so that they can be scrolled. */
struct sheet {
	struct line {
		char *label, *text, *right;
		enum role role;
	} * lines;
	size_t len;
	int label_width;
};

static void page_review_sheet_add(struct sheet *sh, const char *label, const char *text, const char *right,
				  enum role role)
{
	sh->lines = xreallocarray(sh->lines, sh->len + 1, sizeof(*sh->lines));
	sh->lines[sh->len++] = (struct line){xstrdup(label), xstrdup(text), xstrdup(right), role};
	if ((int)strlen(label) > sh->label_width)
		sh->label_width = (int)strlen(label);
}

static void page_review_sheet_fini(struct sheet *sh)
{
	for (size_t i = 0; i < sh->len; i++) {
		free(sh->lines[i].label);
		free(sh->lines[i].text);
		free(sh->lines[i].right);
	}
	free(sh->lines);
}

static void page_review_add_list(struct sheet *sh, struct wizard_list l)
{
	for (size_t i = 0; i < l.len; i++)
		page_review_sheet_add(sh, l.rows[i].label, l.rows[i].value, l.rows[i].columns[0], ROLE_TEXT);
	if (l.state == WIZARD_LOADING || l.state == WIZARD_FAILED)
		page_review_sheet_add(sh, "Estimate", l.note, "", l.state == WIZARD_FAILED ? ROLE_WARN : ROLE_DIM);
}

static void page_review_add_changes(struct page *p, struct sheet *sh)
{
	struct wizard_change *changes;
	size_t n = wizard_changes(p->w, &changes);

	if (n)
		page_review_sheet_add(sh, "", "", "", ROLE_TEXT);
	for (size_t i = 0; i < n; i++) {
		const struct wizard_change *c = &changes[i];
		char *text = xasprintf("%s → %s", *c->from ? c->from : "nothing", *c->to ? c->to : "nothing");

		page_review_sheet_add(sh, c->question->title, text, "", ROLE_STRONG);
		page_review_sheet_add(sh, "", c->refused ? c->refused : c->words, "", c->refused ? ROLE_BAD : ROLE_DIM);
		free(text);
	}
	wizard_changes_free(changes, n);
}

static void page_review_gather(struct page *p, struct sheet *sh)
{
	struct strv warnings = STRV_INIT;

	*sh = (struct sheet){NULL, 0, LABEL};
	page_review_add_list(sh, wizard_summary(p->w));
	if (p->editing)
		page_review_add_changes(p, sh);
	page_review_sheet_add(sh, "", "", "", ROLE_TEXT);
	page_review_add_list(sh, wizard_estimate(p->w));
	wizard_warnings(p->w, WIZARD_REVIEW, &warnings);
	if (warnings.len)
		page_review_sheet_add(sh, "", "", "", ROLE_TEXT);
	for (size_t i = 0; i < warnings.len; i++)
		page_review_sheet_add(sh, i ? "" : "Note", warnings.items[i], "", ROLE_WARN);
	strv_fini(&warnings);
}

/* The buttons: which is chosen is told by a marker and reverse video. */
static void page_review_paint_buttons(struct page *p, const struct canvas *c, int row)
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
static int page_review_paint_line(const struct canvas *c, int row, const struct line *l, int label_width)
{
	int at = LEFT + label_width + 2;
	int right = canvas_width(c, l->right);
	int room = c->columns - at - 2 - (right ? right + 2 : 0);
	struct strv lines = STRV_INIT;
	int used;

	canvas_wrap_lines(l->text, room, &lines);
	used = lines.len ? (int)lines.len : 1;
	if (row >= 0)
		canvas_put_cut(c, row, LEFT, label_width, ROLE_STRONG, l->label);
	for (size_t i = 0; i < lines.len; i++)
		canvas_put_cut(c, row + (int)i, at, room, l->role, lines.items[i]);
	if (right && row >= 0)
		canvas_put_right(c, row, c->columns - 2, ROLE_TEXT, l->right);
	strv_fini(&lines);
	return used;
}

void page_review_paint(struct page *p, const struct canvas *c)
{
	struct canvas part = canvas_sub(c, 0, 0, c->rows - 2, c->columns);
	struct sheet sh;
	int row = -p->scroll;

	page_review_gather(p, &sh);
	for (size_t i = 0; i < sh.len; i++)
		row += page_review_paint_line(&part, row, &sh.lines[i], sh.label_width);
	p->review_rows = row + p->scroll;
	if (p->scroll > p->review_rows - part.rows) {
		int most = p->review_rows > part.rows ? p->review_rows - part.rows : 0;

		if (p->scroll != most) { /* it has become shorter */
			p->scroll = most;
			page_review_sheet_fini(&sh);
			canvas_clear(c);
			page_review_paint(p, c);
			return;
		}
	}
	if (p->scroll)
		canvas_put(c, 0, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_UP));
	if (p->review_rows - p->scroll > part.rows)
		canvas_put(c, part.rows - 1, c->columns - 1, ROLE_DIM, canvas_glyph(c, GLYPH_MORE_DOWN));
	page_review_sheet_fini(&sh);
	page_review_paint_buttons(p, c, c->rows - 1);
}

void page_review_lines(struct page *p, struct screen_lines *out)
{
	if (p->notice) {
		buf_adds(&out->help, p->notice);
		out->help_role = p->notice_role;
	} else {
		char *path = host_short(wizard_path(p->w));

		buf_addf(&out->help, "Writes %s; changes nothing outside your own folders.", path);
		free(path);
	}
	if (wizard_can_retry(wizard_estimate(p->w)))
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

static void page_review_show_ini(struct page *p)
{
	struct err e = ERR_INIT;
	char *text = wizard_ini(p->w, NULL, NULL, NULL, &e);

	char *title = host_short(wizard_path(p->w));

	if (text)
		dialog_text(p->screen->app, title, text);
	else
		dialog_error(p->screen->app, "The INI file", &e);
	free(title);
	free(text);
	err_fini(&e);
}

/* QEMU is asked what it can do before its command line is known; it is shown when that is so. */
void page_review_command(struct page *p)
{
	struct wizard_list l = wizard_command(p->w);
	struct buf text;

	p->wants_command = l.state == WIZARD_LOADING;
	if (p->wants_command) {
		page_notice(p, ROLE_WORK, l.note);
		return;
	}
	page_notice(p, ROLE_TEXT, NULL);
	buf_init(&text, 0);
	if (!l.len)
		buf_adds(&text, *l.note ? l.note : "Not known yet.");
	for (size_t i = 0; i < l.len; i++)
		buf_addf(&text, "%s\n    %s%s%s\n", l.rows[i].value, l.rows[i].label,
			 *l.rows[i].label && *l.rows[i].note ? ": " : "", l.rows[i].note);
	dialog_text(p->screen->app, "QEMU's command line, and why", text.data);
	buf_fini(&text);
}

static bool page_review_click(struct page *p, const struct key *k)
{
	if (k->mouse != MOUSE_PRESS)
		return false;
	for (size_t i = 0; k->row == p->buttons_row + PAGE_REVIEW_TOP && i < BUTTONS; i++) {
		if (k->column >= p->spots[i].left && k->column < p->spots[i].right) {
			p->button = i;
			page_save(p, buttons[i].then);
			break;
		}
	}
	return true;
}

bool page_review_key(struct page *p, const struct key *k)
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
		p->scroll = p->review_rows;
		return true;
	case K_ENTER:
		page_save(p, buttons[p->button].then);
		return true;
	case 'i':
		page_review_show_ini(p);
		return true;
	case 'c':
		page_review_command(p);
		return true;
	case 'p':
		page_open_list(p, wizard_question(p->w, "save"));
		return true;
	default:
		return false;
	}
}
