/* SPDX-License-Identifier: MIT */
/* attach: the screen and the scrollback of a machine's console, as kept by a client (include/machine/attach.h). */
#include "machine/attach.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "console/row.h"

#define PAGE 500 /* lines of the scrollback in one request */

struct attach {
	struct vm_client *client;
	const struct attach_ops *ops;
	void *arg;
	struct view view;
	bool type; /* as attached */
	bool types, anybody;
	unsigned count;
	/* a page of the scrollback, and where each of its lines begins */
	struct buf page;
	size_t *start;
	uint64_t page_from, page_count;
	struct buf arriving; /* received before the answer that says which lines they are */
	bool asking;
	uint64_t wanted; /* the line that was requested */
	bool missed;	 /* the answer lacked that line: the next request begins with it */
	void (*found)(const struct find_place *found, void *arg);
	void *found_arg;
	unsigned finds;
};

static void attach_on_state(enum vm_state s, void *arg)
{
	struct attach *v = arg;

	v->ops->state(s, v->arg);
}

static void attach_on_progress(const char *state, const json_t *values, void *arg)
{
	struct attach *v = arg;

	v->ops->progress(state, values, v->arg);
}

static void attach_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct attach *v = arg;

	v->types = v->anybody = false;
	v->ops->ended(s, cause, v->arg);
}

static void attach_on_screen(const char *p, size_t n, void *arg)
{
	struct attach *v = arg;
	int rows = v->view.rows;

	/* an update that cannot be read: requests the whole screen */
	if (view_apply(&v->view, p, n) < 0) {
		view_fini(&v->view);
		vm_client_ask(v->client, "attach", json_pack("{s:b}", "type", (int)v->types), NULL, NULL);
		return;
	}
	if (v->view.rows != rows) /* a taller screen takes lines back, and others are renumbered */
		v->page_count = 0;
	v->ops->changed(v->arg);
}

static void attach_on_lines(const char *p, size_t n, void *arg)
{
	struct attach *v = arg;

	buf_clear(&v->arriving);
	buf_add(&v->arriving, p, n);
}

static void attach_on_typing(bool you, bool anybody, unsigned viewers, void *arg)
{
	struct attach *v = arg;

	v->types = you;
	v->anybody = anybody;
	v->count = viewers;
	v->ops->changed(v->arg);
}

static const struct vm_client_ops client_ops = {
	.state = attach_on_state,
	.progress = attach_on_progress,
	.ended = attach_on_ended,
	.screen = attach_on_screen,
	.lines = attach_on_lines,
	.typing = attach_on_typing,
};

struct attach *attach_new(struct loop *l, const char *dir, const char *runtime_dir, bool type,
			  const struct attach_ops *ops, void *arg)
{
	struct attach *v = xcalloc(1, sizeof(*v));

	v->ops = ops;
	v->arg = arg;
	buf_init(&v->page, 0);
	buf_init(&v->arriving, 0);
	v->client = vm_connect(l, dir, runtime_dir, false, &client_ops, v);
	vm_client_ask(v->client, "attach", json_pack("{s:b}", "type", (int)type), NULL, NULL);
	return v;
}

void attach_free(struct attach *v)
{
	if (!v)
		return;
	vm_client_close(v->client);
	view_fini(&v->view);
	buf_fini(&v->page);
	buf_fini(&v->arriving);
	free(v->start);
	free(v);
}

struct vm_client *attach_client(struct attach *v)
{
	return v->client;
}

const struct view *attach_view(const struct attach *v)
{
	return &v->view;
}

/* Pages */

/* Finds where each line begins; false if the page is malformed. */
static bool attach_index_page(struct attach *v, uint64_t count)
{
	struct cell cell;
	size_t at = 0;

	free(v->start);
	v->start = xcalloc(count + 1, sizeof(*v->start));
	for (uint64_t i = 0; i < count; i++) {
		size_t used = row_unpack(v->page.data + at, v->page.len - at, &cell, 1);

		if (!used)
			return false;
		v->start[i] = at;
		at += used;
	}
	v->start[count] = at;
	return true;
}

static bool attach_has_line(const struct attach *v, uint64_t line)
{
	return line >= v->page_from && line - v->page_from < v->page_count;
}

static void attach_on_page(const struct err *e, const json_t *answer, void *arg)
{
	struct attach *v = arg;
	json_int_t count = json_int(answer, "count", 0);
	struct buf old = v->page;

	v->asking = false;
	if (e || count < 1 || count > 2 * PAGE)
		return;
	v->page = v->arriving;
	v->arriving = old;
	v->page_from = (uint64_t)json_int(answer, "from", 0);
	v->page_count = attach_index_page(v, (uint64_t)count) ? (uint64_t)count : 0;
	v->missed = !attach_has_line(v, v->wanted);
	if (v->page_count)
		v->ops->changed(v->arg);
}

