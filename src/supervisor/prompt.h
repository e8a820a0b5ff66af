/* SPDX-License-Identifier: MIT */
/*
 * prompt: finds login prompts and kernel panics in what a guest writes to its serial line. Escape sequences are
 * skipped. A prompt is " login:", "login:" at the start of a line, or, in any language, a line that begins with the
 * guest's host name and so far ends with a colon, as getty and login print it. A guest may write anything.
 */
#ifndef SUPERVISOR_PROMPT_H
#define SUPERVISOR_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

struct prompt_ops {
	void (*login)(void *arg); /* at each prompt */
	/* The kernel's reason, the text behind "Kernel panic - not syncing: ", sanitized. */
	void (*panic)(const char *text, void *arg);
};

struct prompt {
	const char *host; /* the guest's host name, or NULL; the caller's */
	char line[256];	  /* start of the line being read, without escape sequences */
	size_t len;
	int escape;	     /* position in an escape sequence, 0: in none */
	bool login_reported; /* of this line */
};

void prompt_feed(struct prompt *w, const char *p, size_t n, const struct prompt_ops *ops, void *arg);

#endif
