/* SPDX-License-Identifier: MIT */
/* disk_snapshot: snapshots inside a disk that is not in use, by qemu-img. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "disk_tool.h"
#include "host/proc.h"
#include "image/disk.h"

#define INFO_MAX (1024 * 1024)

int disk_snapshots(const char *path, struct disk_snapshot **out, size_t *count, struct err *e)
{
	char *argv[] = {"qemu-img", "info", "-f", "qcow2", "--output=json", (char *)path, NULL};
	struct disk_info info;
	json_t *o, *list;
	const json_t *one;
	struct buf text;
	size_t i;

	*out = NULL;
	*count = 0;
	if (disk_check(path, &info, e) < 0)
		return -1;
	if (!info.snapshots)
		return 0;
	if (proc_run(argv, INFO_MAX, &text, e) < 0)
		return -1;
	o = json_parse(text.data, text.len, "qemu-img", e);
	buf_fini(&text);
	if (!o)
		return -1;
	list = json_object_get(o, "snapshots");
	*out = xcalloc(json_array_size(list) + 1, sizeof(**out));
	json_array_foreach (list, i, one)
		(*out)[(*count)++] = (struct disk_snapshot){
			.tag = xstrdup(json_str(one, "name", "")),
			.date = json_int(one, "date-sec", 0),
			.memory = (uint64_t)json_int(one, "vm-state-size", 0),
		};
	json_decref(o);
	return 0;
}

void disk_snapshots_fini(struct disk_snapshot *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(s[i].tag);
	free(s);
}

int disk_snapshot_find(const char *path, const char *tag, struct err *e)
{
	struct disk_snapshot *all;
	size_t count;
	int found = 0;

	if (disk_snapshots(path, &all, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		found |= !strcmp(all[i].tag, tag);
	disk_snapshots_fini(all, count);
	return found;
}

static int disk_snapshot_run(char *option, const char *path, const char *tag, struct err *e)
{
	char *argv[] = {"qemu-img", "snapshot", "-q", option, (char *)tag, (char *)path, NULL};
	AUTO_FREE char *what = xasprintf("%s %s",
					 option[1] == 'c'   ? "create"
					 : option[1] == 'a' ? "revert"
							    : "delete",
					 tag);

	return disk_change_run(argv, path, what, option[1] != 'a', e);
}

int disk_snapshot_create(const char *path, const char *tag, struct err *e)
{
	int r = disk_snapshot_find(path, tag, e);

	if (r > 0)
		return err_set(e, ERR_USAGE, "snapshot-exists", "a snapshot %s already exists", tag);
	return r < 0 ? r : disk_snapshot_run("-c", path, tag, e);
}

static int disk_snapshot_change(char *option, const char *path, const char *tag, struct err *e)
{
	int r = disk_snapshot_find(path, tag, e);

	if (!r)
		return err_set(e, ERR_USAGE, "snapshot-missing", "there is no snapshot %s", tag);
	return r < 0 ? r : disk_snapshot_run(option, path, tag, e);
}

int disk_snapshot_revert(const char *path, const char *tag, struct err *e)
{
	return disk_snapshot_change("-a", path, tag, e);
}

int disk_snapshot_delete(const char *path, const char *tag, struct err *e)
{
	return disk_snapshot_change("-d", path, tag, e);
}
