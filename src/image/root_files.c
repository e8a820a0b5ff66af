/* SPDX-License-Identifier: MIT */
/*
 * root_files: reads an asset that lists files for a root. In: lines of `MODE PATH` or `MODE PATH ->
 * TARGET`. Out: their contents, borrowed from the assets.
 */
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/mem.h"
#include "base/strv.h"
#include "root_private.h"

static int root_files_bad_line(const char *list, size_t line, struct err *e)
{
	return err_set(e, ERR_FAILED, "root-list", "%s:%zu is not a line of a file list", list, line);
}

static int root_files_read_line(const char *list, size_t number, struct strv *words, struct root_file *f, struct err *e)
{
	const struct asset *a;
	const char *slash = strrchr(list, '/');
	char *end, *name;

	f->mode = (unsigned)strtoul(words->items[0], &end, 8);
	if (*end || f->mode > 07777 || words->items[1][0] != '/')
		return root_files_bad_line(list, number, e);
	f->path = xstrdup(words->items[1]);
	if (words->len == 4) {
		f->link = xstrdup(words->items[3]);
		return 0;
	}
	name = xasprintf("%.*s/root%s", slash ? (int)(slash - list) : 0, list, f->path);
	a = asset_get(*name == '/' ? name + 1 : name, e);
	free(name);
	if (!a)
		return -1;
	f->data = a->data;
	f->len = a->len;
	return 0;
}

int root_files_load(const char *list, struct root_file **out, size_t *count, struct err *e)
{
	const struct asset *a = asset_get(list, e);
	struct root_file *files = NULL;
	size_t n = 0, number = 0;
	const char *p;
	int r = 0;

	if (!a)
		return -1;
	for (p = (const char *)a->data; r == 0 && *p; p += *p == '\n') {
		struct strv words = STRV_INIT;
		char *line = xstrndup(p, strcspn(p, "\n"));

		number++;
		p += strlen(line);
		strv_split(&words, line, " \t\r");
		free(line);
		if (words.len > 0 && words.items[0][0] != '#') {
			files = xreallocarray(files, n + 1, sizeof *files);
			files[n] = (struct root_file){.path = NULL};
			n++;
			if (words.len == 2 || (words.len == 4 && strcmp(words.items[2], "->") == 0))
				r = root_files_read_line(list, number, &words, &files[n - 1], e);
			else
				r = root_files_bad_line(list, number, e);
		}
		strv_fini(&words);
	}
	if (r) {
		root_files_free(files, n);
		return -1;
	}
	*out = files;
	*count = n;
	return 0;
}

void root_files_free(struct root_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((char *)files[i].path);
		free((char *)files[i].link);
	}
	free(files);
}
