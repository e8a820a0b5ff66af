/* SPDX-License-Identifier: MIT */
/* unpack: unpacks indices to lines, and reads the fields of Packages files that libsolv does not keep. */
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

/* ---- packed bytes to lines */

struct unpack_lines {
	struct buf line; /* begun in an earlier chunk */
	int (*take)(const char *line, size_t n, void *arg, struct err *e);
	void *arg;
	const char *name;
};

static int unpack_absurd(const char *name, struct err *e)
{
	return err_set(e, ERR_VERIFY, "index-unpack", "%s holds a line or an entry of absurd length", name);
}

static int unpack_take_text(struct unpack_lines *l, const char *p, size_t n, struct err *e)
{
	const char *end = p + n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		int r;

		if (nl && !l->line.len) {
			r = l->take(p, len, l->arg, e);
		} else {
			r = buf_add(&l->line, p, len) < 0 ? unpack_absurd(l->name, e) : 0;
			if (!nl || r < 0) /* continues in the next chunk */
				return r;
			r = l->take(l->line.data, l->line.len, l->arg, e);
			buf_clear(&l->line);
		}
		if (r < 0)
			return r;
		p = nl + 1;
	}
	return 0;
}

static int unpack_bad(struct archive *a, const char *name, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(e, ERR_VERIFY, "index-unpack", "%s cannot be unpacked: %s", name, why ? why : "damaged");
}

static int unpack_stream(struct archive *a, uint64_t cap, const atomic_bool *stop, struct unpack_lines *l,
			 uint64_t *size, struct hash *hash, struct err *e)
{
	AUTO_FREE char *p = xmalloc(CHUNK);
	la_ssize_t n;
	int r = 0;

	while (!r && (n = archive_read_data(a, p, CHUNK)) != 0) {
		if (atomic_load(stop)) {
			r = err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
		} else if (n < 0) {
			r = unpack_bad(a, l->name, e);
		} else if ((uint64_t)n > cap - *size) {
			r = err_set(e, ERR_VERIFY, "index-size", "%s is larger, unpacked, than in the signed list",
				    l->name);
		} else {
			*size += (uint64_t)n;
			hash_add(hash, p, (size_t)n);
			r = unpack_take_text(l, p, (size_t)n, e);
		}
	}
	return r;
}

int unpack_lines(int in, uint64_t cap, const atomic_bool *stop, const char *name,
		 int (*take)(const char *line, size_t n, void *arg, struct err *e), void *arg, uint64_t *size,
		 uint8_t sha256[HASH_SIZE], struct err *e)
{
	struct archive *a = archive_read_new();
	struct unpack_lines l = {.take = take, .arg = arg, .name = name};
	struct hash *hash = hash_new();
	struct archive_entry *entry;
	int r = 0;
	int got;

	if (!a)
		mem_end("out of memory");
	*size = 0;
	buf_init(&l.line, LINE_CAP);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	got = archive_read_open_fd(a, in, CHUNK);
	if (got == ARCHIVE_OK)
		got = archive_read_next_header(a, &entry);
	if (got == ARCHIVE_OK)
		r = unpack_stream(a, cap, stop, &l, size, hash, e);
	else if (got != ARCHIVE_EOF) /* as an empty file has it */
		r = unpack_bad(a, name, e);
	if (!r && l.line.len)
		r = take(l.line.data, l.line.len, arg, e);
	hash_end(hash, sha256);
	buf_fini(&l.line);
	archive_read_free(a);
	return r;
}

/* ---- Packages */

/* The current stanza. */
struct scan {
	struct unpacked *u;
	const char *name; /* of the index */
	int fd;
	struct unpack_stanza now;
	bool named;
	struct buf out;	   /* text for libsolv */
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

static int unpack_flush(struct scan *s, struct err *e)
{
	int r = file_write_all(s->fd, s->out.data, s->out.len, "an unpacked index", e);

	buf_clear(&s->out);
	return r;
}

static int unpack_take_line(const char *line, size_t n, void *arg, struct err *e)
{
	struct scan *s = arg;

	unpack_read_line(s, line, n);
	if (unpack_pass_line(s, line, n) < 0)
		return unpack_absurd(s->name, e);
	return s->out.len < CHUNK ? 0 : unpack_flush(s, e);
}

int unpack_index(int in, int out, uint64_t cap, const atomic_bool *stop, const char *name, struct unpacked *u,
		 struct err *e)
{
	struct scan s = {.u = u, .name = name, .fd = out};
	int r;

	*u = (struct unpacked){0};
	buf_init(&u->names, 0);
	buf_init(&s.out, 0);
	r = unpack_lines(in, cap, stop, name, unpack_take_line, &s, &u->size, u->sha256, e);
	unpack_end_stanza(&s);
	buf_addc(&s.out, '\n');
	if (!r)
		r = unpack_flush(&s, e);
	buf_fini(&s.out);
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
