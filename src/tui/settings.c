/* SPDX-License-Identifier: MIT */
/* settings: see settings.h. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/ini.h"

static int entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
		 struct err *e)
{
	struct settings *s = arg;

	if (!strcmp(section, "face") && !strcmp(key, "theme") && !theme_find(value, &s->theme))
		return err_set(e, ERR_USAGE, "settings",
			       "debwiz.ini:%u: theme = %s; it is auto, dark, light or mono", line,
			       value);
	return 0;
}

int settings_read(struct settings *s, const struct store *store, struct err *e)
{
	char *path = file_join(store->config_dir, "debwiz.ini");
	struct buf text;
	int r = 0;

	*s = (struct settings){.theme = THEME_AUTO};
	if (file_exists(path)) {
		r = file_read(path, INI_FILE_MAX, &text, e);
		if (!r) {
			r = ini_read(path, text.data, text.len, entry, s, e);
			buf_fini(&text);
		}
	}
	free(path);
	return r;
}
