/* SPDX-License-Identifier: MIT */
/* usage: adds up the folders in which debwiz keeps files. */
#include "prepare/usage.h"

#include "base/mem.h"
#include "host/file.h"

void usage_read(const struct store *store, struct usage out[USAGE_KINDS])
{
	AUTO_FREE char *shared = file_dirname(store->bases_dir); /* of all stores */
	const struct {
		const char *kind, *top, *name;
	} folders[USAGE_KINDS] = {
		{"machines", store->data_dir, "machines"},
		{"temporary machines", store->data_dir, "temporary"},
		{"base images and layers", shared, file_basename(store->bases_dir)},
		{"templates", shared, "templates"},
		{"compilers", shared, "tools"},
		{"compiler caches", shared, "ccache"},
		{"downloads", store->cache_dir, "."},
	};

	for (size_t i = 0; i < USAGE_KINDS; i++) {
		/* a folder may be a link to one elsewhere */
		AUTO_FREE char *path = xasprintf("%s/%s/.", folders[i].top, folders[i].name);

		out[i] = (struct usage){folders[i].kind, file_usage(path)};
	}
}
