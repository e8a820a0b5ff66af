/* SPDX-License-Identifier: MIT */
/*
 * estimate: how far a running step is, and how long it will take yet, from what was expected of it,
 * what it counts (pace.h) and the parts that it tells of. Pure: the time is handed in.
 */
#ifndef PREPARE_ESTIMATE_H
#define PREPARE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "prepare/pace.h"

struct estimate {
	double expect;	      /* seconds for the whole */
	bool alike;	      /* what is counted is all alike (bytes): its own rate says all */
	uint64_t began;	      /* ms */
	uint64_t done, total; /* of this part; total 0: it counts nothing */
	struct {
		double from, until; /* shares of the whole's time, 0..1 */
		uint64_t began;
	} part;
	struct pace pace;
};

void estimate_start(struct estimate *s, uint64_t now, double expect, bool alike);
void estimate_count(struct estimate *s, uint64_t now, uint64_t done, uint64_t total);
/* From now on it is the part between these shares of the time; counting begins anew. */
void estimate_part(struct estimate *s, uint64_t now, double from, double until);

/* Share that is behind us, 0..1: by the count, else by the time expected of the part. */
double estimate_share(const struct estimate *s, uint64_t now);
/* Milliseconds left, -1: not known. What was expected counts as long as little is done, its own pace
 * more and more as it goes on: pieces of a step differ, and early ones say little. */
int64_t estimate_left(const struct estimate *s, uint64_t now);
/* It counts nothing, and its part takes longer than expected. */
bool estimate_is_late(const struct estimate *s, uint64_t now);

#endif
