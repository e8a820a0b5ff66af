/* SPDX-License-Identifier: MIT */
/* settings: reads debwiz.ini; unknown sections and keys are ignored. */
#include "tui/toolkit/settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/mem.h"
#include "base/table.h"
#include "host/file.h"

/* The control character of "Ctrl-X" or "^X"; 0: the text is neither. */
static uint32_t settings_control(const char *value)
{
	const char *letter = !strncmp(value, "Ctrl-", 5) ? value + 5 : *value == '^' ? value + 1 : "";
	uint32_t code = (uint32_t)(unsigned char)*letter & 0x1f;

	/* Tab, Enter and Esc are keys of their own */
	if (strlen(letter) != 1 || *letter < 'A' || *letter > 'z' || !code || code == '\t' || code == '\r' ||
	    code == '\n' || code == '\b' || code == 0x1b)
		return 0;
	return code;
}

static int settings_check_prefix(const char *value, struct err *e)
{
	if (settings_control(value))
		return 0;
	return err_set(e, ERR_USAGE, "settings", "Ctrl- and a letter other than H, I, J and M");
}

/* The values of the file; the prefix is still a text. */
struct settings_file {
	struct settings settings;
	char *prefix;
};

#define AT(member) .offset = offsetof(struct settings_file, member)

static const struct {
	const char *section;
	struct column column;
} settings_table[] = {
	{"face", {"theme", COLUMN_CHOICE, AT(settings.theme), "auto", .choices = theme_names}},
	{"keys", {"prefix", COLUMN_TEXT, AT(prefix), "Ctrl-A", .check = settings_check_prefix}},
	{"console", {"bell", COLUMN_BOOL, AT(settings.guest.bell)}},
	{"console", {"title", COLUMN_BOOL, AT(settings.guest.title)}},
	{"console", {"clipboard", COLUMN_BOOL, AT(settings.guest.clipboard)}},
};

static int settings_entry(const char *section, const char *key, const char *value, unsigned line, void *arg,
			  struct err *e)
{
	struct err why = ERR_INIT;
	char *allowed;

	for (size_t i = 0; i < ARRAY_SIZE(settings_table); i++) {
		const struct column *c = &settings_table[i].column;

		if (strcmp(settings_table[i].section, section) || strcmp(c->key, key) ||
		    column_parse(c, arg, value, &why) == 0)
			continue;
		allowed = why.text ? xstrdup(why.text) : column_allowed(c);
		err_set(e, ERR_USAGE, "settings", "debwiz.ini:%u: %s = %s; it is %s", line, key, value, allowed);
		free(allowed);
		err_fini(&why);
		return -1;
	}
	return 0;
}

int settings_read(struct settings *s, const char *config_dir, struct err *e)
{
	AUTO_FREE char *path = file_join(config_dir, "debwiz.ini");
	struct settings_file file = {.prefix = NULL};
	struct buf text;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settings_table); i++)
		column_reset(&settings_table[i].column, &file);
	if (file_exists(path)) {
		r = file_read(path, INI_FILE_MAX, &text, e);
		if (!r) {
			r = ini_read(path, text.data, text.len, settings_entry, &file, e);
			buf_fini(&text);
		}
	}
	*s = file.settings;
	s->prefix = settings_control(file.prefix);
	free(file.prefix);
	return r;
}
