/* SPDX-License-Identifier: MIT */
/*
 * shell: types a command and reads its output (include/machine/shell.h). The command is quoted behind `sh -c`, so
 * that an error in it is its own; printf joins the two marks around its output, so that the echo of the typed line
 * does not hold them.
 */
#include "machine/shell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"

#define LINE_MAX 1000

struct shell {
	const struct shell_ops *ops;
	void *arg;
	char *line;	   /* to be typed at the prompt */
	char *begin, *end; /* the marks, with their line end and without */
	enum shell_phase phase;
	struct buf seen; /* waiting: the line being received; running: what may become the mark */
	bool cr;	 /* running: a CR came, and what follows decides */
};

static bool shell_is_fit(const char *s)
{
	if (!*s || strlen(s) > SHELL_COMMAND_MAX)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

struct shell *shell_new(const char *command, const char *mark, const struct shell_ops *ops, void *arg, struct err *e)
{
	struct shell *s;
	struct buf q;

	if (!shell_is_fit(command)) {
		err_set(e, ERR_USAGE, "exec-command",
			"a command for the console is at most %d bytes on one line, without control characters",
			SHELL_COMMAND_MAX);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	buf_init(&q, 0);
	quote_always(&q, command);
	s->ops = ops;
	s->arg = arg;
	s->begin = xasprintf("%s-begin", mark);
	s->end = xasprintf("\n%s-end-", mark);
	/* the blank keeps it out of most histories; ^U drops what is left on the line */
	s->line = xasprintf(" stty -echo; printf '\\n%%s-%%s\\n' %s begin; sh -c %s </dev/null 2>&1; "
			    "printf '\\n%%s-%%s-%%d\\n' %s end $?; stty echo\r",
			    mark, q.data, mark);
	buf_fini(&q);
	buf_init(&s->seen, 0);
	ops->type("\x15\r", 2, arg);
	return s;
}

void shell_free(struct shell *s)
{
	if (!s)
		return;
	free(s->line);
	free(s->begin);
	free(s->end);
	buf_fini(&s->seen);
	free(s);
}

enum shell_phase shell_phase(const struct shell *s)
{
	return s->phase;
}

char *shell_last_line(const struct shell *s)
{
	return text_plain(s->seen.data, s->seen.len);
}

void shell_interrupt(struct shell *s)
{
	static const char keys[] = "\x03 stty echo\r";

	if (s->phase == SHELL_STARTED || s->phase == SHELL_RUNNING)
		s->ops->type(keys, sizeof(keys) - 1, s->arg);
}

static bool shell_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* A prompt is a text without a line end that ends in one of these (sh and bash, of a user and of root). */
static void shell_look_for_prompt(struct shell *s)
{
	AUTO_FREE char *line = shell_last_line(s);

	if (shell_ends_with(line, "$ ") || shell_ends_with(line, "# ")) {
		s->phase = SHELL_STARTED;
		buf_clear(&s->seen);
		s->ops->type(s->line, strlen(s->line), s->arg);
	}
}

static void shell_add_waiting(struct shell *s, char c)
{
	bool begins = s->phase == SHELL_STARTED && !strcmp(s->seen.data ? s->seen.data : "", s->begin);

	if (c == '\n' || (c == '\r' && !begins)) {
		if (begins)
			s->phase = SHELL_RUNNING;
		buf_clear(&s->seen);
	} else if (c == '\r') {
		return;
	} else if (s->seen.len < LINE_MAX) {
		buf_addc(&s->seen, c);
	}
}

static void shell_flush(struct shell *s)
{
	if (s->seen.len)
		s->ops->output(s->seen.data, s->seen.len, s->arg);
	buf_clear(&s->seen);
}

/* The mark is complete once its status is followed by a line end. */
static bool shell_status_of(const struct shell *s, int *status)
{
	const char *p = s->seen.data + strlen(s->end);
	char *end;
	long n = strtol(p, &end, 10);

	*status = (int)n;
	return end > p && *end == '\0' && n >= 0 && n <= 255;
}

static void shell_add_output(struct shell *s, char c)
{
	size_t mark = strlen(s->end);
	int status;

	if (s->seen.len >= mark) { /* behind the mark */
		if (c == '\n' && shell_status_of(s, &status)) {
			buf_clear(&s->seen);
			s->phase = SHELL_DONE;
			s->ops->done(status, s->arg);
			return;
		}
		if ((c >= '0' && c <= '9') && s->seen.len < mark + 3) {
			buf_addc(&s->seen, c);
			return;
		}
		shell_flush(s);
	}
	if (s->seen.len && c != s->end[s->seen.len])
		shell_flush(s);
	if (c == s->end[s->seen.len])
		buf_addc(&s->seen, c);
	else
		s->ops->output(&c, 1, s->arg);
}

void shell_feed(struct shell *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n && s->phase != SHELL_DONE; i++) {
		if (s->phase != SHELL_RUNNING) {
			shell_add_waiting(s, p[i]);
			continue;
		}
		if (s->cr && p[i] != '\n')
			shell_add_output(s, '\r');
		s->cr = p[i] == '\r';
		if (!s->cr)
			shell_add_output(s, p[i]);
	}
	if (s->phase == SHELL_PROMPT)
		shell_look_for_prompt(s);
}
