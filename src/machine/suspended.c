/* SPDX-License-Identifier: MIT */
/* suspended: the files of the suspended state, and the argv in them (include/machine/suspended.h). */
#include "machine/suspended.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/table.h"
#include "host/file.h"

static char *suspended_json_path(const char *dir)
{
	return file_join(dir, "suspend.json");
}

char *suspended_state_path(const char *dir)
{
	return file_join(dir, "suspend.state");
}

char *suspended_part_path(const char *dir)
{
	return file_join(dir, "suspend.state.part");
}

bool suspended_exists(const char *dir)
{
	AUTO_FREE char *json = suspended_json_path(dir);
	AUTO_FREE char *state = suspended_state_path(dir);
	bool is = file_exists(json) && file_exists(state);

	return is;
}

int suspended_refuse(const char *dir, const char *name, struct err *e)
{
	if (!suspended_exists(dir))
		return 0;
	err_set(e, ERR_BUSY, "suspended", "%s is suspended: nothing may change until it was resumed", name);
	return err_hint(e, "`debwiz boot %s` resumes it; `debwiz kill %s` discards its suspended state", name, name);
}

#define AT(member) .offset = offsetof(struct suspended_state, member)

/* The members of suspend.json beside the request. */
static const struct column suspended_table[] = {
	{"login", COLUMN_BOOL, AT(login)},
	{"ready", COLUMN_BOOL, AT(ready)},
	{"kernel", COLUMN_TEXT, AT(kernel)},
	{"ip", COLUMN_TEXT, AT(ip)},
	{.key = NULL},
};

json_t *suspended_json(const struct suspended_state *k)
{
	json_t *request = vm_request_json(&k->request);
	json_t *o = json_pack("{s:i, s:o}", "format", 1, "request", request); /* NULL if the request is */

	if (o && table_to_json(suspended_table, k, o) == 0)
		return o;
	json_decref(o);
	return NULL;
}

int suspended_from_json(struct suspended_state *out, const json_t *o)
{
	*out = (struct suspended_state){.login = false};
	if (vm_request_from_json(&out->request, json_object_get(o, "request")) < 0)
		return -1;
	table_from_json(suspended_table, out, o);
	return 0;
}

int suspended_commit(const char *dir, const struct suspended_state *k, struct err *e)
{
	AUTO_FREE char *part = suspended_part_path(dir);
	AUTO_FREE char *state = suspended_state_path(dir);
	AUTO_FREE char *path = suspended_json_path(dir);
	json_t *o = suspended_json(k);
	int r = o ? 0 : err_set(e, ERR_FAILED, "not-utf8", "an argument of QEMU is not valid UTF-8");

	if (!r)
		r = file_sync_path(part, e);
	if (!r)
		r = file_rename(part, state, e);
	if (!r)
		r = json_write(path, o, e);
	json_decref(o);
	return r;
}

int suspended_read(const char *dir, struct suspended_state *out, struct err *e)
{
	AUTO_FREE char *path = suspended_json_path(dir);
	json_t *o = json_read(path, e);
	int r = o ? 0 : -1;

	if (!r && suspended_from_json(out, o) < 0)
		r = err_set(e, ERR_FAILED, "suspend-bad", "%s does not say how the suspended machine was run", path);
	if (!r) {
		out->request.resume = true;
		suspended_move_dir(&out->request, dir);
	}
	json_decref(o);
	return r;
}

void suspended_fini(struct suspended_state *k)
{
	vm_request_fini(&k->request);
	table_fini(suspended_table, k);
	*k = (struct suspended_state){.login = false};
}

int suspended_remove(const char *dir, struct err *e)
{
	AUTO_FREE char *json = suspended_json_path(dir);
	AUTO_FREE char *state = suspended_state_path(dir);
	int r = 0;

	if (unlink(json) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", json);
	if (!r)
		r = file_sync_path(dir, e);
	if (!r && unlink(state) < 0 && errno != ENOENT)
		r = err_errno(e, errno, "file-remove", "cannot remove %s", state);
	return r;
}

int suspended_discard(const char *dir, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, "run.json");
	struct vm_run run;
	json_t *o;
	int r = suspended_remove(dir, e);

	if (!r && vm_run_read(dir, &run, NULL) == 0) {
		run.state = VM_OFF;
		vm_run_set_cause(&run, VM_CAUSE_NONE, "its suspended state was dropped");
		o = vm_run_json(&run);
		r = json_write(path, o, e);
		json_decref(o);
		vm_run_fini(&run);
	}
	return r;
}

