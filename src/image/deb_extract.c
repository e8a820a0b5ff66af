/* SPDX-License-Identifier: MIT */
/*
 * deb_extract: reads each entry of a part, one file, or the control stanza of a package in one call. Uses only the
 * public reader.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strv.h"
#include "deb.h"

/* Limit of a chain of hard links; real packages have short ones. */
#define LINKS_MAX 8

int deb_each(int fd, const char *name, enum deb_part part, deb_entry_fn fn, void *arg, struct err *e)
{
	struct deb *d = deb_open(fd, name, e);
	struct deb_entry entry;
	int r = -1;

	if (!d)
		return -1;
	if (deb_enter(d, part, e))
		goto out;
	while ((r = deb_next(d, &entry, e)) > 0) {
		r = fn(d, &entry, arg, e);
		if (r != 0)
			break;
	}
out:
	deb_free(d);
	return r < 0 ? -1 : 0;
}

/* Reads the rest of the entry; initializes `out`. */
static int deb_extract_read_entry(struct deb *d, const struct deb_entry *entry, const char *name, size_t cap,
				  struct buf *out, struct err *e)
{
	buf_init(out, 0);
	if (entry->size > cap)
		return err_set(e, ERR_VERIFY, "deb-too-large", "%s in %s is larger than %zu bytes", entry->path, name,
			       cap);
	while (out->len < entry->size) {
		/* in steps, so that a wrong size costs no memory */
		size_t n = entry->size - out->len < (1u << 20) ? (size_t)(entry->size - out->len) : (1u << 20);
		ssize_t got = deb_read(d, buf_reserve(out, n), n, e);

		if (got <= 0) {
			buf_fini(out);
			return -1;
		}
		out->len += (size_t)got;
		out->data[out->len] = '\0';
	}
	return 0;
}

struct wanted {
	const char *name; /* of the package */
	char *path;
	size_t cap;
	enum deb_type found;
	bool done;
	struct buf *out;
};

static int deb_extract_take_wanted(struct deb *d, const struct deb_entry *entry, void *arg, struct err *e)
{
	struct wanted *w = arg;

	if (strcmp(entry->path, w->path) != 0)
		return 0;
	w->found = entry->type;
	if (entry->type == DEB_HARDLINK) {
		free(w->path);
		w->path = xstrdup(entry->link);
		return 1;
	}
	if (entry->type != DEB_FILE)
		return err_set(e, ERR_VERIFY, "deb-member", "%s in %s is not a regular file", entry->path, w->name);
	if (deb_extract_read_entry(d, entry, w->name, w->cap, w->out, e))
		return -1;
	w->done = true;
	return 1;
}

static const char *deb_extract_strip_start(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path += *path == '/' ? 1 : 2;
	return path;
}

static int deb_extract_extract(int fd, const char *name, enum deb_part part, const char *path, size_t cap,
			       struct buf *out, struct err *e)
{
	struct wanted w = {.name = name, .cap = cap, .out = out};
	int r = 0;

	w.path = xstrdup(deb_extract_strip_start(path));
	for (int i = 0; i < LINKS_MAX && r == 0 && !w.done; i++) {
		w.found = DEB_FILE;
		r = deb_each(fd, name, part, deb_extract_take_wanted, &w, e);
		if (w.found != DEB_HARDLINK)
			break;
	}
	if (r == 0 && !w.done)
		r = err_set(e, ERR_VERIFY, "deb-member", "%s is not in %s", path, name);
	free(w.path);
	return r;
}

int deb_extract_file(int fd, const char *name, const char *path, size_t cap, struct buf *out, struct err *e)
{
	return deb_extract_extract(fd, name, DEB_DATA, path, cap, out, e);
}

int deb_read_control(int fd, const char *name, struct buf *out, struct err *e)
{
	return deb_extract_extract(fd, name, DEB_CONTROL, "control", 4u << 20, out, e);
}

char *deb_control_field(const char *stanza, const char *field)
{
	size_t n = strlen(field);

	for (const char *p = stanza; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *end;

		if (strncasecmp(p, field, n) != 0 || p[n] != ':')
			continue;
		p += n + 1;
		p += strspn(p, " \t");
		end = p + strcspn(p, "\n");
		while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
			end--;
		return xstrndup(p, (size_t)(end - p));
	}
	return NULL;
}
