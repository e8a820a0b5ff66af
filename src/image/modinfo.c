/* SPDX-License-Identifier: MIT */
/* modinfo: see modinfo.h. Layout: the ELF specification; every offset is checked. */
#include "modinfo.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

static uint64_t modinfo_get(const struct elf *f, uint64_t at, unsigned bytes)
{
	uint64_t v = 0;

	if (at > f->n || bytes > f->n - at)
		return 0;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | f->p[at + (f->is_big ? i : bytes - 1 - i)];
	return v;
}

/* Section header number i; false when it or its content lies outside the file. */
static bool modinfo_section(const struct elf *f, uint64_t i, struct section *out)
{
	uint64_t table = f->is_64 ? modinfo_get(f, 40, 8) : modinfo_get(f, 32, 4);
	uint64_t size = f->is_64 ? modinfo_get(f, 58, 2) : modinfo_get(f, 46, 2);
	uint64_t at = table + i * size;

	if (size < (f->is_64 ? 64 : 40) || table > f->n || at > f->n || size > f->n - at)
		return false;
	out->name = modinfo_get(f, at, 4);
	out->offset = f->is_64 ? modinfo_get(f, at + 24, 8) : modinfo_get(f, at + 16, 4);
	out->size = f->is_64 ? modinfo_get(f, at + 32, 8) : modinfo_get(f, at + 20, 4);
	return out->offset <= f->n && out->size <= f->n - out->offset;
}

/* The content of .modinfo: strings KEY=VALUE, each with a NUL behind it. */
static bool modinfo_find_modinfo(const struct elf *f, struct section *out)
{
	static const char wanted[] = ".modinfo";
	uint64_t count = f->is_64 ? modinfo_get(f, 60, 2) : modinfo_get(f, 48, 2);
	uint64_t names_at = f->is_64 ? modinfo_get(f, 62, 2) : modinfo_get(f, 50, 2);
	struct section names;

	if (!modinfo_section(f, names_at, &names))
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (modinfo_section(f, i, out) && out->name <= names.size && sizeof(wanted) <= names.size - out->name &&
		    !memcmp(f->p + names.offset + out->name, wanted, sizeof(wanted)))
			return true;
	return false;
}

int modinfo_depends(const void *elf, size_t n, const char *name, struct strv *out, struct err *e)
{
	static const char key[] = "depends=";
	struct elf f = {.p = elf, .n = n};
	struct section info;
	const char *p, *end;

	if (n < 64 || memcmp(f.p, "\177ELF", 4) || f.p[4] < 1 || f.p[4] > 2 || f.p[5] < 1 || f.p[5] > 2)
		return err_set(e, ERR_FAILED, "module-broken", "%s is not a kernel module", name);
	f.is_64 = f.p[4] == 2;
	f.is_big = f.p[5] == 2;
	if (!modinfo_find_modinfo(&f, &info))
		return err_set(e, ERR_FAILED, "module-broken", "%s says nothing about itself", name);
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