bool attach_line(struct attach *v, uint64_t line, struct cell *cells, int cols)
{
	uint64_t from;

	if (line >= v->view.end) {
		uint64_t row = line - v->view.end;
		int n = cols < v->view.cols ? cols : v->view.cols;

		memset(cells, 0, (size_t)cols * sizeof(*cells));
		if (row >= (uint64_t)v->view.rows)
			return false;
		memcpy(cells, view_row(&v->view, (int)row), (size_t)n * sizeof(*cells));
		return true;
	}
	if (attach_has_line(v, line)) {
		uint64_t i = line - v->page_from;

		row_unpack(v->page.data + v->start[i], v->start[i + 1] - v->start[i], cells, cols);
		return true;
	}
	memset(cells, 0, (size_t)cols * sizeof(*cells));
	if (v->asking || line < v->view.first)
		return false;
	/* half a page of dense lines can be more than one answer holds */
	from = v->missed && line == v->wanted ? line : line > PAGE / 2 ? line - PAGE / 2 : 0;
	v->asking = true;
	v->wanted = line;
	vm_client_ask(v->client, "lines", json_pack("{s:I, s:i}", "from", (json_int_t)from, "count", PAGE),
		      attach_on_page, v);
	return false;
}

/* Who types */

bool attach_types(const struct attach *v)
{
	return v->types;
}

bool attach_anybody_types(const struct attach *v)
{
	return v->anybody;
}

unsigned attach_count(const struct attach *v)
{
	return v->count;
}

void attach_take(struct attach *v, bool type)
{
	vm_client_ask(v->client, "take", json_pack("{s:b}", "type", (int)type), NULL, NULL);
}

static void attach_send_text(struct attach *v, const char *op, const char *text, size_t n, vm_answer_fn fn, void *arg)
{
	json_t *o = json_object();

	json_object_set_new(o, "text", json_stringn(text, n)); /* text that is not UTF-8 stays out, and is refused */
	vm_client_ask(v->client, op, o, fn, arg);
}

void attach_type(struct attach *v, const char *text, size_t n, vm_answer_fn fn, void *arg)
{
	attach_send_text(v, "type", text, n, fn, arg);
}

void attach_paste(struct attach *v, const char *text, size_t n, vm_answer_fn fn, void *arg)
{
	attach_send_text(v, "paste", text, n, fn, arg);
}

void attach_key(struct attach *v, const char *key, unsigned modifiers)
{
	vm_client_ask(v->client, "key", json_pack("{s:s, s:i}", "key", key, "modifiers", (int)modifiers), NULL, NULL);
}

void attach_click(struct attach *v, int row, int col, int button, bool pressed, unsigned modifiers)
{
	vm_client_ask(v->client, "click",
		      json_pack("{s:i, s:i, s:i, s:b, s:i}", "row", row, "column", col, "button", button, "pressed",
				(int)pressed, "modifiers", (int)modifiers),
		      NULL, NULL);
}

void attach_resize(struct attach *v, int rows, int cols, vm_answer_fn fn, void *arg)
{
	vm_client_ask(v->client, "resize", json_pack("{s:i, s:i}", "rows", rows, "columns", cols), fn, arg);
}

void attach_clip(struct attach *v, vm_answer_fn fn, void *arg)
{
	vm_client_ask(v->client, "clip", json_object(), fn, arg);
}

/* Searching */

static void attach_on_found(const struct err *e, const json_t *answer, void *arg)
{
	struct attach *v = arg;
	struct find_place at;
	void (*fn)(const struct find_place *found, void *arg) = v->found;

	if (--v->finds || !fn)
		return;
	at = (struct find_place){.line = (uint64_t)json_int(answer, "line", 0),
				 .col = (int)json_int(answer, "column", 0),
				 .cols = (int)json_int(answer, "columns", 0)};
	v->found = NULL;
	fn(!e && json_bool(answer, "found", false) ? &at : NULL, v->found_arg);
}

void attach_find(struct attach *v, const char *text, bool back, const struct find_place *from,
		 void (*fn)(const struct find_place *found, void *arg), void *arg)
{
	v->finds++;
	v->found = fn;
	v->found_arg = arg;
	vm_client_ask(v->client, "find",
		      json_pack("{s:s, s:b, s:I, s:i}", "text", text, "back", (int)back, "line",
				(json_int_t)(from->line > INT64_MAX ? INT64_MAX : from->line), "column", from->col),
		      attach_on_found, v);
}
