/* SPDX-License-Identifier: MIT */
/* char_width_posix: by wcwidth(3); uses a UTF-8 locale if the own one has none. */
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

#include "base/mem.h"
#include "host/char_width.h"

static const char *const char_width_locales[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};

/* Returns wcwidth(3) as in a locale with UTF-8: the C locale knows no character beyond ASCII. */
static int char_width_in_utf8(wchar_t c)
{
	static locale_t utf8;
	locale_t own;
	int n;

	for (size_t i = 0; !utf8 && i < ARRAY_SIZE(char_width_locales); i++)
		utf8 = newlocale(LC_CTYPE_MASK, char_width_locales[i], (locale_t)0);
	if (!utf8)
		return wcwidth(c);
	own = uselocale(utf8);
	n = wcwidth(c);
	uselocale(own);
	return n;
}

int host_char_width(uint32_t c)
{
	int n = c < 0x80 ? 1 : MB_CUR_MAX > 1 ? wcwidth((wchar_t)c) : char_width_in_utf8((wchar_t)c);

	return n < 0 ? 1 : n;
}
