/* SPDX-License-Identifier: MIT */
/*
 * firmware: extracts UEFI firmware from a package in two passes: descriptors, links and names of files; then the
 * bytes of two files.
 */
#include "image/firmware.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strv.h"
#include "deb.h"
#include "host/file.h"

#define DESCRIPTORS "usr/share/qemu/firmware/"
#define DESCRIPTOR_MAX (256u << 10)
#define IMAGE_MAX (256ull << 20)
#define LINKS_MAX 8
#define CHUNK (64u << 10)

struct descriptor {
	char *name; /* file name, which sorts them */
	char *text;
	size_t n;
};

struct scan {
	const char *package;
	struct strv files;
	struct strv links; /* path and target alternately */
	struct descriptor *found;
	size_t count;
	const atomic_bool *cancel;
};

static int firmware_interrupted(struct err *e)
{
	return err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
}

static bool firmware_is_cancelled(const atomic_bool *cancel)
{
	return cancel && atomic_load(cancel);
}

static int firmware_read_descriptor(struct scan *s, struct deb *d, const struct deb_entry *entry, struct err *e)
{
	struct descriptor *it;
	ssize_t got;
	char *text;

	if (entry->size > DESCRIPTOR_MAX)
		return err_set(e, ERR_VERIFY, "firmware-none", "%s: %s is too large", s->package, entry->path);
	text = xcalloc(1, (size_t)entry->size + 1);
	got = deb_read(d, text, (size_t)entry->size, e);
	if (got < 0) {
		free(text);
		return -1;
	}
	s->found = xreallocarray(s->found, s->count + 1, sizeof(*s->found));
	it = &s->found[s->count++];
	it->name = xstrdup(entry->path + strlen(DESCRIPTORS));
	it->text = text;
	it->n = (size_t)got;
	return 0;
}

static int firmware_scan_entry(struct deb *d, const struct deb_entry *entry, void *arg, struct err *e)
{
	struct scan *s = arg;

	if (firmware_is_cancelled(s->cancel))
		return firmware_interrupted(e);
	if (entry->type == DEB_SYMLINK) {
		strv_add(&s->links, entry->path);
		strv_add(&s->links, entry->link);
	}
	if (entry->type != DEB_FILE)
		return 0;
	strv_add(&s->files, entry->path);
	if (strncmp(entry->path, DESCRIPTORS, strlen(DESCRIPTORS)) != 0)
		return 0;
	return firmware_read_descriptor(s, d, entry, e);
}

static void firmware_scan_fini(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->found[i].name);
		free(s->found[i].text);
	}
	free(s->found);
	strv_fini(&s->files);
	strv_fini(&s->links);
}

static int firmware_by_name(const void *a, const void *b)
{
	return strcmp(((const struct descriptor *)a)->name, ((const struct descriptor *)b)->name);
}

static const char *firmware_link_target(const struct scan *s, const char *path)
{
	for (size_t i = 0; i + 1 < s->links.len; i += 2)
		if (!strcmp(s->links.items[i], path))
			return s->links.items[i + 1];
	return NULL;
}

/* Returns the regular file of the package that a path leads to, or NULL; the caller frees it. Follows links within a
 * folder or from the root, which is all that firmware packages have. */
static char *firmware_find_file(const struct scan *s, const char *path)
{
	char *at = xstrdup(path + strspn(path, "/"));

	for (int i = 0; i < LINKS_MAX; i++) {
		const char *target;
		char *dir, *next;

		if (strv_has(&s->files, at))
			return at;
		target = firmware_link_target(s, at);
		if (!target)
			break;
		dir = file_dirname(at);
		next = *target == '/' ? xstrdup(target + strspn(target, "/")) : file_join(dir, target);
		free(dir);
		free(at);
		at = next;
	}
	free(at);
	return NULL;
}

static bool firmware_has_text(const json_t *list, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_string(item) && !strcmp(json_string_value(item), text))
			return true;
	return false;
}

static bool firmware_has_target(const json_t *targets, const struct firmware_want *want)
{
	json_t *item;
	size_t i;

	json_array_foreach (targets, i, item)
		if (!strcmp(json_str(item, "architecture", ""), want->arch) &&
		    firmware_has_text(json_object_get(item, "machines"), want->machine))
			return true;
	return false;
}

static bool firmware_fits(const json_t *v, const struct firmware_want *want)
{
	const json_t *features = json_object_get(v, "features");
	const json_t *mapping = json_object_get(v, "mapping");

	if (!firmware_has_text(json_object_get(v, "interface-types"), "uefi") ||
	    !firmware_has_target(json_object_get(v, "targets"), want) ||
	    strcmp(json_str(mapping, "device", ""), "flash") != 0 ||
	    strcmp(json_str(mapping, "mode", "split"), "split") != 0)
		return false;
	if (want->secure_boot)
		return firmware_has_text(features, "secure-boot") && firmware_has_text(features, "enrolled-keys");
	if (firmware_has_text(features, "enrolled-keys"))
		return false;
	return want->smm ||
	       (!firmware_has_text(features, "secure-boot") && !firmware_has_text(features, "requires-smm"));
}

