/* SPDX-License-Identifier: MIT */
/*
 * modules: loads kernel modules with their dependencies. modules.order and modules.builtin of the kernel's package
 * list the modules; modules.dep exists only after the first depmod, so dependencies are read from the modules.
 */
#include "modules.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "packed.h"

/* ---- The fields of a module file */

struct elf {
	const unsigned char *p;
	size_t n;
	bool is_64;
	bool is_big;
};

struct section {
	uint64_t name; /* offset in the table of names */
	uint64_t offset;
	uint64_t size;
};

static uint64_t modules_get(const struct elf *f, uint64_t at, unsigned bytes)
{
	uint64_t v = 0;

	if (at > f->n || bytes > f->n - at)
		return 0;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | f->p[at + (f->is_big ? i : bytes - 1 - i)];
	return v;
}

/* Reads section header number i; false if it or its content is outside the file. */
static bool modules_section(const struct elf *f, uint64_t i, struct section *out)
{
	uint64_t table = f->is_64 ? modules_get(f, 40, 8) : modules_get(f, 32, 4);
	uint64_t size = f->is_64 ? modules_get(f, 58, 2) : modules_get(f, 46, 2);
	uint64_t at = table + i * size;

	if (size < (f->is_64 ? 64 : 40) || table > f->n || at > f->n || size > f->n - at)
		return false;
	out->name = modules_get(f, at, 4);
	out->offset = f->is_64 ? modules_get(f, at + 24, 8) : modules_get(f, at + 16, 4);
	out->size = f->is_64 ? modules_get(f, at + 32, 8) : modules_get(f, at + 20, 4);
	return out->offset <= f->n && out->size <= f->n - out->offset;
}

/* Finds .modinfo: strings KEY=VALUE, each followed by a NUL. */
static bool modules_find_modinfo(const struct elf *f, struct section *out)
{
	static const char wanted[] = ".modinfo";
	uint64_t count = f->is_64 ? modules_get(f, 60, 2) : modules_get(f, 48, 2);
	uint64_t names_at = f->is_64 ? modules_get(f, 62, 2) : modules_get(f, 50, 2);
	struct section names;

	if (!modules_section(f, names_at, &names))
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (modules_section(f, i, out) && out->name <= names.size && sizeof(wanted) <= names.size - out->name &&
		    !memcmp(f->p + names.offset + out->name, wanted, sizeof(wanted)))
			return true;
	return false;
}

/* Appends the names in the depends= entry of the module's .modinfo section. `name` is for messages. */
static int modules_depends(const void *elf, size_t n, const char *name, struct strv *out, struct err *e)
{
	static const char key[] = "depends=";
	struct elf f = {.p = elf, .n = n};
	struct section info;
	const char *p, *end;

	if (n < 64 || memcmp(f.p, "\177ELF", 4) || f.p[4] < 1 || f.p[4] > 2 || f.p[5] < 1 || f.p[5] > 2)
		return err_set(e, ERR_FAILED, "module-broken", "%s is not a kernel module", name);
	f.is_64 = f.p[4] == 2;
	f.is_big = f.p[5] == 2;
	if (!modules_find_modinfo(&f, &info))
		return err_set(e, ERR_FAILED, "module-broken", "%s has no .modinfo section", name);
	p = (const char *)f.p + info.offset;
	end = p + info.size;
	while (p < end) {
		size_t length = strnlen(p, (size_t)(end - p));

		if (length >= sizeof(key) - 1 && !memcmp(p, key, sizeof(key) - 1)) {
			char *list = xstrndup(p + sizeof(key) - 1, length - (sizeof(key) - 1));

			strv_split(out, list, ",");
			free(list);
		}
		p += length + 1;
	}
	return 0;
}

/* ---- Loading */

#define LIST_MAX (4u << 20)
#define MODULE_MAX (64u << 20)
#define DEPTH_MAX 40

struct loading {
	struct modules *out;
	struct extfs *fs;
	const char *dir;
	struct strv order, builtin; /* paths below dir */
	struct strv done;	    /* normalized names, loaded or unknown */
	struct strv *unknown;
};

/* The suffixes of packed modules. */
static const char *const packings[] = {"", ".xz", ".zst", ".gz"};

/* Normalizes a name: "kernel/fs/ext4/ext4.ko" and "ext4" are both ext4; `-` and `_` are the same to the kernel. */
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

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
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
	r = modules_depends(data.data, data.len, path, &depends, e);
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
