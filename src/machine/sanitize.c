/* SPDX-License-Identifier: MIT */
/* sanitize: text from QEMU or a guest for a message (include/machine/sanitize.h). */
#include "machine/sanitize.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

/* Returns where to cut so that at most `max` bytes are left and no UTF-8 character is cut. */
static size_t sanitize_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

char *vm_sanitize(const char *p, size_t n, size_t max)
{
	struct buf plain, out;
	bool gap = false;
	AUTO_FREE char *clean = NULL;
	size_t len;

	buf_init(&plain, 0);
	for (size_t i = 0; i < n; i++) {
		bool end = p[i] == '\n' || p[i] == '\r';

		if (!end && gap && plain.len)
			buf_adds(&plain, "; ");
		gap = end;
		if (!end)
			buf_addc(&plain, (char)(p[i] == '\t' ? ' ' : p[i]));
	}
	clean = text_clean(plain.data, plain.len, false);
	buf_fini(&plain);
	buf_init(&out, 0);
	len = strlen(clean);
	buf_add(&out, clean, sanitize_cut(clean, len, max));
	if (len > max)
		buf_adds(&out, "...");
	return buf_steal(&out);
}
