/* SPDX-License-Identifier: MIT */
/* argv_option: the elements of QEMU's command line, and the forms in which it is handed out. */
#include "argv_option.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"

char *argv_value(const char *s)
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

char *argv_json(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

void argv_add(struct qemu_argv *v, char *text, const char *key, const char *why)
{
	v->items = xreallocarray(v->items, v->len + 1, sizeof(*v->items));
	v->items[v->len++] = (struct qemu_arg){.text = text, .key = key, .why = xstrdup(why)};
}

void argv_pair(struct qemu_argv *v, const char *option, char *value, const char *key, const char *why)
{
	argv_add(v, xstrdup(option), key, why);
	argv_add(v, value, key, NULL);
}

json_t *argv_virtio(const struct argv_in *in, const char *name)
{
	return json_sprintf("%s-%s", name, in->arch->virtio);
}

void argv_device(struct qemu_argv *v, const char *key, const char *why, json_t *device)
{
	argv_pair(v, "-device", argv_json(device), key, why);
}

int argv_bad_path(struct err *e, const char *key, const char *path)
{
	AUTO_FREE char *words = text_clean(path, strlen(path), false);

	err_set(e, ERR_USAGE, "path-bad", "%s: %s is not valid UTF-8, which QEMU's options need", key, words);
	return -1;
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
