/* SPDX-License-Identifier: MIT */
/* places: time zones and locales that this host knows. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"

#define FILE_MAX (1 << 20)
#define ZONES "/usr/share/zoneinfo"

/* Calls fn for each line of the first readable file. */
static void places_each_line(const char *const *paths, void (*fn)(char *line, struct strv *out), struct strv *out)
{
	struct buf text;

	for (; *paths; paths++) {
		char *at;

		if (file_read(*paths, FILE_MAX, &text, NULL) < 0)
			continue;
		for (at = text.data; *at;) {
			char *next = at + strcspn(at, "\n");
			bool last = !*next;

			*next = '\0';
			fn(at, out);
			at = last ? next : next + 1;
		}
		buf_fini(&text);
		return;
	}
}

/* "DE\t+5230+01322\tEurope/Berlin\t…" */
static void places_zone_line(char *line, struct strv *out)
{
	char *at = *line == '#' ? NULL : strchr(line, '\t');

	at = at ? strchr(at + 1, '\t') : NULL;
	if (at)
		strv_take(out, xstrndup(at + 1, strcspn(at + 1, "\t")));
}

void host_timezones(struct strv *out)
{
	static const char *const paths[] = {"/usr/share/zoneinfo/zone.tab", "/usr/share/zoneinfo/zone1970.tab", NULL};

	places_each_line(paths, places_zone_line, out);
	if (!strv_has(out, "Etc/UTC"))
		strv_add(out, "Etc/UTC");
	strv_sort(out);
	strv_uniq(out);
}

bool host_timezone_known(const char *name)
{
	AUTO_FREE char *path = xasprintf(ZONES "/%s", name);
	bool known = access(path, R_OK) == 0;

	return known;
}

/* "de_DE.UTF-8 UTF-8"; Debian's list has UTF-8 for all that are worth offering. */
static void places_locale_line(char *line, struct strv *out)
{
	size_t n = strcspn(line, " ");

	if (*line != '#' && n > 6 && !strncmp(line + n - 6, ".UTF-8", 6))
		strv_take(out, xstrndup(line, n));
}

void host_locales(struct strv *out)
{
	static const char *const paths[] = {"/usr/share/i18n/SUPPORTED", NULL};
	static const char *const common[] = {"de_DE.UTF-8", "en_GB.UTF-8", "en_US.UTF-8", "es_ES.UTF-8", "fr_FR.UTF-8",
					     "it_IT.UTF-8", "ja_JP.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8", "zh_CN.UTF-8"};

	places_each_line(paths, places_locale_line, out);
	for (size_t i = 0; i < ARRAY_SIZE(common) && out->len < 10; i++)
		strv_add(out, common[i]);
	strv_add(out, "C.UTF-8");
	strv_sort(out);
	strv_uniq(out);
}
