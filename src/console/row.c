/* SPDX-License-Identifier: MIT */
/* row: packs and unpacks rows of cells. */
#include "console/row.h"

#include <string.h>

#include "base/text.h"

#define END 0 /* so that the next byte is not read as a combining character of the last cell */
#define MARK 1
#define DOUBLE 2
#define REST 3
#define RUN 3 /* added to the length of a run, so that it is none of these */

#define BG_SHIFT 2
#define ATTRS 16

static bool row_same_style(const struct cell *a, const struct cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

static bool row_is_blank(const struct cell *c)
{
	return (!c->chars[0] || c->chars[0] == ' ') && c->width == CELL_SINGLE && !c->chars[1] && !c->fg && !c->bg &&
	       !c->attrs;
}

static void row_put_number(struct buf *out, unsigned v)
{
	while (v > 0x7f) {
		buf_addc(out, (char)(0x80 | (v & 0x7f)));
		v >>= 7;
	}
	buf_addc(out, (char)v);
}

static unsigned row_colour_kind(uint32_t c)
{
	return c == CELL_DEFAULT ? 0 : (c & CELL_COLOUR_KIND) == CELL_INDEXED ? 1 : 2;
}

static void row_put_colour(struct buf *out, uint32_t c)
{
	char rgb[3] = {(char)(c >> 16), (char)(c >> 8), (char)c};
	unsigned kind = row_colour_kind(c);

	if (kind == 1)
		buf_add(out, rgb + 2, 1);
	else if (kind == 2)
		buf_add(out, rgb, 3);
}

static void row_put_style(struct buf *out, const struct cell *c)
{
	buf_addc(out, (char)(row_colour_kind(c->fg) | row_colour_kind(c->bg) << BG_SHIFT | (c->attrs ? ATTRS : 0)));
	row_put_colour(out, c->fg);
	row_put_colour(out, c->bg);
	if (c->attrs)
		buf_addc(out, (char)c->attrs);
}

static size_t row_cell_utf8(const struct cell *c, char *out)
{
	size_t n = 0;

	if (c->width == CELL_REST) {
		out[n++] = REST;
		return n;
	}
	if (c->width == CELL_DOUBLE)
		out[n++] = DOUBLE;
	n += text_encode(c->chars[0] ? c->chars[0] : ' ', out + n);
	for (int i = 1; i < CELL_CHARS && c->chars[i]; i++) {
		out[n++] = MARK;
		n += text_encode(c->chars[i], out + n);
	}
	return n;
}

void row_pack(struct buf *out, const struct cell *cells, int cols)
{
	int i = 0, end;

	while (cols && row_is_blank(&cells[cols - 1]))
		cols--;
	row_put_number(out, (unsigned)cols);
	while (i < cols) {
		for (end = i + 1; end < cols && row_same_style(&cells[i], &cells[end]);)
			end++;
		row_put_number(out, (unsigned)(end - i) + RUN);
		row_put_style(out, &cells[i]);
		for (; i < end; i++) {
			char *p = buf_reserve(out, 2 + CELL_CHARS * 5);

			if (p)
				out->len += row_cell_utf8(&cells[i], p);
		}
	}
	buf_addc(out, END);
}

struct in {
	const char *p;
	size_t n;
	bool bad;
};

static unsigned char row_get_byte(struct in *in)
{
	if (!in->n) {
		in->bad = true;
		return 0;
	}
	in->n--;
	return (unsigned char)*in->p++;
}

static unsigned row_get_number(struct in *in)
{
	unsigned v = 0;

	for (int shift = 0; shift <= 14; shift += 7) {
		unsigned char c = row_get_byte(in);

		v |= (c & 0x7fu) << shift;
		if (c < 0x80)
			return v;
	}
	in->bad = true;
	return 0;
}

static uint32_t row_get_colour(struct in *in, unsigned kind)
{
	uint32_t c = CELL_RGB;

	if (kind == 1)
		return CELL_INDEXED | row_get_byte(in);
	if (kind != 2) {
		in->bad = in->bad || kind == 3;
		return CELL_DEFAULT;
	}
	for (int shift = 16; shift >= 0; shift -= 8)
		c |= (uint32_t)row_get_byte(in) << shift;
	return c;
}

static uint32_t row_get_char(struct in *in)
{
	uint32_t c;
	size_t len = in->n ? text_decode(in->p, in->n, &c) : 0;

	if (!len || !text_is_fit(c)) {
		in->bad = true;
		return ' ';
	}
	in->p += len;
	in->n -= len;
	return c;
}

/* `c` has its style already. */
static void row_get_cell(struct in *in, struct cell *c)
{
	int i = 1;

	if (in->n && *in->p == REST) {
		row_get_byte(in);
		c->width = CELL_REST;
		return;
	}
	if (in->n && *in->p == DOUBLE) {
		row_get_byte(in);
		c->width = CELL_DOUBLE;
	}
	c->chars[0] = row_get_char(in);
	while (in->n && *in->p == MARK && !in->bad) {
		uint32_t mark;

		row_get_byte(in);
		mark = row_get_char(in);
		if (i < CELL_CHARS)
			c->chars[i++] = mark;
	}
}

/* A double cell has its second half behind it, and there are no other second halves. */
static void row_pair(struct cell *cells, int cols)
{
	for (int i = 0; i < cols; i++) {
		bool whole = i + 1 < cols && cells[i + 1].width == CELL_REST;

		if (cells[i].width == CELL_REST) {
			cells[i].width = CELL_SINGLE;
		} else if (cells[i].width == CELL_DOUBLE && whole) {
			i++;
		} else if (cells[i].width == CELL_DOUBLE) {
			memset(cells[i].chars, 0, sizeof(cells[i].chars));
			cells[i].width = CELL_SINGLE;
		}
	}
}

size_t row_unpack(const char *p, size_t n, struct cell *cells, int cols)
{
	struct in in = {.p = p, .n = n};
	unsigned left = row_get_number(&in);
	int at = 0;

	memset(cells, 0, (size_t)cols * sizeof(*cells));
	in.bad = in.bad || left > ROW_CELLS_MAX;
	while (left && !in.bad) {
		unsigned count = row_get_number(&in);
		unsigned char flags = row_get_byte(&in);
		struct cell style = {.fg = row_get_colour(&in, flags & 3)};

		style.bg = row_get_colour(&in, flags >> BG_SHIFT & 3);
		style.attrs = flags & ATTRS ? row_get_byte(&in) : 0;
		if (count <= RUN || count - RUN > left)
			in.bad = true;
		count -= RUN;
		for (; count && !in.bad; count--, left--) {
			struct cell c = style;

			row_get_cell(&in, &c);
			if (at < cols)
				cells[at++] = c;
		}
	}
	if (row_get_byte(&in) != END)
		in.bad = true;
	if (in.bad) {
		memset(cells, 0, (size_t)cols * sizeof(*cells));
		return 0;
	}
	row_pair(cells, cols);
	return n - in.n;
}

void row_text(struct buf *out, const struct cell *cells, int from, int to)
{
	char utf8[4];

	while (to > from && (!cells[to - 1].chars[0] || cells[to - 1].chars[0] == ' ') &&
	       cells[to - 1].width == CELL_SINGLE && !cells[to - 1].chars[1])
		to--;
	for (int i = from; i < to; i++) {
		if (cells[i].width == CELL_REST)
			continue;
		buf_add(out, utf8, text_encode(cells[i].chars[0] ? cells[i].chars[0] : ' ', utf8));
		for (int k = 1; k < CELL_CHARS && cells[i].chars[k]; k++)
			buf_add(out, utf8, text_encode(cells[i].chars[k], utf8));
	}
}
