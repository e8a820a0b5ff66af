/* SPDX-License-Identifier: MIT */
/* folder: lists the entries of a folder whose names begin as a typed path ends. */
#include "tui/toolkit/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"

#define ROWS_MAX 500

void typed_rows_fini(struct typed_rows *t)
{
	choices_fini(&t->rows);
	free(t->typed);
	t->typed = NULL;
}

bool typed_rows_begin(struct typed_rows *t, const char *typed)
{
	if (t->typed && !strcmp(t->typed, typed))
		return false;
	typed_rows_fini(t);
	t->typed = xstrdup(typed);
	return true;
}

struct choice_list typed_rows_list(const struct typed_rows *t, const char *note)
{
	return (struct choice_list){
		.state = CHOICE_READY, .rows = t->rows.items, .len = t->rows.len, .current = t->rows.len, .note = note};
}

static int folder_by_label(const void *a, const void *b)
{
	return strcmp(((const struct choice *)a)->label, ((const struct choice *)b)->label);
}

static bool folder_is_wanted(const struct folder_look *look, const char *name, const char *begin, bool is_dir)
{
	size_t n = strlen(name), ending = look->ending ? strlen(look->ending) : 0;

	if (!strcmp(name, ".") || !strcmp(name, "..") || (*name == '.' && *begin != '.') ||
	    strncmp(name, begin, strlen(begin)))
		return false;
	if (is_dir)
		return true;
	return !look->folders_only && n > ending && (!ending || !strcmp(name + n - ending, look->ending));
}

/* The entries of the folder at `path`; `head` is how it is written, with its slash. */
static void folder_add_entries(struct choices *out, const char *path, const char *head, const char *begin,
			       const struct folder_look *look)
{
	size_t first = out->len;
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir)) && out->len - first < ROWS_MAX) {
		const char *name = entry->d_name;
		AUTO_FREE char *whole = file_join(path, name);
		bool is_dir = stat(whole, &st) == 0 && S_ISDIR(st.st_mode);
		char *value, *label;

		if (!folder_is_wanted(look, name, begin, is_dir))
			continue;
		label = xasprintf("%s%s", name, is_dir ? "/" : "");
		value = xasprintf("%s%s", head, label);
		choices_add(out, value, label);
		free(label);
		free(value);
	}
	if (dir)
		closedir(dir);
	if (out->len > first)
		mem_sort(out->items + first, out->len - first, sizeof(*out->items), folder_by_label);
}

void folder_rows(struct choices *out, const char *typed, const struct folder_look *look)
{
	const char *slash = strrchr(typed, '/');
	size_t n = slash ? (size_t)(slash - typed) + 1 : 0;
	char *head = xstrndup(typed, n), *path;

	if (!*typed || !strcmp(typed, "~")) {
		choices_add(out, "~/", NULL);
		if (!*typed)
			choices_add(out, "/", NULL);
	} else if (file_is_absolute(typed) || !strncmp(typed, "~/", 2)) {
		path = host_expand(head);
		folder_add_entries(out, path, head, typed + n, look);
		free(path);
	} else {
		path = file_join(look->base, head);
		free(head);
		head = host_short(path);
		folder_add_entries(out, path, head, typed + n, look);
		free(path);
	}
	free(head);
}

char *folder_complete(const struct choice_list *rows, const char *typed)
{
	size_t n = rows->len ? strlen(rows->rows[0].value) : 0;

	for (size_t i = 1; i < rows->len; i++) {
		size_t same = 0;

		while (same < n && rows->rows[i].value[same] == rows->rows[0].value[same])
			same++;
		n = same;
	}
	return n > strlen(typed) ? xstrndup(rows->rows[0].value, n) : NULL;
}
