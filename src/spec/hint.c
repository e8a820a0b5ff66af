/* SPDX-License-Identifier: MIT */
/*
 * hint: guesses what was meant by an unknown key or a refused value. A guess is used only if the field accepts it.
 */
#include "hint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/suggest.h"

#define VALUE_MAX 200

/* ---- keys ---- */

/* Returns a name as keys are written: small letters, `_` for `-`. Owned. */
static char *hint_plain(const char *name)
{
	char *plain = xstrdup(name);

	for (char *p = plain; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p == '-' ? '_' : *p);
	return plain;
}

const struct field *hint_field(const char *section, const char *key)
{
	AUTO_FREE char *in = hint_plain(section);
	AUTO_FREE char *name = hint_plain(key);
	const struct field *best = NULL;
	unsigned least = SUGGEST_FAR;

	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &field_table[i];
		unsigned away = suggest_distance(name, f->column.key, suggest_limit(strlen(name)));
		unsigned aside = suggest_distance(in, f->section, 2);

		/* a key of another section must be almost equal */
		if (away == SUGGEST_FAR || (aside == SUGGEST_FAR && away > 1))
			continue;
		away = 4 * away + (aside == SUGGEST_FAR ? 5 : aside);
		if (away >= least)
			continue;
		least = away;
		best = f;
	}
	return best;
}

/* ---- values ---- */

static bool hint_takes(const struct field *f, const char *value)
{
	struct spec scratch = {.format = 0}; /* only this field is used */
	bool takes = *value && field_parse(f, &scratch, value, NULL) == 0;

	column_fini(&f->column, &scratch);
	return takes;
}

/* Returns `guess` if the field accepts it; else frees it and returns NULL. */
static char *hint_keep(const struct field *f, char *guess)
{
	if (guess && hint_takes(f, guess))
		return guess;
	free(guess);
	return NULL;
}

static char *hint_bool(const char *value)
{
	static const char *const yes[] = {"yes", "y", "true", "on", "1", "enabled", "enable"};
	static const char *const no[] = {"no", "n", "false", "off", "0", "disabled", "disable"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!strcasecmp(value, yes[i]))
			return xstrdup("yes");
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (!strcasecmp(value, no[i]))
			return xstrdup("no");
	return NULL;
}

/* Reads digits, with tenths after a point. Returns the text after them and blanks, NULL: no digits. */
static const char *hint_number(const char *value, uint64_t *tenths)
{
	size_t n = strspn(value, "0123456789");
	const char *rest = value + n;

	if (!n || n > 12)
		return NULL;
	*tenths = 10 * strtoull(value, NULL, 10);
	if (rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9') {
		*tenths += (uint64_t)(rest[1] - '0');
		rest += 2;
	}
	return rest + strspn(rest, " ");
}

static char *hint_size(const struct field *f, const char *value)
{
	static const char units[] = "kmgt";
	static const unsigned bare[] = {20, 30, 0}; /* a number alone: M, G or bytes */
	char text[SIZE_TEXT];
	uint64_t tenths;
	const char *rest = hint_number(value, &tenths);
	const char *unit = rest && *rest ? strchr(units, *rest | 0x20) : NULL;

	if (!rest ||
	    (*rest && (!unit || (rest[1] && strcasecmp(rest + 1, "b") != 0 && strcasecmp(rest + 1, "ib") != 0))))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(bare); i++) {
		unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : bare[i];
		uint64_t bytes = tenths > UINT64_MAX >> shift ? 0 : (tenths << shift) / 10;
		char *kept;

		if (bytes && !(bytes & 1023)) {
			/* keep the unit M */
			kept = unit || bare[i] != 20 ? hint_keep(f, xstrdup(size_format(bytes, text)))
						     : hint_keep(f, xasprintf("%" PRIu64 "M", bytes >> 20));
			if (kept || unit)
				return kept;
		}
	}
	return NULL;
}

static char *hint_duration(const struct field *f, const char *value)
{
	static const struct {
		const char *unit;
		unsigned seconds;
	} units[] = {{"", 1},	     {"", 60},	     {"s", 1},	     {"sec", 1},     {"second", 1},
		     {"seconds", 1}, {"m", 60},	     {"min", 60},    {"minute", 60}, {"minutes", 60},
		     {"h", 3600},    {"hour", 3600}, {"hours", 3600}};
	char text[SIZE_TEXT];
	uint64_t tenths;
	const char *rest = hint_number(value, &tenths);
	char *kept = NULL;

	for (size_t i = 0; rest && i < ARRAY_SIZE(units) && !kept; i++) {
		uint64_t ms = tenths * 100 * units[i].seconds;

		if (!strcasecmp(rest, units[i].unit))
			kept = hint_keep(f, units[i].seconds == 1 && ms % 1000 == 0
						    ? xasprintf("%" PRIu64 "s", ms / 1000)
						    : xstrdup(duration_format(ms, text)));
	}
	return kept;
}

/* Returns the choice that is most similar. */
static char *hint_choice(const struct field *f, const char *value)
{
	struct suggest suggestion;

	suggest_begin(&suggestion, value);
	for (size_t i = 0; f->column.choices && f->column.choices[i]; i++)
		suggest_offer(&suggestion, f->column.choices[i]);
	return suggestion.best ? xstrdup(suggestion.best) : NULL;
}

/* Adds what is often left out at the beginning of a text. */
static char *hint_text(const struct field *f, const char *value)
{
	static const struct {
		const char *written, *meant;
	} begins[] = {{"", "http://"}, {"", "127.0.0.1:"}, {"localhost:", "127.0.0.1:"}};
	char *kept = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(begins) && !kept; i++) {
		size_t n = strlen(begins[i].written);

		if (!strncmp(value, begins[i].written, n))
			kept = hint_keep(f, xasprintf("%s%s", begins[i].meant, value + n));
	}
	return kept;
}

/* Returns the value without quotes around it; owned. */
static char *hint_unquoted(const char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value)
		return xstrndup(value + 1, n - 2);
	return xstrdup(value);
}

char *hint_value(const struct field *f, const char *value)
{
	char *bare, *small;
	char *guess = NULL;

	if (f->secret || strlen(value) > VALUE_MAX)
		return NULL;
	bare = hint_unquoted(value);
	small = xstrdup(bare);
	for (char *p = small; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	guess = hint_keep(f, xstrdup(bare));
	if (!guess)
		guess = hint_keep(f, xstrdup(small));
	if (!guess && f->column.type == COLUMN_BOOL)
		guess = hint_keep(f, hint_bool(bare));
	else if (!guess && f->column.type == COLUMN_SIZE)
		guess = hint_size(f, bare);
	else if (!guess && f->column.type == COLUMN_DURATION)
		guess = hint_duration(f, bare);
	else if (!guess && f->column.choices)
		guess = hint_keep(f, hint_choice(f, small));
	else if (!guess && f->column.type != COLUMN_UINT)
		guess = hint_text(f, bare);
	free(small);
	free(bare);
	return guess;
}
