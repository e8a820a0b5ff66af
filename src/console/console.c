/* SPDX-License-Identifier: MIT */
/*
 * console: runs libvterm's state layer, which moves the cursor and calls back to put, erase and scroll. The cells are
 * our own (grid.h): so libvterm 0.1 and 0.3 differ in one function here, and rows are scrolled by their pointers.
 */
#include "console/console.h"

#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "base/mem.h"
#include "base/text.h"
#include "console/row.h"
#include "grid.h"
#include "input_filter.h"
#include "keys.h"
#include "osc.h"

enum { PRIMARY, ALTERNATE };

struct console {
	VTerm *vt;
	VTermState *state;
	struct input_filter filter;
	struct osc osc;
	struct grid grid[2];
	struct grid *shown;
	struct cell pen;
	int last_row, last_col; /* of the last character */
	struct console_modes modes;
	uint64_t stamp;
	struct history *history;
	struct buf packed; /* a line for the history */
	struct buf out;
	bool answering; /* within console_feed: output is a reply to the guest */
};

/* ---- callbacks of libvterm ---- */

static int console_on_putglyph(VTermGlyphInfo *info, VTermPos pos, void *arg)
{
	struct console *c = arg;
	int n = 0;

	if (info->width < 1)
		return 1;
	while (n < CELL_CHARS && info->chars[n]) {
		c->pen.chars[n] = info->chars[n];
		n++;
	}
	for (int i = n; i < CELL_CHARS && c->pen.chars[i]; i++)
		c->pen.chars[i] = 0;
	c->last_row = pos.row;
	c->last_col = pos.col;
	c->pen.width = info->width > 1 ? CELL_DOUBLE : CELL_SINGLE;
	grid_put(c->shown, pos.row, pos.col, &c->pen, c->stamp);
	return 1;
}

static int console_on_movecursor(VTermPos pos, VTermPos old, int visible, void *arg)
{
	struct console *c = arg;

	(void)old;
	(void)visible;
	c->modes.row = pos.row;
	c->modes.col = pos.col;
	return 1;
}

static void console_save_line(struct console *c, int row)
{
	buf_clear(&c->packed);
	row_pack(&c->packed, c->grid[PRIMARY].row[row], c->grid[PRIMARY].cols);
	history_push(c->history, c->packed.data, c->packed.len);
}

static int console_on_scrollrect(VTermRect rect, int downward, int rightward, void *arg)
{
	struct console *c = arg;
	struct grid_rect r = {rect.start_row, rect.end_row, rect.start_col, rect.end_col};

	if (c->shown == &c->grid[PRIMARY] && downward > 0 && !rightward && r.top == 0 && !r.left &&
	    r.right == c->shown->cols) {
		for (int i = 0; i < downward && i < r.bottom; i++)
			console_save_line(c, i);
	}
	grid_scroll(c->shown, r, downward, rightward, c->pen.bg, c->stamp);
	return 1;
}

static int console_on_erase(VTermRect rect, int selective, void *arg)
{
	struct console *c = arg;
	struct grid_rect r = {rect.start_row, rect.end_row, rect.start_col, rect.end_col};

	(void)selective; /* protected cells are not supported */
	grid_erase(c->shown, r, c->pen.bg, c->stamp);
	return 1;
}

static uint32_t console_colour(const VTermColor *v)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(v) || VTERM_COLOR_IS_DEFAULT_BG(v))
		return CELL_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(v))
		return CELL_INDEXED | v->indexed.idx;
	return CELL_RGB | (uint32_t)v->rgb.red << 16 | (uint32_t)v->rgb.green << 8 | v->rgb.blue;
}

static void console_set_attr(struct console *c, unsigned attr, bool on)
{
	c->pen.attrs = (uint16_t)(on ? c->pen.attrs | attr : c->pen.attrs & ~attr);
}

