/* SPDX-License-Identifier: MIT */
/* asset: finds assets in the table that the build generates from assets/, or reads them from DEBWIZ_ASSETS. */
#include "base/asset.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"

extern const struct asset asset_table[];
extern const size_t asset_count;

/* Files read from DEBWIZ_ASSETS stay loaded: callers borrow them until the program exits. */
struct loaded {
	struct asset asset;
	struct loaded *next;
};
static struct loaded *loaded;

static const struct asset *asset_from_folder(const char *dir, const char *name)
{
	struct loaded *l;
	struct buf text;
	char *path;
	int r;

	for (l = loaded; l; l = l->next)
		if (!strcmp(l->asset.name, name))
			return &l->asset;
	path = file_join(dir, name);
	r = file_read(path, 16 * 1024 * 1024, &text, NULL);
	free(path);
	if (r < 0)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->asset.len = text.len;
	l->asset.name = xstrdup(name);
	l->asset.data = (unsigned char *)buf_steal(&text);
	l->next = loaded;
	loaded = l;
	return &l->asset;
}

const struct asset *asset_get(const char *name, struct err *e)
{
	const char *dir = getenv("DEBWIZ_ASSETS");
	const struct asset *a = dir && *dir ? asset_from_folder(dir, name) : NULL;

	if (a)
		return a;
	for (size_t i = 0; i < asset_count; i++)
		if (!strcmp(asset_table[i].name, name))
			return &asset_table[i];
	err_set(e, ERR_FAILED, "asset-missing", "debwiz has no asset %s", name);
	return NULL;
}

const struct asset *asset_next(const char *prefix, size_t *i)
{
	while (*i < asset_count) {
		const struct asset *a = &asset_table[(*i)++];

		if (!strncmp(a->name, prefix, strlen(prefix)))
			return a;
	}
	return NULL;
}
