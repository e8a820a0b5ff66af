/* SPDX-License-Identifier: MIT */
/* machine: what the files of a machine's screen share. */
#ifndef TUI_MACHINE_H
#define TUI_MACHINE_H

#include "machine/client.h"
#include "tail.h"
#include "tui/looks.h"
#include "tui/toolkit/app.h"
#include "tui/toolkit/file_watch.h"

#define MACHINE_ACTIONS 5

struct machine {
	struct screen *screen;
	char *name, *path, *dir, *runtime;
	struct lookout lookout;
	struct overview look;
	bool busy; /* at that time it was being worked on here */
	struct spec spec;
	bool has_spec; /* its file is right */
	unsigned cpus; /* of this host */
	uint64_t memory;
	uint16_t ssh_port;
	struct vm_client *client;
	struct loop_timer *again; /* it could not be reached: until it is tried again */
	enum vm_state state;
	char *words; /* what was told last: the stop ladder, an error */
	enum role words_role;
	bool amount; /* it is how far a suspension is */
	struct viewer log;
	struct tail *tail;
	/* the keys that stand in the body, as painted, for clicks */
	struct {
		int left, right;
		uint32_t code;
	} spots[MACHINE_ACTIONS];
	int spots_row; /* -1: none */
};

/* machine_paint.c */
void machine_paint(struct screen *s, const struct canvas *c);
void machine_lines(struct screen *s, struct screen_lines *out);
char *machine_help(struct screen *s);

#endif
