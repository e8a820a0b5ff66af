/* SPDX-License-Identifier: MIT */
/* menu: the commands of the prefix key, as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pane.h"
#include "scrollback.h"
#include "transfer.h"
#include "tui/toolkit/dialog.h"

const char *pane_key_name(uint32_t code, char out[8])
{
	snprintf(out, 8, "^%c", (char)(code | 0x40));
	return out;
}

static void menu_paste_copied(struct pane *p)
{
	struct key k = {.code = K_PASTE, .text = scrollback_copied(pane_scrollback(p))};

	if (k.text)
		pane_guest_key(p, &k);
	else
		pane_say(p, ROLE_WARN, "Nothing was copied yet");
}

static void menu_open_scrollback(struct pane *p)
{
	scrollback_open(pane_scrollback(p));
}

static void menu_page_up(struct pane *p)
{
	struct scrollback *s = pane_scrollback(p);
	struct key k = {.code = K_PAGE_UP};

	scrollback_open(s);
	if (scrollback_is_open(s))
		scrollback_key(s, &k);
}

static void menu_search(struct pane *p)
{
	scrollback_search(pane_scrollback(p));
}

static void menu_redraw(struct pane *p)
{
	app_redraw(pane_app(p));
}

/* ---- power ---- */

enum { LEAVE, STOP, PAUSE, RESET, SUSPEND, KILL };

static void menu_on_answer(const struct err *e, const json_t *answer, void *arg)
{
	(void)answer;
	if (e)
		pane_say(arg, ROLE_BAD, "%s", e->text);
}

static void menu_on_power(size_t choice, void *arg)
{
	struct pane *p = arg;
	struct vm_client *c = attach_client(pane_attach(p));

	if (choice == STOP)
		vm_client_stop(c, 0, 0);
	else if (choice == PAUSE && pane_state(p) == VM_PAUSED)
		vm_client_resume(c, menu_on_answer, p);
	else if (choice == PAUSE)
		vm_client_pause(c, menu_on_answer, p);
	else if (choice == RESET)
		vm_client_reset(c, menu_on_answer, p);
	else if (choice == SUSPEND)
		vm_client_suspend(c, menu_on_answer, p);
	else if (choice == KILL)
		vm_client_kill(c);
}

static void menu_power(struct pane *p)
{
	const char *const choices[] = {"Cancel", "Stop",    pane_state(p) == VM_PAUSED ? "Resume" : "Pause",
				       "Reset",	 "Suspend", "Kill"};
	struct dialog_question q = {
		.title = "Power",
		.text = "Stop: the power button; after 60 s (emulated: 180 s) QEMU's quit, after 10 s more "
			"SIGTERM, after 5 s more SIGKILL.\n"
			"Pause: stops the guest's CPUs.\n"
			"Reset, Kill: unsaved guest data is lost.\n"
			"Suspend: saves its state to disk; the next boot resumes it.",
		.choices = choices,
		.count = ARRAY_SIZE(choices),
		.answer = menu_on_power,
		.arg = p,
	};

	dialog_ask(pane_app(p), &q);
}

/* ---- keys that the terminal or this program keeps for itself ---- */

static const char *const special_names[] = {"Cancel", "prefix", "^C", "^\\", "^Z", "^Q", "^L", "^]", "F10", "F12"};

static void menu_on_special(size_t choice, void *arg)
{
	struct pane *p = arg;
	const char *name = special_names[choice < ARRAY_SIZE(special_names) ? choice : 0];
	char c = (char)(choice == 1 ? pane_prefix(p) : name[1] & 0x1f);

	if (!choice)
		return;
	if (*name == 'F')
		attach_key(pane_attach(p), name, 0);
	else
		attach_type(pane_attach(p), &c, 1, menu_on_answer, p);
}

static void menu_special(struct pane *p)
{
	struct dialog_question q = {
		.title = "Send a key",
		.text = "Keys that a program between you and the guest may intercept.",
		.choices = special_names,
		.count = ARRAY_SIZE(special_names),
		.answer = menu_on_special,
		.arg = p,
	};

	dialog_ask(pane_app(p), &q);
}

/* ---- the guest's size ---- */

static void menu_on_resized(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;

	(void)answer;
	if (e)
		pane_say(p, ROLE_BAD, "%s", e->text);
	else
		pane_say(p, ROLE_GOOD, "The guest's screen is %dx%d now", pane_rows(p), pane_columns(p));
}

