/* SPDX-License-Identifier: MIT */
/* snapshot_disk: snapshots of a stopped machine's disk, with the files beside it. */
#include "machine/snapshot_disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/disk.h"
#include "machine/snapshot_meta.h"

#define REVERT "revert " /* as disk_change_pending reports it of a disk alone */

/* Copies the files first: an existing snapshot has them. */
int snapshot_create(const char *dir, const char *disk, const char *tag, struct err *e)
{
	int there = disk_snapshot_find(disk, tag, e);

	if (there > 0) /* its files are not to be replaced */
		return err_set(e, ERR_USAGE, "snapshot-exists", "there is a snapshot %s already", tag);
	if (there < 0 || snapshot_meta_save_files(dir, tag, e) < 0)
		return -1;
	if (disk_snapshot_create(disk, tag, e) == 0)
		return 0;
	snapshot_meta_remove_files(dir, tag, NULL);
	return -1;
}

/* Reverts disk and files as one change: snapshot_finish completes an interrupted one. */
int snapshot_revert(const char *dir, const char *disk, const char *tag, struct err *e)
{
	int r = disk_snapshot_revert(disk, tag, e);

	if (!r)
		r = snapshot_meta_restore_files(dir, tag, false, e);
	if (!r)
		r = disk_change_end(disk, e);
	return r;
}

int snapshot_finish(const char *dir, const char *disk, struct err *e)
{
	AUTO_FREE char *what = disk_change_pending(disk);
	int r = 0;

	if (what && !strncmp(what, REVERT, strlen(REVERT)))
		r = snapshot_revert(dir, disk, what + strlen(REVERT), e);
	else if (what)
		r = disk_change_end(disk, e);
	return r;
}

int snapshot_recover(const char *dir, const char *disk, struct err *e)
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
