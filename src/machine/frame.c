/* SPDX-License-Identifier: MIT */
/* frame: puts frames together and takes them apart (include/machine/frame.h). */
#include "machine/frame.h"

#include <string.h>

#include "base/mem.h"

#define HEAD 4

void frame_init(struct frame_reader *r, size_t max)
{
	r->max = max;
	buf_init(&r->in, 0);
}

void frame_fini(struct frame_reader *r)
{
	buf_fini(&r->in);
}

/* Returns how many bytes are needed before anything can be done. */
static size_t frame_wanted(const struct frame_reader *r)
{
	const unsigned char *p = (const unsigned char *)r->in.data;

	if (r->in.len < HEAD)
		return HEAD;
	return HEAD + ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

int frame_feed(struct frame_reader *r, const char *p, size_t n, frame_fn fn, void *arg)
{
	while (n) {
		size_t want = frame_wanted(r);
		size_t take = want - r->in.len < n ? want - r->in.len : n;

		buf_add(&r->in, p, take);
		p += take;
		n -= take;
		if (r->in.len < want)
			return 0;
		if (want == HEAD) {
			want = frame_wanted(r);
			if (want == HEAD || want - HEAD > r->max)
				return -1;
			continue;
		}
		if (fn((uint8_t)r->in.data[HEAD], r->in.data + HEAD + 1, want - HEAD - 1, arg) < 0)
			return -1;
		buf_clear(&r->in);
	}
	return 0;
}

void frame_put(struct buf *out, uint8_t type, const void *payload, size_t n)
{
	size_t len = n + 1;
	unsigned char head[HEAD + 1] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
					(unsigned char)(len >> 8), (unsigned char)len, type};

	buf_add(out, head, sizeof(head));
	buf_add(out, payload, n);
}

void frame_put_json(struct buf *out, const json_t *v)
{
	AUTO_FREE char *line = json_line(v);

	frame_put(out, FRAME_JSON, line, strlen(line));
}
