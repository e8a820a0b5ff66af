/* SPDX-License-Identifier: MIT */
/* text: makes strings from outside safe for a terminal or a log line. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

size_t text_decode(const char *s, size_t n, uint32_t *out)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
	uint32_t c;

	if (!len || len > n || p[0] > 0xf4)
		return 0;
	c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return len;
}

size_t text_encode(uint32_t c, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[len] | c);
	return len;
}

bool text_is_fit(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0xad && c != 0x61c && c != 0xfeff &&
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f);
}

char *text_clean(const char *s, size_t n, bool lines)
{
	struct buf out;
	uint32_t c;

	buf_init(&out, 0);
	while (n) {
		size_t len = text_decode(s, n, &c);

		if (len && (text_is_fit(c) || (lines && c == '\n')))
			buf_add(&out, s, len);
		else
			buf_addc(&out, len && c == '\t' ? ' ' : '?');
		if (!len)
			len = 1;
		s += len;
		n -= len;
	}
	return buf_steal(&out);
}

/* Returns the length of the escape sequence at p, which begins with ESC. */
static size_t text_escape_length(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return n;
	if (p[1] == '[') {
		while (i < n && (p[i] < '@' || p[i] > '~'))
			i++;
		return i < n ? i + 1 : n;
	}
	if (p[1] == ']') {
		while (i < n && p[i] != '\a' && p[i] != '\033')
			i++;
		if (i < n && p[i] == '\033')
			i++;
		return i < n ? i + 1 : n;
	}
	return 2;
}

char *text_plain(const char *s, size_t n)
{
	struct buf out;
	char *clean;
	size_t skip;

	buf_init(&out, 0);
	while (n) {
		skip = *s == '\033' ? text_escape_length(s, n) : 0;
		if (!skip) {
			buf_addc(&out, *s);
			skip = 1;
		}
		s += skip;
		n -= skip;
	}
	clean = text_clean(out.data, out.len, false);
	buf_fini(&out);
	return clean;
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *text_percent_encode(const char *s)
{
	struct buf out;

	buf_init(&out, 0);
	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
			     strchr("-._~/", *s);

		if (plain)
			buf_addc(&out, *s);
		else
			buf_addf(&out, "%%%02X", (unsigned)(unsigned char)*s);
	}
	return buf_steal(&out);
}

char *text_percent_decode(const char *s, size_t n)
{
	struct buf out;
	int high, low;

	buf_init(&out, 0);
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			buf_addc(&out, s[i]);
			continue;
		}
		high = i + 3 <= n ? text_hex_digit(s[i + 1]) : -1;
		low = i + 3 <= n ? text_hex_digit(s[i + 2]) : -1;
		if (high < 0 || low < 0 || (!high && !low)) {
			buf_fini(&out);
			return NULL;
		}
		buf_addc(&out, (char)(high << 4 | low));
		i += 2;
	}
	return buf_steal(&out);
}
