/* SPDX-License-Identifier: MIT */
/* manifest: reads and writes the manifest of a bundle, and what writing and reading one share. */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/facts.h"

#define FORMAT "debwiz bundle"

void manifest_add(struct manifest *m, const char *name, uint64_t size, const uint8_t digest[HASH_SIZE])
{
	m->files = xreallocarray(m->files, m->count + 1, sizeof(*m->files));
	m->files[m->count] = (struct manifest_file){.name = xstrdup(name), .size = size};
	memcpy(m->files[m->count].digest, digest, HASH_SIZE);
	m->count++;
}

char *manifest_text(const struct manifest *m, const struct spec *s)
{
	json_t *files = json_array();
	json_t *all;
	char *text;

	for (size_t i = 0; i < m->count; i++) {
		char hex[HASH_HEX];

		hash_hex(m->files[i].digest, hex);
		json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", m->files[i].name, "size",
						       (json_int_t)m->files[i].size, "sha256", hex));
	}
	all = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:o}", "format", FORMAT, "version", MANIFEST_VERSION, "debwiz",
			PACKAGE_VERSION, "name", s->name, "arch", s->arch, "release", s->release, "files", files);
	text = json_dumps(all, JSON_INDENT(2));
	json_decref(all);
	return text;
}

static int manifest_bad(const char *path, const char *what, struct err *e)
{
	return err_set(e, ERR_FAILED, "bundle-bad", "%s is not a bundle of debwiz: %s", path, what);
}

static bool manifest_is_known(const char *name)
{
	for (size_t i = 0; i < store_copied_count; i++)
		if (!strcmp(store_copied[i], name))
			return true;
	return !strcmp(name, MANIFEST_INI);
}

static int manifest_parse_file(const json_t *o, const char *path, struct manifest *m, struct err *e)
{
	const char *name = json_str(o, "name", "");
	json_int_t size = json_int(o, "size", -1);
	uint8_t digest[HASH_SIZE];

	if (!manifest_is_known(name) || manifest_find(m, name))
		return manifest_bad(path, "its manifest names a file that a machine does not have", e);
	if (size < 0 || !hash_from_hex(json_str(o, "sha256", ""), digest))
		return manifest_bad(path, "its manifest has no size or digest of a file", e);
	manifest_add(m, name, (uint64_t)size, digest);
	return 0;
}

static int manifest_parse_json(const json_t *all, const char *path, struct manifest *out, struct err *e)
{
	json_int_t version = json_int(all, "version", 0);
	const json_t *files = json_object_get(all, "files"), *file;
	size_t i;

	if (strcmp(json_str(all, "format", ""), FORMAT) != 0)
		return manifest_bad(path, "its manifest is of something else", e);
	if (version != MANIFEST_VERSION) {
		err_set(e, ERR_FAILED, "bundle-version", "%s is a bundle of version %lld; this debwiz reads version %d",
			path, (long long)version, MANIFEST_VERSION);
		return err_hint(e, "import it with the debwiz that wrote it, or a later one");
	}
	out->name = xstrdup(json_str(all, "name", ""));
	json_array_foreach (files, i, file)
		if (manifest_parse_file(file, path, out, e) < 0)
			return -1;
	if (!manifest_find(out, MANIFEST_INI) || !manifest_find(out, STORE_DISK))
		return manifest_bad(path, "it has no " MANIFEST_INI " or no " STORE_DISK, e);
	return 0;
}

int manifest_parse(const char *text, size_t n, const char *path, struct manifest *out, struct err *e)
{
	json_t *all = json_parse(text, n, MANIFEST_NAME, NULL);
	int r = all ? 0 : manifest_bad(path, "its manifest is not JSON", e);

	*out = (struct manifest){.name = NULL};
	if (!r)
		r = manifest_parse_json(all, path, out, e);
	json_decref(all);
	if (r < 0)
		manifest_fini(out);
	return r;
}

struct manifest_file *manifest_find(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->files[i].name, name))
			return &m->files[i];
	return NULL;
}

uint64_t manifest_size(const struct manifest *m)
{
	uint64_t size = 0;

	for (size_t i = 0; i < m->count; i++)
		size += m->files[i].size;
	return size;
}

void manifest_fini(struct manifest *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->files[i].name);
	free(m->files);
	free(m->name);
	*m = (struct manifest){.name = NULL};
}

int bundle_check_cancel(const struct bundle_work *w, struct err *e)
{
	if (!w->cancel || !atomic_load(w->cancel))
		return 0;
	err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted; nothing of it is left");
	return err_hint(e, "the same command begins again");
}

int bundle_check_space(const char *dir, uint64_t needed, struct err *e)
{
	char want[SIZE_TEXT], have[SIZE_TEXT];
	uint64_t space;

	if (host_free_space(dir, &space, NULL) < 0 || space >= needed)
		return 0;
	err_set(e, ERR_FAILED, "disk-space", "not enough disk space at %s: %s needed, %s free", dir,
		size_human(needed, want), size_human(space, have));
	return err_hint(e, "free disk space there and run the same command again");
}
