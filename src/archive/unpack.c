/* SPDX-License-Identifier: MIT */
/* unpack: unpacks Packages files and reads the fields that libsolv does not keep. */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"

#define CHUNK ((size_t)256 * 1024)
#define LINE_CAP ((size_t)1024 * 1024)
/* Limits what libsolv gets of a stanza; the longest of Debian, a Provides, has 76 KB. libsolv moves at every stanza
 * as much as the longest stanza before had. */
#define STANZA_CAP ((size_t)512 * 1024)

/* The current stanza. */
struct scan {
	struct unpacked *u;
	struct buf line; /* begun in an earlier chunk */
	struct unpack_stanza now;
	bool named;
	struct buf out;	   /* text of the chunk for libsolv */
	size_t passed;	   /* bytes of the stanza in it */
	bool is_long_text; /* the field is Description, of which the first line counts */
};

static bool unpack_value_is(const char *p, size_t n, const char *value)
{
	return n == strlen(value) && !strncasecmp(p, value, n);
}

static void unpack_end_stanza(struct scan *s)
{
	struct unpacked *u = s->u;

	if (s->named) {
		if (u->len == u->allocated) {
			u->allocated = u->allocated ? u->allocated * 2 : 4096;
			u->stanzas = xreallocarray(u->stanzas, u->allocated, sizeof(*u->stanzas));
		}
		u->stanzas[u->len++] = s->now;
	}
	s->now = (struct unpack_stanza){0};
	s->named = false;
}

static const char *unpack_field(const char *line, size_t n, const char *name, size_t *len)
{
	size_t skip = strlen(name);

	if (n <= skip || line[skip] != ':' || strncasecmp(line, name, skip))
		return NULL;
	skip++;
	while (skip < n && (line[skip] == ' ' || line[skip] == '\t'))
		skip++;
	while (n > skip && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
		n--;
	*len = n - skip;
	return line + skip;
}

/* Passes a line on. Joins the lines of a continued field, and keeps only the first of a description: libsolv moves
 * the whole field at every continuation line. */
static int unpack_pass_line(struct scan *s, const char *line, size_t n)
{
	bool goes_on = n && (*line == ' ' || *line == '\t') && s->passed;
	size_t len;

	if (goes_on && s->is_long_text)
		return 0;
	s->is_long_text = n && unpack_field(line, n, "Description", &len);
	/* the end of the previous line is written here, unless the field continues */
	if (!goes_on)
		buf_addc(&s->out, '\n');
	buf_add(&s->out, line, n);
	s->passed = n ? s->passed + n + 1 : 0;
	return s->passed > STANZA_CAP ? -1 : 0;
}

static void unpack_read_line(struct scan *s, const char *line, size_t n)
{
	const char *v;
	size_t len;
	char number[24];

	if (!n) {
		unpack_end_stanza(s);
		return;
	}
	switch (*line) { /* other lines are the most frequent */
	case 'P':
	case 'p':
		if ((v = unpack_field(line, n, "Package", &len))) {
			s->now.name = s->u->names.len;
			buf_add(&s->u->names, v, len);
			buf_addc(&s->u->names, '\0');
			s->named = true;
		} else if ((v = unpack_field(line, n, "Priority", &len)) &&
			   (unpack_value_is(v, len, "required") || unpack_value_is(v, len, "important"))) {
			s->now.base = true;
		}
		break;
	case 'E':
	case 'e':
		if ((v = unpack_field(line, n, "Essential", &len)) && unpack_value_is(v, len, "yes"))
			s->now.essential = s->now.base = true;
		break;
	case 'S':
	case 's':
		if ((v = unpack_field(line, n, "Size", &len)) && len < sizeof(number)) {
			memcpy(number, v, len);
			number[len] = '\0';
			number_parse(number, 0, UINT64_C(1) << 40, &s->now.size, NULL);
		}
		break;
	default:
		break;
	}
}

static int unpack_take_line(struct scan *s, const char *line, size_t n)
{
	unpack_read_line(s, line, n);
	return unpack_pass_line(s, line, n);
}

static int unpack_take_text(struct scan *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl) /* continues in the next chunk */
			return buf_add(&s->line, p, (size_t)(end - p));
		if (s->line.len) {
			if (buf_add(&s->line, p, (size_t)(nl - p)) < 0 ||
			    unpack_take_line(s, s->line.data, s->line.len) < 0)
				return -1;
			buf_clear(&s->line);
		} else if (unpack_take_line(s, p, (size_t)(nl - p)) < 0) {
			return -1;
		}
		p = nl + 1;
	}
	return 0;
}

static int unpack_absurd(const char *name, struct err *e)
{
	return err_set(e, ERR_VERIFY, "index-unpack", "%s holds a line or an entry of absurd length", name);
}

static int unpack_flush(struct scan *s, int out, struct err *e)
{
	int r = file_write_all(out, s->out.data, s->out.len, "an unpacked index", e);

	buf_clear(&s->out);
	return r;
}

static int unpack_stream(struct archive *a, int out, uint64_t cap, const atomic_bool *stop, const char *name,
			 struct scan *s, struct hash *hash, struct err *e)
{
	AUTO_FREE char *p = xmalloc(CHUNK);
	la_ssize_t n;
	int r = 0;

	while (!r && (n = archive_read_data(a, p, CHUNK)) != 0) {
		if (atomic_load(stop)) {
			r = err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
		} else if (n < 0) {
			r = err_set(e, ERR_VERIFY, "index-unpack", "%s cannot be unpacked: %s", name,
				    archive_error_string(a) ? archive_error_string(a) : "damaged");
		} else if ((uint64_t)n > cap - s->u->size) {
			r = err_set(e, ERR_VERIFY, "index-size", "%s is larger, unpacked, than in the signed list",
				    name);
		} else {
			s->u->size += (uint64_t)n;
			hash_add(hash, p, (size_t)n);
			r = unpack_take_text(s, p, (size_t)n) < 0 ? unpack_absurd(name, e) : unpack_flush(s, out, e);
		}
	}
	return r;
}

int unpack_index(int in, int out, uint64_t cap, const atomic_bool *stop, const char *name, struct unpacked *u,
		 struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct scan s = {.u = u};
	struct hash *hash = hash_new();
	int r = 0;
	int got;

	if (!a)
		mem_end("out of memory");
	*u = (struct unpacked){0};
	buf_init(&u->names, 0);
	buf_init(&s.line, LINE_CAP);
	buf_init(&s.out, 0);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	got = archive_read_open_fd(a, in, CHUNK);
	if (got == ARCHIVE_OK)
		got = archive_read_next_header(a, &entry);
	if (got == ARCHIVE_OK)
		r = unpack_stream(a, out, cap, stop, name, &s, hash, e);
	else if (got != ARCHIVE_EOF) /* as an empty file has it */
		r = err_set(e, ERR_VERIFY, "index-unpack", "%s cannot be unpacked: %s", name,
			    archive_error_string(a) ? archive_error_string(a) : "damaged");
	if (!r && s.line.len && unpack_take_line(&s, s.line.data, s.line.len) < 0)
		r = unpack_absurd(name, e);
	unpack_end_stanza(&s);
	buf_addc(&s.out, '\n');
	if (!r)
		r = unpack_flush(&s, out, e);
	hash_end(hash, u->sha256);
	buf_fini(&s.line);
	buf_fini(&s.out);
	archive_read_free(a);
	if (r < 0)
		unpacked_fini(u);
	return r;
}

void unpacked_fini(struct unpacked *u)
{
	free(u->stanzas);
	buf_fini(&u->names);
	*u = (struct unpacked){0};
	buf_init(&u->names, 0);
}
