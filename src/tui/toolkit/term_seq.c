/* SPDX-License-Identifier: MIT */
/* term_seq: takes sequences apart and looks their keys up. */
#include "term_seq.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PARAMS 3

/* The parts of a sequence. */
struct sequence {
	bool ss3; /* ESC O, else ESC [ */
	char private, final;
	unsigned count, param[PARAMS]; /* 0: it was left out */
};

static const struct {
	char final;
	uint32_t code;
} letters[] = {
	{'A', K_UP},   {'B', K_DOWN}, {'C', K_RIGHT}, {'D', K_LEFT}, {'E', K_BEGIN}, {'F', K_END},
	{'H', K_HOME}, {'P', K_F(1)}, {'Q', K_F(2)},  {'R', K_F(3)}, {'S', K_F(4)},  {'Z', K_BACKTAB},
};

static const struct {
	unsigned number;
	uint32_t code;
} numbers[] = {
	{1, K_HOME},  {2, K_INSERT}, {3, K_DELETE}, {4, K_END},	   {5, K_PAGE_UP}, {6, K_PAGE_DOWN}, {7, K_HOME},
	{8, K_END},   {11, K_F(1)},  {12, K_F(2)},  {13, K_F(3)},  {14, K_F(4)},   {15, K_F(5)},     {17, K_F(6)},
	{18, K_F(7)}, {19, K_F(8)},  {20, K_F(9)},  {21, K_F(10)}, {23, K_F(11)},  {24, K_F(12)},
};

static bool term_seq_is_final(char c)
{
	return (unsigned char)c >= 0x40 && (unsigned char)c < 0x7f;
}

bool term_seq_is_whole(const char *s)
{
	size_t n = strlen(s);

	return n > 2 && term_seq_is_final(s[n - 1]);
}

static bool term_seq_split(const char *s, struct sequence *out)
{
	*out = (struct sequence){.ss3 = s[1] == 'O'};
	s += 2;
	if (*s && strchr("<=>?", *s))
		out->private = *s++;
	while (out->count < PARAMS && ((*s >= '0' && *s <= '9') || *s == ';')) {
		char *end;

		out->param[out->count++] = (unsigned)strtoul(s, &end, 10);
		s = *end == ';' ? end + 1 : end;
	}
	out->final = *s;
	return term_seq_is_final(*s) && !s[1];
}

/* Returns the modifiers of their parameter, without the locks. */
static unsigned term_seq_modifiers_of(unsigned param)
{
	return param ? (param - 1) & 0x3f : 0;
}

static uint32_t term_seq_character(unsigned c, unsigned modifiers, bool *alt)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

	*alt = modifiers & MOD_ALT;
	if (c < 0x20 || c == 0x7f || c >= K_SPECIAL || modifiers & ~(unsigned)(MOD_SHIFT | MOD_ALT | MOD_CTRL))
		return K_SEQUENCE;
	if (!(modifiers & MOD_CTRL))
		return c;
	return letter && !(modifiers & MOD_SHIFT) ? K_CTRL(c) : K_SEQUENCE;
}

void term_seq_mouse(struct key *k, unsigned number, int column, int row, bool released)
{
	unsigned low = number & 3;

	*k = (struct key){.code = K_MOUSE, .row = row - 1, .column = column - 1};
	k->modifiers = (number & 4 ? MOD_SHIFT : 0) | (number & 8 ? MOD_ALT : 0) | (number & 16 ? MOD_CTRL : 0);
	k->button = (int)(low + (number & 128 ? 8 : number & 64 ? 4 : 1));
	if (low == 3 && number < 64)
		k->button = 0;
	if (number & 32)
		k->mouse = MOUSE_MOVE;
	else if (k->button == 4 || k->button == 5)
		k->mouse = k->button == 4 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
	else
		k->mouse = released || !k->button ? MOUSE_RELEASE : MOUSE_PRESS;
}

static uint32_t term_seq_keypad(char final)
{
	static const char from[] = "jklmnopqrstuvwxyMX", to[] = "*+,-./0123456789\r=";
	const char *at = strchr(from, final);

	return at ? K_KEYPAD + (uint32_t)to[at - from] : 0;
}

static uint32_t term_seq_by_letter(const struct sequence *q)
{
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].final == q->final)
			return letters[i].code;
	return K_SEQUENCE;
}

static uint32_t term_seq_by_number(unsigned number)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].number == number)
			return numbers[i].code;
	return K_SEQUENCE;
}

/* Ctrl-Left and Ctrl-Right move by words here. */
static uint32_t term_seq_with_modifiers(uint32_t code, unsigned modifiers)
{
	if (!modifiers)
		return code;
	if (modifiers == MOD_CTRL && code == K_LEFT)
		return K_WORD_LEFT;
	if (modifiers == MOD_CTRL && code == K_RIGHT)
		return K_WORD_RIGHT;
	return K_SEQUENCE;
}

void term_seq_read(const char *s, struct key *k)
{
	struct sequence q;

	*k = (struct key){.code = K_SEQUENCE, .bytes = s};
	if (!term_seq_split(s, &q))
		return;
	if (q.private == '<' && (q.final == 'M' || q.final == 'm') && q.count == 3) {
		term_seq_mouse(k, q.param[0], (int)q.param[1], (int)q.param[2], q.final == 'm');
	} else if (q.private) {
		return;
	} else if (q.ss3 && !q.count && term_seq_keypad(q.final)) {
		k->code = term_seq_keypad(q.final);
		k->bytes = NULL;
	} else if (q.final == 'u' && q.count && !q.ss3) {
		k->code = term_seq_character(q.param[0], term_seq_modifiers_of(q.param[1]), &k->alt);
	} else if (q.final == '~' && q.param[0] == 27 && q.count == 3) {
		k->code = term_seq_character(q.param[2], term_seq_modifiers_of(q.param[1]), &k->alt);
	} else if (q.final == '~' && !q.ss3) {
		k->code = term_seq_with_modifiers(term_seq_by_number(q.param[0]), term_seq_modifiers_of(q.param[1]));
	} else if (q.count != 1) {
		k->code = term_seq_with_modifiers(term_seq_by_letter(&q), term_seq_modifiers_of(q.param[1]));
		if (!q.count && (k->code < K_F1 && k->code != K_BACKTAB && k->code != K_SEQUENCE))
			k->bytes = NULL; /* the cursor keys' form is the guest's choice */
	}
}
