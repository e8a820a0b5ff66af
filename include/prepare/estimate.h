/* SPDX-License-Identifier: MIT */
/*
 * estimate: rates, shares and times left. A struct pace is about one series of "done of total" readings; a struct
 * estimate about a running step, from its expected time, what it counts and the parts that it reports. Pure: the
 * caller passes the time.
 */
#ifndef PREPARE_ESTIMATE_H
#define PREPARE_ESTIMATE_H

#include <stdbool.h>
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
/* Adds a reading; a reading less than 250 ms after the last one replaces it. If `done` decreases (a download began
 * again), the series starts again. */
void pace_add(struct pace *p, uint64_t now_ms, uint64_t done);
/* Returns units a second, the mean of the last seconds; 0: not known, for the first second. */
double pace_rate(const struct pace *p, uint64_t now_ms);
/* Returns the milliseconds left, -1: not known. */
int64_t pace_left(const struct pace *p, uint64_t now_ms, uint64_t done, uint64_t total);

struct estimate {
	double expect;	      /* seconds for the whole step */
	bool uniform;	      /* all units take the same time (bytes): the rate alone gives the time left */
	uint64_t began;	      /* ms */
	uint64_t done, total; /* of this part; total 0: it counts nothing */
	struct {
		double from, until; /* shares of the step's time, 0..1 */
		uint64_t began;
	} part;
	struct pace pace;
};

void estimate_start(struct estimate *s, uint64_t now, double expect, bool uniform);
void estimate_count(struct estimate *s, uint64_t now, uint64_t done, uint64_t total);
/* Begins the part between these shares of the time; it counts from 0. */
void estimate_part(struct estimate *s, uint64_t now, double from, double until);

/* Returns the share that is done, 0..1: by the count, else by the time that the part is expected to take. */
double estimate_share(const struct estimate *s, uint64_t now);
/* Returns the milliseconds left, -1: not known. The expected time counts most at the beginning, and the step's own pace
 * more and more later: the pieces of a step differ, so early ones say little. */
int64_t estimate_left(const struct estimate *s, uint64_t now);
/* Returns whether the part counts nothing and takes longer than expected. */
bool estimate_is_late(const struct estimate *s, uint64_t now);

#endif
