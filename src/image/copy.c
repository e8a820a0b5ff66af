/* SPDX-License-Identifier: MIT */
/* copy: copies files to and from a guest. The guest's ends are assets/guest/cp-give.sh and cp-take.sh. */
#include "image/copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/mem.h"
#include "base/quote.h"
#include "copy_private.h"
#include "host/file.h"

#define FIRST_MAX (1 << 16)
#define SSH_FAILED 255

char *copy_name(const char *path)
{
	size_t n = strlen(path), from;

	while (n && path[n - 1] == '/')
		n--;
	for (from = n; from && path[from - 1] != '/'; from--)
		continue;
	if (n - from <= 2 && !strncmp(path + from, "..", n - from))
		from = n;
	return xstrndup(path + from, n - from);
}

int copy_file_error(int errnum, const char *path, struct err *e)
{
	return err_errno(e, errnum, "copy-file", "cannot copy %s", path);
}

/* Returns a guest's path, relative to its shell's home folder. */
static const char *copy_in_guest(const char *path)
{
	if (path[0] == '~' && path[1] == '/')
		path += 2;
	return !*path || !strcmp(path, "~") ? "." : path;
}

static int copy_start(struct copy *c, struct proc_stream *s, const char *script, const struct strv *words,
		      struct err *e)
{
	const struct asset *text = asset_get(script, e);
	struct strv argv = STRV_INIT;
	struct buf command;
	int r;

	if (!text)
		return -1;
	buf_init(&command, 0);
	buf_adds(&command, "sh -c ");
	quote_always(&command, (const char *)text->data);
	buf_adds(&command, " cp");
	for (size_t i = 0; i < words->len; i++) {
		buf_addc(&command, ' ');
		quote_always(&command, words->items[i]);
	}
	strv_copy(&argv, c->ssh);
	strv_take(&argv, buf_steal(&command));
	r = proc_stream_start(s, strv_argv(&argv), c->cancel, e);
	strv_fini(&argv);
	return r;
}

/* Ends the stream and reports why it failed: a fault of this host first, then a cancel, then the other end's
 * message. */
static int copy_finish(struct copy *c, struct proc_stream *s, int r, const char *way, struct err *e)
{
	static const char noise[] = "; tar: Exiting with failure status due to previous errors";
	char *said = NULL, *at;
	int status = proc_stream_finish(s, r < 0 && e->kind, &said);

	if (e->kind) {
		r = -1;
	} else if (c->cancel && atomic_load(c->cancel)) {
		r = err_set(e, ERR_INTERRUPTED, "interrupted", "the copy was cancelled");
		err_hint(e, "nothing of it is there; the same command begins again");
	} else if (status == SSH_FAILED || status > 128) {
		r = err_set(e, ERR_FAILED, "copy-cut", "the connection to %s ended%s%s", c->machine, said ? ": " : "",
			    said ? said : "");
	} else if (status || r < 0) {
		at = said ? strstr(said, noise) : NULL;
		if (at)
			*at = '\0';
		r = err_set(e, ERR_FAILED, "copy-guest", "cannot copy %s %s: %s", way, c->machine,
			    said ? said : "its end of the copy failed");
	}
	free(said);
	return r;
}

int copy_to(struct copy *c, const struct strv *paths, const char *target, struct err *e)
{
	struct strv words = STRV_INIT;
	struct proc_stream s;
	int r;

	strv_add(&words, copy_in_guest(target));
	strv_add(&words, paths->len > 1 ? "1" : "");
	r = copy_start(c, &s, "guest/cp-take.sh", &words, e);
	strv_fini(&words);
	if (r < 0)
		return r;
	r = copy_pack(c, paths, &s, e);
	return copy_finish(c, &s, r, "to", e);
}

/* Skips the output of a shell's start before the mark. */
static int copy_await_mark(struct proc_stream *s, const char *mark, char *first, size_t *n)
{
	size_t len = 0;
	ssize_t got;

	while ((got = proc_stream_read(s, first + len, FIRST_MAX - len)) > 0) {
		char *at;

		len += (size_t)got;
		at = memmem(first, len, mark, strlen(mark));
		if (at) {
			at += strlen(mark);
			*n = len - (size_t)(at - first);
			memmove(first, at, *n);
			return 0;
		}
		if (len == FIRST_MAX) { /* the mark may be split between two reads */
			memmove(first, first + len / 2, len - len / 2);
			len -= len / 2;
		}
	}
	return -1;
}

static int copy_receive(struct copy *c, const struct strv *paths, const char *part, struct err *e)
{
	char *mark = xasprintf("debwiz-cp-%ld-%ld\n", (long)getpid(), (long)time(NULL));
	AUTO_FREE char *first = xmalloc(FIRST_MAX);
	AUTO_STRV struct strv words = STRV_INIT;
	struct proc_stream s;
	size_t n = 0;
	int r;

	strv_take(&words, xstrndup(mark, strlen(mark) - 1));
	for (size_t i = 0; i < paths->len; i++)
		strv_add(&words, copy_in_guest(paths->items[i]));
	r = copy_start(c, &s, "guest/cp-give.sh", &words, e);
	if (!r) {
		r = copy_await_mark(&s, mark, first, &n);
		if (!r)
			r = copy_unpack(c, paths, part, first, n, &s, e);
		r = copy_finish(c, &s, r, "from", e);
	}
	free(mark);
	return r;
}

/* Returns the folder that `target` is or lies in, without links in its path; the caller frees it. */
static char *copy_place_of(const char *target, bool many, bool *folder, struct err *e)
{
	size_t n = strlen(target);
	struct stat st;
	char *dir, *whole;

	*folder = stat(target, &st) == 0 && S_ISDIR(st.st_mode);
	if (!*folder && (many || (n && target[n - 1] == '/'))) {
		err_set(e, ERR_USAGE, "usage", "%s is not a folder", target);
		return NULL;
	}
	dir = *folder ? xstrdup(target) : file_dirname(target);
	whole = realpath(dir, NULL);
	if (!whole)
		copy_file_error(errno, target, e);
	free(dir);
	return whole;
}

int copy_from(struct copy *c, const struct strv *paths, const char *target, struct err *e)
{
	bool folder;
	char *dir = copy_place_of(target, paths->len > 1, &folder, e);
	char *part = dir ? file_join(dir, ".debwiz-cp.part.XXXXXX") : NULL;
	int r = 0;

	if (!part)
		return -1;
	if (!mkdtemp(part)) {
		r = err_errno(e, errno, "copy-file", "cannot create a folder in %s", dir);
	} else {
		r = copy_receive(c, paths, part, e);
		if (!r)
			r = copy_place(paths, part, target, folder, e);
		(void)file_remove_tree(part, NULL);
	}
	free(part);
	free(dir);
	return r;
}
