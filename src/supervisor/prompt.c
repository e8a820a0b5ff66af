/* SPDX-License-Identifier: MIT */
/* prompt: finds prompts and panics in the serial line (prompt.h). Escape sequences as in ECMA-48: ESC, CSI and OSC
 * alone. */
#include "prompt.h"

#include <stdlib.h>
#include <string.h>

#include "machine/sanitize.h"

#define PROMPT_MAX 64 /* bytes of a prompt after the host name */

enum { TEXT, ESC, CSI, OSC };

static void prompt_end_line(struct prompt *w, const struct prompt_ops *ops, void *arg)
{
	static const char mark[] = "Kernel panic - not syncing: ";
	char *at;
	char *text;

	w->line[w->len] = '\0';
	at = strstr(w->line, mark);
	if (at && !strstr(w->line, "end Kernel panic")) {
		at += sizeof(mark) - 1;
		text = vm_sanitize(at, strlen(at), sizeof(w->line));
		ops->panic(text, arg);
		free(text);
	}
	w->len = 0;
	w->login_reported = false;
}

static bool prompt_ends_with(const struct prompt *w, const char *mark)
{
	size_t n = strlen(mark);

	return w->len > n && !memcmp(w->line + w->len - n, mark, n);
}

/* "HOST Anmeldung:"; the second colon is the full-width one of Chinese and Japanese texts. */
static bool prompt_translated_prompt(const struct prompt *w)
{
	size_t n = w->host ? strlen(w->host) : 0;

	return n && w->len > n + 2 && w->len < n + PROMPT_MAX && !memcmp(w->line, w->host, n) && w->line[n] == ' ' &&
	       (prompt_ends_with(w, ":") || prompt_ends_with(w, "\xef\xbc\x9a"));
}

/* getty writes the host name and "login:" one after the other: a line of systemd may come between them. */
static bool prompt_cut_in_two(const struct prompt *w)
{
	static const char rest[] = "login:";
	const char *line = w->line + (w->line[0] == ' ');
	size_t n = w->len - (size_t)(line - w->line);

	return n == sizeof(rest) - 1 && !memcmp(line, rest, n);
}

static void prompt_add(struct prompt *w, char c, const struct prompt_ops *ops, void *arg)
{
	if (w->len + 1 < sizeof(w->line))
		w->line[w->len++] = c;
	else
		return;
	if ((c == ':' || c == '\x9a') && !w->login_reported &&
	    (prompt_ends_with(w, " login:") || prompt_cut_in_two(w) || prompt_translated_prompt(w))) {
		w->login_reported = true;
		ops->login(arg);
	}
}

void prompt_feed(struct prompt *w, const char *p, size_t n, const struct prompt_ops *ops, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == 0x1b) {
			w->escape = ESC;
		} else if (c == '\n' || c == '\r') {
			w->escape = TEXT;
			if (w->len)
				prompt_end_line(w, ops, arg);
		} else if (w->escape == ESC) {
			w->escape = c == '[' ? CSI : c == ']' ? OSC : TEXT;
		} else if (w->escape == CSI) {
			if (c >= 0x40 && c < 0x7f)
				w->escape = TEXT;
		} else if (w->escape == OSC) {
			if (c == 0x07)
				w->escape = TEXT;
		} else if (c >= 0x20) {
			prompt_add(w, (char)c, ops, arg);
		}
	}
}
