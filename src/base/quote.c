/* SPDX-License-Identifier: MIT */
/* quote: quotes words for a POSIX shell. */
#include "base/quote.h"

#include <string.h>

void quote_always(struct buf *b, const char *s)
{
	buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

void quote_word(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./=:,+@%";

	if (*s && !s[strspn(s, plain)])
		buf_adds(b, s);
	else
		quote_always(b, s);
}

char *quote_command(char *const *words)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; words && words[i]; i++) {
		if (i)
			buf_addc(&b, ' ');
		if (!i && !words[1])
			buf_adds(&b, words[0]);
		else if (!i && strchr(words[0], '='))
			quote_always(&b, words[0]); /* the name of a program, not an assignment */
		else
			quote_word(&b, words[i]);
	}
	return buf_steal(&b);
}
