/* SPDX-License-Identifier: MIT */
/*
 * verb_logs: prints the log of the serial console since the last start, and follows it. On a terminal, prints its text
 * alone: the guest's escape sequences are meant for the console's emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/file.h"
#include "machine/conlog.h"
#include "running.h"
#include "verbs.h"

#define FOLLOW_MS 250
#define OPEN_MS 1000 /* an incomplete line is shown after that time without output: a prompt */

struct tail {
	struct cli *cli;
	char *path;
	int fd;
	ino_t inode;
	bool found;
	bool plain;	 /* for a terminal */
	struct buf line; /* then: the incomplete last line … */
	size_t shown;	 /* … and how much of it is printed */
	uint64_t came;	 /* time of the last output */
	bool unread;	 /* standard output no longer has a reader */
};

/* Prints the rest of the incomplete line, and its end if it has ended. */
static void verb_logs_put_line(struct tail *t, bool ended)
{
	char *text = text_plain(t->line.data, t->line.len);
	size_t n = strlen(text);

	if (n > t->shown)
		fputs(text + t->shown, stdout);
	t->shown = n;
	free(text);
	if (!ended)
		return;
	fputc('\n', stdout);
	buf_clear(&t->line);
	t->shown = 0;
}

static void verb_logs_put(struct tail *t, const char *p, size_t n)
{
	if (!t->plain) {
		fwrite(p, 1, n, stdout);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || t->line.len >= BUFSIZ)
			verb_logs_put_line(t, true);
		if (p[i] != '\n' && p[i] != '\r')
			buf_addc(&t->line, p[i]);
	}
}

static bool verb_logs_copy(struct tail *t)
{
	char chunk[16384];
	bool any = false;
	ssize_t n;

	while (t->fd >= 0 && (n = read(t->fd, chunk, sizeof(chunk))) > 0) {
		verb_logs_put(t, chunk, (size_t)n);
		any = true;
	}
	return any;
}

static bool verb_logs_open_log(struct tail *t, const char *path)
{
	t->fd = file_open(path, FILE_READ);
	t->found = t->found || t->fd >= 0;
	return t->fd >= 0;
}

static void verb_logs_close_log(struct tail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void verb_logs_flush(struct tail *t)
{
	t->unread = cli_flush() != 0;
	if (t->unread)
		loop_stop(t->cli->loop);
}

/* Prints what is new in the log; continues with the new file after a rotation. */
static void verb_logs_copy_new(void *arg)
{
	struct tail *t = arg;
	uint64_t now = loop_now(t->cli->loop);
	struct stat st;

	if (t->fd < 0)
		verb_logs_open_log(t, t->path);
	if (verb_logs_copy(t))
		t->came = now;
	else if (t->plain && t->line.len && now - t->came >= OPEN_MS)
		verb_logs_put_line(t, false);
	verb_logs_flush(t);
	if (t->fd >= 0 && fstat(t->fd, &st) == 0)
		t->inode = st.st_ino;
	if (t->fd >= 0 && stat(t->path, &st) == 0 && st.st_ino != t->inode)
		verb_logs_close_log(t);
}

static char *verb_logs_part(const struct tail *t, int number)
{
	return xasprintf("%s.%d", t->path, number);
}

/* Returns whether a part is full, so that the next one continues it; else it is of an earlier start. */
static bool verb_logs_is_full(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size >= CONLOG_MAX;
}

/* Prints the parts that were rotated since the start, the oldest first. */
static void verb_logs_copy_old(struct tail *t)
{
	int parts = 1;

	while (parts < CONLOG_FILES) {
		char *path = verb_logs_part(t, parts);
		bool full = verb_logs_is_full(path);

		free(path);
		if (!full)
			break;
		parts++;
	}
	while (--parts) {
		AUTO_FREE char *path = verb_logs_part(t, parts);

		if (verb_logs_open_log(t, path))
			verb_logs_copy(t);
		verb_logs_close_log(t);
	}
}

static void verb_logs_follow(struct tail *t)
{
	struct loop_timer *timer = loop_timer_start(t->cli->loop, FOLLOW_MS, FOLLOW_MS, verb_logs_copy_new, t);

	loop_run(t->cli->loop);
	loop_timer_stop(timer);
}

int verb_logs(struct cli *cli)
{
	struct tail t = {.cli = cli, .fd = -1, .plain = isatty(STDOUT_FILENO)};
	struct err e = ERR_INIT;
	char *name, *dir;
	int r = 0;

	if (cli_machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	buf_init(&t.line, 0);
	dir = store_machine_dir(&cli->store, name);
	t.path = file_join(dir, "console.log");
	verb_logs_copy_old(&t);
	verb_logs_copy_new(&t);
	if (!t.unread && cli->follow)
		verb_logs_follow(&t);
	if (t.plain && t.line.len)
		verb_logs_put_line(&t, true);
	if (!t.found && !cli->follow) {
		r = err_set(&e, ERR_FAILED, "no-log", "%s has no console log yet", name);
		err_hint(&e, "debwiz boot %s", name);
	}
	verb_logs_close_log(&t);
	buf_fini(&t.line);
	free(t.path);
	free(dir);
	free(name);
	return r < 0 ? cli_error(cli, &e) : 0;
}