static int console_on_setpenattr(VTermAttr attr, VTermValue *v, void *arg)
{
	struct console *c = arg;

	switch (attr) {
	case VTERM_ATTR_BOLD:
		console_set_attr(c, CELL_BOLD, v->boolean);
		break;
	case VTERM_ATTR_UNDERLINE:
		console_set_attr(c, CELL_UNDERLINE, v->number);
		break;
	case VTERM_ATTR_ITALIC:
		console_set_attr(c, CELL_ITALIC, v->boolean);
		break;
	case VTERM_ATTR_BLINK:
		console_set_attr(c, CELL_BLINK, v->boolean);
		break;
	case VTERM_ATTR_REVERSE:
		console_set_attr(c, CELL_REVERSE, v->boolean);
		break;
	case VTERM_ATTR_STRIKE:
		console_set_attr(c, CELL_STRIKE, v->boolean);
		break;
#if VTERM_VERSION_MINOR >= 3
	case VTERM_ATTR_CONCEAL:
		console_set_attr(c, CELL_CONCEAL, v->boolean);
		break;
#endif
	case VTERM_ATTR_FOREGROUND:
		c->pen.fg = console_colour(&v->color);
		break;
	case VTERM_ATTR_BACKGROUND:
		c->pen.bg = console_colour(&v->color);
		break;
	default:
		break;
	}
	return 1;
}

static int console_on_initpen(void *arg)
{
	struct console *c = arg;

	c->pen = (struct cell){0};
	return 1;
}

static int console_on_settermprop(VTermProp prop, VTermValue *v, void *arg)
{
	struct console *c = arg;

	switch (prop) {
	case VTERM_PROP_CURSORVISIBLE:
		c->modes.cursor = v->boolean;
		break;
	case VTERM_PROP_CURSORBLINK:
		c->modes.cursor_blink = v->boolean;
		break;
	case VTERM_PROP_CURSORSHAPE:
		c->modes.cursor_shape = (uint8_t)v->number;
		break;
	case VTERM_PROP_ALTSCREEN:
		c->modes.alternate = v->boolean;
		c->shown = &c->grid[v->boolean ? ALTERNATE : PRIMARY];
		grid_touch(c->shown, c->stamp);
		break;
	case VTERM_PROP_REVERSE:
		c->modes.reverse = v->boolean;
		grid_touch(c->shown, c->stamp);
		break;
	case VTERM_PROP_MOUSE:
		c->modes.mouse = (enum console_mouse)v->number;
		break;
	default:
		break;
	}
	return 1;
}

static int console_on_bell(void *arg)
{
	struct console *c = arg;

	c->modes.bells++;
	return 1;
}

/* Resizes both grids. Removes rows below the cursor first, then moves rows to the scrollback; new rows come from the
 * scrollback. Returns by how many rows the cursor moves down. */
static int console_resize_grids(struct console *c, int rows, int cols)
{
	struct grid *g = &c->grid[PRIMARY];
	int delta = 0, below = g->rows - 1 - c->modes.row, over = g->rows - rows - below;
	struct grid_rect all = {0, g->rows, 0, g->cols};
	size_t n;
	const char *p;

	if (c->shown == g) {
		for (int i = 0; i < over; i++)
			console_save_line(c, i);
		if (over > 0)
			grid_scroll(g, all, over, 0, CELL_DEFAULT, c->stamp);
		delta = over > 0 ? -over : 0;
	}
	grid_resize(&c->grid[ALTERNATE], rows, cols, c->stamp);
	over = rows - g->rows;
	grid_resize(g, rows, cols, c->stamp);
	all = (struct grid_rect){0, rows, 0, cols};
	for (; c->shown == g && over > 0; over--) {
		p = history_line(c->history, history_end(c->history) - 1, &n);
		if (!p)
			break;
		grid_scroll(g, all, -1, 0, CELL_DEFAULT, c->stamp);
		row_unpack(p, n, g->row[0], cols);
		history_pop(c->history);
		delta++;
	}
	return delta;
}

#if VTERM_VERSION_MINOR >= 2
static int console_on_resize(int rows, int cols, VTermStateFields *fields, void *arg)
{
	struct console *c = arg;
	int old = c->shown->rows;

	fields->pos.row += console_resize_grids(c, rows, cols);
	/* libvterm 0.2 and later leave these to this callback, in memory of its allocator */
	for (size_t i = 0; i < 2; i++) {
		VTermLineInfo *info = fields->lineinfos[i];

		if (!info)
			continue;
		fields->lineinfos[i] = xcalloc((size_t)rows, sizeof(*info));
		memcpy(fields->lineinfos[i], info, (size_t)(rows < old ? rows : old) * sizeof(*info));
		free(info);
	}
	return 1;
}
#else
static int console_on_resize(int rows, int cols, VTermPos *delta, void *arg)
{
	delta->row += console_resize_grids(arg, rows, cols);
	return 1;
}
#endif

