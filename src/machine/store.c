/* SPDX-License-Identifier: MIT */
/* store: the folders and files of machines and bases (include/machine/store.h). */
#include "machine/store.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "image/disk.h"
#include "machine/pending.h"
#include "spec/spec.h"

#define BASE_DISK "disk.raw"
#define BASE_LOCK "lock"

const char *const store_copied[] = {
	STORE_PFLASH_CODE, STORE_PFLASH_VARS, STORE_TPM,    "vmlinuz",	     "initrd.img", "seed.iso",
	"id_ed25519",	   "id_ed25519.pub",  STORE_STAMPS, VM_PENDING_NAME, STORE_DISK,
};
const size_t store_copied_count = ARRAY_SIZE(store_copied);

int store_open(struct store *s, struct err *e)
{
	char *machines;
	char *bases;
	int r;

	*s = (struct store){
		.config_dir = host_config_dir(),
		.data_dir = host_data_dir(),
		.cache_dir = host_cache_dir(),
	};
	if (!s->config_dir || !s->data_dir || !s->cache_dir) {
		store_fini(s);
		err_set(e, ERR_MISSING, "no-home", "there is no home folder to keep machines in");
		return err_hint(e, "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_CACHE_HOME");
	}
	machines = file_join(s->data_dir, "machines");
	s->bases_dir = file_join(s->data_dir, "bases");
	bases = store_bases_dir(s);
	r = file_mkdirs(machines, e);
	if (!r)
		r = file_mkdirs(bases, e);
	if (!r)
		r = file_mkdirs(s->cache_dir, e);
	free(machines);
	free(bases);
	if (r < 0)
		store_fini(s);
	return r;
}

void store_fini(struct store *s)
{
	free(s->config_dir);
	free(s->data_dir);
	free(s->cache_dir);
	free(s->bases_dir);
	*s = (struct store){.config_dir = NULL};
}

char *store_bases_dir(const struct store *s)
{
	return xstrdup(s->bases_dir);
}

char *store_machine_dir(const struct store *s, const char *name)
{
	return xasprintf("%s/machines/%s", s->data_dir, name);
}

char *store_saved_ini(const struct store *s, const char *name)
{
	return xasprintf("%s/machines/%s.ini", s->config_dir, name);
}

char *store_claimed_ini(const struct store *s, const char *name)
{
	AUTO_FREE char *note = xasprintf("%s/machines/%s/ini", s->data_dir, name);
	struct buf text;
	char *path = NULL;

	if (file_read(note, 4096, &text, NULL) == 0) {
		if (text.len && text.data[text.len - 1] == '\n')
			path = xstrndup(text.data, text.len - 1);
		buf_fini(&text);
	}
	return path;
}

static bool store_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

int store_find_ini(const struct store *s, const char *ref, char **path, struct err *e)
{
	char *found;

	if (strstr(ref, "://")) {
		err_set(e, ERR_USAGE, "ini-url", "%s is a URL, and debwiz reads machines from files", ref);
		return err_hint(e, "download the file, read what it asks for (debwiz check FILE), then name the file");
	}
	if (strchr(ref, '/') || store_ends_with(ref, ".ini")) {
		*path = file_absolute(ref);
		return 0;
	}
	if (!spec_name_ok(ref)) {
		err_set(e, ERR_USAGE, "name-bad", "\"%s\" is not a valid name of a machine", ref);
		return err_hint(e, "a name is a-z, 0-9 and -, at most 31; a file has a / or ends in .ini");
	}
	found = store_saved_ini(s, ref);
	if (!file_exists(found)) {
		free(found);
		found = store_claimed_ini(s, ref);
	}
	if (found && file_exists(found)) {
		*path = found;
		return 0;
	}
	if (found)
		err_set(e, ERR_USAGE, "ini-missing", "the file of machine %s does not exist: %s", ref, found);
	else
		err_set(e, ERR_USAGE, "machine-unknown", "there is no machine named %s", ref);
	free(found);
	return err_hint(e, "`debwiz list` shows the machines; a file is named with a / or .ini");
}

/* Returns whether a machine's folder holds more than the record of its file, or is locked: a run that failed before
 * it created anything leaves no machine. */
static bool store_is_made(const char *dir)
{
	static const char *const notes[] = {".", "..", "ini", "lock", "installing"};
	AUTO_FREE char *lock = file_join(dir, "lock");
	AUTO_FREE char *holder = lock_holder(lock);
	bool made = holder != NULL;
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && !made && (entry = readdir(d))) {
		made = true;
		for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
			made = made && strcmp(entry->d_name, notes[i]) != 0;
	}
	if (d)
		closedir(d);
	return made;
}

static bool store_is_machine(const char *folder, const char *name)
{
	AUTO_FREE char *dir = file_join(folder, name);
	bool made = spec_name_ok(name) && store_is_made(dir);

	return made;
}

/* Adds the names of files with that ending; with an empty one, of folders. */
static void store_add_names(const char *dir, const char *ending, struct strv *names)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		AUTO_FREE char *name = xstrdup(entry->d_name);

		if (*ending && store_ends_with(name, ending))
			name[strlen(name) - strlen(ending)] = '\0';
		if (*ending ? spec_name_ok(name) : store_is_machine(dir, name))
			strv_add(names, name);
	}
	if (d)
		closedir(d);
}

void store_machines(const struct store *s, struct strv *names)
{
	AUTO_FREE char *saved = file_join(s->config_dir, "machines");
	AUTO_FREE char *made = file_join(s->data_dir, "machines");

	store_add_names(saved, ".ini", names);
	store_add_names(made, "", names);
	strv_sort(names);
	strv_uniq(names);
}

