/* SPDX-License-Identifier: MIT */
/* keys: sends the keyboard, pastes and the mouse to the guest. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pane.h"
#include "scrollback.h"
#include "transfer.h"

#define PASTE_AT_ONCE 4096

static const struct {
	uint32_t code;
	const char *name;
	unsigned modifiers;
} keys[] = {
	{K_ENTER, "Enter", 0},
	{K_TAB, "Tab", 0},
	{K_BACKTAB, "Tab", CONSOLE_SHIFT},
	{K_ESC, "Escape", 0},
	{K_BACKSPACE, "Backspace", 0},
	{K_UP, "Up", 0},
	{K_DOWN, "Down", 0},
	{K_LEFT, "Left", 0},
	{K_RIGHT, "Right", 0},
	{K_HOME, "Home", 0},
	{K_END, "End", 0},
	{K_PAGE_UP, "PageUp", 0},
	{K_PAGE_DOWN, "PageDown", 0},
	{K_INSERT, "Insert", 0},
	{K_DELETE, "Delete", 0},
	{K_BEGIN, "Begin", 0},
};

static void keys_type(struct pane *p, const struct key *k)
{
	char text[8];
	size_t n = 0;

	if (!k->code) {
		attach_key(pane_attach(p), "Nul", 0);
		return;
	}
	if (k->alt)
		text[n++] = '\033';
	n += text_encode(k->code, text + n);
	attach_type(pane_attach(p), text, n, NULL, NULL);
}

static void keys_on_pasted(const struct err *e, const json_t *answer, void *arg)
{
	(void)answer;
	if (e)
		pane_say(arg, ROLE_BAD, "Not pasted: %s", e->text);
}

/* Sends a long paste like a file: as fast as the guest takes it, with its progress shown. */
static void keys_paste(struct pane *p, const struct key *k)
{
	const char *text = k->text ? k->text : "";
	size_t n = strlen(text);

	if (k->cut)
		pane_say(p, ROLE_BAD, "Not pasted: it is more than 1 M; send a file in its place");
	else if (n > PASTE_AT_ONCE)
		transfer_send_text(p, "what was pasted", text);
	else if (n)
		attach_paste(pane_attach(p), text, n, keys_on_pasted, p);
}

static int keys_within(int v, int end)
{
	return v < 0 ? 0 : v < end ? v : end - 1;
}

/* A movement or a release outside the guest's screen counts at its edge, or a button would stay pressed. */
static void keys_click(struct pane *p, const struct key *k)
{
	const struct view *v = attach_view(pane_attach(p));
	bool inside = k->row >= 0 && k->row < pane_rows(p);
	bool moves = k->mouse == MOUSE_MOVE, released = k->mouse == MOUSE_RELEASE;
	int row, column;

	pane_guest_place(p, k->row, k->column, &row, &column);
	inside = inside && row < v->rows && column < v->cols;
	if (!inside && !released && !(moves && k->button))
		return;
	attach_click(pane_attach(p), keys_within(row, v->rows), keys_within(column, v->cols), moves ? 0 : k->button,
		     !released, k->modifiers);
}

static void keys_mouse(struct pane *p, const struct key *k)
{
	const struct view *v = attach_view(pane_attach(p));
	bool wheel = k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN;
	struct key step = {.code = K_PAGE_UP};

	if (!v->rows)
		return;
	if (v->modes.mouse != CONSOLE_MOUSE_OFF || k->mouse == MOUSE_RELEASE) {
		keys_click(p, k);
	} else if (wheel && v->modes.alternate) {
		for (int i = 0; i < 3; i++)
			attach_key(pane_attach(p), k->mouse == MOUSE_WHEEL_UP ? "Up" : "Down", 0);
	} else if (k->mouse == MOUSE_WHEEL_UP) {
		scrollback_open(pane_scrollback(p));
		step.code = K_MOUSE;
		step.mouse = MOUSE_WHEEL_UP;
		scrollback_key(pane_scrollback(p), &step);
	}
}

void pane_guest_key(struct pane *p, const struct key *k)
{
	char name[8];

	if (k->code == K_MOUSE) {
		keys_mouse(p, k);
		return;
	}
	/* as long as it is not known who types, a key waits behind our own request for the keyboard */
	if (attach_count(pane_attach(p)) && !attach_types(pane_attach(p))) {
		pane_say(p, ROLE_WARN,
			 attach_anybody_types(pane_attach(p)) ? "Another console has the keyboard"
							      : "No console has the keyboard");
		return;
	}
	if (k->code == K_PASTE) {
		keys_paste(p, k);
		return;
	}
	if (k->bytes) {
		attach_type(pane_attach(p), k->bytes, strlen(k->bytes), NULL, NULL);
		return;
	}
	if (k->code < K_SPECIAL) {
		keys_type(p, k);
		return;
	}
	if (k->code > K_KEYPAD) {
		snprintf(name, sizeof(name), "KP%c", (char)(k->code - K_KEYPAD));
		attach_key(pane_attach(p), name, k->alt ? CONSOLE_ALT : 0);
		return;
	}
	if (k->code >= K_F(1) && k->code <= K_F(12)) {
		snprintf(name, sizeof(name), "F%u", (unsigned)(k->code - K_F1 + 1));
		attach_key(pane_attach(p), name, k->alt ? CONSOLE_ALT : 0);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].code == k->code)
			attach_key(pane_attach(p), keys[i].name, keys[i].modifiers | (k->alt ? CONSOLE_ALT : 0));
	}
}
