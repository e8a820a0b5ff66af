/* SPDX-License-Identifier: MIT */
/* snapshot: see include/prep/snapshot.h. */
#include "prep/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "host/paths.h"
#include "vm/kept.h"
#include "vm/mark.h"

#define REVERT "revert " /* as disk_change_pending says it of a disk alone */

static int need_disk(const struct job *j, struct err *e)
{
	if (job_is_made(j))
		return 0;
	err_set(e, ERR_FAILED, "not-made", "%s has no disk yet", j->spec->name);
	return err_hint(e, "debwiz prepare %s", j->spec->name);
}

int snapshot_list(const struct job *j, struct disk_snapshot **out, size_t *count, struct err *e)
{
	char *disk = job_file(j, "disk.qcow2");
	int r = need_disk(j, e);

	if (!r)
		r = disk_snapshots(disk, out, count, e);
	free(disk);
	return r;
}

static bool has_memory(const char *disk, const char *tag)
{
	struct disk_snapshot *all;
	bool memory = false;
	size_t count;

	if (disk_snapshots(disk, &all, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		memory |= !strcmp(all[i].tag, tag) && all[i].memory;
	disk_snapshots_fini(all, count);
	return memory;
}

/* The files first: a snapshot that is there has them. */
static int create(const char *dir, const char *disk, const char *tag, struct err *e)
{
	int there = disk_snapshot_find(disk, tag, e);

	if (there > 0) /* its files are not to be replaced */
		return err_set(e, ERR_USAGE, "snapshot-exists", "there is a snapshot %s already", tag);
	if (there < 0 || vm_mark_keep_files(dir, tag, e) < 0)
		return -1;
	if (disk_snapshot_create(disk, tag, e) == 0)
		return 0;
	vm_mark_drop_files(dir, tag, NULL);
	return -1;
}

/* The disk and its files are one change: snapshot_finish completes what is cut off in between. */
static int revert(const char *dir, const char *disk, const char *tag, struct err *e)
{
	int r = disk_snapshot_revert(disk, tag, e);

	if (!r)
		r = vm_mark_restore_files(dir, tag, false, e);
	if (!r)
		r = disk_change_end(disk, e);
	return r;
}

int snapshot_finish(const char *dir, const char *disk, struct err *e)
{
	char *what = disk_change_pending(disk);
	int r = 0;

	if (what && !strncmp(what, REVERT, strlen(REVERT)))
		r = revert(dir, disk, what + strlen(REVERT), e);
	else if (what)
		r = disk_change_end(disk, e);
	free(what);
	return r;
}

static int change(const struct job *j, enum vm_snapshot_op op, const char *tag, const char *disk, bool *starts,
		  struct err *e)
{
	const char *dir = j->machine_dir;

	switch (op) {
	case VM_SNAPSHOT_CREATE:
		return create(dir, disk, tag, e);
	case VM_SNAPSHOT_REVERT:
		*starts = has_memory(disk, tag);
		return *starts ? vm_mark_restore_files(dir, tag, false, e) : revert(dir, disk, tag, e);
	default:
		if (disk_snapshot_delete(disk, tag, e) < 0 || vm_mark_drop(dir, tag, e) < 0)
			return -1;
		return vm_mark_drop_files(dir, tag, e);
	}
}

int snapshot_settle(const char *dir, const char *disk, struct err *e)
{
	char *what = disk_change_pending(disk);
	enum disk_health health = DISK_WELL;
	uint64_t count = 0;
	int r = what ? disk_await_others(disk, e) : 0;

	if (!r && what)
		r = disk_examine(disk, &health, &count, e);

	free(what);
	if (!r && health == DISK_CORRUPT)
		return disk_corrupt_err(disk, count, e);
	return r < 0 ? r : snapshot_finish(dir, disk, e);
}

int snapshot_change(struct job *j, enum vm_snapshot_op op, const char *tag, bool *starts, struct err *e)
{
	char *disk = job_file(j, "disk.qcow2");
	int r = job_lock_name(j, "changing its snapshots", e);

	*starts = false;
	if (!r)
		r = need_disk(j, e);
	if (!r)
		r = job_lock(j, "changing its snapshots", e);
	if (!r)
		r = vm_kept_refuse(j->machine_dir, j->spec->name, e);
	if (!r)
		r = snapshot_settle(j->machine_dir, disk, e);
	if (!r)
		r = change(j, op, tag, disk, starts, e);
	free(disk);
	return r;
}

int snapshot_start(struct job *j, const char *tag, void (*done)(const struct err *e, void *arg), void *arg,
		   struct err *e)
{
	struct vm_kept mark;
	int r = vm_mark_get(j->machine_dir, tag, &mark, e);

	if (r < 0)
		return r;
	free(mark.request.snapshot);
	mark.request.snapshot = xstrdup(tag);
	if (!j->runtime_dir)
		j->runtime_dir = host_runtime_dir(j->spec->name, e);
	if (j->runtime_dir) {
		vm_kept_move_sockets(&mark.request, j->runtime_dir);
		job_hand_over(j);
		vm_start(j->loop, &mark.request, done, arg);
	}
	vm_kept_fini(&mark);
	return j->runtime_dir ? 0 : -1;
}

char *snapshot_tag_now(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "at-%Y%m%d-%H%M%S", &tm);
	return xstrdup(text);
}
