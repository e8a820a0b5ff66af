/* SPDX-License-Identifier: MIT */
/*
 * looks: how a machine's state is shown: sign, word, colour, the same on every screen.
 */
#ifndef TUI_LOOKS_H
#define TUI_LOOKS_H

#include "machine/overview.h"
#include "tui/sessions.h"
#include "tui/toolkit/app.h"

struct state_look {
	enum glyph sign;
	enum role role;
	char *words; /* "running 2 h 14", "preparing 62 %", "failed: mirror"; owned */
};

/* `t` is what this program does with the machine, or NULL. */
struct state_look state_look(const struct overview *l, const struct session *t);
/* Whether QEMU runs, so that there is a console, also of one whose file is wrong or gone by now. */
bool machine_is_alive(struct app *app, const char *name);
/* The host's port that goes to the guest's ssh, 0: none. */
uint16_t machine_ssh_port(struct app *app, struct spec *s);
/* "3.1 of 128 G", or "–" where there is no disk yet; owned. width: of the size, for a column. */
char *disk_words(const struct canvas *c, const struct overview *l, int width);

/* What is told of one machine, line by line. All borrowed. */
struct machine_facts {
	const char *name;
	const char *path; /* of its file; may be NULL */
	const struct overview *look;
	const struct spec *spec; /* NULL: its file is wrong */
	unsigned cpus;		 /* of this host */
	uint64_t memory;	 /* of this host, bytes */
	uint16_t ssh_port;	 /* 0: none */
};
#define FACTS_LEFT 4
#define FACTS_LABEL 12 /* columns */
/* Paints them from this row on; returns the row after them. */
int facts_paint(const struct machine_facts *m, const struct catalog *catalog, const struct canvas *c, int row);

#endif
