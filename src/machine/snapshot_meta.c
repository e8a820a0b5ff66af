/* SPDX-License-Identifier: MIT */
/* snapshot_meta: DIR/snapshots.json and DIR/snapshots (include/machine/snapshot_meta.h). */
#include "machine/snapshot_meta.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/store.h"

#define FOLDER "snapshots"

static char *snapshot_meta_path(const char *dir)
{
	return file_join(dir, "snapshots.json");
}

/* Reads all records; an empty object if no file can be read: the disk is authoritative. */
static json_t *snapshot_meta_read_all(const char *path)
{
	json_t *all = file_exists(path) ? json_read(path, NULL) : NULL;

	if (json_is_object(all))
		return all;
	json_decref(all);
	return json_object();
}

int snapshot_meta_write(const char *dir, const char *tag, const struct suspended_state *k, struct err *e)
{
	AUTO_FREE char *path = snapshot_meta_path(dir);
	json_t *all = snapshot_meta_read_all(path);
	json_t *o = suspended_json(k);
	int r = o && json_object_set(all, tag, o) == 0
			? json_write(path, all, e)
			: err_set(e, ERR_FAILED, "not-utf8", "an argument of QEMU is not valid UTF-8");

	json_decref(o);
	json_decref(all);
	return r;
}

int snapshot_meta_read(const char *dir, const char *tag, struct suspended_state *out, struct err *e)
{
	AUTO_FREE char *path = snapshot_meta_path(dir);
	json_t *all = snapshot_meta_read_all(path);
	int r = suspended_from_json(out, json_object_get(all, tag));

	if (r < 0)
		err_set(e, ERR_FAILED, "snapshot-unknown",
			"it is not recorded how the machine was run when the snapshot %s was created", tag);
	else
		suspended_move_dir(&out->request, dir);
	json_decref(all);
	return r;
}

int snapshot_meta_remove(const char *dir, const char *tag, struct err *e)
{
	AUTO_FREE char *path = snapshot_meta_path(dir);
	json_t *all = snapshot_meta_read_all(path);
	int r = json_object_del(all, tag) == 0 ? json_write(path, all, e) : 0;

	json_decref(all);
	return r;
}

/* ---- files ---- */

static const struct {
	const char *name, *ending;
	bool open; /* QEMU has it open for writing */
} files[] = {
	{STORE_PFLASH_VARS, "vars", true},
	{STORE_TPM, "tpm", true},
	{"seed.iso", "seed", false},
};
#define FILES ARRAY_SIZE(files)

static char *snapshot_meta_saved_file(const char *dir, const char *tag, size_t i)
{
	return xasprintf("%s/" FOLDER "/%s.%s", dir, tag, files[i].ending);
}

int snapshot_meta_save_files(const char *dir, const char *tag, struct err *e)
{
	AUTO_FREE char *folder = file_join(dir, FOLDER);
	int r = file_mkdirs(folder, e);

	for (size_t i = 0; i < FILES && !r; i++) {
		AUTO_FREE char *from = file_join(dir, files[i].name);
		AUTO_FREE char *to = snapshot_meta_saved_file(dir, tag, i);

		r = file_exists(from) ? file_copy_sparse(from, to, 0600, e) : file_remove_tree(to, e);
	}
	return r;
}

int snapshot_meta_restore_files(const char *dir, const char *tag, bool running, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < FILES && !r; i++) {
		AUTO_FREE char *from = snapshot_meta_saved_file(dir, tag, i);
		AUTO_FREE char *to = file_join(dir, files[i].name);

		if (file_exists(from) && !(running && files[i].open))
			r = file_copy_sparse(from, to, 0600, e);
	}
	return r;
}

int snapshot_meta_remove_files(const char *dir, const char *tag, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < FILES && !r; i++) {
		AUTO_FREE char *path = snapshot_meta_saved_file(dir, tag, i);

		r = file_remove_tree(path, e);
	}
	return r;
}
