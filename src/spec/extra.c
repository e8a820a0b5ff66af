/* SPDX-License-Identifier: MIT */
/* extra: checks the arguments of qemu.extra against assets/catalog/extra.ini. */
#include "extra.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define PREFIX "device."

size_t extra_len(const struct strv *items, size_t i)
{
	return *items->items[i] == '-' && i + 1 < items->len && *items->items[i + 1] != '-' ? 2 : 1;
}

/* Returns the allowed names for a message: options, or drivers of -device; owned. */
static char *extra_names(const struct catalog *c, bool drivers)
{
	const struct catalog_extra *row;
	bool device = false;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; (row = catalog_extra_next(c, &i));) {
		bool driver = !strncmp(row->name, PREFIX, strlen(PREFIX));

		if (*row->instead || (drivers && !driver) || (driver && !drivers && device))
			continue;
		device |= driver;
		buf_addf(&b, "%s%s", b.len ? ", " : "",
			 driver && drivers ? row->name + strlen(PREFIX)
			 : driver	   ? "device"
					   : row->name);
	}
	return buf_steal(&b);
}

static int extra_refuse_option(const struct catalog *c, const char *option, struct err *e)
{
	const struct catalog_extra *row = catalog_extra_find(c, option + strspn(option, "-"));
	char *names;

	if (row && *row->instead)
		return err_set(e, ERR_USAGE, "extra-bad", "%s is not allowed; use %s for that", option, row->instead);
	names = extra_names(c, false);
	err_set(e, ERR_USAGE, "extra-bad", "%s is not allowed; allowed are, with a leading -: %s", option, names);
	free(names);
	return -1;
}

/* Whether a value has only characters of names, numbers, dates and identifiers. */
static bool extra_is_plain(const char *s, size_t n)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:+/-";

	return strspn(s, plain) >= n;
}

/* Checks NAME=VALUE up to `end` against the names of the row. */
static int extra_check_part(const struct catalog_extra *row, const char *option, const char *part, const char *end,
			    struct err *e)
{
	size_t n = (size_t)(end - part), name = strcspn(part, "=,");
	AUTO_FREE char *given = xstrndup(part, name < n ? name : n);
	AUTO_FREE char *allowed = strv_join(&row->parts, ", ");
	int r = 0;

	if (name >= n || !strv_has(&row->parts, given))
		r = err_set(e, ERR_USAGE, "extra-bad", "%s: \"%s\" is not allowed; allowed are NAME=VALUE of %s",
			    option, given, allowed);
	else if (!extra_is_plain(part + name + 1, n - name - 1))
		r = err_set(e, ERR_USAGE, "extra-bad",
			    "%s: the value of %s has characters that are not allowed; allowed are letters, digits, "
			    "blanks and _ . : + / -",
			    option, given);
	return r;
}

static int extra_check_parts(const struct catalog_extra *row, const char *option, const char *value, struct err *e)
{
	for (const char *at = value;;) {
		const char *end = at + strcspn(at, ",");

		if (extra_check_part(row, option, at, end, e) < 0)
			return -1;
		if (!*end)
			return 0;
		at = end + 1;
	}
}

static int extra_check_device(const struct catalog *c, const char *value, struct err *e)
{
	size_t n = strcspn(value, ",");
	AUTO_FREE char *name = xasprintf(PREFIX "%.*s", (int)(n < 60 ? n : 60), value);
	const struct catalog_extra *row = catalog_extra_find(c, name);
	char *names;
	int r = 0;

	if (!row) {
		names = extra_names(c, true);
		r = err_set(e, ERR_USAGE, "extra-bad", "-device %s is not allowed; allowed are %s",
			    name + strlen(PREFIX), names);
		free(names);
	} else if (value[n]) {
		r = extra_check_parts(row, name + strlen(PREFIX), value + n + 1, e);
	}
	return r;
}

static int extra_check_value(const struct catalog *c, const struct catalog_extra *row, const char *option,
			     const char *value, struct err *e)
{
	if (!row)
		return extra_check_device(c, value, e);
	if (row->parts.len)
		return extra_check_parts(row, option, value, e);
	if (!strchr(value, ' ') && extra_is_plain(value, strlen(value)))
		return 0;
	return err_set(e, ERR_USAGE, "extra-bad", "%s takes one word of letters, digits and _ . : + / -", option);
}

int extra_check(const struct catalog *c, const struct strv *items, size_t i, size_t *bad, struct err *e)
{
	const char *option = items->items[i];
	const char *name = option + 1 + (option[0] == '-' && option[1] == '-');
	const char *value = extra_len(items, i) == 2 ? items->items[i + 1] : NULL;
	bool device = *option == '-' && !strcmp(name, "device");
	const struct catalog_extra *row;
	bool takes;

	*bad = i;
	if (*option != '-')
		return err_set(e, ERR_USAGE, "extra-bad", "\"%.40s\" follows no option; QEMU would use it as a disk",
			       option);
	if (strchr(option, ' '))
		return err_set(e, ERR_USAGE, "extra-bad",
			       "\"%.40s\" contains a blank; write the option and its value as two lines, "
			       "extra = -OPTION and extra = VALUE",
			       option);
	row = device || !strncmp(name, PREFIX, strlen(PREFIX)) ? NULL : catalog_extra_find(c, name);
	if (!device && (!row || *row->instead))
		return extra_refuse_option(c, option, e);
	takes = device || strcmp(row->value, "none") != 0;
	if (takes && !value)
		return err_set(e, ERR_USAGE, "extra-bad", "%s requires a value, on the next line extra =", option);
	*bad = value ? i + 1 : i;
	if (!takes)
		return value ? err_set(e, ERR_USAGE, "extra-bad", "%s takes no value", option) : 0;
	return extra_check_value(c, row, option, value, e);
}
