/* SPDX-License-Identifier: MIT */
/*
 * change: clones, renames, deletes and recreates machines (include/machine/change.h), under locks and after they were
 * examined again (change_examine.c).
 */
#include "machine/change.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "change_examine.h"
#include "host/file.h"
#include "host/lock.h"
#include "image/disk.h"
#include "machine/hostkeys.h"
#include "machine/pending.h"
#include "machine/run.h"
#include "machine/snapshot_disk.h"
#include "machine/trust.h"
#include "spec/spec.h"

#define KEYS_MAX 65536 /* bytes of a known_hosts */

/* ---- files ---- */

/* What recreate removes, in this order; the INI file, the machine's key and its ports stay. A kill leaves no
 * suspended state of a disk that has changed, and still a machine with a disk, which can be recreated. */
static const char *const change_removed[] = {
	"suspend.json",
	"suspend.state",
	"snapshots.json",
	"snapshots",
	"run.json",
	"run.spare",
	"request.json",
	STORE_PFLASH_CODE,
	STORE_PFLASH_VARS,
	"tpm",
	"vmlinuz",
	"initrd.img",
	"seed.iso",
	"known_hosts",
	"console.log",
	"console.log.1",
	"console.log.2",
	"stamps.json",
	VM_PENDING_NAME,
	DISK_BASE_NAME,
	DISK_LAYER_NAME,
	"disk.qcow2",
	"disk.qcow2.changing",
	"disk.export",
};

/* Locks an existing folder; *lock is NULL if it does not exist. */
static int change_lock_folder(const char *dir, const char *what, struct lock **lock, struct err *e)
{
	AUTO_FREE char *path = NULL;

	*lock = NULL;
	if (!file_exists(dir))
		return 0;
	path = file_join(dir, "lock");
	*lock = lock_take(path, what, e);
	return *lock ? 0 : err_prefix(e, "machine %s", file_basename(dir));
}

/* Writes the file with the other name in it. A host name that equals the old name is changed, too. */
static int change_write_ini(const struct store *store, const struct change *c, struct err *e)
{
	struct spec s;
	int r = change_spec(c, &s, e);

	if (!r) {
		trust_load(store, &s);
		r = trust_adopt(store, &s, c->to_ini, e);
	}
	if (!r)
		r = spec_write(&s, c->to_ini, e);
	spec_fini(&s);
	return r;
}

/* What the disk is an overlay of, each a link in the machine's folder. */
static const char *const change_links[] = {DISK_BASE_NAME, DISK_LAYER_NAME};

/* Returns the disk of the base, or of the layer, if it exists, else the link that a machine holds; owned. */
static char *change_base_disk(const struct store *store, const char *dir, const char *link)
{
	AUTO_FREE char *id = store_stamp(dir, STORE_STAMP_BASE);
	bool layer = !strcmp(link, DISK_LAYER_NAME);
	struct store_base b = {.dir = NULL};
	const char *base = id;
	char *path;

	if (!layer && id && store_find_base(store, id, &b) && b.layer)
		base = json_str(b.manifest, "parent", "");
	path = base ? xasprintf("%s/%s/%s", store->bases_dir, base, layer ? DISK_LAYER_NAME : "disk.raw") : NULL;
	store_base_fini(&b);
	if (!path || !file_exists(path)) {
		free(path);
		path = file_join(dir, link);
	}
	return path;
}

static int change_link_base(const struct store *store, const char *dir, const char *folder, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(change_links) && !r; i++) {
		AUTO_FREE char *base = change_base_disk(store, dir, change_links[i]);
		AUTO_FREE char *link = file_join(folder, change_links[i]);

		r = file_exists(base) ? disk_link_base(base, link, e) : 0;
	}
	return r;
}

int change_move_folder(const char *dir, const char *to, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(change_links) && !r; i++) {
		AUTO_FREE char *from_link = file_join(dir, change_links[i]);
		AUTO_FREE char *to_link = file_join(to, change_links[i]);

		r = disk_move_base(from_link, to_link, e);
	}
	return r ? r : file_rename(dir, to, e);
}

/* ---- clone ---- */

/* The progress of a copy, and who may cancel it. */
struct copy_progress {
	const atomic_bool *cancel;
	void (*progress)(double percent, void *arg);
	void *arg;
	uint64_t done, total; /* bytes */
};

