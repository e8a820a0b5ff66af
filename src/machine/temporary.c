/* SPDX-License-Identifier: MIT */
/* temporary: creates and removes machines that exist for the duration of one command. */
#include "machine/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine/change.h"
#include "machine/run.h"
#include "machine/trust.h"

#define OWNER ".owner"
#define ATTEMPTS 16
#define PATH_TEXT_MAX 65536
#define SSH_FORWARD "network.forward+=127.0.0.1:auto:22"

static int temporary_store(const struct store *parent, struct store *out, struct err *e)
{
	char *machines;
	int r;

	*out = (struct store){
		.config_dir = file_join(parent->data_dir, "temporary"),
		.data_dir = file_join(parent->data_dir, "temporary"),
		.cache_dir = xstrdup(parent->cache_dir),
		.bases_dir = store_bases_dir(parent),
	};
	machines = file_join(out->data_dir, "machines");
	r = file_mkdirs(machines, e);
	free(machines);
	if (r < 0)
		store_fini(out);
	return r;
}

static char *temporary_owner_path(const struct store *s, const char *name)
{
	return xasprintf("%s/%s" OWNER, s->data_dir, name);
}

/* Returns whether the store has a machine of that name: one that was kept. */
static bool temporary_is_taken(const struct store *store, const char *name)
{
	AUTO_FREE char *dir = store_machine_dir(store, name);
	AUTO_FREE char *ini = store_saved_ini(store, name);

	return file_exists(dir) || file_exists(ini);
}

int temporary_new(const struct store *store, const char *prefix, struct temporary *t, struct err *e)
{
	*t = (struct temporary){.name = NULL};
	if (temporary_store(store, &t->store, e) < 0)
		return -1;
	for (int i = 0; i < ATTEMPTS && !t->owner; i++) {
		char *path;

		free(t->name);
		t->name = i ? xasprintf("%s-%lld-%d", prefix, (long long)getpid(), i + 1)
			    : xasprintf("%s-%lld", prefix, (long long)getpid());
		path = temporary_owner_path(&t->store, t->name);
		err_fini(e);
		if (temporary_is_taken(store, t->name))
			err_set(e, ERR_BUSY, "busy", "a machine named %s exists", t->name);
		else if (!file_exists(path))
			t->owner = lock_take(path, "running", e);
		else
			err_set(e, ERR_BUSY, "busy", "%s exists", path);
		free(path);
	}
	if (t->owner) {
		t->ini = store_saved_ini(&t->store, t->name);
		return 0;
	}
	free(t->name);
	store_fini(&t->store);
	*t = (struct temporary){.name = NULL};
	return -1;
}

/* A relative path counts from the folder of the file that the record came from. */
static void temporary_whole_path(const struct spec *s, char **value)
{
	char *whole = spec_path(s, *value);

	free(*value);
	*value = whole;
}

int temporary_write(struct temporary *t, struct spec *s, struct err *e)
{
	char *name = xasprintf("machine.name=%s", t->name);
	static const char *const sets[] = {
		"network.mode=user",	 "network.forward=",   SSH_FORWARD,
		"devices.drive=",	 "devices.share=",     "system.hostname=",
		"system.password_hash=", "disk.standalone=no", "devices.display=none",
	};
	int r = spec_set(s, name, e);

	if (*s->keyring)
		temporary_whole_path(s, &s->keyring);
	if (*s->build_out)
		temporary_whole_path(s, &s->build_out);
	if (strchr(s->qemu_binary, '/')) /* else a name to look up, or "auto" */
		temporary_whole_path(s, &s->qemu_binary);
	for (size_t i = 0; i < s->ssh_keys.len; i++)
		temporary_whole_path(s, &s->ssh_keys.items[i]);
	for (size_t i = 0; i < ARRAY_SIZE(sets) && !r; i++)
		r = spec_set(s, sets[i], e);
	if (!r)
		r = trust_adopt(&t->store, s, t->ini, e);
	if (!r)
		r = spec_write(s, t->ini, e);
	free(name);
	return r;
}

static char *temporary_folder_path(const struct store *s, const char *name)
{
	return xasprintf("%s/%s.files", s->data_dir, name);
}

/* The file that has the path of a folder elsewhere. */
static char *temporary_elsewhere(const struct store *s, const char *name)
{
	return xasprintf("%s/%s.elsewhere", s->data_dir, name);
}

static int temporary_delete_elsewhere(const struct store *s, const char *name, struct err *e)
{
	AUTO_FREE char *path = temporary_elsewhere(s, name);
	AUTO_BUF struct buf folder = {0};
	int r = file_exists(path) ? file_read(path, PATH_TEXT_MAX, &folder, e) : 0;

	if (!r && folder.len && *folder.data == '/')
		r = file_remove_tree(folder.data, e);
	if (!r)
		unlink(path);
	return r;
}

