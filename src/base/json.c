/* SPDX-License-Identifier: MIT */
/* json: jansson with struct err, and atomic files. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"

#define JSON_FILE_MAX (16 * 1024 * 1024)

void json_guard_memory(void)
{
	json_set_alloc_funcs(xmalloc, free);
}

json_t *json_parse(const char *text, size_t n, const char *name, struct err *e)
{
	json_error_t je;
	json_t *v = json_loadb(text, n, JSON_REJECT_DUPLICATES, &je);

	if (!v)
		err_set(e, ERR_FAILED, "json-bad", "%s:%d:%d: %s", name, je.line, je.column, je.text);
	return v;
}

json_t *json_read(const char *path, struct err *e)
{
	struct buf text;
	json_t *v;

	if (file_read(path, JSON_FILE_MAX, &text, e) < 0)
		return NULL;
	v = json_parse(text.data, text.len, path, e);
	buf_fini(&text);
	return v;
}

int json_write(const char *path, const json_t *v, struct err *e)
{
	char *text = json_dumps(v, JSON_INDENT(2) | JSON_SORT_KEYS);
	char *line;
	int r;

	if (!text)
		return err_set(e, ERR_FAILED, "json-bad", "%s: cannot be written as JSON", path);
	line = xasprintf("%s\n", text);
	free(text);
	r = file_write(path, line, strlen(line), 0600, e);
	free(line);
	return r;
}

const char *json_str(const json_t *o, const char *key, const char *fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : fallback;
}

json_int_t json_int(const json_t *o, const char *key, json_int_t fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool json_bool(const json_t *o, const char *key, bool fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

char *json_line(const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text ? text : xstrdup("null");
}
