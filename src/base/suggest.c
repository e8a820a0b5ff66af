/* SPDX-License-Identifier: MIT */
/* suggest: see include/base/suggest.h. */
#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

unsigned suggest_limit(size_t n)
{
	return n < 4 ? 1 : n < 8 ? 2 : 3;
}

unsigned suggest_distance(const char *a, const char *b, unsigned limit)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned row[SUGGEST_MAX + 1];

	if (n > SUGGEST_MAX || m > SUGGEST_MAX || (n > m ? n - m : m - n) > limit)
		return SUGGEST_FAR;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned before = row[0];
		unsigned least = row[0] = (unsigned)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned cost = before + (a[i - 1] != b[j - 1]);

			before = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
			if (cost < least)
				least = cost;
		}
		if (least > limit)
			return SUGGEST_FAR;
	}
	return row[m] > limit ? SUGGEST_FAR : row[m];
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

	/* at least a character of it must be right */
	if (away < s->away && away < n) {
		s->best = candidate;
		s->away = away;
	}
}
