/* SPDX-License-Identifier: MIT */
/* installer_text: parses the installer's lines (installer_text.h). */
#include "installer_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine/sanitize.h"

enum { TEXT, ESC, CSI };

/* How it introduces a complaint, and how it waits for an answer (cdebconf's frontend text). */
static const char complaint[] = "!! ERROR: ";
static const char *const waits[] = {"[Press enter to continue]", "Prompt: "};

void installer_text_init(struct installer_text *t)
{
	*t = (struct installer_text){.percent = -1};
}

void installer_text_fini(struct installer_text *t)
{
	free(t->above);
	free(t->heading);
	free(t->body);
	installer_text_init(t);
}

static void installer_text_set(char **to, const char *p, size_t n)
{
	free(*to);
	*to = n ? vm_sanitize(p, n, INSTALLER_LINE_MAX) : NULL;
}

/* Returns where "  ... 10%... 20%" begins in the line; NULL: it shows no progress. */
static char *installer_text_bar(const struct installer_text *t)
{
	return strstr(t->line, "... ");
}

/* Reports the title once, and each new number. */
static void installer_text_progress(struct installer_text *t, const struct installer_text_ops *ops, void *arg)
{
	char *bar = installer_text_bar(t), *end, *number = t->line + t->len - 1;
	size_t title = bar ? (size_t)(bar - t->line) : 0;
	AUTO_FREE char *text = NULL;
	long value;

	while (title && t->line[title - 1] == ' ')
		title--;
	while (number > t->line && number[-1] >= '0' && number[-1] <= '9')
		number--;
	value = strtol(number, &end, 10);
	if (!title || *end != '%' || end == number || value > 100 || value <= t->percent)
		return;
	if (t->percent < 0) {
		text = vm_sanitize(t->line, title, INSTALLER_LINE_MAX);
		ops->step(text, -1, arg);
	}
	t->percent = (int)value;
	ops->step("", t->percent, arg);
}

/* Returns whether the line underlines the one above it. */
static bool installer_text_is_rule(const struct installer_text *t)
{
	return t->len >= 3 && strspn(t->line, "-") == t->len;
}

static void installer_text_add_body(struct installer_text *t)
{
	AUTO_FREE char *line = vm_sanitize(t->line, t->len, INSTALLER_LINE_MAX);
	char *whole = t->body ? xasprintf("%s %s", t->body, line) : xstrdup(line);

	free(t->body);
	t->body = whole;
}

static void installer_text_end_line(struct installer_text *t)
{
	size_t n = strlen(complaint);

	while (t->len && t->line[t->len - 1] == ' ')
		t->line[--t->len] = '\0';
	if (!strncmp(t->line, complaint, n)) {
		installer_text_set(&t->heading, t->line + n, t->len - n);
		installer_text_set(&t->body, NULL, 0);
		t->in_body = true;
	} else if (installer_text_is_rule(t) && t->above) {
		free(t->heading);
		t->heading = t->above;
		t->above = NULL;
		installer_text_set(&t->body, NULL, 0);
		t->in_body = true;
	} else if (!t->len) {
		t->in_body = t->in_body && !t->body;
	} else if (t->in_body && t->len) {
		installer_text_add_body(t);
	}
	installer_text_set(&t->above, t->line, t->len);
	t->len = 0;
	t->line[0] = '\0';
	t->percent = -1;
}

/* Reports that the installer waits: the title of what it shows and the first sentence. */
static void installer_text_wait(struct installer_text *t, const struct installer_text_ops *ops, void *arg)
{
	const char *end = t->body ? strstr(t->body, ". ") : NULL;
	AUTO_FREE char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(waits) && !text; i++) {
		if (strcmp(t->line, waits[i]) != 0)
			continue;
		text = xasprintf("%s%s%.*s", t->heading ? t->heading : "it asks a question", t->body ? ": " : "",
				 (int)(end	 ? (size_t)(end - t->body)
				       : t->body ? strlen(t->body)
						 : 0),
				 t->body ? t->body : "");
		ops->error(text, arg);
	}
}

static void installer_text_add(struct installer_text *t, char c, const struct installer_text_ops *ops, void *arg)
{
	if (t->len + 1 >= sizeof(t->line))
		return;
	t->line[t->len++] = c;
	t->line[t->len] = '\0';
	if (c == '%')
		installer_text_progress(t, ops, arg);
	else if (c == ']' || c == ' ')
		installer_text_wait(t, ops, arg);
}

void installer_text_feed(struct installer_text *t, const char *p, size_t n, const struct installer_text_ops *ops,
			 void *arg)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == 0x1b) {
			t->escape = ESC;
		} else if (c == '\n') {
			t->escape = TEXT;
			installer_text_end_line(t);
		} else if (t->escape == ESC) {
			t->escape = c == '[' ? CSI : TEXT;
		} else if (t->escape == CSI) {
			if (c >= 0x40 && c < 0x7f)
				t->escape = TEXT;
		} else if (c >= 0x20) {
			installer_text_add(t, (char)c, ops, arg);
		}
	}
}
