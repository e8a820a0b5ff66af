/* SPDX-License-Identifier: MIT */
/* estimate: see src/prepare/estimate.h. */
#include "estimate.h"

#include <string.h>

#define TRIFLE 0.1  /* so little of a step says nothing of the rest */
#define NEARLY 0.95 /* where nothing is counted, the end is never claimed */
#define SAYABLE_S 2 /* of what takes less, no time left is told */

void estimate_start(struct estimate *s, uint64_t now, double expect, bool alike)
{
	memset(s, 0, sizeof(*s));
	s->expect = expect;
	s->alike = alike;
	s->began = now;
	estimate_part(s, now, 0, 1);
}

void estimate_part(struct estimate *s, uint64_t now, double from, double until)
{
	s->part.from = from;
	s->part.until = until;
	s->part.began = now;
	s->done = s->total = 0;
	pace_start(&s->pace, now, 0);
}

void estimate_count(struct estimate *s, uint64_t now, uint64_t done, uint64_t total)
{
	pace_add(&s->pace, now, done);
	s->done = done;
	s->total = total;
}

/* Milliseconds that the whole may take: what was expected, or what the parts before this one tell. */
static double estimate_whole(const struct estimate *s)
{
	return s->part.from > TRIFLE ? (double)(s->part.began - s->began) / s->part.from : s->expect * 1000;
}

/* What is left of this part by that alone; negative: it takes longer. */
static double estimate_part_left(const struct estimate *s, uint64_t now)
{
	return estimate_whole(s) * (s->part.until - s->part.from) - (double)(now - s->part.began);
}

double estimate_share(const struct estimate *s, uint64_t now)
{
	double length = s->part.until - s->part.from;
	double within = s->total ? (double)s->done / (double)s->total
				 : 1 - estimate_part_left(s, now) / (estimate_whole(s) * length);

	if (!s->total && within > NEARLY)
		within = NEARLY;
	return s->part.from + length * within;
}

int64_t estimate_left(const struct estimate *s, uint64_t now)
{
	double share = estimate_share(s, now);
	double left = s->expect * 1000 * (1 - share);

	if (!s->total) {
		left = estimate_part_left(s, now);
		return left <= 0 || s->expect < SAYABLE_S
			       ? -1
			       : (int64_t)(left + estimate_whole(s) * (1 - s->part.until) + 0.5);
	}
	if (s->alike)
		return pace_left(&s->pace, now, s->done, s->total);
	if (share > TRIFLE)
		left = left * (1 - share) + (double)(now - s->began) / share * (1 - share) * share;
	return (int64_t)(left + 0.5);
}

bool estimate_is_late(const struct estimate *s, uint64_t now)
{
	return !s->total && estimate_part_left(s, now) < 0;
}
