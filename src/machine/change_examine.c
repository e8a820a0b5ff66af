/* SPDX-License-Identifier: MIT */
/* change_examine: examines what a change of a machine would do (include/machine/change.h). */
#include "change_examine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/paths.h"
#include "image/disk.h"
#include "machine/run.h"

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

int change_spec(const struct change *c, struct spec *s, struct err *e)
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
		strv_add(&c->lost, count_human(info.snapshots, "snapshot", used));
	if (suspended)
		strv_add(&c->lost, "its suspended state");
	if (change_has(dir, STORE_PFLASH_VARS))
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

bool change_copies_disk(const char *dir)
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
