/* SPDX-License-Identifier: MIT */
/* suggest: finds the most similar known words. */
#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

unsigned suggest_limit(size_t n)
{
	return n < 4 ? 1 : n < 8 ? 2 : 3;
}

unsigned suggest_distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][SUGGEST_MAX + 1]; /* of i, i - 1 and i - 2, in turn */
	size_t n = strlen(a), m = strlen(b);

	if (n > SUGGEST_MAX || m > SUGGEST_MAX || (n > m ? n - m : m - n) > limit)
		return SUGGEST_FAR;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		unsigned least = row[0] = (unsigned)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned cost = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < cost)
				cost = last[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < cost)
				cost = before[j - 2] + 1;
			row[j] = cost;
			if (cost < least)
				least = cost;
		}
		if (least > limit)
			return SUGGEST_FAR;
	}
	return rows[n % 3][m] > limit ? SUGGEST_FAR : rows[n % 3][m];
}

void suggest_begin(struct suggest *s, const char *word)
{
	*s = (struct suggest){.word = word, .away = SUGGEST_FAR};
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t n = strlen(s->word);
	bool begins = n >= 3 && !strncmp(candidate, s->word, n);
	unsigned away = begins ? 1 : suggest_distance(s->word, candidate, suggest_limit(n));

	/* at least one character must be right */
	if (away < s->away && away < n) {
		s->best = candidate;
		s->away = away;
	}
}

void suggest_list_begin(struct suggest_list *l, const char *word)
{
	*l = (struct suggest_list){.word = word, .limit = suggest_limit(strlen(word))};
}

/* Sorted by distance, then name. */
void suggest_list_offer(struct suggest_list *l, const char *candidate)
{
	size_t n = strlen(l->word), at = 0;
	unsigned away = n ? suggest_distance(l->word, candidate, l->limit) : SUGGEST_FAR;

	if (away == SUGGEST_FAR && n >= 3 && n <= SUGGEST_MAX && !strncmp(candidate, l->word, n))
		away = l->limit + 1;
	if (away == SUGGEST_FAR)
		return;
	for (size_t i = 0; i < l->len; i++)
		if (!strcmp(l->items[i].name, candidate))
			return;
	while (at < l->len &&
	       (l->items[at].away < away || (l->items[at].away == away && strcmp(l->items[at].name, candidate) < 0)))
		at++;
	if (at == SUGGEST_LIST)
		return;
	if (l->len < SUGGEST_LIST)
		l->len++;
	memmove(&l->items[at + 1], &l->items[at], (l->len - at - 1) * sizeof(*l->items));
	l->items[at].name = candidate;
	l->items[at].away = away;
}

char *suggest_list_text(const struct suggest_list *l)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < l->len; i++)
		buf_addf(&b, "%s%s", !i ? "" : i + 1 == l->len ? " or " : ", ", l->items[i].name);
	return buf_steal(&b);
}
