/* SPDX-License-Identifier: MIT */
/* size: reads and writes sizes, durations and numbers. */
#include "base/size.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads digits; returns false if there is none or the number overflows. */
static bool size_digits(const char **s, uint64_t *out)
{
	uint64_t n = 0;
	const char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (p == *s)
		return false;
	*s = p;
	*out = n;
	return true;
}

int size_parse(const char *s, uint64_t *out, struct err *e)
{
	static const char suffixes[] = "KMGT";
	const char *p = s;
	const char *suffix;
	uint64_t n;
	unsigned shift;

	if (!size_digits(&p, &n))
		return err_set(e, ERR_USAGE, "size-bad",
			       "\"%s\" is not a size; a size is digits and K, M, G or T (like 128G)", s);
	suffix = *p ? strchr(suffixes, *p) : NULL;
	if (!suffix || p[1])
		return err_set(e, ERR_USAGE, "size-bad",
			       "\"%s\" is not a size; write K, M, G or T behind the digits (like 128G)", s);
	shift = 10 * (unsigned)(suffix - suffixes + 1);
	if (n > UINT64_MAX >> shift)
		return err_set(e, ERR_USAGE, "size-bad", "\"%s\" is too large", s);
	*out = n << shift;
	return 0;
}

const char *size_format(uint64_t bytes, char out[SIZE_TEXT])
{
	static const char suffixes[] = "KMGT";
	unsigned i = 0;

	bytes >>= 10;
	while (i < 3 && bytes && !(bytes & 1023)) {
		bytes >>= 10;
		i++;
	}
	snprintf(out, SIZE_TEXT, "%" PRIu64 "%c", bytes, suffixes[i]);
	return out;
}

const char *size_human(uint64_t bytes, char out[SIZE_TEXT])
{
	static const char suffixes[] = "KMGT";
	double value = (double)bytes / 1024;
	unsigned i = 0;

	if (bytes < 1024) {
		snprintf(out, SIZE_TEXT, "%" PRIu64 " B", bytes);
		return out;
	}
	while (i < 3 && value >= 1023.95) {
		value /= 1024;
		i++;
	}
	snprintf(out, SIZE_TEXT, "%.1f %c", value, suffixes[i]);
	return out;
}

const char *count_human(uint64_t n, const char *noun, char out[SIZE_TEXT])
{
	snprintf(out, SIZE_TEXT, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
	return out;
}

int duration_parse(const char *s, uint64_t *ms, struct err *e)
{
	const char *p = s;
	uint64_t n;

	if (!size_digits(&p, &n) || (*p != 's' && *p != 'm') || p[1] || n > UINT64_MAX / 60000)
		return err_set(e, ERR_USAGE, "duration-bad",
			       "\"%s\" is not a duration; write digits and s or m (like 90s or 5m)", s);
	*ms = n * (*p == 'm' ? 60000 : 1000);
	return 0;
}

const char *duration_format(uint64_t ms, char out[SIZE_TEXT])
{
	if (ms && ms % 60000 == 0)
		snprintf(out, SIZE_TEXT, "%" PRIu64 "m", ms / 60000);
	else
		snprintf(out, SIZE_TEXT, "%" PRIu64 "s", ms / 1000);
	return out;
}

const char *duration_human(uint64_t ms, char out[SIZE_TEXT])
{
	uint64_t s = (ms + 500) / 1000;

	if (ms < 9950)
		snprintf(out, SIZE_TEXT, "%.1f s", (double)ms / 1000);
	else if (s < 60)
		snprintf(out, SIZE_TEXT, "%" PRIu64 " s", s);
	else if (s < 3600)
		snprintf(out, SIZE_TEXT, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(out, SIZE_TEXT, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	return out;
}

int number_parse(const char *s, uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
	const char *p = s;
	uint64_t n;

	if (!size_digits(&p, &n) || *p || n < min || n > max)
		return err_set(e, ERR_USAGE, "number-bad", "\"%s\" is not a whole number from %" PRIu64 " to %" PRIu64,
			       s, min, max);
	*out = n;
	return 0;
}
