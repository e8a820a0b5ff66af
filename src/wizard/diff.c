/* SPDX-License-Identifier: MIT */
/*
 * diff: compares the lines of two texts by their longest common subsequence. For files of some hundred lines: of larger
 * ones the lines between the first and the last difference are all removed and added.
 */
#include "diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "save.h"

#define CELLS_MAX (4u << 20)

struct diff_lines {
	const char **at; /* start of each line, and the end of the text */
	size_t len;
};

static struct diff_lines diff_split(const char *text)
{
	struct diff_lines l = {.len = 0};
	size_t size = 16;

	l.at = xreallocarray(NULL, size, sizeof(*l.at));
	while (*text) {
		if (l.len + 2 > size) {
			size *= 2;
			l.at = xreallocarray(l.at, size, sizeof(*l.at));
		}
		l.at[l.len++] = text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	l.at[l.len] = text;
	return l;
}

static char *diff_line_text(const struct diff_lines *l, size_t i)
{
	size_t n = (size_t)(l->at[i + 1] - l->at[i]);

	return xstrndup(l->at[i], n && l->at[i][n - 1] == '\n' ? n - 1 : n);
}

/* Whether two lines are equal; a last line without newline differs from one with it. */
static bool diff_equal(const struct diff_lines *a, size_t i, const struct diff_lines *b, size_t k)
{
	size_t n = (size_t)(a->at[i + 1] - a->at[i]);

	return n == (size_t)(b->at[k + 1] - b->at[k]) && !memcmp(a->at[i], b->at[k], n);
}

static void diff_put(struct wizard_diff *d, enum wizard_mark mark, const struct diff_lines *l, size_t i)
{
	d->lines = xreallocarray(d->lines, d->len + 1, sizeof(*d->lines));
	d->lines[d->len].mark = mark;
	d->lines[d->len++].text = wizard_hide(diff_line_text(l, i));
	if (mark != WIZARD_SAME)
		d->same = false;
}

/* Compares the lines between the equal beginning and end by the table of longest common subsequences. */
static void diff_middle(struct wizard_diff *d, const struct diff_lines *a, size_t i, size_t a_end,
			const struct diff_lines *b, size_t k, size_t b_end)
{
	size_t wide = b_end - k + 1;
	size_t a0 = i, b0 = k;
	bool whole = (a_end - i + 1) * wide > CELLS_MAX;
	uint32_t *t = whole ? NULL : xcalloc((a_end - i + 1) * wide, sizeof(*t));

#define CELL(x, y) t[((x)-a0) * wide + ((y)-b0)]
	for (size_t x = a_end; t && x-- > a0;)
		for (size_t y = b_end; y-- > b0;) {
			if (diff_equal(a, x, b, y))
				CELL(x, y) = CELL(x + 1, y + 1) + 1;
			else if (CELL(x + 1, y) > CELL(x, y + 1))
				CELL(x, y) = CELL(x + 1, y);
			else
				CELL(x, y) = CELL(x, y + 1);
		}
	while (i < a_end || k < b_end) {
		if (t && i < a_end && k < b_end && diff_equal(a, i, b, k)) {
			diff_put(d, WIZARD_SAME, a, i);
			i++;
			k++;
		} else if (i < a_end && (k == b_end || !t || CELL(i + 1, k) >= CELL(i, k + 1))) {
			diff_put(d, WIZARD_REMOVED, a, i++);
		} else {
			diff_put(d, WIZARD_ADDED, b, k++);
		}
	}
#undef CELL
	free(t);
}

void diff_lines(const char *old, const char *new, struct wizard_diff *d)
{
	struct diff_lines a = diff_split(old);
	struct diff_lines b = diff_split(new);
	size_t head = 0, tail = 0;

	d->same = true;
	while (head < a.len && head < b.len && diff_equal(&a, head, &b, head))
		diff_put(d, WIZARD_SAME, &a, head++);
	while (tail < a.len - head && tail < b.len - head && diff_equal(&a, a.len - tail - 1, &b, b.len - tail - 1))
		tail++;
	diff_middle(d, &a, head, a.len - tail, &b, head, b.len - tail);
	for (size_t i = a.len - tail; i < a.len; i++)
		diff_put(d, WIZARD_SAME, &a, i);
	free(a.at);
	free(b.at);
}

void wizard_diff_fini(struct wizard_diff *d)
{
	for (size_t i = 0; i < d->len; i++) {
		mem_wipe(d->lines[i].text, strlen(d->lines[i].text));
		free(d->lines[i].text);
	}
	free(d->lines);
	*d = (struct wizard_diff){.lines = NULL};
}