static const VTermStateCallbacks callbacks = {
	.putglyph = console_on_putglyph,
	.movecursor = console_on_movecursor,
	.scrollrect = console_on_scrollrect,
	.erase = console_on_erase,
	.initpen = console_on_initpen,
	.setpenattr = console_on_setpenattr,
	.settermprop = console_on_settermprop,
	.bell = console_on_bell,
	.resize = console_on_resize,
};

static void console_on_output(const char *p, size_t n, void *arg)
{
	struct console *c = arg;

	/* a guest that sends queries and never reads gets no more replies */
	if (c->answering && c->out.len + n > CONSOLE_REPLIES)
		return;
	buf_add(&c->out, p, n);
}

static void *console_allocate(size_t n, void *data)
{
	(void)data;
	return xcalloc(1, n);
}

static void console_release(void *p, void *data)
{
	(void)data;
	free(p);
}

/* ---- life cycle ---- */

static int console_clamp(int v, int min, int max)
{
	return v < min ? min : v > max ? max : v;
}

struct console *console_new(int rows, int cols, size_t lines)
{
	static VTermAllocatorFunctions allocator = {.malloc = console_allocate, .free = console_release};
	struct console *c = xcalloc(1, sizeof(*c));

	rows = console_clamp(rows, CONSOLE_ROWS_MIN, CONSOLE_ROWS_MAX);
	cols = console_clamp(cols, CONSOLE_COLS_MIN, CONSOLE_COLS_MAX);
	grid_init(&c->grid[PRIMARY], rows, cols);
	grid_init(&c->grid[ALTERNATE], rows, cols);
	c->shown = &c->grid[PRIMARY];
	c->history = history_new(lines, HISTORY_BYTES);
	buf_init(&c->packed, 0);
	osc_init(&c->osc);
	buf_init(&c->out, CONSOLE_OUT);
	c->modes.cursor = true;
	c->modes.cursor_shape = VTERM_PROP_CURSORSHAPE_BLOCK;
	c->vt = vterm_new_with_allocator(rows, cols, &allocator, NULL);
	vterm_set_utf8(c->vt, 1);
	vterm_output_set_callback(c->vt, console_on_output, c);
	c->state = vterm_obtain_state(c->vt);
	vterm_state_set_callbacks(c->state, &callbacks, c);
	console_reset(c);
	return c;
}

void console_free(struct console *c)
{
	if (!c)
		return;
	vterm_free(c->vt);
	grid_fini(&c->grid[PRIMARY]);
	grid_fini(&c->grid[ALTERNATE]);
	history_free(c->history);
	buf_fini(&c->packed);
	osc_fini(&c->osc);
	buf_fini(&c->out);
	free(c);
}

static void console_on_text(const char *p, size_t n, void *arg)
{
	struct console *c = arg;

	vterm_input_write(c->vt, p, n);
}

static void console_on_combining(uint32_t mark, void *arg)
{
	struct console *c = arg;

	grid_combine(c->shown, c->last_row, c->last_col, mark, c->stamp);
}

static void console_on_osc(int byte, void *arg)
{
	struct console *c = arg;

	if (byte == FILTER_OSC_BEGIN)
		osc_begin(&c->osc);
	else if (byte == FILTER_OSC_END)
		osc_end(&c->osc);
	else
		osc_add(&c->osc, (char)byte);
}

static const struct input_filter_ops filter_ops = {
	.text = console_on_text, .combining = console_on_combining, .osc = console_on_osc};

void console_feed(struct console *c, const char *p, size_t n)
{
	c->stamp++;
	c->answering = true;
	input_filter_feed(&c->filter, p, n, &filter_ops, c);
	c->answering = false;
}

void console_resize(struct console *c, int rows, int cols)
{
	c->stamp++;
	vterm_set_size(c->vt, console_clamp(rows, CONSOLE_ROWS_MIN, CONSOLE_ROWS_MAX),
		       console_clamp(cols, CONSOLE_COLS_MIN, CONSOLE_COLS_MAX));
}

