/* SPDX-License-Identifier: MIT */
/*
 * pace: rate and time left from a series of "done of total" readings. The rate is the mean over a
 * sliding window, so that it is calm and yet follows; nothing is said before a second has passed.
 */
#ifndef PREPARE_PACE_H
#define PREPARE_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_SAMPLES 32

struct pace {
	struct {
		uint64_t ms, done;
	} samples[PACE_SAMPLES];
	size_t len, next;
	uint64_t start_ms, start_done;
};

void pace_start(struct pace *p, uint64_t now_ms, uint64_t done);
/* Adds a reading; readings closer than 250 ms to the last one replace it. `done` going back (a
 * download that began again) starts the series anew. */
void pace_add(struct pace *p, uint64_t now_ms, uint64_t done);
/* Units a second, 0: not known yet. */
double pace_rate(const struct pace *p, uint64_t now_ms);
/* Milliseconds left, -1: not known. */
int64_t pace_left(const struct pace *p, uint64_t now_ms, uint64_t done, uint64_t total);

#endif
