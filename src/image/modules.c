/* SPDX-License-Identifier: MIT */
/*
 * modules: see modules.h. Where a module lies is told by modules.order and what is built in by
 * modules.builtin, which come with the kernel's package; modules.dep is not there before the first
 * depmod, so dependencies are read out of the modules.
 */
#include "modules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "modinfo.h"
#include "packed.h"

#define LIST_MAX (4u << 20)
#define MODULE_MAX (64u << 20)
#define DEPTH_MAX 40

struct loading {
	struct modules *out;
	struct extfs *fs;
	const char *dir;
	struct strv order, builtin; /* paths below dir */
	struct strv done;	    /* normalised names, loaded or looked for in vain */
	struct strv *unknown;
};

/* Packed modules have one of these behind their name. */
static const char *const packings[] = {"", ".xz", ".zst", ".gz"};

/* "kernel/fs/ext4/ext4.ko" and "ext4" are both ext4; `-` and `_` are the same to the kernel. */
static char *modules_normalise(const char *path)
{
	char *name = xstrdup(file_basename(path));

	name[strcspn(name, ".")] = '\0';
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	return name;
}

static const char *modules_find_path(const struct strv *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++) {
		char *candidate = modules_normalise(list->items[i]);
		bool same = !strcmp(candidate, name);

		free(candidate);
		if (same)
			return list->items[i];
	}
	return NULL;
}

static int modules_read_list(struct extfs *fs, const char *dir, const char *name, struct strv *out, struct err *e)
{
	char *path = file_join(dir, name);
	struct buf text;
	int r = extfs_read(fs, path, LIST_MAX, &text, e);

	free(path);
	if (r < 0)
		return -1;
	strv_split(out, text.data, "\n");
	buf_fini(&text);
	return 0;
}

static int modules_read_module(struct loading *l, const char *path, struct buf *out, struct err *e)
{
	struct err first = ERR_INIT;
	struct buf packed;
	int r = -1;

	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++) {
		char *whole = xasprintf("%s/%s%s", l->dir, path, packings[i]);

		if (!extfs_has(l->fs, whole)) {
			free(whole);
			continue;
		}
		r = extfs_read(l->fs, whole, MODULE_MAX, *packings[i] ? &packed : out, &first);
		if (!r && *packings[i]) {
			r = unpack_bytes(packed.data, packed.len, MODULE_MAX, out, whole, &first);
			buf_fini(&packed);
		}
		free(whole);
		break;
	}
	if (r && !first.kind)
		err_set(&first, ERR_FAILED, "module-missing", "the image has no %s/%s", l->dir, path);
	if (r)
		err_move(e, &first);
	return r;
}

static void modules_keep(struct modules *m, const char *path, struct buf *data)
{
	char *name = xstrdup(file_basename(path));

	if (m->count == m->size) {
		m->size = m->size ? m->size * 2 : 16;
		m->items = xreallocarray(m->items, m->size, sizeof(*m->items));
	}
	m->items[m->count++] = (struct module){.name = name, .data = *data};
}

static int modules_load_one(struct loading *l, const char *wanted, int depth, struct err *e)
{
	struct strv depends = STRV_INIT;
	char *name = modules_normalise(wanted);
	const char *path;
	struct buf data;
	int r = 0;

	if (strv_has(&l->done, name))
		goto out;
	strv_add(&l->done, name);
	if (modules_find_path(&l->builtin, name))
		goto out;
	path = modules_find_path(&l->order, name);
	if (!path) {
		if (l->unknown)
			strv_add(l->unknown, wanted);
		goto out;
	}
	if (depth > DEPTH_MAX) {
		r = err_set(e, ERR_FAILED, "module-broken", "the modules' dependencies have no end");
		goto out;
	}
	r = modules_read_module(l, path, &data, e);
	if (r)
		goto out;
	r = modinfo_depends(data.data, data.len, path, &depends, e);
	for (size_t i = 0; i < depends.len && !r; i++)
		r = modules_load_one(l, depends.items[i], depth + 1, e);
	if (r < 0)
		buf_fini(&data);
	else
		modules_keep(l->out, path, &data);
out:
	strv_fini(&depends);
	free(name);
	return r;
}

int modules_load(struct modules *m, struct extfs *fs, const char *version, const struct strv *names,
		 struct strv *unknown, struct err *e)
{
	char *dir = xasprintf("/usr/lib/modules/%s", version);
	struct loading l = {.out = m, .fs = fs, .dir = dir, .unknown = unknown};
	int r;

	*m = (struct modules){.items = NULL};
	r = modules_read_list(fs, dir, "modules.order", &l.order, e);
	if (!r)
		r = modules_read_list(fs, dir, "modules.builtin", &l.builtin, e);
	for (size_t i = 0; i < names->len && !r; i++)
		r = modules_load_one(&l, names->items[i], 0, e);
	if (!r && names->len && unknown && unknown->len >= names->len && !m->count)
		r = err_set(e, ERR_FAILED, "module-missing", "%s has none of the modules that the disk needs", dir);
	strv_fini(&l.order);
	strv_fini(&l.builtin);
	strv_fini(&l.done);
	free(dir);
	return r;
}

void modules_fini(struct modules *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->items[i].name);
		buf_fini(&m->items[i].data);
	}
	free(m->items);
	*m = (struct modules){.items = NULL};
}
