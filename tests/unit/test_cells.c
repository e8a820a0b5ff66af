/* SPDX-License-Identifier: MIT */
/* cells: what is sent shows the picture on a terminal (libvterm), after any change of it; nothing is sent twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vterm.h>

#include "../../include/base/mem.h"
#include "../../src/tui/toolkit/cells.h"

#define ROWS 6
#define COLUMNS 20

static const struct term_style plain = {.fg = -1, .bg = -1};

struct shown {
	VTerm *vt;
	VTermScreen *screen;
};

static struct shown shown_new(void)
{
	struct shown s = {.vt = vterm_new(ROWS, COLUMNS)};

	vterm_set_utf8(s.vt, 1);
	s.screen = vterm_obtain_screen(s.vt);
	vterm_screen_reset(s.screen, 1);
	return s;
}

/* Sends what differs; returns how many bytes that were. */
static size_t flush(struct cells *c, struct shown *s)
{
	struct buf out;
	size_t n;

	buf_init(&out, 0);
	cells_flush(c, &out);
	vterm_input_write(s->vt, out.data, out.len);
	n = out.len;
	buf_fini(&out);
	return n;
}

static VTermScreenCell cell_at(struct shown *s, int row, int column)
{
	VTermScreenCell cell;

	memset(&cell, 0, sizeof(cell));
	vterm_screen_get_cell(s->screen, (VTermPos){.row = row, .col = column}, &cell);
	return cell;
}

/* The text of a row, ASCII alone; others are '#', and the right half of a wide one is '>'. */
static void assert_row(struct shown *s, int row, const char *want)
{
	char got[COLUMNS + 1] = "";

	for (int column = 0; column < COLUMNS; column++) {
		uint32_t c = cell_at(s, row, column).chars[0];

		got[column] = !c ? ' ' : c == (uint32_t)-1 ? '>' : c < 0x80 ? (char)c : '#';
	}
	for (int n = COLUMNS; n && got[n - 1] == ' ';)
		got[--n] = '\0';
	assert_string_equal(got, want);
}

static void sends_differences(void **state)
{
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();
	size_t all;

	(void)state;
	cells_put(c, 1, 2, &plain, "hello");
	all = flush(c, &s);
	assert_row(&s, 1, "  hello");
	assert_int_equal(flush(c, &s), 0);
	cells_erase(c);
	cells_put(c, 1, 2, &plain, "hallo");
	assert_in_range(flush(c, &s), 1, 20);
	assert_row(&s, 1, "  hallo");
	vterm_input_write(s.vt, "\033[2Jnoise", 9);
	cells_repaint(c);
	assert_int_equal(flush(c, &s), all);
	assert_row(&s, 0, "");
	assert_row(&s, 1, "  hallo");
	cells_free(c);
	vterm_free(s.vt);
}

