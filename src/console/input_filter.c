/* SPDX-License-Identifier: MIT */
/* input_filter: limits what the guest sends to libvterm, with the states of a VT500 parser
 * (vt100.net/emu/dec_ansi_parser). */
#include "input_filter.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "combining.h"

#define ESC '\033'
#define CAN '\030'
#define SUB '\032'
#define DIGITS_MAX 5
#define NUMBERS_MAX 15 /* libvterm has space for 16 and does not check */
#define OSC_MAX 65536
#define STRING_MAX (2 * 1024 * 1024)
#define REPLACEMENT "\357\277\275"

struct filter_out {
	const struct input_filter_ops *ops;
	void *arg;
	const char *from; /* start of the bytes to be passed next */
};

static void filter_flush(struct filter_out *o, const char *to)
{
	if (to > o->from)
		o->ops->text(o->from, (size_t)(to - o->from), o->arg);
}

static void filter_begin(struct input_filter *g, enum filter_state state)
{
	g->state = state;
	g->seq[0] = ESC;
	g->len = 1;
	g->drop = false;
	g->digits = 0;
	g->numbers = 0;
	g->graphic = false;
}

/* Returns the length of a character whose first byte is `c`; 0: invalid. */
static size_t filter_length(unsigned char c)
{
	return c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Whether the n bytes at p may be the start of a longer character. */
static bool filter_is_incomplete(const char *p, size_t n)
{
	size_t want = filter_length((unsigned char)*p);

	if (n >= want)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

/* Does not pass the `len` bytes at p. */
static size_t filter_skip(struct filter_out *o, const char *p, size_t len)
{
	filter_flush(o, p);
	o->from = p + len;
	return len;
}

/* Passes a character of `len` bytes if it is printable. */
static size_t filter_character(struct input_filter *g, const char *p, size_t len, uint32_t c, struct filter_out *o)
{
	if (!text_is_fit(c))
		return filter_skip(o, p, len);
	if (!combining_has(c)) {
		g->graphic = true;
		return len;
	}
	filter_skip(o, p, len);
	if (g->graphic)
		o->ops->combining(c, o->arg);
	return len;
}

/* Replaces the invalid bytes at p by one U+FFFD. */
static size_t filter_replace(struct input_filter *g, const char *p, size_t n, struct filter_out *o)
{
	size_t len = 1;

	while (len < n && filter_is_incomplete(p, len + 1))
		len++;
	filter_skip(o, p, len);
	o->ops->text(REPLACEMENT, sizeof(REPLACEMENT) - 1, o->arg);
	g->graphic = true;
	return len;
}

/* Reads one byte or character in the ground state. Returns its length, 0: incomplete, saved in seq. */
static size_t filter_ground(struct input_filter *g, const char *p, size_t n, struct filter_out *o)
{
	unsigned char c = (unsigned char)*p;
	uint32_t wide;
	size_t len;

	if (c == ESC) {
		g->was_graphic = g->graphic;
		filter_begin(g, FILTER_ESCAPE);
		return filter_skip(o, p, 1);
	}
	if (c == 0x7f)
		return filter_skip(o, p, 1);
	if (c < 0x20) {
		g->graphic = false;
		return 1;
	}
	len = text_decode(p, n, &wide);
	if (len)
		return filter_character(g, p, len, wide, o);
	if (!filter_is_incomplete(p, n))
		return filter_replace(g, p, n, o);
	filter_skip(o, p, n);
	memcpy(g->seq, p, n);
	g->len = n;
	return 0;
}

static void filter_finish(struct input_filter *g, struct filter_out *o)
{
	g->state = FILTER_GROUND;
	if (!g->drop && g->len <= sizeof(g->seq))
		o->ops->text(g->seq, g->len, o->arg);
	g->len = 0;
}

static void filter_add(struct input_filter *g, char c)
{
	if (g->len < sizeof(g->seq))
		g->seq[g->len++] = c;
	else
		g->drop = true;
}

/* Handles a byte that means the same within any sequence; false: it was none. */
static bool filter_anywhere(struct input_filter *g, char c, struct filter_out *o)
{
	if (c == ESC) {
		filter_begin(g, FILTER_ESCAPE);
	} else if (c == CAN || c == SUB) {
		g->state = FILTER_GROUND;
		g->len = 0;
	} else if ((unsigned char)c < 0x20) {
		o->ops->text(&c, 1, o->arg); /* takes effect immediately */
	} else {
		return false;
	}
	return true;
}

/* Whether an escape sequence may pass: of those with an intermediate byte only character sets and DEC's line sizes.
 * libvterm reads ESC * [ as CSI; ESC % changes the encoding, ESC SP that of its replies. */
static bool filter_is_escape_allowed(const struct input_filter *g, char final)
{
	return g->len == 2 || (g->len == 3 && strchr("()*+#", g->seq[1]) && !strchr("[]PX^_", final));
}

static void filter_escape(struct input_filter *g, char c, struct filter_out *o)
{
	if (filter_anywhere(g, c, o))
		return;
	filter_add(g, c);
	if (g->len == 2 && c == '[') {
		g->state = FILTER_CSI;
	} else if (g->len == 2 && strchr("]PX^_", c)) {
		g->state = FILTER_STRING;
		g->kind = c;
		g->string = 0;
		if (c == ']')
			o->ops->osc(FILTER_OSC_BEGIN, o->arg);
	} else if (c >= 0x30) {
		g->drop = g->drop || !filter_is_escape_allowed(g, c);
		filter_finish(g, o);
	}
}

/* Splits SM and RM into one sequence per mode: libvterm 0.1 reads only the first mode. */
static void filter_split_modes(const struct input_filter *g, struct filter_out *o)
{
	size_t head = g->seq[2] == '?' ? 3 : 2, last = g->len - 1;
	char one[3 + DIGITS_MAX + 1];

	memcpy(one, g->seq, head);
	for (size_t at = head, len; at <= last; at += len + 1) {
		for (len = 0; g->seq[at + len] >= '0' && g->seq[at + len] <= '9'; len++)
			one[head + len] = g->seq[at + len];
		if (g->seq[at + len] != ';' && at + len != last)
			return; /* an intermediate byte: not SM or RM */
		one[head + len] = g->seq[last];
		if (len)
			o->ops->text(one, head + len + 1, o->arg);
	}
}

static void filter_csi(struct input_filter *g, char c, struct filter_out *o)
{
	if (filter_anywhere(g, c, o))
		return;
	if (c >= '0' && c <= '9') {
		if (++g->digits > DIGITS_MAX || g->numbers >= NUMBERS_MAX)
			return;
	} else {
		g->digits = 0;
	}
	/* the empty colour space of 38:2::R:G:B, which libvterm reads as R */
	if (c == ':' && g->len <= sizeof(g->seq) && g->seq[g->len - 1] == ':')
		return;
	if ((c == ':' || c == ';') && (g->numbers >= NUMBERS_MAX || ++g->numbers >= NUMBERS_MAX))
		return;
	filter_add(g, c);
	if (c < 0x40)
		return;
	if (c == 'b' && !g->was_graphic)
		g->drop = true;
	if ((c == 'h' || c == 'l') && g->len <= sizeof(g->seq) && !g->drop) {
		filter_split_modes(g, o);
		g->drop = true;
	}
	filter_finish(g, o);
}

static void filter_string(struct input_filter *g, char c, struct filter_out *o)
{
	if (c == '\a' && g->kind == ']')
		o->ops->osc(FILTER_OSC_END, o->arg);
	if (c == CAN || c == SUB || (c == '\a' && g->kind == ']') ||
	    ++g->string > (g->kind == ']' ? OSC_MAX : STRING_MAX)) {
		g->state = FILTER_GROUND;
		g->len = 0;
	} else if (c == ESC) {
		g->state = FILTER_STRING_ESCAPE;
	} else if (g->kind == ']') {
		o->ops->osc((unsigned char)c, o->arg);
	} else {
		filter_add(g, c);
	}
}

/* Whether the string is a DECRQSS that libvterm supports; for others 0.1.4 prints from an invalid pointer. */
static bool filter_is_known_request(const char *p, size_t n)
{
	static const char *const known[] = {"m", "r", " q", "\"q"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i]);

		if (n == len + 6 && !memcmp(p + 1, "P$q", 3) && !memcmp(p + 4, known[i], len))
			return true;
	}
	return false;
}

