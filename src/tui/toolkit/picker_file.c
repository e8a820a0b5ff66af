/* SPDX-License-Identifier: MIT */
/* picker_file: lists the files of the typed path's folder in a picker. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/toolkit/folder.h"
#include "tui/toolkit/picker.h"

struct file_picker {
	struct picker_conf outer; /* of the caller */
	struct typed_rows found;
	char *folder, *ending;
};

/* Whether the caller's rows are shown: until a path is typed. */
static bool picker_file_is_offered(const struct file_picker *f, const char *typed)
{
	return f->outer.rows && !strchr(typed, '/');
}

static struct choice_list picker_file_rows(const char *typed, void *arg)
{
	struct file_picker *f = arg;
	struct folder_look look = {.base = f->folder, .ending = f->ending};

	if (picker_file_is_offered(f, typed))
		return f->outer.rows(typed, f->outer.arg);
	if (typed_rows_begin(&f->found, typed))
		folder_rows(&f->found.rows, typed, &look);
	return typed_rows_list(&f->found, "nothing of that name");
}

static char *picker_file_complete(const char *typed, void *arg)
{
	struct choice_list l = picker_file_rows(typed, arg);

	return *typed && picker_file_is_offered(arg, typed) ? NULL : folder_complete(&l, typed);
}

static int picker_file_take(const char *value, char **more, void *arg, struct err *e)
{
	struct file_picker *f = arg;
	size_t n = strlen(value);

	if (n && value[n - 1] == '/') {
		*more = xstrdup(value);
		return 1;
	}
	return f->outer.take(value, more, f->outer.arg, e);
}

static void picker_file_gone(void *arg)
{
	struct file_picker *f = arg;

	if (f->outer.gone)
		f->outer.gone(f->outer.arg);
	typed_rows_fini(&f->found);
	free(f->folder);
	free(f->ending);
	free(f);
}

struct screen *picker_file(struct app *app, const struct picker_conf *conf)
{
	struct file_picker *f = xcalloc(1, sizeof(*f));
	struct picker_conf inner = *conf;

	f->outer = *conf;
	f->folder = xstrdup(conf->folder);
	f->ending = xstrdup(conf->ending);
	inner.types = true;
	inner.rows = picker_file_rows;
	inner.again = NULL; /* a folder is read anyway */
	inner.complete = picker_file_complete;
	inner.take = picker_file_take;
	inner.gone = picker_file_gone;
	inner.arg = f;
	return picker_open(app, &inner);
}
