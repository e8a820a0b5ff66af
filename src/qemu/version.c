/* SPDX-License-Identifier: MIT */
/* version: see src/qemu/version.h. */
#include "version.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define PART_MAX 99u

/* One number of the version; moves *p behind it. */
static bool version_read_part(const char **p, unsigned *out)
{
	unsigned n = 0;
	const char *s = *p;

	while (*s >= '0' && *s <= '9') {
		n = n * 10 + (unsigned)(*s++ - '0');
		if (n > PART_MAX)
			return false;
	}
	if (s == *p)
		return false;
	*p = s;
	*out = n;
	return true;
}

bool qemu_version_parse(const char *output, unsigned *number, char **text)
{
	static const char mark[] = "QEMU emulator version ";
	const char *at = strstr(output, mark);
	unsigned major, minor, patch = 0;
	const char *p;

	if (!at)
		return false;
	at += sizeof(mark) - 1;
	p = at;
	if (!version_read_part(&p, &major) || *p++ != '.' || !version_read_part(&p, &minor))
		return false;
	if (*p == '.') {
		p++;
		if (!version_read_part(&p, &patch))
			return false;
	}
	*number = major * 10000 + minor * 100 + patch;
	*text = text_clean(at, strcspn(at, "\r\n"), false);
	return true;
}