static void filter_string_escape(struct input_filter *g, char c, struct filter_out *o)
{
	if (c != '\\') {
		filter_begin(g, FILTER_ESCAPE);
		filter_escape(g, c, o);
		return;
	}
	if (g->kind == ']')
		o->ops->osc(FILTER_OSC_END, o->arg);
	filter_add(g, ESC);
	filter_add(g, c);
	g->drop = g->drop || g->kind == ']' || !filter_is_known_request(g->seq, g->len);
	filter_finish(g, o);
}

/* Reads one byte within a sequence; false: the byte ends the sequence and must be read again. */
static bool filter_in_sequence(struct input_filter *g, char c, struct filter_out *o)
{
	if ((unsigned char)c >= 0x7f && g->state != FILTER_STRING) {
		g->state = FILTER_GROUND;
		g->len = 0;
		return false;
	}
	switch (g->state) {
	case FILTER_ESCAPE:
		filter_escape(g, c, o);
		break;
	case FILTER_CSI:
		filter_csi(g, c, o);
		break;
	case FILTER_STRING:
		filter_string(g, c, o);
		break;
	case FILTER_STRING_ESCAPE:
		filter_string_escape(g, c, o);
		break;
	case FILTER_GROUND:
		break;
	}
	return true;
}

/* Completes a character that began in the last call. Returns how many of these bytes belong to it. */
static size_t filter_complete(struct input_filter *g, const char *p, size_t n, struct filter_out *o)
{
	char whole[4];
	size_t had = g->len, take = 0, used;

	memcpy(whole, g->seq, had);
	while (had + take < filter_length((unsigned char)*whole) && take < n) {
		whole[had + take] = p[take];
		take++;
	}
	g->len = 0;
	o->from = whole;
	used = filter_ground(g, whole, had + take, o);
	if (!used) {
		o->from = p;
		return take; /* still incomplete */
	}
	filter_flush(o, whole + used);
	o->from = p;
	/* the saved bytes of an invalid character got one replacement */
	return used > had ? used - had : 0;
}

void input_filter_feed(struct input_filter *g, const char *p, size_t n, const struct input_filter_ops *ops, void *arg)
{
	struct filter_out o = {.ops = ops, .arg = arg};
	const char *end = p + n;

	if (n && g->state == FILTER_GROUND && g->len)
		p += filter_complete(g, p, n, &o);
	o.from = p;
	while (p < end) {
		if (g->state != FILTER_GROUND) {
			if (filter_in_sequence(g, *p, &o))
				p++;
			o.from = p;
		} else if (*p >= 0x20 && *p < 0x7f) {
			do
				p++;
			while (p < end && *p >= 0x20 && *p < 0x7f);
			g->graphic = true;
		} else {
			size_t used = filter_ground(g, p, (size_t)(end - p), &o);

			if (!used)
				return;
			p += used;
		}
	}
	if (g->state == FILTER_GROUND)
		filter_flush(&o, end);
}
