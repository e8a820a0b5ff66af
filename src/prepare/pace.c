/* SPDX-License-Identifier: MIT */
/* pace: see include/prepare/pace.h. The window is the last PACE_SAMPLES readings, at most 8 s. */
#include "prepare/pace.h"

#include <string.h>

#define WINDOW_MS 8000
#define SPACING_MS 250
#define SETTLE_MS 1000

void pace_start(struct pace *p, uint64_t now_ms, uint64_t done)
{
	memset(p, 0, sizeof(*p));
	p->start_ms = now_ms;
	p->start_done = done;
}

static size_t pace_newest(const struct pace *p)
{
	return (p->next + PACE_SAMPLES - 1) % PACE_SAMPLES;
}

void pace_add(struct pace *p, uint64_t now_ms, uint64_t done)
{
	size_t last = pace_newest(p);

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
	done = p->samples[pace_newest(p)].done;
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
