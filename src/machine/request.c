/* SPDX-License-Identifier: MIT */
/* request: what a supervisor is told to run, as a JSON file; see include/machine/run.h. */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "machine/run.h"

json_t *vm_request_json(const struct vm_request *r)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{"name", r->name},	   {"dir", r->dir},	      {"runtime_dir", r->runtime_dir},
		{"what", r->what},	   {"accel", r->accel},	      {"seed", r->seed},
		{"ssh_host", r->ssh_host}, {"snapshot", r->snapshot}, {"known_hosts", r->known_hosts},
		{"hostname", r->hostname},
	};
	json_t *o = json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b}", "format", 1, "login_timeout",
			      (json_int_t)r->login_timeout, "start_timeout", (json_int_t)r->start_timeout, "seed_size",
			      (json_int_t)r->seed_size, "rows", (json_int_t)r->rows, "columns", (json_int_t)r->columns,
			      "configuring", (int)r->configuring, "adopt", (int)r->adopt, "resume", (int)r->resume);
	json_t *argv = json_array();
	bool ok = json_object_set_new(o, "seed_empty", json_boolean(r->seed_empty)) == 0;

	for (size_t i = 0; i < r->argv.len; i++)
		ok = json_array_append_new(argv, json_string(r->argv.items[i])) == 0 && ok;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ok = json_object_set_new(o, texts[i].key, json_string(texts[i].value ? texts[i].value : "")) == 0 && ok;
	json_object_set_new(o, "argv", argv);
	if (!ok) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int vm_request_write(const struct vm_request *r, const char *path, struct err *e)
{
	json_t *o = vm_request_json(r);
	int result;

	if (!o)
		return err_set(e, ERR_USAGE, "not-utf8", "a name, path or argument of the machine is not valid UTF-8");
	result = json_write(path, o, e);
	json_decref(o);
	return result;
}

int vm_request_from_json(struct vm_request *r, const json_t *o)
{
	json_t *argv = json_object_get(o, "argv");

	*r = (struct vm_request){
		.name = xstrdup(json_str(o, "name", "")),
		.dir = xstrdup(json_str(o, "dir", "")),
		.runtime_dir = xstrdup(json_str(o, "runtime_dir", "")),
		.what = xstrdup(json_str(o, "what", "running")),
		.accel = xstrdup(json_str(o, "accel", "")),
		.seed = xstrdup(json_str(o, "seed", "")),
		.known_hosts = xstrdup(json_str(o, "known_hosts", "")),
		.hostname = xstrdup(json_str(o, "hostname", "")),
		.ssh_host = xstrdup(json_str(o, "ssh_host", "")),
		.snapshot = xstrdup(json_str(o, "snapshot", "")),
		.login_timeout = (uint64_t)json_int(o, "login_timeout", 0),
		.start_timeout = (uint64_t)json_int(o, "start_timeout", 0),
		.seed_size = (uint64_t)json_int(o, "seed_size", 0),
		.rows = (unsigned)json_int(o, "rows", 0),
		.columns = (unsigned)json_int(o, "columns", 0),
		.configuring = json_bool(o, "configuring", false),
		.adopt = json_bool(o, "adopt", false),
		.resume = json_bool(o, "resume", false),
		.seed_empty = json_bool(o, "seed_empty", false),
	};
	for (size_t i = 0; i < json_array_size(argv); i++) {
		const char *item = json_string_value(json_array_get(argv, i));

		strv_add(&r->argv, item ? item : "");
	}
	if (json_int(o, "format", 0) == 1 && *r->dir && *r->runtime_dir && r->argv.len)
		return 0;
	vm_request_fini(r);
	return -1;
}

int vm_request_read(struct vm_request *r, const char *path, struct err *e)
{
	json_t *o = json_read(path, e);
	int result = o ? vm_request_from_json(r, o) : -1;

	if (o && result < 0)
		err_set(e, ERR_FAILED, "request-bad", "%s is not a request to run a machine", path);
	json_decref(o);
	return result;
}

void vm_request_fini(struct vm_request *r)
{
	if (!r)
		return;
	free(r->name);
	free(r->dir);
	free(r->runtime_dir);
	free(r->what);
	free(r->accel);
	strv_fini(&r->argv);
	free(r->seed);
	free(r->known_hosts);
	free(r->hostname);
	free(r->ssh_host);
	free(r->snapshot);
	*r = (struct vm_request){0};
}
