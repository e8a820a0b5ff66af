/* SPDX-License-Identifier: MIT */
/* width: decodes UTF-8 and sums up columns; uses a UTF-8 locale if the own one has none. */
#include "tui/toolkit/width.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/mem.h"

static const char *const utf8_locales[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};

/* Decodes a character of valid UTF-8; returns its bytes. */
static size_t width_decode(const char *text, uint32_t *out)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *p : *p & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*out = '?';
			return 1;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	*out = c;
	return n;
}

/* Returns wcwidth(3) as in a locale with UTF-8: the C locale knows no character beyond ASCII. */
static int width_in_utf8(wchar_t c)
{
	static locale_t utf8;
	locale_t own;
	int n;

	for (size_t i = 0; !utf8 && i < ARRAY_SIZE(utf8_locales); i++)
		utf8 = newlocale(LC_CTYPE_MASK, utf8_locales[i], (locale_t)0);
	if (!utf8)
		return wcwidth(c);
	own = uselocale(utf8);
	n = wcwidth(c);
	uselocale(own);
	return n;
}

static int width_columns_of(uint32_t c)
{
	int n = c < 0x80 ? 1 : MB_CUR_MAX > 1 ? wcwidth((wchar_t)c) : width_in_utf8((wchar_t)c);

	return n < 0 ? 1 : n;
}

size_t width_next(const char *text, int *columns)
{
	uint32_t c;
	size_t n, more;

	*columns = 0;
	if (!*text)
		return 0;
	n = width_decode(text, &c);
	*columns = width_columns_of(c);
	while (text[n]) { /* with the combining characters behind it */
		more = width_decode(text + n, &c);
		if (width_columns_of(c))
			break;
		n += more;
	}
	return n;
}

size_t width_cut(const char *text, int columns, int *taken)
{
	size_t at = 0, n;
	int sum = 0, w;

	while ((n = width_next(text + at, &w)) && sum + w <= columns) {
		sum += w;
		at += n;
	}
	if (taken)
		*taken = sum;
	return at;
}

int width_of(const char *text)
{
	int sum;

	width_cut(text, INT32_MAX / 2, &sum);
	return sum;
}

size_t width_line(const char *text, int columns)
{
	const char *feed = strchr(text, '\n');
	size_t n = width_cut(text, columns, NULL);
	size_t blank;

	if (feed && (size_t)(feed - text) <= n)
		return (size_t)(feed - text);
	if (!text[n] || text[n] == ' ')
		return n;
	for (blank = n; blank && text[blank] != ' '; blank--)
		;
	while (blank && text[blank - 1] == ' ')
		blank--;
	if (blank)
		return blank;
	if (!n) { /* not even one character fits */
		int w;

		return width_next(text, &w);
	}
	return n;
}

char *width_ascii(const char *text)
{
	static const struct {
		uint32_t c;
		const char *twin;
	} twins[] = {
		{0x25cf, "*"},	{0x25cb, "o"},	{0x25d0, "%"},	{0x2717, "x"}, {0x2713, "+"}, {0xb7, "-"},
		{0x25b8, ">"},	{0x2026, "~"},	{0x2013, "-"},	{0x2014, "-"}, {0x2191, "^"}, {0x2193, "v"},
		{0x2190, "<"},	{0x2192, ">"},	{0x2039, "<"},	{0x203a, ">"}, {0x2022, "*"}, {0x2016, "="},
		{0xd7, "x"},	{0x201c, "\""}, {0x201d, "\""}, {0x2018, "'"}, {0x2019, "'"}, {0xbd, "1/2"},
		{0x2265, ">="}, {0x2264, "<="}, {0x2502, "|"},	{0x2500, "-"},
	};
	struct buf out;
	uint32_t c;
	size_t i;

	buf_init(&out, 0);
	while (*text) {
		text += width_decode(text, &c);
		for (i = 0; c >= 0x80 && i < ARRAY_SIZE(twins); i++)
			if (twins[i].c == c)
				break;
		if (c < 0x80)
			buf_addc(&out, (char)c);
		else if (i < ARRAY_SIZE(twins))
			buf_adds(&out, twins[i].twin);
		else
			buf_adds(&out, &"??"[2 - width_columns_of(c)]);
	}
	return buf_steal(&out);
}
