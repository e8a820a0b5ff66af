/* SPDX-License-Identifier: MIT */
/* guard: see guard.h. The states are those of a VT500 parser (vt100.net/emu/dec_ansi_parser). */
#include "guard.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "marks.h"

#define ESC '\033'
#define CAN '\030'
#define SUB '\032'
#define DIGITS_MAX 5
#define NUMBERS_MAX 15 /* libvterm has room for 16 and does not count */
#define OSC_MAX 65536
#define STRING_MAX (2 * 1024 * 1024)
#define REPLACEMENT "\357\277\275"

struct out {
	const struct guard_ops *ops;
	void *arg;
	const char *from; /* start of what has passed and was not emitted yet */
};

static void guard_flush(struct out *o, const char *to)
{
	if (to > o->from)
		o->ops->text(o->from, (size_t)(to - o->from), o->arg);
}

static void guard_begin(struct guard *g, enum guard_state state)
{
	g->state = state;
	g->seq[0] = ESC;
	g->len = 1;
	g->drop = false;
	g->digits = 0;
	g->numbers = 0;
	g->graphic = false;
}

/* How many bytes a character has whose first is `c`; 0: none begins so. */
static size_t guard_length(unsigned char c)
{
	return c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Could the n bytes at p be the start of a character that goes on? */
static bool guard_is_cut(const char *p, size_t n)
{
	size_t want = guard_length((unsigned char)*p);

	if (n >= want)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

/* `len` bytes at p do not pass. */
static size_t guard_skip(struct out *o, const char *p, size_t len)
{
	guard_flush(o, p);
	o->from = p + len;
	return len;
}

/* A character of `len` bytes. */
static size_t guard_character(struct guard *g, const char *p, size_t len, uint32_t c, struct out *o)
{
	if (!text_is_fit(c))
		return guard_skip(o, p, len);
	if (!marks_has(c)) {
		g->graphic = true;
		return len;
	}
	guard_skip(o, p, len);
	if (g->graphic)
		o->ops->mark(c, o->arg);
	return len;
}

/* Bytes at p that make no character get one U+FFFD together. */
static size_t guard_replace(struct guard *g, const char *p, size_t n, struct out *o)
{
	size_t len = 1;

	while (len < n && guard_is_cut(p, len + 1))
		len++;
	guard_skip(o, p, len);
	o->ops->text(REPLACEMENT, sizeof(REPLACEMENT) - 1, o->arg);
	g->graphic = true;
	return len;
}

/* One byte or character in the ground state; returns what it took, 0: the rest is kept in seq. */
static size_t guard_ground(struct guard *g, const char *p, size_t n, struct out *o)
{
	unsigned char c = (unsigned char)*p;
	uint32_t wide;
	size_t len;

	if (c == ESC) {
		g->was_graphic = g->graphic;
		guard_begin(g, GUARD_ESCAPE);
		return guard_skip(o, p, 1);
	}
	if (c == 0x7f)
		return guard_skip(o, p, 1);
	if (c < 0x20) {
		g->graphic = false;
		return 1;
	}
	len = text_decode(p, n, &wide);
	if (len)
		return guard_character(g, p, len, wide, o);
	if (!guard_is_cut(p, n))
		return guard_replace(g, p, n, o);
	guard_skip(o, p, n);
	memcpy(g->seq, p, n);
	g->len = n;
	return 0;
}

static void guard_finish(struct guard *g, struct out *o)
{
	g->state = GUARD_GROUND;
	if (!g->drop && g->len <= sizeof(g->seq))
		o->ops->text(g->seq, g->len, o->arg);
	g->len = 0;
}

static void guard_keep(struct guard *g, char c)
{
	if (g->len < sizeof(g->seq))
		g->seq[g->len++] = c;
	else
		g->drop = true;
}

/* Bytes that mean the same within any sequence; true: this was one. */
static bool guard_common(struct guard *g, char c, struct out *o)
{
	if (c == ESC) {
		guard_begin(g, GUARD_ESCAPE);
	} else if (c == CAN || c == SUB) {
		g->state = GUARD_GROUND;
		g->len = 0;
	} else if ((unsigned char)c < 0x20) {
		o->ops->text(&c, 1, o->arg); /* is carried out at once */
	} else {
		return false;
	}
	return true;
}

/* Of those with an intermediate byte the character sets and DEC's line sizes. libvterm takes ESC * [
 * for CSI; ESC % changes the encoding, ESC SP that of its answers. */
static bool guard_is_escape_fit(const struct guard *g, char final)
{
	return g->len == 2 || (g->len == 3 && strchr("()*+#", g->seq[1]) && !strchr("[]PX^_", final));
}

static void guard_escape(struct guard *g, char c, struct out *o)
{
	if (guard_common(g, c, o))
		return;
	guard_keep(g, c);
	if (g->len == 2 && c == '[') {
		g->state = GUARD_CSI;
	} else if (g->len == 2 && strchr("]PX^_", c)) {
		g->state = GUARD_STRING;
		g->kind = c;
		g->string = 0;
		if (c == ']')
			o->ops->osc(GUARD_OSC_BEGIN, o->arg);
	} else if (c >= 0x30) {
		g->drop = g->drop || !guard_is_escape_fit(g, c);
		guard_finish(g, o);
	}
}

/* SM and RM of several modes become one sequence a mode: libvterm 0.1 reads but the first. */
static void guard_each_mode(const struct guard *g, struct out *o)
{
	size_t head = g->seq[2] == '?' ? 3 : 2, last = g->len - 1;
	char one[3 + DIGITS_MAX + 1];

	memcpy(one, g->seq, head);
	for (size_t at = head, len; at <= last; at += len + 1) {
		for (len = 0; g->seq[at + len] >= '0' && g->seq[at + len] <= '9'; len++)
			one[head + len] = g->seq[at + len];
		if (g->seq[at + len] != ';' && at + len != last)
			return; /* an intermediate byte: no mode */
		one[head + len] = g->seq[last];
		if (len)
			o->ops->text(one, head + len + 1, o->arg);
	}
}

static void guard_csi(struct guard *g, char c, struct out *o)
{
	if (guard_common(g, c, o))
		return;
	if (c >= '0' && c <= '9') {
		if (++g->digits > DIGITS_MAX || g->numbers >= NUMBERS_MAX)
			return;
	} else {
		g->digits = 0;
	}
	/* the empty colour space of 38:2::R:G:B, which libvterm takes for R */
	if (c == ':' && g->len <= sizeof(g->seq) && g->seq[g->len - 1] == ':')
		return;
	if ((c == ':' || c == ';') && (g->numbers >= NUMBERS_MAX || ++g->numbers >= NUMBERS_MAX))
		return;
	guard_keep(g, c);
	if (c < 0x40)
		return;
	if (c == 'b' && !g->was_graphic)
		g->drop = true;
	if ((c == 'h' || c == 'l') && g->len <= sizeof(g->seq) && !g->drop) {
		guard_each_mode(g, o);
		g->drop = true;
	}
	guard_finish(g, o);
}

static void guard_string(struct guard *g, char c, struct out *o)
{
	if (c == '\a' && g->kind == ']')
		o->ops->osc(GUARD_OSC_END, o->arg);
	if (c == CAN || c == SUB || (c == '\a' && g->kind == ']') ||
	    ++g->string > (g->kind == ']' ? OSC_MAX : STRING_MAX)) {
		g->state = GUARD_GROUND;
		g->len = 0;
	} else if (c == ESC) {
		g->state = GUARD_STRING_ESCAPE;
	} else if (g->kind == ']') {
		o->ops->osc((unsigned char)c, o->arg);
	} else {
		guard_keep(g, c);
	}
}

/* DECRQSS of what libvterm knows; for another one 0.1.4 prints from a wild pointer. */
static bool guard_is_known_request(const char *p, size_t n)
{
	static const char *const known[] = {"m", "r", " q", "\"q"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t len = strlen(known[i]);

		if (n == len + 6 && !memcmp(p + 1, "P$q", 3) && !memcmp(p + 4, known[i], len))
			return true;
	}
	return false;
}

static void guard_string_escape(struct guard *g, char c, struct out *o)
{
	if (c != '\\') {
		guard_begin(g, GUARD_ESCAPE);
		guard_escape(g, c, o);
		return;
	}
	if (g->kind == ']')
		o->ops->osc(GUARD_OSC_END, o->arg);
	guard_keep(g, ESC);
	guard_keep(g, c);
	g->drop = g->drop || g->kind == ']' || !guard_is_known_request(g->seq, g->len);
	guard_finish(g, o);
}

/* One byte within a sequence; false: it ends the sequence and is yet to be read. */
static bool guard_inside(struct guard *g, char c, struct out *o)
{
	if ((unsigned char)c >= 0x7f && g->state != GUARD_STRING) {
		g->state = GUARD_GROUND;
		g->len = 0;
		return false;
	}
	switch (g->state) {
	case GUARD_ESCAPE:
		guard_escape(g, c, o);
		break;
	case GUARD_CSI:
		guard_csi(g, c, o);
		break;
	case GUARD_STRING:
		guard_string(g, c, o);
		break;
	case GUARD_STRING_ESCAPE:
		guard_string_escape(g, c, o);
		break;
	case GUARD_GROUND:
		break;
	}
	return true;
}

/* Completes a character whose start came before; returns how many bytes it took of these. */
static size_t guard_complete(struct guard *g, const char *p, size_t n, struct out *o)
{
	char whole[4];
	size_t had = g->len, take = 0, used;

	memcpy(whole, g->seq, had);
	while (had + take < guard_length((unsigned char)*whole) && take < n) {
		whole[had + take] = p[take];
		take++;
	}
	g->len = 0;
	o->from = whole;
	used = guard_ground(g, whole, had + take, o);
	if (!used) {
		o->from = p;
		return take; /* kept again */
	}
	guard_flush(o, whole + used);
	o->from = p;
	/* of a bad one the bytes kept are gone, one replacement for them all */
	return used > had ? used - had : 0;
}

void guard_feed(struct guard *g, const char *p, size_t n, const struct guard_ops *ops, void *arg)
{
	struct out o = {.ops = ops, .arg = arg};
	const char *end = p + n;

	if (n && g->state == GUARD_GROUND && g->len)
		p += guard_complete(g, p, n, &o);
	o.from = p;
	while (p < end) {
		if (g->state != GUARD_GROUND) {
			if (guard_inside(g, *p, &o))
				p++;
			o.from = p;
		} else if (*p >= 0x20 && *p < 0x7f) {
			do
				p++;
			while (p < end && *p >= 0x20 && *p < 0x7f);
			g->graphic = true;
		} else {
			size_t used = guard_ground(g, p, (size_t)(end - p), &o);

			if (!used)
				return;
			p += used;
		}
	}
	if (g->state == GUARD_GROUND)
		guard_flush(&o, end);
}
