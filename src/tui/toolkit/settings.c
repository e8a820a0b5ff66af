/* SPDX-License-Identifier: MIT */
/* settings: see settings.h. */
#include "tui/toolkit/settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "host/file.h"

/* "Ctrl-X" or "^X" of a letter that a control character has. */
static bool settings_prefix_parse(const char *value, uint32_t *out)
{
	const char *letter = !strncmp(value, "Ctrl-", 5) ? value + 5 : *value == '^' ? value + 1 : "";
	uint32_t code = (uint32_t)(unsigned char)*letter & 0x1f;

	/* Tab, Enter and Esc are keys of their own */
	if (strlen(letter) != 1 || *letter < 'A' || *letter > 'z' || !code || code == '\t' || code == '\r' ||
	    code == '\n' || code == '\b' || code == 0x1b)
		return false;
	*out = code;
	return true;
}

static const struct {
	const char *key;
	size_t at;
} allowances[] = {
	{"bell", offsetof(struct settings_guest, bell)},
	{"title", offsetof(struct settings_guest, title)},
	{"clipboard", offsetof(struct settings_guest, clipboard)},
};

/* A key of [console]; false: the value is neither yes nor no. */
static bool settings_allow(struct settings_guest *guest, const char *key, const char *value)
{
	bool yes = !strcmp(value, "yes");

	for (size_t i = 0; i < sizeof(allowances) / sizeof(*allowances); i++) {
		if (strcmp(allowances[i].key, key) != 0)
			continue;
		*(bool *)((char *)guest + allowances[i].at) = yes;
		return yes || !strcmp(value, "no");
	}
	return true;
}

static int settings_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
			  struct err *e)
{
	struct settings *s = arg;

	if (!strcmp(section, "face") && !strcmp(key, "theme") && !theme_find(value, &s->theme))
		return err_set(e, ERR_USAGE, "settings", "debwiz.ini:%u: theme = %s; it is auto, dark, light or mono",
			       line, value);
	if (!strcmp(section, "keys") && !strcmp(key, "prefix") && !settings_prefix_parse(value, &s->prefix))
		return err_set(e, ERR_USAGE, "settings",
			       "debwiz.ini:%u: prefix = %s; it is Ctrl- and a letter other than H, I, J "
			       "and M",
			       line, value);
	if (!strcmp(section, "console") && !settings_allow(&s->guest, key, value))
		return err_set(e, ERR_USAGE, "settings", "debwiz.ini:%u: %s = %s; it is yes or no", line, key, value);
	return 0;
}

int settings_read(struct settings *s, const struct store *store, struct err *e)
{
	char *path = file_join(store->config_dir, "debwiz.ini");
	struct buf text;
	int r = 0;

	*s = (struct settings){.theme = THEME_AUTO, .prefix = 'A' & 0x1f};
	if (file_exists(path)) {
		r = file_read(path, INI_FILE_MAX, &text, e);
		if (!r) {
			r = ini_read(path, text.data, text.len, settings_entry, s, e);
			buf_fini(&text);
		}
	}
	free(path);
	return r;
}
