/* SPDX-License-Identifier: MIT */
/* machine_view: how a machine is shown, the same on every screen: sign, colour and text of its state, and the facts. */
#ifndef TUI_MACHINE_VIEW_H
#define TUI_MACHINE_VIEW_H

#include "machine/overview.h"
#include "tui/sessions.h"
#include "tui/toolkit/app.h"

struct state_label {
	enum glyph sign;
	enum role role;
	char *text; /* "running 2 h 14", "preparing 62 %", "failed"; owned */
};

/* `t` is the session of the machine in this program, or NULL. */
struct state_label state_label(const struct overview *l, const struct session *t);
/* Whether QEMU runs, of the machine or of its installer, so that there is a console; also if the machine's file is
 * invalid or missing. */
bool machine_is_alive(struct app *app, const char *name);
/* The host's port that is forwarded to the guest's ssh; 0: none. */
uint16_t machine_ssh_port(struct app *app, struct spec *s);
/* "3.1 of 128 G", or "–" without a disk; owned. width: columns of the size. */
char *disk_text(const struct canvas *c, const struct overview *l, int width);

/* What is shown of one machine, line by line. All borrowed. */
struct machine_facts {
	const char *name;
	const char *path; /* of its file; may be NULL */
	const struct overview *overview;
	const struct spec *spec; /* NULL: its file is invalid */
	unsigned cpus;		 /* of this host */
	uint64_t memory;	 /* of this host, bytes */
	uint16_t ssh_port;	 /* 0: none */
};
#define FACTS_LEFT 4
#define FACTS_LABEL 12 /* columns */
/* Paints them from this row on; returns the row after the last one. */
int machine_facts_paint(const struct machine_facts *m, const struct catalog *catalog, const struct canvas *c, int row);

#endif
