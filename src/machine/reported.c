/* SPDX-License-Identifier: MIT */
/* reported: the settings that a guest reported (include/machine/reported.h). */
#include "machine/reported.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine/sanitize.h"

#define SETTINGS_MAX 64
#define NAME_MAX_BYTES 40
#define TEXT_MAX_BYTES 600

static bool reported_is_state(const char *state)
{
	return !strcmp(state, "applied") || !strcmp(state, "warned") || !strcmp(state, "failed");
}

static bool reported_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && !name[n] && n <= NAME_MAX_BYTES;
}

bool reported_put(json_t *settings, const char *name, const char *state, const char *text)
{
	json_t *entry = NULL, *other;
	size_t i;
	AUTO_FREE char *words = NULL;

	if (!reported_is_name(name) || !reported_is_state(state))
		return false;
	json_array_foreach (settings, i, other) {
		if (!strcmp(json_str(other, "name", ""), name))
			entry = other;
	}
	if (!entry) {
		if (json_array_size(settings) >= SETTINGS_MAX)
			return false;
		entry = json_pack("{s:s}", "name", name);
		json_array_append_new(settings, entry);
	}
	words = vm_sanitize(text, strlen(text), TEXT_MAX_BYTES);
	json_object_set_new(entry, "state", json_string(state));
	json_object_set_new(entry, "text", json_string(words));
	return true;
}

json_t *reported_read(const json_t *value)
{
	json_t *settings = json_array();
	const json_t *entry;
	size_t i;

	json_array_foreach (value, i, entry) {
		reported_put(settings, json_str(entry, "name", ""), json_str(entry, "state", ""),
			     json_str(entry, "text", ""));
	}
	return settings;
}

void reported_lines(const json_t *settings, const char *state, struct strv *out)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (settings, i, entry) {
		const char *text = json_str(entry, "text", "");
		AUTO_FREE char *name = NULL;

		if (strcmp(json_str(entry, "state", ""), state) != 0)
			continue;
		name = xstrdup(json_str(entry, "name", ""));
		for (char *p = name; *p; p++)
			if (*p == '-')
				*p = ' ';
		strv_addf(out, "%s: %s", name, *text ? text : "the guest gave no reason");
	}
}