struct lock *store_lock_name(const struct store *s, const char *name, const char *what, struct err *e)
{
	char *path = xasprintf("%s/machines/%s.lock", s->data_dir, name);
	struct lock *k = lock_take(path, what, e);

	free(path);
	if (!k)
		err_prefix(e, "machine %s", name);
	return k;
}

int store_note_ini(const char *dir, const char *ini_path, struct err *e)
{
	AUTO_FREE char *note = file_join(dir, "ini");
	AUTO_FREE char *line = xasprintf("%s\n", ini_path);

	return file_write(note, line, strlen(line), 0600, e);
}

int store_claim(const struct store *s, const char *name, const char *ini_path, struct err *e)
{
	AUTO_FREE char *dir = store_machine_dir(s, name);
	AUTO_FREE char *owner = store_claimed_ini(s, name);
	int r = 0;

	if (owner && strcmp(owner, ini_path) && file_exists(owner)) {
		r = err_set(e, ERR_USAGE, "name-taken", "a machine named %s already exists, created from %s", name,
			    owner);
		err_hint(e, "give this one another name (`name =` in [machine])");
	} else if (!owner || strcmp(owner, ini_path)) {
		r = file_mkdirs(dir, e);
		if (!r)
			r = store_note_ini(dir, ini_path, e);
	}
	return r;
}

static char *store_stamps_path(const char *dir)
{
	return file_join(dir, STORE_STAMPS);
}

char *store_stamp(const char *dir, const char *step)
{
	AUTO_FREE char *path = store_stamps_path(dir);
	json_t *all = json_read(path, NULL);
	char *key = xstrdup(json_str(all, step, NULL));

	json_decref(all);
	return key;
}

int store_set_stamp(const char *dir, const char *step, const char *key, struct err *e)
{
	AUTO_FREE char *path = store_stamps_path(dir);
	json_t *all = json_read(path, NULL);
	int r;

	if (!json_is_object(all)) {
		json_decref(all);
		all = json_object();
	}
	json_object_set_new(all, step, json_string(key));
	r = json_write(path, all, e);
	json_decref(all);
	return r;
}

static bool store_base_load(const char *bases, const char *id, struct store_base *out)
{
	AUTO_FREE char *dir = file_join(bases, id);
	AUTO_FREE char *raw = file_join(dir, BASE_DISK);
	AUTO_FREE char *overlay = file_join(dir, DISK_LAYER_NAME);
	AUTO_FREE char *path = file_join(dir, "manifest.json");
	bool layer = !file_exists(raw);
	const char *disk = layer ? overlay : raw;
	json_t *manifest = json_read(path, NULL);
	struct stat st;
	bool whole = stat(disk, &st) == 0 && json_is_object(manifest);

	if (whole)
		*out = (struct store_base){
			.dir = xstrdup(dir),
			.id = xstrdup(id),
			.disk = xstrdup(disk),
			.layer = layer,
			.manifest = json_incref(manifest),
			.created = json_int(manifest, "created", 0),
			.machines = (uint64_t)st.st_nlink - 1,
		};
	json_decref(manifest);
	return whole;
}

void store_base_fini(struct store_base *b)
{
	free(b->dir);
	free(b->id);
	free(b->disk);
	json_decref(b->manifest);
	*b = (struct store_base){.dir = NULL};
}

static struct lock *store_base_lock(const char *dir, bool alone, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, BASE_LOCK);
	struct lock *k = alone ? lock_take(path, "removing this base image", e) : lock_share(path, e);

	return k;
}

struct lock *store_base_hold(const char *dir, struct err *e)
{
	return store_base_lock(dir, false, e);
}

struct lock *store_base_claim(const char *dir, struct err *e)
{
	return store_base_lock(dir, true, e);
}

static void store_base_ids(const char *bases, struct strv *ids)
{
	DIR *d = opendir(bases);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && !store_ends_with(entry->d_name, ".part") &&
		    !store_ends_with(entry->d_name, ".lock"))
			strv_add(ids, entry->d_name);
	if (d)
		closedir(d);
	strv_sort(ids);
}

bool store_find_base(const struct store *s, const char *prefix, struct store_base *out)
{
	AUTO_FREE char *bases = store_bases_dir(s);
	AUTO_STRV struct strv ids = STRV_INIT;
	bool found = false;

	store_base_ids(bases, &ids);
	for (size_t i = ids.len; i-- > 0 && !found;)
		if (!strncmp(ids.items[i], prefix, strlen(prefix)))
			found = store_base_load(bases, ids.items[i], out);
	return found;
}

static int store_base_order(const void *a, const void *b)
{
	const struct store_base *x = a, *y = b;

	return x->layer != y->layer ? (x->layer ? -1 : 1) : strcmp(x->id, y->id);
}

size_t store_bases(const struct store *s, struct store_base **out)
{
	AUTO_FREE char *bases = store_bases_dir(s);
	AUTO_STRV struct strv ids = STRV_INIT;
	size_t count = 0;

	store_base_ids(bases, &ids);
	*out = xcalloc(ids.len, sizeof(**out));
	for (size_t i = 0; i < ids.len; i++)
		if (store_base_load(bases, ids.items[i], &(*out)[count]))
			count++;
	mem_sort(*out, count, sizeof(**out), store_base_order);
	return count;
}

static void store_add_parts(const char *folder, struct strv *paths)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (store_ends_with(entry->d_name, ".part"))
			strv_take(paths, file_join(folder, entry->d_name));
	if (d)
		closedir(d);
}

void store_parts(const struct store *s, struct strv *paths)
{
	AUTO_FREE char *bases = store_bases_dir(s);
	AUTO_FREE char *machines = file_join(s->data_dir, "machines");

	store_add_parts(bases, paths);
	store_add_parts(machines, paths);
}
