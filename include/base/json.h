/* SPDX-License-Identifier: MIT */
/*
 * json: jansson with struct err. Values are jansson's reference-counted json_t. This header alone includes jansson;
 * it adds reading and writing of files and small accessors.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* Makes jansson end the program properly when memory runs out; otherwise a value could be silently missing. Must be
 * called first. */
void json_guard_memory(void);

/* Parses n bytes. Returns a new reference, or NULL with line and column in e. Duplicate keys are refused. `name` is
 * for the message. */
json_t *json_parse(const char *text, size_t n, const char *name, struct err *e);
/* Reads a file of at most 16 MiB. */
json_t *json_read(const char *path, struct err *e);
/* Writes atomically with mode 0600, sorted keys, indented. */
int json_write(const char *path, const json_t *v, struct err *e);
/* Return a borrowed string or a number of an object, or the default if it is absent or of another type. */
const char *json_str(const json_t *o, const char *key, const char *fallback);
json_int_t json_int(const json_t *o, const char *key, json_int_t fallback);
bool json_bool(const json_t *o, const char *key, bool fallback);
/* Returns the value as one line without a newline; the caller frees it. */
char *json_line(const json_t *v);

#endif
