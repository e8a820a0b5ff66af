/* SPDX-License-Identifier: MIT */
/*
 * import: makes a machine of a bundle (include/export/bundle.h). Nothing that it holds is trusted: names, sizes and
 * digests are those of the manifest, whose names are those of a machine's files; the disk is examined before QEMU opens
 * it; the machine's file is read as another person's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "export/bundle.h"
#include "host/file.h"
#include "image/disk.h"
#include "image/tarball.h"
#include "machine/trust.h"
#include "manifest.h"

#define STAMP_MAX 200 /* characters */

struct import {
	const struct store *store;
	const struct catalog *catalog;
	const struct bundle_work *w;
	const char *path; /* of the bundle */
	char *name;	  /* of the new machine */
	char *dir, *part; /* its folder, and where it is made */
	char *ini;	  /* path of its file */
	struct manifest m;
	struct hash *hash; /* of the file that is being unpacked */
	uint64_t done;	   /* bytes of all */
};

static int import_bad(const struct import *i, const char *name, const char *what, struct err *e)
{
	err_set(e, ERR_FAILED, "bundle-bad", "%s: %s %s; nothing of it was used", i->path, name, what);
	return err_hint(e, "copy or download the bundle again");
}

/* ---- the files ---- */

static int import_on_piece(const void *p, size_t n, void *arg, struct err *e)
{
	struct import *i = arg;
	uint64_t total = manifest_size(&i->m);

	hash_add(i->hash, p, n);
	i->done += n;
	if (i->w->progress)
		i->w->progress(100.0 * (double)i->done / (double)(total ? total : 1), i->w->arg);
	return bundle_check_cancel(i->w, e);
}

static int import_unpack(struct import *i, struct tarball *t, const char *name, struct err *e)
{
	AUTO_FREE char *path = file_join(i->part, name), *folder = file_dirname(path);
	AUTO_CLOSE int fd = -1;

	if (file_mkdirs(folder, e) < 0)
		return -1;
	fd = file_open(path, FILE_NEW);
	if (fd < 0)
		return err_errno(e, errno, "file-write", "cannot create %s", path);
	if (tarball_extract(t, fd, import_on_piece, i, e) < 0)
		return -1;
	return file_sync(fd) < 0 ? err_errno(e, errno, "file-write", "cannot write %s", path) : 0;
}

static int import_file(struct import *i, struct tarball *t, const char *entry, uint64_t size, struct err *e)
{
	struct manifest_file *f = manifest_find(&i->m, entry);
	uint8_t digest[HASH_SIZE];
	int r;

	if (!f || f->seen)
		return import_bad(i, "a file", "is not in its manifest", e);
	if (size != f->size)
		return import_bad(i, f->name, "has another size than its manifest says", e);
	i->hash = hash_new();
	r = import_unpack(i, t, f->name, e);
	hash_end(i->hash, digest);
	i->hash = NULL;
	if (!r && memcmp(digest, f->digest, HASH_SIZE) != 0)
		r = import_bad(i, f->name, "differs from its digest", e);
	f->seen = !r;
	return r;
}

static int import_files(struct import *i, struct tarball *t, struct err *e)
{
	const char *entry;
	uint64_t size;
	int got, r = 0;

	while (!r && (got = tarball_next(t, &entry, &size, e)) > 0)
		r = import_file(i, t, entry, size, e);
	if (r < 0 || got < 0)
		return -1;
	for (size_t k = 0; k < i->m.count; k++)
		if (!i->m.files[k].seen)
			return import_bad(i, i->m.files[k].name, "is missing", e);
	return 0;
}

static int import_manifest(struct import *i, struct tarball *t, struct err *e)
{
	AUTO_FREE char *text = NULL;
	const char *entry;
	uint64_t size;
	size_t n;
	int got = tarball_next(t, &entry, &size, e);

	if (got < 0)
		return -1;
	if (!got || strcmp(entry, MANIFEST_NAME) != 0)
		return err_set(e, ERR_FAILED, "bundle-bad", "%s is not a bundle of debwiz: it has no " MANIFEST_NAME,
			       i->path);
	return tarball_read(t, MANIFEST_MAX, &text, &n, e) < 0 ? -1 : manifest_parse(text, n, i->path, &i->m, e);
}

/* ---- the machine ---- */

static int import_check_name(const struct import *i, struct err *e)
{
	if (!spec_name_ok(i->name)) {
		AUTO_FREE char *shown = text_plain(i->name, strlen(i->name));

		err_set(e, ERR_USAGE, "name-bad", "\"%s\" is not a valid name of a machine", shown);
		return err_hint(e, "give one by --name: a-z, 0-9 and -, at most 31, and no - at its beginning");
	}
	if (!file_exists(i->dir) && !file_exists(i->ini))
		return 0;
	err_set(e, ERR_USAGE, "name-taken", "a machine named %s already exists", i->name);
	return err_hint(e, "give the imported one another name: --name NAME");
}

/* Whether a machine can have this stamp: each may be shown, and that of the base image becomes part of a path. */
static bool import_stamp_ok(const char *key, const char *text)
{
	if (!text || strlen(text) >= STAMP_MAX)
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return strcmp(key, STORE_STAMP_BASE) != 0 || (*text && *text != '.' && !strpbrk(text, "/\\"));
}

