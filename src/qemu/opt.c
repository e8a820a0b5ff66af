/* SPDX-License-Identifier: MIT */
/* opt: see opt.h; and the forms in which a whole command line is handed out. */
#include "opt.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"

char *opt_value(const char *s)
{
	struct buf b;

	buf_init(&b, 0);
	for (; *s; s++) {
		if (*s == ',')
			buf_addc(&b, ',');
		buf_addc(&b, *s);
	}
	return buf_steal(&b);
}

char *opt_json(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

void opt_add(struct qemu_argv *v, char *text, const char *key, const char *why)
{
	v->items = xreallocarray(v->items, v->len + 1, sizeof(*v->items));
	v->items[v->len++] = (struct qemu_arg){.text = text, .key = key, .why = xstrdup(why)};
}

void opt_pair(struct qemu_argv *v, const char *option, char *value, const char *key, const char *why)
{
	opt_add(v, xstrdup(option), key, why);
	opt_add(v, value, key, NULL);
}

void qemu_argv_fini(struct qemu_argv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->len; i++) {
		free(v->items[i].text);
		free(v->items[i].why);
	}
	free(v->items);
	*v = (struct qemu_argv){.items = NULL};
}

void qemu_argv_strv(const struct qemu_argv *v, struct strv *out)
{
	for (size_t i = 0; i < v->len; i++)
		strv_add(out, v->items[i].text);
}

char *qemu_argv_shell(const struct qemu_argv *v)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < v->len; i++) {
		if (i)
			buf_adds(&b, v->items[i].why ? " \\\n\t" : " ");
		quote_word(&b, v->items[i].text);
	}
	return buf_steal(&b);
}
