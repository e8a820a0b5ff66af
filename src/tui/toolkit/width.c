/* SPDX-License-Identifier: MIT */
/* width: decodes UTF-8 and sums up columns. */
#include "tui/toolkit/width.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/char_width.h"

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

size_t width_next(const char *text, int *columns)
{
	uint32_t c;
	size_t n, more;

	*columns = 0;
	if (!*text)
		return 0;
	n = width_decode(text, &c);
	*columns = host_char_width(c);
	while (text[n]) { /* with the combining characters behind it */
		more = width_decode(text + n, &c);
		if (host_char_width(c))
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
			buf_adds(&out, &"??"[2 - host_char_width(c)]);
	}
	return buf_steal(&out);
}