void suspended_pin_machine(struct strv *argv, const char *type)
{
	for (size_t i = 0; i + 1 < argv->len; i++) {
		char *old = argv->items[i + 1];

		if (strcmp(argv->items[i], "-machine") != 0)
			continue;
		argv->items[i + 1] = xasprintf("%s%s", type, old + strcspn(old, ","));
		free(old);
		return;
	}
}

/* ---- the argv for another path of the sockets or of the machine ---- */

/* Returns whether an argument names something in the folder of the sockets (src/qemu/argv.c), up to its path. */
static bool suspended_names_socket(const char *item, const char *path)
{
	size_t n = (size_t)(path - item);

	return !strncmp(item, "socket,id=", 10) || !strncmp(item, "pipe,id=", 8) ||
	       !strncmp(item, "tls-creds-psk,id=", 17) || (n == 9 && !strncmp(item, "vnc=unix:", n));
}

void suspended_move_sockets(struct vm_request *r, const char *runtime_dir)
{
	AUTO_FREE char *old = xasprintf("%s/", r->runtime_dir);

	for (size_t i = 0; strcmp(r->runtime_dir, runtime_dir) && i < r->argv.len; i++) {
		char *item = r->argv.items[i];
		char *at = strstr(item, old);

		if (!at || !suspended_names_socket(item, at))
			continue;
		*at = '\0';
		r->argv.items[i] = xasprintf("%s%s/%s", item, runtime_dir, at + strlen(old));
		free(item);
	}
	free(r->runtime_dir);
	r->runtime_dir = xstrdup(runtime_dir);
}

/* Returns the path below the new folder (owned) if it is below the old one, else NULL. */
static char *suspended_moved_path(const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	return !strncmp(path, from, n) && path[n] == '/' ? xasprintf("%s%s", to, path + n) : NULL;
}

static void suspended_move_text(char **text, const char *from, const char *to)
{
	char *moved = suspended_moved_path(*text, from, to);

	if (!moved)
		return;
	free(*text);
	*text = moved;
}

/* Changes every path in an option's JSON form. True if there was one. */
static bool suspended_move_json(json_t *o, const char *from, const char *to)
{
	bool any = false;
	const char *key;
	json_t *value;
	void *next;
	char *moved;

	json_object_foreach_safe(o, next, key, value)
	{
		if (json_is_object(value)) {
			any |= suspended_move_json(value, from, to);
		} else if (json_is_string(value) &&
			   (moved = suspended_moved_path(json_string_value(value), from, to))) {
			any |= json_string_set(value, moved) == 0;
			free(moved);
		}
	}
	return any;
}

static void suspended_move_argument(char **item, const char *from, const char *to)
{
	json_t *o = **item == '{' ? json_loads(*item, 0, NULL) : NULL;
	char *text = suspended_move_json(o, from, to) ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (text) {
		free(*item);
		*item = text;
	} else {
		suspended_move_text(item, from, to);
	}
}

/* Changes the name, which is that of the folder; a machine that had another name keeps it. */
static void suspended_move_name(struct vm_request *r, const char *from, const char *to)
{
	AUTO_FREE char *old = xasprintf("guest=%s", from);

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
}

void suspended_move_dir(struct vm_request *r, const char *dir)
{
	AUTO_FREE char *old = NULL;

	if (!strcmp(r->dir, dir))
		return;
	old = r->dir;
	for (size_t i = 0; i < r->argv.len; i++)
		suspended_move_argument(&r->argv.items[i], old, dir);
	suspended_move_text(&r->seed, old, dir);
	suspended_move_text(&r->known_hosts, old, dir);
	suspended_move_name(r, file_basename(old), file_basename(dir));
	r->dir = xstrdup(dir);
}
