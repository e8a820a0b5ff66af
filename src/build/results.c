/* SPDX-License-Identifier: MIT */
/* results: moves what a build made to the person's folder. */
#include "build/results.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"

static int results_list(const char *dir, struct strv *names, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d)
		return err_errno(e, errno, "results-read", "cannot read %s", dir);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			strv_add(names, entry->d_name);
	closedir(d);
	strv_sort(names);
	return 0;
}

static bool results_is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Checks that everything below `from` can be moved or, with `move`, moves it. */
static int results_walk(const char *from, const char *to, const char *below, bool move, struct strv *names,
			struct err *e)
{
	AUTO_STRV struct strv entries = STRV_INIT;
	int r = results_list(from, &entries, e);

	for (size_t i = 0; i < entries.len && !r; i++) {
		AUTO_FREE char *source = file_join(from, entries.items[i]);
		AUTO_FREE char *target = file_join(to, entries.items[i]);
		AUTO_FREE char *name = *below ? file_join(below, entries.items[i]) : xstrdup(entries.items[i]);
		bool folder = results_is_folder(source);

		if (!move && file_exists(target) && folder != results_is_folder(target)) {
			err_set(e, ERR_FAILED, "results-kind", "%s exists and is %s folder", target,
				folder ? "no" : "a");
			r = err_hint(e, "move it away, or name another folder by --out");
		} else if (folder) {
			r = move ? file_mkdirs(target, e) : 0;
			if (!r)
				r = results_walk(source, target, name, move, names, e);
		} else if (move) {
			r = file_rename(source, target, e);
			strv_add(names, name);
		}
	}
	return r;
}

int results_move(const char *from, const char *to, struct strv *names, struct err *e)
{
	if (results_walk(from, to, "", false, names, e) < 0 || results_walk(from, to, "", true, names, e) < 0)
		return -1;
	return file_remove_tree(from, e);
}
