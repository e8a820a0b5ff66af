/* SPDX-License-Identifier: MIT */
/* disk_tool: runs qemu-img, and marks its changes inside a disk. A killed change may leave the disk damaged and a
 * qemu-img that still writes; the mark beside the disk reports it until the change is complete. It uses a loop of
 * its own, so that it may be called in work functions. */
#include "disk_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/proc.h"
#include "image/disk.h"

#define CANCEL_POLL_MS 100
#define ERR_CAP 2048

struct tool {
	struct loop *loop;
	struct proc *proc;
	struct loop_timer *timer;
	const atomic_bool *cancel;
	void (*progress)(double percent, void *arg);
	void *arg;
	struct buf line; /* standard output since the last end of a line */
	struct buf errors;
	int64_t status;
	int signal;
	bool cancelled;
};

static void disk_tool_on_timer(void *arg)
{
	struct tool *t = arg;

	if (t->cancelled || !t->cancel || !atomic_load(t->cancel))
		return;
	t->cancelled = true;
	proc_kill(t->proc);
}

/* "    (12.50/100%)\r" */
static void disk_tool_on_line(struct tool *t)
{
	const char *open = strchr(t->line.data, '(');

	if (open && t->progress)
		t->progress(strtod(open + 1, NULL), t->arg);
	buf_clear(&t->line);
}

static void disk_tool_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct tool *t = arg;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (fd == 2)
			buf_addc(&t->errors, (char)(c < ' ' || c == 0x7f ? ' ' : c));
		else if (c == '\r' || c == '\n')
			disk_tool_on_line(t);
		else
			buf_addc(&t->line, (char)c);
	}
}

static void disk_tool_on_ended(int64_t status, int signal, void *arg)
{
	struct tool *t = arg;

	t->status = status;
	t->signal = signal;
	loop_timer_stop(t->timer);
}

int disk_tool_run(char *const *argv, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		  struct err *e)
{
	struct tool t = {.loop = loop_new(), .cancel = cancel, .progress = progress, .arg = arg};
	struct proc_conf conf = {.argv = argv, .output = disk_tool_on_output, .ended = disk_tool_on_ended, .arg = &t};
	int r = 0;

	buf_init(&t.line, 256);
	buf_init(&t.errors, ERR_CAP);
	t.proc = proc_start(t.loop, &conf, e);
	if (t.proc)
		t.timer = loop_timer_start(t.loop, CANCEL_POLL_MS, CANCEL_POLL_MS, disk_tool_on_timer, &t);
	loop_run(t.loop);
	loop_free(t.loop);
	while (t.errors.len && t.errors.data[t.errors.len - 1] == ' ')
		t.errors.data[--t.errors.len] = '\0';
	if (!t.proc)
		r = -1;
	else if (t.cancelled)
		r = err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
	else if (t.signal || t.status)
		r = err_set(e, ERR_FAILED, "disk-tool", "%s %s failed: %s", argv[0], argv[1],
			    t.errors.len ? t.errors.data : "it reported no reason");
	buf_fini(&t.line);
	buf_fini(&t.errors);
	return r;
}

/* ---- Changes inside a disk */

#define WHAT_MAX 256
#define OTHERS_MS 3000 /* until a qemu-img that was left running must have exited */
#define OTHERS_STEP_MS 20

static char *disk_change_mark_path(const char *disk)
{
	return xasprintf("%s.changing", disk);
}

char *disk_change_pending(const char *disk)
{
	AUTO_FREE char *mark = disk_change_mark_path(disk);
	char *what = NULL;
	struct buf text;

	if (file_read(mark, WHAT_MAX, &text, NULL) == 0) {
		what = xstrndup(text.data, strcspn(text.data, "\n"));
		buf_fini(&text);
	} else if (file_exists(mark)) {
		what = xstrdup("");
	}
	return what;
}

int disk_change_begin(const char *disk, const char *what, struct err *e)
{
	AUTO_FREE char *mark = disk_change_mark_path(disk);
	AUTO_FREE char *line = xasprintf("%s\n", what);

	return file_write(mark, line, strlen(line), 0600, e);
}

int disk_change_end(const char *disk, struct err *e)
{
	AUTO_FREE char *mark = disk_change_mark_path(disk);
	int r = file_sync_path(disk, e);

	if (!r && unlink(mark) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", mark);
	return r;
}

int disk_await_others(const char *disk, struct err *e)
{
	char *who = proc_using_file(disk);
	int r = 0;

	for (int waited = 0; who && waited < OTHERS_MS; waited += OTHERS_STEP_MS) {
		free(who);
		host_wait(OTHERS_STEP_MS);
		who = proc_using_file(disk);
	}
	if (who) {
		err_set(e, ERR_BUSY, "disk-busy", "%s is still being changed by another program (%s)", disk, who);
		r = err_hint(e, "wait until it has exited, then run the command again");
	}
	free(who);
	return r;
}

int disk_corrupt_err(const char *disk, uint64_t count, struct err *e)
{
	char *what = disk_change_pending(disk);

	if (what)
		err_set(e, ERR_FAILED, "disk-corrupt", "%s is damaged (%llu errors): a change of it (%s) was cut off",
			disk, (unsigned long long)count, what);
	else
		err_set(e, ERR_FAILED, "disk-corrupt", "%s is damaged (%llu errors) and was not started", disk,
			(unsigned long long)count);
	free(what);
	return err_hint(e, "copy it to a safe place first; then try `qemu-img check -r all` on it");
}

int disk_check_change(const char *disk, struct err *e)
{
	char *what = disk_change_pending(disk);
	enum disk_health health;
	uint64_t count;
	int r = 0;

	if (!what)
		return 0;
	r = disk_await_others(disk, e);
	if (!r)
		r = disk_examine(disk, &health, &count, e);
	if (!r && health == DISK_CORRUPT)
		r = disk_corrupt_err(disk, count, e);
	if (!r)
		r = disk_change_end(disk, e);
	free(what);
	return r;
}

int disk_change_run(char *const *argv, const char *disk, const char *what, bool ends, struct err *e)
{
	int r = disk_check_change(disk, e);

	if (!r)
		r = disk_change_begin(disk, what, e);
	if (!r)
		r = disk_tool_run(argv, NULL, NULL, NULL, e);
	if (!r && ends)
		r = disk_change_end(disk, e);
	return r;
}
