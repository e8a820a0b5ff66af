/* SPDX-License-Identifier: MIT */
/* snapshot: lists and changes the snapshots of a stopped machine, and starts a machine from one. */
#include "prepare/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "job_steps.h"
#include "machine/snapshot_disk.h"
#include "machine/snapshot_meta.h"
#include "machine/suspended.h"

int snapshot_list(const struct job *j, struct disk_snapshot **out, size_t *count, struct err *e)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");

	return job_require_disk(j, e) < 0 ? -1 : disk_snapshots(disk, out, count, e);
}

static bool snapshot_has_memory(const char *disk, const char *tag)
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

static int snapshot_change_disk(const struct job *j, enum vm_snapshot_op op, const char *tag, const char *disk,
				bool *starts, struct err *e)
{
	const char *dir = j->machine_dir;

	switch (op) {
	case VM_SNAPSHOT_CREATE:
		return snapshot_create(dir, disk, tag, e);
	case VM_SNAPSHOT_REVERT:
		*starts = snapshot_has_memory(disk, tag);
		return *starts ? snapshot_meta_restore_files(dir, tag, false, e) : snapshot_revert(dir, disk, tag, e);
	default:
		if (disk_snapshot_delete(disk, tag, e) < 0 || snapshot_meta_remove(dir, tag, e) < 0)
			return -1;
		return snapshot_meta_remove_files(dir, tag, e);
	}
}

int snapshot_change(struct job *j, enum vm_snapshot_op op, const char *tag, bool *starts, struct err *e)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");

	*starts = false;
	if (job_lock_disk(j, "changing its snapshots", e) < 0 || snapshot_recover(j->machine_dir, disk, e) < 0)
		return -1;
	return snapshot_change_disk(j, op, tag, disk, starts, e);
}

int snapshot_start(struct job *j, const char *tag, void (*done)(const struct err *e, void *arg), void *arg,
		   struct err *e)
{
	struct suspended_state mark;
	int r = snapshot_meta_read(j->machine_dir, tag, &mark, e);

	if (r < 0)
		return r;
	free(mark.request.snapshot);
	mark.request.snapshot = xstrdup(tag);
	if (job_need_runtime_dir(j, e) == 0) {
		suspended_move_sockets(&mark.request, j->runtime_dir);
		job_hand_over(j);
		vm_start(j->loop, &mark.request, done, arg);
	}
	suspended_fini(&mark);
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
