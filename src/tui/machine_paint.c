/* SPDX-License-Identifier: MIT */
/* machine_paint: what is shown of a machine, and the lines around it; see machine.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine.h"
#include "tui/sessions.h"

#define LEFT FACTS_LEFT
#define LABEL FACTS_LABEL

/* What can be done with it as a whole, by key and by mouse. */
static int paint_actions(struct machine *m, const struct canvas *c, int row)
{
	static const struct {
		uint32_t code;
		const char *label, *word;
		bool alive, off, unmade; /* where it stands */
	} actions[] = {
		{'s', "s", "stop", true, false, false},	   {'p', "p", "pause", true, false, false},
		{'S', "S", "suspend", true, false, false}, {'R', "R", "reset", true, false, false},
		{'K', "K", "kill", true, false, false},	   {'C', "C", "clone", false, true, true},
		{'N', "N", "rename", false, true, true},   {'X', "X", "recreate", false, true, false},
		{'D', "D", "delete", false, true, true},
	};
	const struct session *t = sessions_find(app_sessions(m->screen->app), m->name);
	bool alive = m->look.run.alive;
	int column = LEFT + LABEL;
	size_t n = 0;

	m->spots_row = -1;
	if (t && session_is_busy(t))
		return row;
	m->spots_row = row;
	canvas_put(c, row, LEFT, ROLE_DIM, alive ? "Power" : "Manage");
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		const char *word = actions[i].word;

		if (!(alive ? actions[i].alive : m->look.made ? actions[i].off : actions[i].unmade))
			continue;
		if (actions[i].code == 'p' && m->state == VM_PAUSED)
			word = "resume";
		m->spots[n].code = actions[i].code;
		m->spots[n].left = column;
		column += canvas_put(c, row, column, ROLE_KEY, actions[i].label) + 1;
		column += canvas_put(c, row, column, ROLE_TEXT, word);
		m->spots[n++].right = column;
		column += 3;
	}
	for (; n < MACHINE_ACTIONS; n++)
		m->spots[n].left = m->spots[n].right = -1;
	return row + 1;
}

void machine_paint(struct screen *s, const struct canvas *c)
{
	struct machine *m = s->self;
	struct state_look look = state_look(&m->look, sessions_find(app_sessions(s->app), m->name));
	struct machine_facts facts = {.name = m->name,
				      .path = m->path,
				      .look = &m->look,
				      .spec = m->has_spec ? &m->spec : NULL,
				      .cpus = m->cpus,
				      .memory = m->memory,
				      .ssh_port = m->ssh_port};
	struct canvas part;
	int row = 1;

	canvas_put(c, row, LEFT, look.role, canvas_glyph(c, look.sign));
	canvas_put(c, row, LEFT + 2, ROLE_STRONG, look.words);
	free(look.words);
	row = facts_paint(&facts, app_catalog(s->app), c, row + 2);
	row = paint_actions(m, c, row) + 1;
	if (!m->log.source.len || c->rows - row < 4)
		return;
	canvas_put(c, row, LEFT, ROLE_HEADING, "Console");
	canvas_put(c, row, LEFT + 9, ROLE_DIM, m->look.run.alive ? "its last lines" : "as it was left");
	part = canvas_sub(c, row + 1, LEFT, c->rows - row - 2, c->columns - LEFT - 2);
	viewer_paint(&m->log, &part);
}

void machine_lines(struct screen *s, struct screen_lines *out)
{
	struct machine *m = s->self;
	struct session *t = sessions_find(app_sessions(s->app), m->name);
	bool alive = m->look.run.alive;

	buf_adds(&out->title, m->name);
	if (m->has_spec)
		buf_addf(&out->status, "%s %s", m->spec.release, m->spec.arch);
	if (m->words && *m->words) {
		buf_adds(&out->help, m->words);
		out->help_role = m->words_role;
	} else if (t && t->state == SESSION_FAILED && !alive) {
		buf_adds(&out->help, t->error.text);
		out->help_role = ROLE_BAD;
	} else if (!alive && m->has_spec && m->look.detail && *m->look.detail) {
		buf_adds(&out->help, m->look.detail);
	}
	if (t && session_is_busy(t)) {
		screen_lines_key(out, "Enter", K_ENTER, "how it goes");
		if (alive)
			screen_lines_key(out, "c", 'c', "console");
	} else if (alive) {
		screen_lines_key(out, "Enter", K_ENTER, "console");
		screen_lines_key(out, "t", 't', "snapshots");
		screen_lines_key(out, "e", 'e', "edit");
	} else if (!m->has_spec) {
		screen_lines_key(out, "Enter", K_ENTER, "edit");
	} else {
		screen_lines_key(out, "Enter", K_ENTER, m->look.made ? "boot" : "prepare and boot");
		if (m->look.made)
			screen_lines_key(out, "t", 't', "snapshots");
		else
			screen_lines_key(out, "p", 'p', "prepare");
		screen_lines_key(out, "e", 'e', "edit");
	}
	screen_lines_key(out, "l", 'l', "log");
	screen_lines_key(out, "Esc", K_ESC, "back");
	screen_lines_key(out, "?", '?', "help");
}

char *machine_help(struct screen *s)
{
	(void)s;
	return xstrdup("One machine.\n\n"
		       "Enter  its console, or boots it\n"
		       "c      its console, from the moment that QEMU runs\n"
		       "s      stops it: the power button, then QEMU is told to quit, then killed\n"
		       "p      pauses it, and resumes it\n"
		       "S      saves its state to disk and stops QEMU; the next boot resumes it\n"
		       "R      resets it, as the reset button: what it had not written is lost\n"
		       "K      kills it, like pulling the plug\n"
		       "e      changes its file: what counts from the next boot and what does not is said\n"
		       "l      its console's log\n"
		       "t      its snapshots: makes one, goes back to one, deletes one\n"
		       "C      clones it, with a copy of its disk\n"
		       "N      gives it another name\n"
		       "D      deletes it, after saying what is lost\n"
		       "X      throws its disk away; the next start makes a new one\n\n"
		       "A running machine keeps running when debwiz exits.");
}