static int change_on_copied(uint64_t bytes, void *arg, struct err *e)
{
	struct copy_progress *w = arg;

	w->done += bytes;
	if (w->progress && w->total)
		w->progress(100.0 * (double)w->done / (double)w->total, w->arg);
	if (w->cancel && atomic_load(w->cancel))
		return err_set(e, ERR_INTERRUPTED, "cancelled", "the copy was cancelled");
	return 0;
}

static int change_copy_files(const char *dir, const char *part, struct copy_progress *w, struct err *e)
{
	struct stat st;
	int r = 0;

	w->total = 0;
	for (size_t i = 0; i < store_copied_count; i++) {
		AUTO_FREE char *from = file_join(dir, store_copied[i]);

		if (stat(from, &st) == 0)
			w->total += (uint64_t)st.st_size;
	}
	for (size_t i = 0; i < store_copied_count && !r; i++) {
		AUTO_FREE char *from = file_join(dir, store_copied[i]);
		AUTO_FREE char *to = file_join(part, store_copied[i]);
		AUTO_FREE char *folder = file_dirname(to);

		if (stat(from, &st) == 0 && (r = file_mkdirs(folder, e)) == 0)
			r = file_copy_watched(from, to, st.st_mode & 0700, change_on_copied, w, e);
	}
	return r;
}

/* Copies the files that belong to the snapshots in the disk. */
static int change_copy_snapshots(const char *dir, const char *part, struct err *e)
{
	AUTO_FREE char *from = file_join(dir, "snapshots");
	AUTO_FREE char *to = file_join(part, "snapshots");
	DIR *d = opendir(from);
	struct dirent *entry;
	int r = d ? file_mkdirs(to, e) : 0;

	while (!r && d && (entry = readdir(d))) {
		AUTO_FREE char *one = file_join(from, entry->d_name);
		AUTO_FREE char *copy = file_join(to, entry->d_name);
		struct stat st;

		if (lstat(one, &st) == 0 && S_ISREG(st.st_mode))
			r = file_copy_sparse(one, copy, 0600, e);
	}
	if (d)
		closedir(d);
	return r;
}

/* Creates the folder beside its place and renames it when it is complete; the file is written before that, so that a
 * kill leaves at worst a machine without a disk. */
static int change_clone(const struct store *store, const struct change *c, const char *dir, struct copy_progress *w,
			struct err *e)
{
	AUTO_FREE char *to = store_machine_dir(store, c->to);
	AUTO_FREE char *part = xasprintf("%s.part", to); /* gc leaves it alone: the name is locked */
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");

	if (file_remove_tree(part, e) < 0)
		return -1;
	if (!change_copies_disk(dir))
		return change_write_ini(store, c, e);
	if (snapshot_recover(dir, disk, e) == 0 && file_mkdirs(part, e) == 0 &&
	    change_link_base(store, dir, part, e) == 0 && change_copy_files(dir, part, w, e) == 0 &&
	    change_copy_snapshots(dir, part, e) == 0 && store_note_ini(part, c->to_ini, e) == 0 &&
	    change_write_ini(store, c, e) == 0 && change_move_folder(part, to, e) == 0)
		return 0;
	(void)file_remove_tree(part, NULL);
	return -1;
}

/* ---- rename ---- */

/* Renames the host in known_hosts: a guest that is resumed from a suspended state or a snapshot does not report its
 * keys again. */
static int change_rename_keys(const struct change *c, const char *dir, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, "known_hosts");
	struct buf text;
	int r = 0;

	if (file_exists(path) && (r = file_read(path, KEYS_MAX, &text, e)) == 0) {
		hostkeys_rename(&text, c->name, c->to);
		r = file_write(path, text.data, text.len, 0600, e);
		buf_fini(&text);
	}
	return r;
}

static int change_rename_machine(const struct store *store, const struct change *c, const char *dir, struct err *e)
{
	AUTO_FREE char *to = store_machine_dir(store, c->to);
	bool in_place = !strcmp(c->ini, c->to_ini);
	bool moves = file_exists(dir);
	int r = in_place ? 0 : change_write_ini(store, c, e);

	if (!r && moves)
		r = change_rename_keys(c, dir, e);
	if (!r && moves)
		r = store_note_ini(dir, c->to_ini, e);
	if (!r && moves)
		r = change_move_folder(dir, to, e);
	if (!r && in_place)
		r = change_write_ini(store, c, e); /* last: until then the file says which machine it was */
	else if (!r && unlink(c->ini) < 0)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", c->ini);
	return r;
}