static void menu_on_resize(size_t choice, void *arg)
{
	struct pane *p = arg;
	char line[64];

	if (!choice)
		return;
	attach_resize(pane_attach(p), pane_rows(p), pane_columns(p), menu_on_resized, p);
	if (choice != 1)
		return;
	snprintf(line, sizeof(line), "stty rows %d columns %d\r", pane_rows(p), pane_columns(p));
	attach_type(pane_attach(p), line, strlen(line), menu_on_answer, p);
}

static void menu_resize(struct pane *p)
{
	static const char *const choices[] = {"Cancel", "Type stty", "Only the screen"};
	const struct view *v = attach_view(pane_attach(p));
	char *text =
		xasprintf("The guest's screen has %d rows and %d columns; this window has %d and %d. A serial line "
			  "cannot report its size: at a shell prompt, \"stty rows %d columns %d\" can be typed "
			  "there.",
			  v->rows, v->cols, pane_rows(p), pane_columns(p), pane_rows(p), pane_columns(p));
	struct dialog_question q = {.title = "Size of the guest's screen",
				    .text = text,
				    .choices = choices,
				    .count = 3,
				    .answer = menu_on_resize,
				    .arg = p};

	dialog_ask(pane_app(p), &q);
	free(text);
}

static void menu_help(struct pane *p);

static const struct {
	uint32_t code;
	const char *label, *word;
	void (*fn)(struct pane *p);
	bool exited; /* also when the machine has exited */
} commands[] = {
	{'d', "d", "leaves the console; the machine keeps running", pane_detach, true},
	{'[', "[", "the scrollback", menu_open_scrollback, false},
	{K_PAGE_UP, "PgUp", "the scrollback, a page up; so does the wheel", menu_page_up, false},
	{'/', "/", "searches the scrollback", menu_search, false},
	{']', "]", "pastes what was copied", menu_paste_copied, false},
	{'s', "s", "saves the screen to a file", transfer_save_screen, false},
	{'S', "S", "saves the scrollback and the screen to a file", transfer_save_log, false},
	{'f', "f", "types a text file into the guest", transfer_send_file, false},
	{'k', "k", "sends a key that is intercepted otherwise", menu_special, false},
	{'p', "p", "power: stop, pause, reset, suspend, kill", menu_power, false},
	{'t', "t", "takes the keyboard, or releases it to other consoles", pane_toggle_keyboard, false},
	{'z', "z", "makes the guest's screen as large as this window", menu_resize, false},
	{'r', "r", "repaints the screen", menu_redraw, true},
	{'?', "?", "this help", menu_help, true},
};

static void menu_help(struct pane *p)
{
	char prefix[8];
	AUTO_BUF struct buf b = {0};

	pane_key_name(pane_prefix(p), prefix);
	buf_init(&b, 0);
	buf_addf(&b, "All keys go to the guest, but for %s and what follows it:\n\n", prefix);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		buf_addf(&b, "  %s %-5s %s\n", prefix, commands[i].label, commands[i].word);
	buf_addf(&b, "  %s %-5s sends %s itself\n\n", prefix, prefix, prefix);
	buf_adds(&b, "In the scrollback: arrows, PgUp, PgDn, Home, End and the wheel move; / searches "
		     "back as you type, n and N go to the next place before and behind; Space marks, "
		     "Enter copies, w writes what is marked to a file; q goes back to the live "
		     "screen.\n\n"
		     "The prefix is set in debwiz.ini: [keys] prefix = Ctrl-A\n");
	dialog_text(pane_app(p), "Console", b.data);
}

void pane_command(struct pane *p, const struct key *k)
{
	char c = (char)pane_prefix(p);

	if (k->code == pane_prefix(p)) {
		attach_type(pane_attach(p), &c, 1, menu_on_answer, p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].code == k->code && !k->alt && (commands[i].exited || !pane_has_exited(p))) {
			commands[i].fn(p);
			return;
		}
	}
	if (pane_has_exited(p))
		pane_say(p, ROLE_WARN, "It has exited: `debwiz logs %s` shows what it printed", pane_name(p));
	else if (k->code != K_ESC)
		pane_say(p, ROLE_WARN, "Unknown key; press ? for help");
}
