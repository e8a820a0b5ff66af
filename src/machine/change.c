/* SPDX-License-Identifier: MIT */
/*
 * change: clones, renames, deletes and recreates machines (include/machine/change.h). The first half examines what a
 * change would do, the second does it under the locks.
 */
#include "machine/change.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/lock.h"
#include "host/paths.h"
#include "image/disk.h"
#include "machine/hostkeys.h"
#include "machine/pending.h"
#include "machine/run.h"
#include "machine/snapshot_disk.h"
#include "machine/trust.h"
#include "spec/spec.h"

#define KEYS_MAX 65536 /* bytes of a known_hosts */

/* ---- examine ---- */

/* Finds the machine and its file; a name whose file is gone or invalid still names its folder. */
static int change_find(const struct store *store, const char *ref, struct change *c, struct spec *s, struct err *e)
{
	bool is_name = spec_name_ok(ref);
	struct err why = ERR_INIT;
	int r = store_find_ini(store, ref, &c->ini, &why);

	if (r < 0)
		c->ini = NULL;
	else
		r = spec_read(s, c->ini, &why);
	if (!r && is_name && strcmp(s->name, ref)) {
		/* the named machine is not the one that would be changed */
		r = err_set(e, ERR_USAGE, "name-differs", "%s has the machine name %s", c->ini, s->name);
		err_hint(e, "change machine.name there, or the file's name");
		spec_fini(s);
		spec_init(s);
		return r;
	}
	if (!r) {
		c->name = xstrdup(s->name);
	} else if (is_name && c->kind == CHANGE_DELETE) {
		AUTO_FREE char *dir = store_machine_dir(store, ref);

		if (c->ini || file_exists(dir)) {
			c->name = xstrdup(ref);
			err_fini(&why);
			spec_init(s);
			r = 0;
		}
	}
	if (r < 0) {
		spec_init(s); /* for the caller's fini */
		err_move(e, &why);
	}
	return r;
}

/* Reads c->ini as the record of the name c->to (CLONE, RENAME). The caller frees `s` in either case. */
static int change_spec(const struct change *c, struct spec *s, struct err *e)
{
	AUTO_FREE char *set = xasprintf("machine.name=%s", c->to);
	int r = spec_read(s, c->ini, e);

	if (!r) {
		if (!strcmp(s->hostname, c->name))
			spec_unset(s, "system", "hostname");
		r = spec_set(s, set, e);
	} else {
		spec_init(s);
	}
	return r;
}

/* Returns the same for a file that keeps its place, and is written last: its folder has the new name already. */
static bool change_is_half_renamed_in_place(const struct store *store, const struct change *c)
{
	AUTO_FREE char *dir = store_machine_dir(store, c->name);
	AUTO_FREE char *saved = store_saved_ini(store, c->to);
	AUTO_FREE char *claimed = store_claimed_ini(store, c->to);

	return claimed && !strcmp(claimed, c->ini) && !file_exists(dir) && !file_exists(saved);
}

/* Returns whether a rename to this name was interrupted: its file is written, and there is at most one machine's
 * folder, under either name. */
static bool change_is_half_renamed(const struct store *store, const struct change *c, const char *to_dir)
{
	AUTO_FREE char *dir = store_machine_dir(store, c->name);
	bool both = file_exists(dir) && file_exists(to_dir);
	struct spec want, is;
	bool half = false;

	if (c->kind == CHANGE_RENAME && !strcmp(c->to_ini, c->ini)) {
		half = change_is_half_renamed_in_place(store, c);
	} else if (c->kind == CHANGE_RENAME && !both && file_exists(c->to_ini)) {
		half = change_spec(c, &want, NULL) == 0 && spec_read(&is, c->to_ini, NULL) == 0;
		if (half) {
			half = spec_equal(&want, &is);
			spec_fini(&is);
		}
		spec_fini(&want);
	}
	return half;
}

static int change_check_name(const struct store *store, const struct change *c, struct err *e)
{
	AUTO_FREE char *dir = store_machine_dir(store, c->to);
	AUTO_FREE char *ini = store_saved_ini(store, c->to);

	if (!spec_name_ok(c->to)) {
		err_set(e, ERR_USAGE, "name-bad", "\"%s\" is not a valid name of a machine", c->to);
		return err_hint(e, "a name is a-z, 0-9 and -, at most 31, and does not begin with -");
	}
	if (!strcmp(c->name, c->to))
		return err_set(e, ERR_USAGE, "name-taken", "it is called %s already", c->to);
	if ((file_exists(dir) || file_exists(ini) || (strcmp(c->to_ini, c->ini) && file_exists(c->to_ini))) &&
	    !change_is_half_renamed(store, c, dir))
		return err_set(e, ERR_USAGE, "name-taken", "a machine named %s already exists", c->to);
	return 0;
}

/* Returns the other machine's file: a saved file has its machine's name; another file stays where it is, and a copy
 * is beside it. */
static char *change_other_ini(const struct store *store, const struct change *c)
{
	AUTO_FREE char *saved = store_saved_ini(store, c->name);
	char *path, *dir;

	if (!strcmp(saved, c->ini)) {
		path = store_saved_ini(store, c->to);
	} else if (c->kind == CHANGE_RENAME) {
		path = xstrdup(c->ini);
	} else {
		dir = file_dirname(c->ini);
		path = xasprintf("%s/%s.ini", dir, c->to);
		free(dir);
	}
	return path;
}

static bool change_has(const char *dir, const char *name)
{
	AUTO_FREE char *path = file_join(dir, name);
	bool there = file_exists(path);

	return there;
}

