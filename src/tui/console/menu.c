/* SPDX-License-Identifier: MIT */
/* console_menu: what stands behind the prefix key, as a table; see console.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pane.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/dialog.h"

const char *pane_key_name(uint32_t code, char out[8])
{
	snprintf(out, 8, "^%c", (char)(code | 0x40));
	return out;
}

static void menu_paste_copied(struct pane *p)
{
	struct key k = {.code = K_PASTE, .text = p->copied};

	if (p->copied)
		pane_guest_key(p, &k);
	else
		pane_say(p, ROLE_WARN, "Nothing was copied yet");
}

static void menu_take(struct pane *p)
{
	p->wants = !attach_types(p->attach);
	attach_take(p->attach, p->wants);
}

static void menu_look_up(struct pane *p)
{
	struct key k = {.code = K_PAGE_UP};

	pane_look(p);
	if (p->looking)
		pane_look_key(p, &k);
}

static void menu_redraw(struct pane *p)
{
	app_redraw(p->screen->app);
}

/* Power */

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
	struct vm_client *c = attach_client(p->attach);

	if (choice == STOP)
		vm_client_stop(c, 0, 0);
	else if (choice == PAUSE && p->state == VM_PAUSED)
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
	const char *const choices[] = {"Leave it", "Stop",    p->state == VM_PAUSED ? "Resume" : "Pause",
				       "Reset",	   "Suspend", "Kill"};
	struct dialog_question q = {
		.title = "Power",
		.text = "Stop: the power button; after 60 s QEMU is told to quit, after 10 s more it is "
			"ended by a signal, after 5 s killed.\n"
			"Pause: stops the guest's CPUs.\n"
			"Reset, Kill: what the guest has not written to its disk is lost.\n"
			"Suspend: saves its state to disk; the next boot resumes it.",
		.choices = choices,
		.count = sizeof(choices) / sizeof(*choices),
		.answer = menu_on_power,
		.arg = p,
	};

	dialog_ask(p->screen->app, &q);
}

/* Keys that the own terminal or program keeps for itself */

static const char *const special_names[] = {"Leave it", "prefix", "^C", "^\\", "^Z", "^Q", "^L", "^]", "F10", "F12"};

static void menu_on_special(size_t choice, void *arg)
{
	struct pane *p = arg;
	const char *name = special_names[choice < 10 ? choice : 0];
	char c = (char)(choice == 1 ? p->prefix : name[1] & 0x1f);

	if (!choice)
		return;
	if (*name == 'F')
		attach_key(p->attach, name, 0);
	else
		attach_type(p->attach, &c, 1, menu_on_answer, p);
}

static void menu_special(struct pane *p)
{
	struct dialog_question q = {
		.title = "Send a key",
		.text = "Keys that something on the way may keep for itself.",
		.choices = special_names,
		.count = sizeof(special_names) / sizeof(*special_names),
		.answer = menu_on_special,
		.arg = p,
	};

	dialog_ask(p->screen->app, &q);
}

/* The guest's size */

static void menu_on_resized(const struct err *e, const json_t *answer, void *arg)
{
	struct pane *p = arg;

	(void)answer;
	if (e)
		pane_say(p, ROLE_BAD, "%s", e->text);
	else
		pane_say(p, ROLE_GOOD, "The guest's screen is %dx%d now", pane_rows(p), p->screen->columns);
}

static void menu_on_resize(size_t choice, void *arg)
{
	struct pane *p = arg;
	char line[64];

	if (!choice)
		return;
	attach_resize(p->attach, pane_rows(p), p->screen->columns, menu_on_resized, p);
	if (choice != 1)
		return;
	snprintf(line, sizeof(line), "stty rows %d columns %d\r", pane_rows(p), p->screen->columns);
	attach_type(p->attach, line, strlen(line), menu_on_answer, p);
}

static void menu_resize(struct pane *p)
{
	static const char *const choices[] = {"Leave it", "Type stty", "Only the screen"};
	const struct view *v = attach_view(p->attach);
	char *text = xasprintf("The guest's screen has %d rows and %d columns; here is room for %d and "
			       "%d. A serial line cannot tell the guest: at a shell prompt, \"stty rows "
			       "%d columns %d\" can be typed there.",
			       v->rows, v->cols, pane_rows(p), p->screen->columns, pane_rows(p), p->screen->columns);
	struct dialog_question q = {.title = "Size of the guest's screen",
				    .text = text,
				    .choices = choices,
				    .count = 3,
				    .answer = menu_on_resize,
				    .arg = p};

	dialog_ask(p->screen->app, &q);
	free(text);
}

static void menu_help(struct pane *p);

static const struct {
	uint32_t code;
	const char *label, *word;
	void (*fn)(struct pane *p);
	bool ended; /* also when the machine has exited */
} commands[] = {
	{'d', "d", "leaves the console; the machine keeps running", pane_detach, true},
	{'[', "[", "the scrollback", pane_look, false},
	{K_PAGE_UP, "PgUp", "the scrollback, a page up; so does the wheel", menu_look_up, false},
	{'/', "/", "searches the scrollback", pane_search, false},
	{']', "]", "types what was copied", menu_paste_copied, false},
	{'s', "s", "saves the screen to a file", pane_save_screen, false},
	{'S', "S", "saves the scrollback and the screen to a file", pane_save_log, false},
	{'f', "f", "types a text file into the guest", pane_send_file, false},
	{'k', "k", "sends a key that does not come through otherwise", menu_special, false},
	{'p', "p", "power: stop, pause, reset, suspend, kill", menu_power, false},
	{'t', "t", "takes the keyboard, or leaves it to other consoles", menu_take, false},
	{'z', "z", "makes the guest's screen as large as this window", menu_resize, false},
	{'r', "r", "repaints the screen", menu_redraw, true},
	{'?', "?", "this help", menu_help, true},
};

static void menu_help(struct pane *p)
{
	char prefix[8];
	struct buf b;

	pane_key_name(p->prefix, prefix);
	buf_init(&b, 0);
	buf_addf(&b, "All keys go to the guest, but for %s and what follows it:\n\n", prefix);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		buf_addf(&b, "  %s %-5s %s\n", prefix, commands[i].label, commands[i].word);
	buf_addf(&b, "  %s %-5s sends %s itself\n\n", prefix, prefix, prefix);
	buf_adds(&b, "In the scrollback: arrows, PgUp, PgDn, Home, End and the wheel move; / searches "
		     "back as you type, n and N go to the next place before and behind; Space marks, "
		     "Enter copies, w writes what is marked to a file; q goes back to the live "
		     "screen.\n\n"
		     "The prefix is set in debwiz.ini: [keys] prefix = Ctrl-A\n");
	dialog_text(p->screen->app, "Console", b.data);
	buf_fini(&b);
}

void pane_command(struct pane *p, const struct key *k)
{
	char c = (char)p->prefix;

	if (k->code == p->prefix) {
		attach_type(p->attach, &c, 1, menu_on_answer, p);
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (commands[i].code == k->code && !k->alt && (commands[i].ended || !p->cause)) {
			commands[i].fn(p);
			return;
		}
	}
	if (p->cause)
		pane_say(p, ROLE_WARN, "It has exited: `debwiz logs %s` shows what it printed", p->name);
	else if (k->code != K_ESC)
		pane_say(p, ROLE_WARN, "Unknown key; press ? for help");
}