/* Returns the file of mapping.KEY.filename if it is a raw image. */
static char *firmware_mapped_file(const struct scan *s, const json_t *v, const char *key)
{
	const json_t *file = json_object_get(json_object_get(v, "mapping"), key);

	if (strcmp(json_str(file, "format", ""), "raw") != 0)
		return NULL;
	return firmware_find_file(s, json_str(file, "filename", ""));
}

static int firmware_choose(struct scan *s, const struct firmware_want *want, char **code, char **vars, struct err *e)
{
	mem_sort(s->found, s->count, sizeof(*s->found), firmware_by_name);
	for (size_t i = 0; i < s->count; i++) {
		json_t *v = json_parse(s->found[i].text, s->found[i].n, s->found[i].name, NULL);

		*code = *vars = NULL;
		if (v && firmware_fits(v, want)) {
			*code = firmware_mapped_file(s, v, "executable");
			*vars = firmware_mapped_file(s, v, "nvram-template");
		}
		json_decref(v);
		if (*code && *vars)
			return 0;
		free(*code);
		free(*vars);
	}
	return err_set(e, ERR_FAILED, "firmware-none", "%s has no firmware for %s machines %s", s->package, want->arch,
		       want->machine);
}

struct output {
	char *member;
	const char *path;
	bool done;
};

struct take {
	struct output outputs[2];
	const char *package;
	uint64_t size;
	const atomic_bool *cancel;
};

static bool firmware_is_zero(const char *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* Writes the file with holes for blocks of zeros. */
static int firmware_copy_sparse(struct take *t, struct deb *d, int fd, const char *path, uint64_t size, struct err *e)
{
	char *block = xmalloc(CHUNK);
	ssize_t n;

	while ((n = deb_read(d, block, CHUNK, e)) > 0) {
		if (firmware_is_cancelled(t->cancel)) {
			n = firmware_interrupted(e);
			break;
		}
		if (firmware_is_zero(block, (size_t)n)) {
			if (lseek(fd, n, SEEK_CUR) < 0)
				n = err_errno(e, errno, "file-write", "cannot write %s", path);
		} else if (file_write_all(fd, block, (size_t)n, path, e) < 0) {
			n = -1;
		}
		if (n < 0)
			break;
	}
	free(block);
	if (n < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) < 0)
		return err_errno(e, errno, "file-write", "cannot write %s", path);
	return 0;
}

static int firmware_take_entry(struct deb *d, const struct deb_entry *entry, void *arg, struct err *e)
{
	struct take *t = arg;
	struct output *o = NULL;
	uint64_t size;
	int fd;

	for (int i = 0; i < 2; i++)
		if (!t->outputs[i].done && !strcmp(entry->path, t->outputs[i].member))
			o = &t->outputs[i];
	if (!o || entry->type != DEB_FILE)
		return firmware_is_cancelled(t->cancel) ? firmware_interrupted(e) : 0;
	size = t->size ? t->size : entry->size;
	if (entry->size > size || size > IMAGE_MAX)
		return err_set(e, ERR_FAILED, "firmware-large", "%s in %s is larger than the machine's flash",
			       entry->path, t->package);
	if (file_begin(o->path, 0600, &fd, e) < 0)
		return -1;
	if (firmware_copy_sparse(t, d, fd, o->path, size, e) < 0) {
		file_abandon(o->path, fd);
		return -1;
	}
	if (file_commit(o->path, fd, e) < 0)
		return -1;
	o->done = true;
	return t->outputs[0].done && t->outputs[1].done;
}

int firmware_extract(int fd, const char *name, const struct firmware_want *want, const char *code_path,
		     const char *vars_path, const atomic_bool *cancel, struct err *e)
{
	struct scan s = {.package = name, .cancel = cancel};
	struct take t = {
		.outputs = {{.path = code_path}, {.path = vars_path}},
		.package = name,
		.size = want->size,
		.cancel = cancel,
	};
	int r = deb_each(fd, name, DEB_DATA, firmware_scan_entry, &s, e);

	if (!r)
		r = firmware_choose(&s, want, &t.outputs[0].member, &t.outputs[1].member, e);
	if (!r) {
		r = deb_each(fd, name, DEB_DATA, firmware_take_entry, &t, e);
		if (!r && !(t.outputs[0].done && t.outputs[1].done))
			r = err_set(e, ERR_VERIFY, "firmware-none", "%s changed while it was read", name);
		free(t.outputs[0].member);
		free(t.outputs[1].member);
	}
	firmware_scan_fini(&s);
	return r;
}
