/* SPDX-License-Identifier: MIT */
/*
 * kept_move: how QEMU was run, told for another place: the folder of its sockets, and the machine's own
 * folder, which has another path after a rename. See include/machine/suspended.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "machine/suspended.h"

/* Arguments that name something in the folder of the sockets (src/qemu/argv.c), up to its path. */
static bool suspended_move_names_socket(const char *item, const char *path)
{
	size_t n = (size_t)(path - item);

	return !strncmp(item, "socket,id=", 10) || !strncmp(item, "pipe,id=", 8) ||
	       (n == 9 && !strncmp(item, "vnc=unix:", n));
}

void suspended_move_sockets(struct vm_request *r, const char *runtime_dir)
{
	char *old = xasprintf("%s/", r->runtime_dir);

	for (size_t i = 0; strcmp(r->runtime_dir, runtime_dir) && i < r->argv.len; i++) {
		char *item = r->argv.items[i];
		char *at = strstr(item, old);

		if (!at || !suspended_move_names_socket(item, at))
			continue;
		*at = '\0';
		r->argv.items[i] = xasprintf("%s%s/%s", item, runtime_dir, at + strlen(old));
		free(item);
	}
	free(old);
	free(r->runtime_dir);
	r->runtime_dir = xstrdup(runtime_dir);
}

/* The path below the new folder (owned) when it lay below the old one, else NULL. */
static char *suspended_move_moved_path(const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	return !strncmp(path, from, n) && path[n] == '/' ? xasprintf("%s%s", to, path + n) : NULL;
}

static void move_text(char **text, const char *from, const char *to)
{
	char *moved = suspended_move_moved_path(*text, from, to);

	if (!moved)
		return;
	free(*text);
	*text = moved;
}

/* Every path in an option's JSON form. True when there was one. */
static bool move_json(json_t *o, const char *from, const char *to)
{
	bool any = false;
	const char *key;
	json_t *value;
	void *next;
	char *moved;

	json_object_foreach_safe(o, next, key, value)
	{
		if (json_is_object(value)) {
			any |= move_json(value, from, to);
		} else if (json_is_string(value) &&
			   (moved = suspended_move_moved_path(json_string_value(value), from, to))) {
			any |= json_string_set(value, moved) == 0;
			free(moved);
		}
	}
	return any;
}

static void move_argument(char **item, const char *from, const char *to)
{
	json_t *o = **item == '{' ? json_loads(*item, 0, NULL) : NULL;
	char *text = move_json(o, from, to) ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (text) {
		free(*item);
		*item = text;
	} else {
		move_text(item, from, to);
	}
}

/* A machine is called as its folder; where it was not, its name is no matter of the folder's. */
static void move_name(struct vm_request *r, const char *from, const char *to)
{
	char *old = xasprintf("guest=%s", from);

	for (size_t i = 1; i < r->argv.len; i++) {
		if (strcmp(r->argv.items[i - 1], "-name") || strcmp(r->argv.items[i], old))
			continue;
		free(r->argv.items[i]);
		r->argv.items[i] = xasprintf("guest=%s", to);
	}
	if (!strcmp(r->name, from)) {
		free(r->name);
		r->name = xstrdup(to);
	}
	if (!strcmp(r->ssh_host, from)) {
		free(r->ssh_host);
		r->ssh_host = xstrdup(to);
	}
	free(old);
}

void suspended_move_dir(struct vm_request *r, const char *dir)
{
	char *old = r->dir;

	if (!strcmp(old, dir))
		return;
	for (size_t i = 0; i < r->argv.len; i++)
		move_argument(&r->argv.items[i], old, dir);
	move_text(&r->seed, old, dir);
	move_text(&r->known_hosts, old, dir);
	move_name(r, file_basename(old), file_basename(dir));
	r->dir = xstrdup(dir);
	free(old);
}