/* Refuses stamps that no machine has. */
static int import_check_stamps(const struct import *i, struct err *e)
{
	AUTO_FREE char *path = file_join(i->part, STORE_STAMPS);
	json_t *all = file_exists(path) ? json_read(path, e) : json_object();
	const char *key;
	json_t *value;
	bool good = json_is_object(all);

	if (!all)
		return -1;
	json_object_foreach (all, key, value)
		good = good && import_stamp_ok(key, json_string_value(value));
	json_decref(all);
	return good ? 0 : import_bad(i, STORE_STAMPS, "has a stamp that no machine has", e);
}

static int import_check_disk(const struct import *i, struct err *e)
{
	AUTO_FREE char *disk = file_join(i->part, STORE_DISK);
	struct disk_info info;

	if (disk_check(disk, &info, e) < 0)
		return -1;
	return info.standalone ? 0 : import_bad(i, STORE_DISK, "has a backing file", e);
}

/* Gives the record the machine's new name; the guest's host name stays. */
static int import_rename(const struct import *i, struct spec *s, struct err *e)
{
	AUTO_FREE char *name = xasprintf("machine.name=%s", i->name);
	AUTO_FREE char *host = xasprintf("system.hostname=%s", i->m.name);

	if (!*s->hostname && strcmp(i->m.name, i->name) != 0 && spec_name_ok(i->m.name) && spec_set(s, host, e) < 0)
		return -1;
	return strcmp(s->name, i->name) != 0 ? spec_set(s, name, e) : 0;
}

/* Reads the machine's file under its new name, and removes it from the folder. */
static int import_spec(const struct import *i, struct spec *s, struct err *e)
{
	AUTO_FREE char *path = file_join(i->part, MANIFEST_INI);
	struct buf text;
	int r = file_read(path, MANIFEST_INI_MAX, &text, e);

	if (r < 0)
		return r;
	r = spec_read_text(s, i->ini, text.data, text.len, e);
	buf_fini(&text);
	if (r < 0)
		return err_prefix(e, "%s", i->path);
	r = import_rename(i, s, e);
	if (!r)
		r = spec_check(s, i->catalog, e);
	if (!r && unlink(path) < 0)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", path);
	if (r < 0)
		spec_fini(s);
	return r;
}

/* Gives the machine its names, as a clone gets them: a kill leaves at worst a machine without a disk. trust_adopt
 * agrees to nothing, for all is another person's; but from then on no file counts as one of before agreements were
 * kept. */
static int import_publish(const struct import *i, struct spec *s, struct err *e)
{
	AUTO_FREE char *saved = file_dirname(i->ini);
	struct lock *lock = NULL;
	int r = store_note_ini(i->part, i->ini, e);

	if (!r)
		r = file_mkdirs(saved, e);
	if (!r)
		r = trust_adopt(i->store, s, i->ini, e);
	if (!r)
		r = (lock = spec_lock(i->ini, e)) ? 0 : -1;
	if (!r)
		r = spec_write(s, i->ini, e);
	lock_remove(lock);
	if (!r && file_rename(i->part, i->dir, e) < 0) {
		(void)unlink(i->ini);
		r = -1;
	}
	return r;
}

static int import_machine(struct import *i, struct tarball *t, struct spec *s, struct err *e)
{
	if (file_remove_tree(i->part, e) < 0 || bundle_check_space(i->store->data_dir, manifest_size(&i->m), e) < 0 ||
	    file_mkdirs(i->part, e) < 0 || import_files(i, t, e) < 0 || import_check_stamps(i, e) < 0 ||
	    import_check_disk(i, e) < 0 || import_spec(i, s, e) < 0)
		return -1;
	if (import_publish(i, s, e) == 0)
		return 0;
	spec_fini(s);
	return -1;
}

/* The same under the lock of the name. */
static int import_locked(struct import *i, struct tarball *t, struct spec *s, struct err *e)
{
	struct lock *lock = store_lock_name(i->store, i->name, "importing", e);
	int r = lock ? import_check_name(i, e) : -1;

	if (!r) {
		r = import_machine(i, t, s, e);
		if (r < 0)
			(void)file_remove_tree(i->part, NULL);
	}
	lock_remove(lock);
	return r;
}

int bundle_import(const struct store *store, const struct catalog *c, const char *path, const char *name,
		  const struct bundle_work *w, struct spec *out, struct err *e)
{
	struct import i = {.store = store, .catalog = c, .w = w, .path = path};
	struct tarball *t = tarball_open(path, e);
	int r = t ? import_manifest(&i, t, e) : -1;

	if (!r) {
		i.name = xstrdup(name ? name : i.m.name);
		i.dir = store_machine_dir(store, i.name);
		i.part = xasprintf("%s.part", i.dir);
		i.ini = store_saved_ini(store, i.name);
		r = spec_name_ok(i.name) ? import_locked(&i, t, out, e) : import_check_name(&i, e);
	}
	tarball_free(t);
	manifest_fini(&i.m);
	free(i.ini);
	free(i.part);
	free(i.dir);
	free(i.name);
	return r;
}
