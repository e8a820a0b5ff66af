/* SPDX-License-Identifier: MIT */
/* err: fills, copies and prefixes error descriptions. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void err_fini(struct err *e)
{
	if (!e)
		return;
	free(e->text);
	free(e->hint);
	*e = (struct err)ERR_INIT;
}

static void err_fill(struct err *e, enum err_kind kind, const char *id, char *text)
{
	err_fini(e);
	e->kind = kind;
	snprintf(e->id, sizeof(e->id), "%s", id);
	e->text = text;
}

int err_set(struct err *e, enum err_kind kind, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	err_fill(e, kind, id,
		 xvasprintf(fmt, ap)); /* created before the old text is freed, which may be among the arguments */
	va_end(ap);
	return -1;
}

int err_errno(struct err *e, int errnum, const char *id, const char *fmt, ...)
{
	va_list ap;
	char *what;

	if (!e)
		return -1;
	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	err_fill(e, ERR_FAILED, id, xasprintf("%s: %s", what, strerror(errnum)));
	free(what);
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		e->no_room = true;
		return err_hint(e, "free some space there and run the same command again");
	case EFBIG:
		return err_hint(e, "raise the limit on file sizes (ulimit -f) and run it again");
	case EROFS:
		return err_hint(e, "the file system is read-only: make it writable or choose another folder, by "
				   "XDG_CONFIG_HOME for INI files, XDG_DATA_HOME for machines, XDG_CACHE_HOME "
				   "for downloads");
	case EACCES:
	case EPERM:
		return err_hint(e, "check who owns it and its permissions");
	default:
		return -1;
	}
}

int err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char *hint;

	if (!e)
		return -1;
	va_start(ap, fmt);
	hint = xvasprintf(fmt, ap);
	va_end(ap);
	free(e->hint);
	e->hint = hint;
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char *prefix;
	char *text;

	if (!e)
		return -1;
	va_start(ap, fmt);
	prefix = xvasprintf(fmt, ap);
	va_end(ap);
	text = xasprintf("%s: %s", prefix, e->text ? e->text : "unknown error");
	free(prefix);
	free(e->text);
	e->text = text;
	return -1;
}

int err_copy(struct err *to, const struct err *from)
{
	if (!to)
		return -1;
	err_fill(to, from->kind, from->id, xstrdup(from->text ? from->text : ""));
	to->hint = xstrdup(from->hint);
	to->no_room = from->no_room;
	return -1;
}

int err_move(struct err *to, struct err *from)
{
	if (to) {
		err_fini(to);
		*to = *from;
		*from = (struct err)ERR_INIT;
	} else {
		err_fini(from);
	}
	return -1;
}
