/* SPDX-License-Identifier: MIT */
/* line_reader: keeps the bytes of the incomplete line (line_reader.h). */
#include "base/line_reader.h"

#include "base/mem.h"
#include "base/text.h"

#define LINE_MAX_BYTES 4096

void line_reader_init(struct line_reader *r, void (*take)(const char *line, void *arg), void *arg)
{
	*r = (struct line_reader){.take = take, .arg = arg};
	buf_init(&r->line, 0);
}

void line_reader_fini(struct line_reader *r)
{
	buf_fini(&r->line);
}

static void line_reader_take(struct line_reader *r)
{
	AUTO_FREE char *plain = text_plain(r->line.data, r->line.len);

	buf_clear(&r->line);
	r->take(plain, r->arg);
}

void line_reader_add(struct line_reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r') {
			r->returned = true;
			continue;
		}
		if (p[i] == '\n' || r->line.len >= LINE_MAX_BYTES)
			line_reader_take(r);
		else if (r->returned)
			buf_clear(&r->line);
		r->returned = false;
		if (p[i] != '\n')
			buf_addc(&r->line, p[i]);
	}
}

void line_reader_end(struct line_reader *r)
{
	if (r->line.len)
		line_reader_take(r);
}

char *line_reader_incomplete(const struct line_reader *r)
{
	return r->line.len ? text_plain(r->line.data, r->line.len) : NULL;
}