int temporary_add_folder(const struct temporary *t, const char *path, struct err *e)
{
	AUTO_FREE char *record = temporary_elsewhere(&t->store, t->name);
	AUTO_FREE char *whole = file_absolute(path);

	if (file_write(record, whole, strlen(whole), 0600, e) < 0)
		return -1;
	return mkdir(whole, 0700) < 0 ? err_errno(e, errno, "create", "cannot create %s", whole) : 0;
}

static int temporary_delete(const struct store *s, const char *name, struct err *e)
{
	char *dir = store_machine_dir(s, name);
	char *ini = store_saved_ini(s, name);
	char *lock = xasprintf("%s.lock", dir);
	char *part = xasprintf("%s.part", dir);
	char *files = temporary_folder_path(s, name);
	char *runtime = host_runtime_dir(name, NULL);
	int r = vm_run_end(dir, e);

	if (!r)
		r = file_remove_tree(dir, e);
	if (!r)
		r = file_remove_tree(part, e);
	if (!r)
		r = file_remove_tree(files, e);
	if (!r)
		r = temporary_delete_elsewhere(s, name, e);
	if (!r && runtime)
		r = file_remove_tree(runtime, e);
	if (!r) {
		unlink(lock);
		unlink(ini);
	}
	free(runtime);
	free(files);
	free(part);
	free(lock);
	free(ini);
	free(dir);
	return r;
}

char *temporary_folder(const struct temporary *t, struct err *e)
{
	char *path = temporary_folder_path(&t->store, t->name);

	if (file_mkdirs(path, e) == 0)
		return path;
	free(path);
	return NULL;
}

int temporary_remove(struct temporary *t, struct err *e)
{
	int r = temporary_delete(&t->store, t->name, e);

	if (r < 0)
		lock_release(t->owner);
	else
		lock_remove(t->owner);
	free(t->ini);
	free(t->name);
	store_fini(&t->store);
	*t = (struct temporary){.name = NULL};
	return r;
}

/* Writes the machine's file among those of the store. */
static int temporary_write_kept(const struct temporary *t, const struct store *store, const char *ini, struct err *e)
{
	struct spec s;
	int r = spec_read(&s, t->ini, e);

	if (!r) {
		trust_load(&t->store, &s);
		r = trust_adopt(store, &s, ini, e);
	}
	if (!r)
		r = spec_write(&s, ini, e);
	spec_fini(&s);
	return r;
}

int temporary_keep(const struct temporary *t, const struct store *store, struct err *e)
{
	AUTO_FREE char *dir = store_machine_dir(&t->store, t->name);
	AUTO_FREE char *to = store_machine_dir(store, t->name);
	AUTO_FREE char *ini = store_saved_ini(store, t->name);
	AUTO_FREE char *saved = file_dirname(ini);
	struct lock *name = store_lock_name(store, t->name, "keeping", e);
	struct vm_run run = {.name = NULL};
	int r = name ? vm_run_read(dir, &run, e) : -1;

	if (!r && run.alive)
		r = err_set(e, ERR_BUSY, "busy", "%s is running", t->name);
	if (!r && temporary_is_taken(store, t->name))
		r = err_set(e, ERR_USAGE, "name-taken", "a machine named %s already exists", t->name);
	if (!r)
		r = store_note_ini(dir, ini, e);
	if (!r)
		r = file_mkdirs(saved, e);
	if (!r)
		r = temporary_write_kept(t, store, ini, e);
	if (!r && change_move_folder(dir, to, e) < 0) {
		unlink(ini);
		r = -1;
	}
	vm_run_fini(&run);
	lock_remove(name);
	return r;
}

size_t temporary_collect(const struct store *store)
{
	struct store s;
	struct dirent *entry;
	size_t count = 0;
	DIR *d;

	if (temporary_store(store, &s, NULL) < 0)
		return 0;
	d = opendir(s.data_dir);
	while (d && (entry = readdir(d))) {
		size_t n = strlen(entry->d_name), end = strlen(OWNER);
		struct lock *owner;
		char *path, *name;

		if (n <= end || strcmp(entry->d_name + n - end, OWNER) != 0)
			continue;
		name = xstrndup(entry->d_name, n - end);
		path = temporary_owner_path(&s, name);
		owner = spec_name_ok(name) ? lock_take(path, "removing what a command left", NULL) : NULL;
		if (owner && temporary_delete(&s, name, NULL) == 0) {
			lock_remove(owner);
			count++;
		} else {
			lock_release(owner);
		}
		free(path);
		free(name);
	}
	if (d)
		closedir(d);
	store_fini(&s);
	return count;
}
