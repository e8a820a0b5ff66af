/* SPDX-License-Identifier: MIT */
/* mark: see include/vm/mark.h. */
#include "vm/mark.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

static char *marks_path(const char *dir)
{
	return file_join(dir, "snapshots.json");
}

/* All marks; an empty object when there is no file or none that can be read: the disk counts. */
static json_t *read_all(const char *path)
{
	json_t *all = file_exists(path) ? json_read(path, NULL) : NULL;

	if (json_is_object(all))
		return all;
	json_decref(all);
	return json_object();
}

int vm_mark_put(const char *dir, const char *tag, const struct vm_kept *k, struct err *e)
{
	char *path = marks_path(dir);
	json_t *all = read_all(path);
	json_t *o = vm_kept_json(k);
	int r = o && json_object_set(all, tag, o) == 0
			? json_write(path, all, e)
			: err_set(e, ERR_FAILED, "not-utf8", "an argument of QEMU is not valid UTF-8");

	json_decref(o);
	json_decref(all);
	free(path);
	return r;
}

int vm_mark_get(const char *dir, const char *tag, struct vm_kept *out, struct err *e)
{
	char *path = marks_path(dir);
	json_t *all = read_all(path);
	int r = vm_kept_from_json(out, json_object_get(all, tag));

	if (r < 0)
		err_set(e, ERR_FAILED, "snapshot-unknown",
			"nothing says how the machine was run when the snapshot %s was made", tag);
	else
		vm_kept_move_dir(&out->request, dir);
	json_decref(all);
	free(path);
	return r;
}

int vm_mark_drop(const char *dir, const char *tag, struct err *e)
{
	char *path = marks_path(dir);
	json_t *all = read_all(path);
	int r = json_object_del(all, tag) == 0 ? json_write(path, all, e) : 0;

	json_decref(all);
	free(path);
	return r;
}
