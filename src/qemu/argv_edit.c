/* SPDX-License-Identifier: MIT */
/* argv_edit: changes a command line that argv.c built (include/qemu/argv_edit.h). */
#include "qemu/argv_edit.h"

#include <stdlib.h>
#include <string.h>

#include "argv_option.h"
#include "base/json.h"
#include "base/mem.h"

/* Replaces an argument by `text`, which it takes; NULL changes nothing. */
static void argv_edit_put(char **item, char *text)
{
	if (!text)
		return;
	free(*item);
	*item = text;
}

/* Returns the value of the first option of that name, or NULL. */
static char **argv_edit_value(const struct strv *argv, const char *option)
{
	for (size_t i = 0; i + 1 < argv->len; i++)
		if (!strcmp(argv->items[i], option))
			return &argv->items[i + 1];
	return NULL;
}

/* ---- the folder of the machine's files ---- */

/* Returns the path below the new folder (owned) if it is below the old one, else NULL. */
static char *argv_edit_moved(const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	return !strncmp(path, from, n) && path[n] == '/' ? xasprintf("%s%s", to, path + n) : NULL;
}

/* Changes every path in an option's JSON form. True if there was one. */
static bool argv_edit_move_json(json_t *o, const char *from, const char *to)
{
	bool any = false;
	const char *key;
	json_t *value;
	void *next;
	char *moved;

	json_object_foreach_safe(o, next, key, value)
	{
		if (json_is_object(value)) {
			any |= argv_edit_move_json(value, from, to);
		} else if (json_is_string(value) && (moved = argv_edit_moved(json_string_value(value), from, to))) {
			any |= json_string_set(value, moved) == 0;
			free(moved);
		}
	}
	return any;
}

void qemu_argv_move_files(struct strv *argv, const char *from, const char *to)
{
	for (size_t i = 0; i < argv->len; i++) {
		char **item = &argv->items[i];
		json_t *o = **item == '{' ? json_loads(*item, 0, NULL) : NULL;

		argv_edit_put(item, argv_edit_move_json(o, from, to) ? json_dumps(o, JSON_COMPACT)
								     : argv_edit_moved(*item, from, to));
		json_decref(o);
	}
}

/* ---- the folder of the sockets ---- */

/* Returns whether an argument names something in that folder, up to its path. */
static bool argv_edit_names_socket(const char *item, const char *path)
{
	size_t n = (size_t)(path - item);

	return !strncmp(item, "socket,id=", 10) || !strncmp(item, "pipe,id=", 8) ||
	       !strncmp(item, "tls-creds-psk,id=", 17) || (n == 9 && !strncmp(item, "vnc=unix:", n)) ||
	       (n == 5 && !strncmp(item, "addr=", n));
}

void qemu_argv_move_sockets(struct strv *argv, const char *from, const char *to)
{
	AUTO_FREE char *new_value = argv_value(to);
	AUTO_FREE char *value = argv_value(from);
	AUTO_FREE char *old = xasprintf("%s/", value);

	for (size_t i = 0; i < argv->len; i++) {
		char *item = argv->items[i];
		char *at = strstr(item, old);

		if (at && argv_edit_names_socket(item, at))
			argv_edit_put(&argv->items[i],
				      xasprintf("%.*s%s/%s", (int)(at - item), item, new_value, at + strlen(old)));
	}
}

/* ---- the rest ---- */

void qemu_argv_rename(struct strv *argv, const char *from, const char *to)
{
	AUTO_FREE char *old = xasprintf("guest=%s", from);
	char **name = argv_edit_value(argv, "-name");

	if (name && !strcmp(*name, old))
		argv_edit_put(name, xasprintf("guest=%s", to));
}

void qemu_argv_pin_machine(struct strv *argv, const char *type)
{
	char **machine = argv_edit_value(argv, "-machine");

	if (machine)
		argv_edit_put(machine, xasprintf("%s%s", type, *machine + strcspn(*machine, ",")));
}

bool qemu_argv_has_host_line(const struct strv *argv)
{
	for (size_t i = 0; i < argv->len; i++)
		if (!strncmp(argv->items[i], "socket,id=host,", 15))
			return true;
	return false;
}
