/* SPDX-License-Identifier: MIT */
/* estimate: computes rates, shares and times left of running steps. */
#include "prepare/estimate.h"

#include <string.h>

#define WINDOW_MS 8000	/* of the readings that a rate is the mean of */
#define SPACING_MS 250	/* between two readings */
#define SETTLE_MS 1000	/* before the first rate */
#define LEAST_SHARE 0.1 /* a smaller share of a step says nothing about the rest */
#define MOST_SHARE 0.95 /* of a part that counts nothing: its end is never claimed */
#define LEAST_S 2	/* a step that takes less has no time left */

void pace_start(struct pace *p, uint64_t now_ms, uint64_t done)
{
	memset(p, 0, sizeof(*p));
	p->start_ms = now_ms;
	p->start_done = done;
}

static size_t estimate_newest(const struct pace *p)
{
	return (p->next + PACE_SAMPLES - 1) % PACE_SAMPLES;
}

void pace_add(struct pace *p, uint64_t now_ms, uint64_t done)
{
	size_t last = estimate_newest(p);

	if (p->len && done < p->samples[last].done)
		pace_start(p, now_ms, done);
	if (p->len > 1 && now_ms - p->samples[(last + PACE_SAMPLES - 1) % PACE_SAMPLES].ms < SPACING_MS) {
		p->samples[last].ms = now_ms;
		p->samples[last].done = done;
		return;
	}
	p->samples[p->next].ms = now_ms;
	p->samples[p->next].done = done;
	p->next = (p->next + 1) % PACE_SAMPLES;
	if (p->len < PACE_SAMPLES)
		p->len++;
}

double pace_rate(const struct pace *p, uint64_t now_ms)
{
	uint64_t from_ms = p->start_ms;
	uint64_t from_done = p->start_done;
	uint64_t done;

	if (!p->len || now_ms < p->start_ms + SETTLE_MS)
		return 0;
	done = p->samples[estimate_newest(p)].done;
	for (size_t i = 0; i < p->len; i++) {
		size_t k = (p->next + PACE_SAMPLES - p->len + i) % PACE_SAMPLES;

		from_ms = p->samples[k].ms;
		from_done = p->samples[k].done;
		if (now_ms - from_ms <= WINDOW_MS)
			break;
	}
	if (now_ms - from_ms < SETTLE_MS) {
		from_ms = p->start_ms;
		from_done = p->start_done;
	}
	return (double)(done - from_done) * 1000.0 / (double)(now_ms - from_ms);
}

int64_t pace_left(const struct pace *p, uint64_t now_ms, uint64_t done, uint64_t total)
{
	double rate = pace_rate(p, now_ms);

	if (!total || rate <= 0 || done > total)
		return -1;
	return (int64_t)((double)(total - done) * 1000.0 / rate);
}

/* ---- a step ---- */

void estimate_start(struct estimate *s, uint64_t now, double expect, bool uniform)
{
	memset(s, 0, sizeof(*s));
	s->expect = expect;
	s->uniform = uniform;
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

/* Returns the milliseconds that the step may take: as expected, or as the parts before this one took. */
static double estimate_whole(const struct estimate *s)
{
	return s->part.from > LEAST_SHARE ? (double)(s->part.began - s->began) / s->part.from : s->expect * 1000;
}

/* Returns the milliseconds left of this part by that time alone; negative: it takes longer. */
static double estimate_part_left(const struct estimate *s, uint64_t now)
{
	return estimate_whole(s) * (s->part.until - s->part.from) - (double)(now - s->part.began);
}

double estimate_share(const struct estimate *s, uint64_t now)
{
	double length = s->part.until - s->part.from;
	double within = s->total ? (double)s->done / (double)s->total
				 : 1 - estimate_part_left(s, now) / (estimate_whole(s) * length);

	if (!s->total && within > MOST_SHARE)
		within = MOST_SHARE;
	return s->part.from + length * within;
}

int64_t estimate_left(const struct estimate *s, uint64_t now)
{
	double share = estimate_share(s, now);
	double left = s->expect * 1000 * (1 - share);

	if (!s->total) {
		left = estimate_part_left(s, now);
		return left <= 0 || s->expect < LEAST_S
			       ? -1
			       : (int64_t)(left + estimate_whole(s) * (1 - s->part.until) + 0.5);
	}
	if (s->uniform)
		return pace_left(&s->pace, now, s->done, s->total);
	if (share > LEAST_SHARE)
		left = (left + (double)(now - s->began)) * (1 - share);
	return (int64_t)(left + 0.5);
}

bool estimate_is_late(const struct estimate *s, uint64_t now)
{
	return !s->total && estimate_part_left(s, now) < 0;
}
