/* SPDX-License-Identifier: MIT */
/*
 * ini: the strict reader of INI text. inih parses line by line; what it would truncate or misread never reaches it.
 * The document is in ini_doc.c.
 */
#include "base/ini.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

struct scan {
	const char *text;
	size_t n;
	size_t at;
	unsigned line;
	bool in_section;
	bool stopped;
	ini_entry_fn fn;
	ini_bad_fn bad;
	void *arg;
	struct err *e;
};

/* Returns whether only blanks or an inline comment follow. */
static bool ini_is_tail(const char *s)
{
	const char *p = s + strspn(s, " \t");

	return !*p || (*p == ';' && p > s);
}

/* Returns why inih must not see this line, or NULL. `line` is NUL-terminated and has len bytes. */
static const char *ini_line_fault(struct scan *s, const char *line, size_t len, char msg[160])
{
	const char *p = line + strspn(line, " \t");
	const char *end;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == '\r')
			return "a carriage return (CR) within the line; it is allowed only at the line's end";
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			snprintf(msg, 160, "a control character (0x%02x); only text is allowed", (unsigned)c);
			return msg;
		}
	}
	if (len > INI_LINE_MAX) {
		snprintf(msg, 160, "the line has %zu bytes; at most %d can be read", len, INI_LINE_MAX);
		return msg;
	}
	if (!*p || *p == ';' || *p == '#')
		return NULL;
	if (p > line)
		return "a blank before the first character; begin keys and sections in column 1";
	if (*p == '[') {
		end = p + 1 + strspn(p + 1, NAME_CHARS);
		if (*end != ']' || end == p + 1)
			return "not a section; write [name], of letters, digits, _ - .";
		if (end - p - 1 > INI_NAME_MAX)
			return "the section's name is too long; at most 49 bytes can be read";
		if (!ini_is_tail(end + 1))
			return "text behind the section's ]; only a blank and a ; comment may "
			       "follow";
		s->in_section = true;
		return NULL;
	}
	end = p + strspn(p, NAME_CHARS);
	if (end == p || end[strspn(end, " \t")] != '=')
		return "neither [section], key = value, a ; comment nor blank";
	if (end - p > INI_NAME_MAX)
		return "the key is too long; at most 49 bytes can be read";
	if (!s->in_section)
		return "a key before the first [section]";
	return NULL;
}

/* Reads the next line for inih, an empty one in place of an invalid one. */
static char *ini_next_line(char *out, int size, void *stream)
{
	struct scan *s = stream;
	char msg[160];
	const char *why;
	const char *start;
	const char *end;
	char *line;
	size_t len;

	if (s->stopped || s->at >= s->n || size < 2)
		return NULL;
	start = s->text + s->at;
	end = memchr(start, '\n', s->n - s->at);
	len = end ? (size_t)(end - start) : s->n - s->at;
	s->at += len + (end ? 1 : 0);
	s->line++;
	if (len && start[len - 1] == '\r')
		len--;
	line = xstrndup(start, len);
	why = ini_line_fault(s, line, len, msg);
	if (!why && len + 2 > (size_t)size)
		why = "the line is longer than the inih library of this system reads";
	if (why) {
		s->bad(s->line, why, s->arg);
		len = 0;
	}
	memcpy(out, line, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	free(line);
	return out;
}

static int ini_on_entry(void *user, const char *section, const char *key, const char *value)
{
	struct scan *s = user;

	if (!s->stopped && s->fn(section, key, value, s->line, s->arg, s->e) < 0)
		s->stopped = true;
	return 1;
}

size_t ini_mark_len(const char *text, size_t n)
{
	return n >= 3 && !memcmp(text, INI_MARK, 3) ? 3 : 0;
}

int ini_scan(const char *text, size_t n, ini_entry_fn fn, ini_bad_fn bad, void *arg, struct err *e)
{
	struct scan s = {.text = text, .n = n, .at = ini_mark_len(text, n), .fn = fn, .bad = bad, .arg = arg, .e = e};
	const char *nul = n ? memchr(text, '\0', n) : NULL;
	unsigned line = 1;

	if (n > INI_FILE_MAX) {
		bad(0, "over 1 MiB; not a machine's file", arg);
		return 0;
	}
	if (nul) {
		for (const char *p = text; p < nul; p++)
			line += *p == '\n';
		bad(line, "a NUL byte; this is not a text file", arg);
		return 0;
	}
	/* inih reports an error that the check of lines missed: never ignore it. */
	line = (unsigned)ini_parse_stream(ini_next_line, &s, ini_on_entry, &s);
	if (line && !s.stopped)
		bad(line, "cannot be read", arg);
	return s.stopped ? -1 : 0;
}

struct reader {
	const char *name;
	ini_entry_fn fn;
	void *arg;
	struct buf faults;
	size_t count;
};

static int ini_pass_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
			  struct err *e)
{
	struct reader *r = arg;

	return r->fn(section, key, value, line, r->arg, e);
}

static void ini_note_fault(unsigned line, const char *message, void *arg)
{
	struct reader *r = arg;

	if (++r->count > INI_FAULTS_MAX)
		return;
	if (line)
		buf_addf(&r->faults, "%s%s:%u: %s", r->count > 1 ? "\n" : "", r->name, line, message);
	else
		buf_addf(&r->faults, "%s: %s", r->name, message);
}

int ini_read(const char *name, const char *text, size_t n, ini_entry_fn fn, void *arg, struct err *e)
{
	struct reader r = {.name = name, .fn = fn, .arg = arg};
	int ret;

	buf_init(&r.faults, 0);
	ret = ini_scan(text, n, ini_pass_entry, ini_note_fault, &r, e);
	if (!ret && r.count) {
		if (r.count > INI_FAULTS_MAX)
			buf_addf(&r.faults, "\n%s: and %zu more lines that cannot be read", name,
				 r.count - INI_FAULTS_MAX);
		ret = err_set(e, ERR_USAGE, "ini-bad", "%s", r.faults.data);
	}
	buf_fini(&r.faults);
	return ret;
}
