/* SPDX-License-Identifier: MIT */
/* picker_file: paths for the picker: the folder of what is typed, and completion. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "host/paths.h"
#include "tui/picker.h"

#define ROWS_MAX 500

struct files {
	struct picker_conf outer; /* what the caller wanted */
	struct wizard_rows rows;
	char *typed; /* what rows are for */
};

static int by_label(const void *a, const void *b)
{
	return strcmp(((const struct wizard_row *)a)->label, ((const struct wizard_row *)b)->label);
}

/* Bytes of the typed path up to its last slash. */
static size_t folder_length(const char *typed)
{
	const char *slash = strrchr(typed, '/');

	return slash ? (size_t)(slash - typed) + 1 : 0;
}

static void read_folder(struct files *f, const char *typed)
{
	size_t n = folder_length(typed);
	char *head = n ? xstrndup(typed, n) : xstrdup("./");
	char *folder = host_expand(head);
	const char *rest = typed + n;
	DIR *dir = folder ? opendir(folder) : NULL;
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir)) && f->rows.len < ROWS_MAX) {
		const char *name = entry->d_name;
		bool is_dir = fstatat(dirfd(dir), name, &st, 0) == 0 && S_ISDIR(st.st_mode);
		char *value, *label;

		if (strncmp(name, rest, strlen(rest)) || (*name == '.' && *rest != '.') ||
		    !strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		value = xasprintf("%.*s%s%s", (int)n, typed, name, is_dir ? "/" : "");
		label = xasprintf("%s%s", name, is_dir ? "/" : "");
		wizard_rows_add(&f->rows, value, label);
		free(label);
		free(value);
	}
	if (dir)
		closedir(dir);
	if (f->rows.len)
		qsort(f->rows.items, f->rows.len, sizeof(*f->rows.items), by_label);
	free(folder);
	free(head);
}

/* What the caller knows, until a path is typed. */
static bool is_offered(const struct files *f, const char *typed)
{
	return f->outer.rows && !strchr(typed, '/');
}

static struct wizard_list files_rows(const char *typed, void *arg)
{
	struct files *f = arg;

	if (is_offered(f, typed))
		return f->outer.rows(typed, f->outer.arg);
	if (!f->typed || strcmp(f->typed, typed)) {
		wizard_rows_fini(&f->rows);
		free(f->typed);
		f->typed = xstrdup(typed);
		read_folder(f, typed);
	}
	return (struct wizard_list){.state = WIZARD_READY,
				    .rows = f->rows.items,
				    .len = f->rows.len,
				    .current = f->rows.len,
				    .note = "nothing of that name"};
}

/* The longest beginning that all rows share. */
static char *files_complete(const char *typed, void *arg)
{
	struct wizard_list l = files_rows(typed, arg);
	size_t n;

	if (!l.len || (*typed && is_offered(arg, typed)))
		return NULL;
	n = strlen(l.rows[0].value);
	for (size_t i = 1; i < l.len; i++) {
		size_t same = 0;

		while (same < n && l.rows[i].value[same] == l.rows[0].value[same])
			same++;
		n = same;
	}
	return n > strlen(typed) ? xstrndup(l.rows[0].value, n) : NULL;
}

static int files_take(const char *value, char **more, void *arg, struct err *e)
{
	struct files *f = arg;
	size_t n = strlen(value);

	if (n && value[n - 1] == '/') {
		*more = xstrdup(value);
		return 1;
	}
	return f->outer.take(value, more, f->outer.arg, e);
}

static void files_gone(void *arg)
{
	struct files *f = arg;

	if (f->outer.gone)
		f->outer.gone(f->outer.arg);
	wizard_rows_fini(&f->rows);
	free(f->typed);
	free(f);
}

struct screen *picker_file(struct app *app, const struct picker_conf *conf)
{
	struct files *f = xcalloc(1, sizeof(*f));
	struct picker_conf inner = *conf;

	f->outer = *conf;
	inner.types = true;
	inner.rows = files_rows;
	inner.complete = files_complete;
	inner.take = files_take;
	inner.gone = files_gone;
	inner.arg = f;
	return picker_open(app, &inner);
}
