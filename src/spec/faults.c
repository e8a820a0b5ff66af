/* SPDX-License-Identifier: MIT */
/* faults: collects and sorts the errors of a file. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void faults_init(struct faults *f, const char *name)
{
	memset(f, 0, sizeof(*f));
	f->name = name;
}

void faults_add(struct faults *f, unsigned line, const char *section, const char *key, const char *fmt, ...)
{
	struct buf b;
	va_list ap;
	char *message;

	if (f->count++ >= FAULTS_MAX)
		return;
	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	buf_init(&b, 0);
	buf_adds(&b, f->name);
	if (line)
		buf_addf(&b, ":%u", line);
	if (key)
		buf_addf(&b, ": %s.%s", section, key);
	buf_addf(&b, ": %s", message);
	free(message);
	f->items[f->count - 1] = (struct fault){.line = line, .order = f->count, .text = buf_steal(&b)};
}

static int faults_compare(const void *a, const void *b)
{
	const struct fault *x = a;
	const struct fault *y = b;

	if (x->line != y->line) {
		if (!x->line || !y->line)
			return x->line ? -1 : 1;
		return x->line < y->line ? -1 : 1;
	}
	return x->order < y->order ? -1 : 1;
}

int faults_report(struct faults *f, const char *id, struct err *e)
{
	size_t shown = f->count < FAULTS_MAX ? f->count : FAULTS_MAX;
	struct buf b;

	if (!f->count)
		return 0;
	mem_sort(f->items, shown, sizeof(f->items[0]), faults_compare);
	buf_init(&b, 0);
	for (size_t i = 0; i < shown; i++) {
		buf_addf(&b, "%s%s", i ? "\n" : "", f->items[i].text);
		free(f->items[i].text);
	}
	if (f->count > shown)
		buf_addf(&b, "\n%s: and %zu more", f->name, f->count - shown);
	err_set(e, ERR_USAGE, id, "%s", b.data);
	buf_fini(&b);
	f->count = 0;
	return -1;
}
