/* SPDX-License-Identifier: MIT */
/*
 * json: jansson with our err. Values are jansson's json_t (reference-counted); this header is the
 * one place that includes it, and adds reading and writing of files and small accessors.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* Lets jansson end the program in an orderly way when memory runs out: without this a value could be
 * missing in silence. To be called first of all. */
void json_guard_memory(void);

/* Parses n bytes; NULL on error, with line and column in e. Duplicate keys are refused.
 * The result is a new reference. `name` is for the message. */
json_t *json_parse(const char *text, size_t n, const char *name, struct err *e);
/* Reads a file of at most 16 MiB. */
json_t *json_read(const char *path, struct err *e);
/* Writes atomically with mode 0600, sorted keys, indented. */
int json_write(const char *path, const json_t *v, struct err *e);
/* Borrowed string or number of an object, or the default when absent or of another type. */
const char *json_str(const json_t *o, const char *key, const char *fallback);
json_int_t json_int(const json_t *o, const char *key, json_int_t fallback);
bool json_bool(const json_t *o, const char *key, bool fallback);
/* One line without newline; owned by the caller, freed with free(). */
char *json_line(const json_t *v);

#endif