static void change_list_losses(const struct store *store, const char *dir, bool suspended, struct change *c)
{
	bool all = c->kind == CHANGE_DELETE;
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");
	AUTO_FREE char *own = store_saved_ini(store, c->name);
	AUTO_FREE char *ini = c->ini ? host_short(c->ini) : NULL;
	struct disk_info info = {0};
	char used[SIZE_TEXT];

	if (c->has_disk) {
		if (disk_check(disk, &info, NULL) < 0)
			strv_add(&c->lost, "its disk, which cannot be read");
		else if (info.untouched)
			strv_add(&c->lost, "its disk, to which nothing was written yet");
		else
			strv_addf(&c->lost, "its disk, with %s that were written", size_human(info.allocated, used));
		c->loses_data = !info.untouched;
	}
	if (info.snapshots)
		strv_addf(&c->lost, "%u snapshot%s", info.snapshots, info.snapshots == 1 ? "" : "s");
	if (suspended)
		strv_add(&c->lost, "its suspended state");
	if (change_has(dir, "QEMU_VARS-pflash.raw"))
		strv_add(&c->lost, "the firmware's variables");
	if (change_has(dir, "tpm"))
		strv_add(&c->lost, "its TPM, with the keys in it");
	if (change_has(dir, "known_hosts"))
		strv_add(&c->lost, "its ssh host keys");
	if (change_has(dir, "console.log"))
		strv_add(&c->lost, "its console log");
	if (all && change_has(dir, "id_ed25519"))
		strv_add(&c->lost, "the ssh key that debwiz made for it");
	if (all && c->ini && !strcmp(c->ini, own))
		strv_addf(&c->lost, "its file %s", ini);
	else if (c->ini)
		strv_addf(&c->notes, "its file %s stays", ini);
	if (!all && change_has(dir, "id_ed25519"))
		strv_add(&c->notes, "its own ssh key stays");
	if (all && change_has(dir, DISK_BASE_NAME))
		strv_add(&c->notes, "the base image stays until `debwiz gc` finds that no machine uses it");
}

/* Returns whether a clone copies the disk in `dir`. A disk to which nothing was written is better created again: the
 * copy then is a machine of its own. */
static bool change_copies_disk(const char *dir)
{
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");
	struct disk_info info;
	bool copies = file_exists(disk) && !(disk_check(disk, &info, NULL) == 0 && info.untouched);

	return copies;
}

static void change_list_notes(const struct spec *s, const char *dir, struct change *c)
{
	struct spec_forward f;

	if (c->has_disk && c->kind == CHANGE_CLONE && !change_copies_disk(dir))
		strv_add(&c->notes, "nothing was written to its disk yet: the copy is of its file, and a machine of "
				    "its own");
	else if (c->has_disk && c->kind == CHANGE_CLONE)
		strv_addf(&c->notes, "inside, the copy is the same machine: host name %s, ssh host keys, machine-id",
			  spec_hostname(s));
	else if (c->has_disk)
		strv_addf(&c->notes, "inside, its host name stays %s", spec_hostname(s));
	for (size_t i = 0; c->kind == CHANGE_CLONE && i < s->forwards.len; i++)
		if (!spec_forward_parse(s->forwards.items[i], &f, NULL) && f.host_port)
			strv_addf(&c->notes, "both forward port %u of this host: they cannot run at the same time",
				  (unsigned)f.host_port);
}

static int change_check_state(const char *dir, struct change *c, bool *suspended, struct err *e)
{
	struct vm_run run;
	int r = 0;

	*suspended = false;
	if (vm_run_read(dir, &run, NULL) < 0)
		return 0; /* an invalid record does not matter; the lock does */
	*suspended = run.state == VM_SUSPENDED;
	if (run.alive) {
		r = err_set(e, ERR_BUSY, "busy", "%s is running", c->name);
		err_hint(e, "stop it first: debwiz stop %s", c->name);
	} else if (*suspended && c->kind == CHANGE_CLONE) {
		r = err_set(e, ERR_FAILED, "suspended", "%s is suspended, and its state can be resumed only once",
			    c->name);
		err_hint(e, "resume it and stop it first: debwiz boot %s", c->name);
	}
	vm_run_fini(&run);
	return r;
}

int change_examine(const struct store *store, enum change_kind kind, const char *ref, const char *to,
		   struct change *out, struct err *e)
{
	struct spec s;
	bool suspended = false;
	AUTO_FREE char *dir = NULL;
	int r;

	*out = (struct change){.kind = kind, .ref = xstrdup(ref), .to = xstrdup(to)};
	r = change_find(store, ref, out, &s, e);
	dir = r < 0 ? NULL : store_machine_dir(store, out->name);
	if (!r) {
		out->has_disk = change_has(dir, "disk.qcow2");
		r = change_check_state(dir, out, &suspended, e);
	}
	if (!r && to && out->ini) {
		out->to_ini = change_other_ini(store, out);
		r = change_check_name(store, out, e);
		change_list_notes(&s, dir, out);
	} else if (!r && kind >= CHANGE_DELETE) {
		change_list_losses(store, dir, suspended, out);
		if (kind == CHANGE_RECREATE && !out->has_disk) {
			r = err_set(e, ERR_FAILED, "not-made", "%s has no disk yet", out->name);
			err_hint(e, "debwiz prepare %s", out->name);
		}
	}
	spec_fini(&s);
	return r;
}

void change_fini(struct change *c)
{
	free(c->ref);
	free(c->name);
	free(c->to);
	free(c->ini);
	free(c->to_ini);
	strv_fini(&c->lost);
	strv_fini(&c->notes);
	*c = (struct change){.name = NULL};
}

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
	"QEMU_EFI-pflash.raw",
	"QEMU_VARS-pflash.raw",
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

/* Renames the folder `dir` with its content. */
static int change_move_folder(const char *dir, const char *to, struct err *e)
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