/* ---- delete and recreate ---- */

/* Removes the file first, then renames the folder in one step: another command finds either both or neither. A kill
 * leaves a folder without a file, which the same call removes, or a part, which gc removes. */
static int change_delete_machine(const struct store *store, const struct change *c, const char *dir, struct err *e)
{
	AUTO_FREE char *own = store_saved_ini(store, c->name);
	AUTO_FREE char *part = xasprintf("%s.part", dir);
	int r = file_remove_tree(part, e);

	if (!r && unlink(own) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", own);
	if (!r && file_exists(dir))
		r = file_rename(dir, part, e);
	if (!r)
		r = file_remove_tree(part, e);
	return r;
}

static int change_recreate(const char *dir, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(change_removed) && !r; i++) {
		AUTO_FREE char *path = file_join(dir, change_removed[i]);

		r = file_remove_tree(path, e);
	}
	return r;
}

/* The locks of everything that the change must not share. */
struct change_locks {
	struct lock *name, *to, *folder, *ini, *to_ini;
};

static void change_locks_release(struct change_locks *k)
{
	lock_remove(k->to_ini);
	lock_remove(k->ini);
	lock_release(k->folder);
	lock_remove(k->to);
	lock_remove(k->name);
}

static bool change_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int change_locks_take(const struct store *store, const struct change *c, const char *dir, const char *what,
			     struct change_locks *k, struct err *e)
{
	*k = (struct change_locks){.name = store_lock_name(store, c->name, what, e)};
	if (!k->name || (c->to && !(k->to = store_lock_name(store, c->to, what, e))) ||
	    change_lock_folder(dir, what, &k->folder, e) < 0 || (c->ini && !(k->ini = spec_lock(c->ini, e))))
		return -1;
	if (c->to_ini && !change_same_text(c->to_ini, c->ini) && !(k->to_ini = spec_lock(c->to_ini, e)))
		return -1;
	return 0;
}

/* Examines again under the locks: another command may have changed the machine before. */
static int change_examine_again(const struct store *store, const struct change *c, struct err *e)
{
	AUTO_ERR struct err why = ERR_INIT;
	struct change now;
	int r = change_examine(store, c->kind, c->ref, c->to, &now, &why);

	if (r < 0)
		r = err_set(e, ERR_BUSY, "busy", "machine %s was changed by another command: %s", c->name, why.text);
	else if (!change_same_text(now.name, c->name) || !change_same_text(now.ini, c->ini) ||
		 now.has_disk != c->has_disk || now.loses_data != c->loses_data)
		r = err_set(e, ERR_BUSY, "busy", "machine %s was changed by another command", c->name);
	if (r < 0)
		err_hint(e, "see `debwiz list`, and run the command again");
	change_fini(&now);
	return r;
}

int change_do(const struct store *store, const struct change *c, const atomic_bool *cancel,
	      void (*progress)(double percent, void *arg), void *arg, struct err *e)
{
	static const char *const whats[] = {
		[CHANGE_CLONE] = "cloning",
		[CHANGE_RENAME] = "renaming",
		[CHANGE_DELETE] = "deleting",
		[CHANGE_RECREATE] = "recreating the disk",
	};
	struct copy_progress w = {cancel, progress, arg, 0, 0};
	AUTO_FREE char *dir = store_machine_dir(store, c->name);
	struct change_locks locks;
	int r = change_locks_take(store, c, dir, whats[c->kind], &locks, e);

	if (!r)
		r = change_examine_again(store, c, e);
	if (!r) {
		switch (c->kind) {
		case CHANGE_CLONE:
			r = change_clone(store, c, dir, &w, e);
			break;
		case CHANGE_RENAME:
			r = change_rename_machine(store, c, dir, e);
			break;
		case CHANGE_DELETE:
			r = change_delete_machine(store, c, dir, e);
			break;
		case CHANGE_RECREATE:
			r = change_recreate(dir, e);
			break;
		}
	}
	change_locks_release(&locks);
	return r;
}
