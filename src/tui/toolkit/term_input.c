/* SPDX-License-Identifier: MIT */
/* term_input: makes keys of the back end's events: pastes, sequences, Esc before a key, the mouse. */
#include "term_input.h"

#include <string.h>

#include "base/text.h"
#include "term_seq.h"

#define PASTE_MAX (1u << 20)

void term_input_init(struct term_input *in, bool utf8, bool like_xterm, uint32_t erase)
{
	*in = (struct term_input){.utf8 = utf8, .like_xterm = like_xterm, .erase = erase};
	buf_init(&in->paste, 0);
}

void term_input_fini(struct term_input *in)
{
	buf_fini(&in->paste);
}

static struct backend_event term_input_read(struct term_input *in)
{
	if (!in->has_unread)
		return backend_read();
	in->has_unread = false;
	return in->unread;
}

static void term_input_unread(struct term_input *in, const struct backend_event *ev)
{
	in->unread = *ev;
	in->has_unread = ev->kind != BACKEND_NONE;
}

static uint32_t term_input_character(const struct term_input *in, uint32_t c, bool bare)
{
	switch (c) {
	case '\r':
		return K_ENTER;
	case '\n':
		return bare ? '\n' : K_ENTER;
	case '\t':
		return K_TAB;
	case 0x7f:
	case '\b':
		return !bare || c == in->erase ? K_BACKSPACE : c;
	case 0x1b:
		return K_ESC;
	default:
		return c;
	}
}

/* Adds a pasted character; line ends arrive as CR. */
static void term_input_add_pasted(struct term_input *in, uint32_t c)
{
	char bytes[4];

	if (!in->paste_cut && (c < 0x80 || in->utf8))
		in->paste_cut = buf_add(&in->paste, bytes, text_encode(c == '\r' ? '\n' : c, bytes)) < 0;
}

/* Reads the rest of a control sequence, behind Esc and `c`. What cannot belong to the sequence stays unread. */
static void term_input_read_sequence(struct term_input *in, struct key *k, uint32_t c)
{
	uint32_t part[3];
	size_t n = 0;

	in->sequence[n++] = '\033';
	in->sequence[n++] = (char)c;
	in->sequence[n] = '\0';
	while (!term_seq_is_whole(in->sequence) && n + 1 < sizeof(in->sequence)) {
		struct backend_event ev = term_input_read(in);

		if (ev.kind != BACKEND_CHARACTER || ev.code < 0x20 || ev.code >= 0x7f) {
			term_input_unread(in, &ev);
			break;
		}
		in->sequence[n++] = (char)ev.code;
		in->sequence[n] = '\0';
	}
	term_seq_read(in->sequence, k);
	if (strcmp(in->sequence, "\033[M") != 0 || !in->like_xterm)
		return;
	/* the mouse's old form: three characters more, each 32 over its number */
	for (size_t i = 0; i < 3; i++) {
		struct backend_event ev = term_input_read(in);

		if (ev.kind != BACKEND_CHARACTER || ev.code < 32)
			return;
		part[i] = ev.code;
	}
	term_seq_mouse(k, part[0] - 32, (int)part[1] - 32, (int)part[2] - 32, false);
}

/* Decodes what follows an Esc: nothing, a key of its own, or the rest of a sequence. */
static void term_input_after_esc(struct term_input *in, struct key *k, bool bare)
{
	struct backend_event ev = term_input_read(in);
	struct key next = {.alt = true};

	*k = (struct key){.code = K_ESC};
	if (ev.kind == BACKEND_CHARACTER && (ev.code == '[' || ev.code == 'O')) {
		term_input_read_sequence(in, k, ev.code);
		return;
	}
	if (ev.kind != BACKEND_CHARACTER && ev.kind != BACKEND_KEY) {
		term_input_unread(in, &ev);
		return;
	}
	next.code = ev.kind == BACKEND_KEY ? ev.code : term_input_character(in, ev.code, bare);
	if (ev.kind == BACKEND_KEY && !next.code)
		return;
	if (bare) {
		*k = next;
	} else {
		in->next = next;
		in->has_next = true;
	}
}

/* Fills in which button was released if the terminal does not report it. */
static void term_input_note_button(struct term_input *in, struct key *k)
{
	if (k->mouse == MOUSE_RELEASE && !k->button)
		k->button = in->held;
	if (k->mouse == MOUSE_PRESS)
		in->held = k->button;
	else if (k->mouse == MOUSE_RELEASE)
		in->held = 0;
}

/* Whether a screen that is not bare uses this key. */
static bool term_input_for_screens(struct key *k)
{
	k->bytes = NULL;
	if (k->code == K_MOUSE)
		return (k->mouse == MOUSE_PRESS && k->button == 1) || k->mouse == MOUSE_WHEEL_UP ||
		       k->mouse == MOUSE_WHEEL_DOWN;
	if (k->code == K_KEYPAD + '\r')
		k->code = K_ENTER;
	else if (k->code > K_KEYPAD)
		k->code -= K_KEYPAD;
	return k->code != K_SEQUENCE && k->code != K_BEGIN;
}

/* Makes a key of an event outside a paste; false: it is not one that is passed on. */
static bool term_input_decode(struct term_input *in, const struct backend_event *ev, struct key *k, bool bare)
{
	if (ev->kind == BACKEND_MOUSE) {
		*k = ev->mouse;
		return k->mouse && (bare || term_input_for_screens(k));
	}
	if (ev->kind == BACKEND_KEY) {
		k->code = ev->code;
		return k->code != 0;
	}
	if (ev->code == 0x1b) {
		term_input_after_esc(in, k, bare);
		term_input_note_button(in, k);
		return bare || term_input_for_screens(k);
	}
	k->code = term_input_character(in, ev->code, bare);
	return in->utf8 || k->code < 0x80 || k->code >= K_SPECIAL;
}

static void term_input_begin_paste(struct term_input *in)
{
	in->pasting = true;
	in->paste_cut = false;
	buf_fini(&in->paste);
	buf_init(&in->paste, PASTE_MAX);
}

bool term_input_next(struct term_input *in, struct key *k, bool bare)
{
	struct backend_event ev;

	if (in->has_next) {
		*k = in->next;
		in->has_next = false;
		return true;
	}
	while ((ev = term_input_read(in)).kind != BACKEND_NONE) {
		in->heard = true;
		*k = (struct key){.code = 0};
		if (ev.kind == BACKEND_PASTE_BEGIN) {
			term_input_begin_paste(in);
		} else if (ev.kind == BACKEND_PASTE_END) {
			if (!in->pasting)
				continue;
			in->pasting = false;
			*k = (struct key){.code = K_PASTE, .text = in->paste.data, .cut = in->paste_cut};
			return true;
		} else if (in->pasting) {
			if (ev.kind == BACKEND_CHARACTER)
				term_input_add_pasted(in, ev.code);
		} else if (term_input_decode(in, &ev, k, bare)) {
			return true;
		}
	}
	return false;
}

bool term_input_heard(struct term_input *in)
{
	bool heard = in->heard;

	in->heard = false;
	return heard;
}
