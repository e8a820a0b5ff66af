/* SPDX-License-Identifier: MIT */
/*
 * disk_change: changes that qemu-img makes inside a disk. A killed one may leave the disk damaged, and a
 * qemu-img that still writes: a mark beside the disk says so until the change is whole.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "disk_tool.h"
#include "host/file.h"
#include "host/proc.h"
#include "image/disk.h"

#define WHAT_MAX 256
#define OTHERS_MS 3000 /* until a qemu-img that was left alone must have ended */
#define OTHERS_STEP_MS 20

static char *disk_change_mark_path(const char *disk)
{
	return xasprintf("%s.changing", disk);
}

char *disk_change_pending(const char *disk)
{
	char *mark = disk_change_mark_path(disk);
	char *what = NULL;
	struct buf text;

	if (file_read(mark, WHAT_MAX, &text, NULL) == 0) {
		what = xstrndup(text.data, strcspn(text.data, "\n"));
		buf_fini(&text);
	} else if (file_exists(mark)) {
		what = xstrdup("");
	}
	free(mark);
	return what;
}

int disk_change_begin(const char *disk, const char *what, struct err *e)
{
	char *mark = disk_change_mark_path(disk);
	char *line = xasprintf("%s\n", what);
	int r = file_write(mark, line, strlen(line), 0600, e);

	free(line);
	free(mark);
	return r;
}

int disk_change_end(const char *disk, struct err *e)
{
	char *mark = disk_change_mark_path(disk);
	int r = file_sync_path(disk, e);

	if (!r && unlink(mark) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", mark);
	free(mark);
	return r;
}

int disk_await_others(const char *disk, struct err *e)
{
	char *who = proc_using_file(disk);
	int r = 0;

	for (int waited = 0; who && waited < OTHERS_MS; waited += OTHERS_STEP_MS) {
		free(who);
		poll(NULL, 0, OTHERS_STEP_MS);
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

int disk_settle(const char *disk, struct err *e)
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
	int r = disk_settle(disk, e);

	if (!r)
		r = disk_change_begin(disk, what, e);
	if (!r)
		r = disk_tool_run(argv, NULL, NULL, NULL, e);
	if (!r && ends)
		r = disk_change_end(disk, e);
	return r;
}
