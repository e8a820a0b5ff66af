/* SPDX-License-Identifier: MIT */
/*
 * installer_text: reads what Debian's installer shows on the serial line with its frontend text (cdebconf): what it
 * does, how far, and its complaints. Pure; tolerates whatever a guest writes.
 *
 *     Loading additional components  ... 10%... 20%
 *
 *     Download installer components
 *     -----------------------------
 *
 *     The installer failed to download a file from the mirror. This may be a problem
 *     with your network, or with the mirror.
 *     Prompt: '?' for help, default=1>
 */
#ifndef PREPARE_INSTALLER_TEXT_H
#define PREPARE_INSTALLER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define INSTALLER_LINE_MAX 400

struct installer_text {
	char line[INSTALLER_LINE_MAX]; /* the incomplete line, without escape sequences; ends with NUL */
	size_t len;
	int escape;	      /* state within an escape sequence */
	int percent;	      /* reported for this line, -1: none */
	char *above;	      /* the line before this one; NULL: none */
	char *heading, *body; /* of the last question or complaint: its title, and its first lines; NULL: none */
	bool in_body;
};

struct installer_text_ops {
	/* It does this now, `percent` is -1; or has done so much of it, 0 to 100. */
	void (*step)(const char *title, int percent, void *arg);
	/* It complains, or asks a question and waits; one line. */
	void (*error)(const char *text, void *arg);
};

void installer_text_init(struct installer_text *t);
void installer_text_fini(struct installer_text *t);
void installer_text_feed(struct installer_text *t, const char *p, size_t n, const struct installer_text_ops *ops,
			 void *arg);

#endif