void console_reset(struct console *c)
{
	c->stamp++;
	c->filter = (struct input_filter){0};
	vterm_state_reset(c->state, 1);
	/* without a saved state, restoring gives libvterm's zeroes: black on black */
	vterm_input_write(c->vt, "\0337", 2);
	grid_touch(c->shown, c->stamp);
}

/* ---- state ---- */

int console_rows(const struct console *c)
{
	return c->shown->rows;
}

int console_cols(const struct console *c)
{
	return c->shown->cols;
}

void console_modes(const struct console *c, struct console_modes *out)
{
	*out = c->modes;
	out->clips = c->osc.clips;
}

const char *console_title(const struct console *c)
{
	return c->osc.title ? c->osc.title : "";
}

const struct buf *console_clip(const struct console *c)
{
	return &c->osc.clip;
}

const struct cell *console_row(const struct console *c, int row)
{
	return c->shown->row[row];
}

uint64_t console_stamp(const struct console *c)
{
	return c->stamp;
}

uint64_t console_row_stamp(const struct console *c, int row)
{
	return c->shown->stamp[row];
}

struct history *console_history(struct console *c)
{
	return c->history;
}

/* ---- input to the guest ---- */

struct buf *console_out(struct console *c)
{
	return &c->out;
}

int console_type(struct console *c, const char *p, size_t n)
{
	return buf_add(&c->out, p, n);
}

int console_paste(struct console *c, const char *p, size_t n)
{
	if (c->out.len + n + 64 > CONSOLE_OUT)
		return -1;
	vterm_keyboard_start_paste(c->vt);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && i && p[i - 1] == '\r')
			continue;
		if (p[i] == '\n' || p[i] == '\r')
			buf_addc(&c->out, '\r');
		else if (p[i] == '\t' || ((unsigned char)p[i] >= 0x20 && p[i] != 0x7f))
			buf_addc(&c->out, p[i]);
	}
	vterm_keyboard_end_paste(c->vt);
	return 0;
}

static VTermModifier console_modifier(unsigned m)
{
	return (m & CONSOLE_SHIFT ? VTERM_MOD_SHIFT : 0) | (m & CONSOLE_ALT ? VTERM_MOD_ALT : 0) |
	       (m & CONSOLE_CTRL ? VTERM_MOD_CTRL : 0);
}

int console_press(struct console *c, const char *key, unsigned modifiers)
{
	VTermKey found;
	char *last;

	if (c->out.len + 64 > CONSOLE_OUT)
		return -1;
	if (!strcmp(key, "Nul"))
		return buf_addc(&c->out, '\0');
	if (!keys_find(strcmp(key, "Begin") != 0 ? key : "Home", &found))
		return -1;
	vterm_keyboard_key(c->vt, found, console_modifier(modifiers));
	last = c->out.len ? &c->out.data[c->out.len - 1] : NULL;
	if (last && *last == 'H' && !strcmp(key, "Begin")) /* libvterm does not have this key */
		*last = 'E';
	else if (last && *last == '\n' && found == VTERM_KEY_KP_ENTER) /* libvterm sends Ctrl-J */
		*last = '\r';
	return 0;
}

static void console_truncate_out(struct console *c, size_t len)
{
	c->out.len = len;
	c->out.data[len] = '\0';
}

void console_click(struct console *c, int row, int col, int button, bool pressed, unsigned modifiers)
{
	bool enabled = c->modes.mouse != CONSOLE_MOUSE_OFF;
	size_t before = c->out.len;

	/* report a release even if the guest disabled the mouse, else the button stays pressed */
	if ((!enabled && pressed) || c->out.len + 64 > CONSOLE_OUT)
		return;
	if (row < 0 || row >= c->shown->rows || col < 0 || col >= c->shown->cols)
		return;
	vterm_mouse_move(c->vt, row, col, console_modifier(modifiers));
	if (!button)
		return;
	console_truncate_out(c, before); /* drop a movement that the terminal did not report */
	vterm_mouse_button(c->vt, button, pressed, console_modifier(modifiers));
	if (!enabled)
		console_truncate_out(c, before);
}
