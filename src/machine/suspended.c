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
#include "qemu/argv_edit.h"

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

/* ---- another path of the sockets or of the machine ---- */

static void suspended_replace(char **text, const char *from, const char *to)
{
	if (strcmp(*text, from) != 0)
		return;
	free(*text);
	*text = xstrdup(to);
}

void suspended_move_sockets(struct vm_request *r, const char *runtime_dir)
{
	qemu_argv_move_sockets(&r->argv, r->runtime_dir, runtime_dir);
	free(r->runtime_dir);
	r->runtime_dir = xstrdup(runtime_dir);
}

/* Changes a path below the old folder. */
static void suspended_move_text(char **text, const char *from, const char *to)
{
	size_t n = strlen(from);
	char *moved;

	if (strncmp(*text, from, n) != 0 || (*text)[n] != '/')
		return;
	moved = xasprintf("%s%s", to, *text + n);
	free(*text);
	*text = moved;
}

void suspended_move_dir(struct vm_request *r, const char *dir)
{
	AUTO_FREE char *old = NULL;

	if (!strcmp(r->dir, dir))
		return;
	old = r->dir;
	qemu_argv_move_files(&r->argv, old, dir);
	qemu_argv_rename(&r->argv, file_basename(old), file_basename(dir));
	suspended_move_text(&r->seed, old, dir);
	suspended_move_text(&r->known_hosts, old, dir);
	suspended_replace(&r->name, file_basename(old), file_basename(dir));
	suspended_replace(&r->ssh_host, file_basename(old), file_basename(dir));
	r->dir = xstrdup(dir);
}