static void styles(void **state)
{
	static const struct term_style loud = {.fg = 9, .bg = 200, .bold = true, .underline = true, .reverse = true};
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();
	VTermScreenCell cell;

	(void)state;
	cells_put(c, 0, 0, &loud, "ab");
	cells_fill(c, 1, 0, 3, &(struct term_style){.fg = 2, .bg = 12, .italic = true, .blink = true});
	cells_put(c, 2, 0, &plain, "xy");
	cells_restyle(c, 2, 1, 1, &loud);
	flush(c, &s);
	cell = cell_at(&s, 0, 1);
	assert_true(cell.attrs.bold && cell.attrs.underline && cell.attrs.reverse && !cell.attrs.italic);
	assert_int_equal(cell.fg.indexed.idx, 9);
	assert_int_equal(cell.bg.indexed.idx, 200);
	cell = cell_at(&s, 1, 2);
	assert_true(cell.attrs.italic && cell.attrs.blink && !cell.attrs.bold);
	assert_int_equal(cell.fg.indexed.idx, 2);
	assert_int_equal(cell.bg.indexed.idx, 12);
	cell = cell_at(&s, 2, 0);
	assert_true(!cell.attrs.bold && VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
	assert_true(cell_at(&s, 2, 1).attrs.bold);
	cells_free(c);
	vterm_free(s.vt);
}

static void no_colours(void **state)
{
	struct cells *c = cells_new(ROWS, COLUMNS, 0);
	struct shown s = shown_new();
	VTermScreenCell cell;

	(void)state;
	cells_put(c, 0, 0, &(struct term_style){.fg = 3, .bg = 4, .bold = true}, "a");
	flush(c, &s);
	cell = cell_at(&s, 0, 0);
	assert_true(cell.attrs.bold && VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) && VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
	cells_free(c);
	vterm_free(s.vt);
}

static void wide_characters(void **state)
{
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();

	(void)state;
	cells_put(c, 0, 0, &plain, "a\xe4\xbd\xa0\xe5\xa5\xbdz"); /* two characters of two columns each */
	flush(c, &s);
	assert_row(&s, 0, "a#>#>z");
	cells_put(c, 0, 2, &plain, "x"); /* over a right half */
	flush(c, &s);
	assert_row(&s, 0, "a x#>z");
	cells_put(c, 0, 3, &plain, "y"); /* over a left half */
	flush(c, &s);
	assert_row(&s, 0, "a xy z");
	cells_put(c, 1, COLUMNS - 1, &plain, "\xe4\xbd\xa0"); /* does not fit */
	cells_put(c, 2, 0, &plain, "e\xcc\x81!");	      /* a combining accent */
	flush(c, &s);
	assert_row(&s, 1, "");
	assert_row(&s, 2, "e!");
	assert_int_equal(cell_at(&s, 2, 0).chars[1], 0x301);
	cells_free(c);
	vterm_free(s.vt);
}

/* The bytes themselves: the cursor is placed again behind a character whose width a terminal may see differently, and
 * the style is reset at the end. */
static void bytes(void **state)
{
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();
	struct buf out;

	(void)state;
	flush(c, &s);
	buf_init(&out, 0);
	cells_put(c, 0, 0, &(struct term_style){.fg = 80, .bg = -1, .bold = true}, "\xc3\xa4xy");
	cells_flush(c, &out);
	assert_string_equal(out.data, "\033[1;1H\033[0;1;38;5;80m\xc3\xa4\033[1;2Hxy\033[0m");
	buf_fini(&out);
	cells_free(c);
	vterm_free(s.vt);
}

/* Beyond what a cell can hold, whole characters are left out. */
static void many_accents(void **state)
{
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();
	char text[64] = "e";

	(void)state;
	for (int i = 0; i < 20; i++)
		memcpy(text + 1 + 2 * i, "\xcc\x81", 3);
	memcpy(text + 41, "f", 2);
	cells_put(c, 0, 0, &plain, text);
	flush(c, &s);
	assert_row(&s, 0, "ef");
	cells_free(c);
	vterm_free(s.vt);
}

/* Changes at random: the terminal shows what one shows that gets the same picture as a whole. */
static void any_change(void **state)
{
	static const char *const texts[] = {"a",      "bc d",	  "\xe4\xbd\xa0", "x\xe4\xbd\xa0\xc3\xa4",
					    "      ", "e\xcc\x81"};
	struct cells *c = cells_new(ROWS, COLUMNS, 256);
	struct shown s = shown_new();
	uint32_t seed = 1;

	(void)state;
	for (int turn = 0; turn < 2000; turn++) {
		struct shown fresh = shown_new();
		struct term_style style = plain;
		int row, column, kind;

		seed = seed * 1664525 + 1013904223;
		row = (int)(seed >> 8) % ROWS;
		column = (int)(seed >> 12) % COLUMNS;
		kind = (int)(seed >> 20) % 16;
		style.fg = (int)(seed >> 24) % 20 - 1;
		style.bold = seed >> 30 & 1;
		if (kind == 0)
			cells_erase(c);
		else if (kind < 3)
			cells_fill(c, row, column, COLUMNS - column, &style);
		else
			cells_put(c, row, column, &style, texts[kind % 6]);
		flush(c, &s);
		cells_repaint(c);
		flush(c, &fresh);
		for (int i = 0; i < ROWS * COLUMNS; i++) {
			VTermScreenCell a = cell_at(&s, i / COLUMNS, i % COLUMNS);
			VTermScreenCell b = cell_at(&fresh, i / COLUMNS, i % COLUMNS);

			if (a.chars[0] == (uint32_t)-1 && b.chars[0] == (uint32_t)-1)
				continue; /* a right half: libvterm sets nothing else of it */
			if (memcmp(a.chars, b.chars, sizeof(a.chars)) != 0 || a.attrs.bold != b.attrs.bold ||
			    !vterm_color_is_equal(&a.fg, &b.fg))
				fail_msg("turn %d, row %d, column %d: U+%x U+%x", turn, i / COLUMNS, i % COLUMNS,
					 a.chars[0], b.chars[0]);
		}
		vterm_free(fresh.vt);
	}
	cells_free(c);
	vterm_free(s.vt);
}

static void resized(void **state)
{
	struct cells *c = cells_new(2, 4, 256);
	struct shown s = shown_new();
	int rows, columns;

	(void)state;
	cells_put(c, 0, 0, &plain, "abcdefgh"); /* cut at the edge */
	flush(c, &s);
	assert_row(&s, 0, "abcd");
	cells_resize(c, ROWS, COLUMNS);
	cells_size(c, &rows, &columns);
	assert_int_equal(rows, ROWS);
	assert_int_equal(columns, COLUMNS);
	cells_put(c, ROWS - 1, COLUMNS - 1, &plain, "z"); /* the last corner scrolls nothing */
	flush(c, &s);
	assert_row(&s, 0, "");
	assert_row(&s, ROWS - 1, "                   z");
	cells_free(c);
	vterm_free(s.vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_differences), cmocka_unit_test(styles),	     cmocka_unit_test(no_colours),
		cmocka_unit_test(wide_characters),   cmocka_unit_test(many_accents), cmocka_unit_test(any_change),
		cmocka_unit_test(resized),	     cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
