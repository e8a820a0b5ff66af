/* SPDX-License-Identifier: MIT */
/* request: what a supervisor is told to run, as a JSON file; see include/vm/supervisor.h. */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "vm/supervisor.h"

int vm_request_write(const struct vm_request *r, const char *path, struct err *e)
{
	json_t *argv = json_array();
	json_t *o;
	int result;

	for (size_t i = 0; i < r->argv.len; i++)
		json_array_append_new(argv, json_string(r->argv.items[i]));
	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:I, s:b, s:b}", "format", 1,
		      "name", r->name, "dir", r->dir, "runtime_dir", r->runtime_dir, "what", r->what,
		      "accel", r->accel, "argv", argv, "seed", r->seed ? r->seed : "",
		      "known_hosts", r->known_hosts ? r->known_hosts : "", "ssh_host",
		      r->ssh_host ? r->ssh_host : "", "login_timeout",
		      (json_int_t)r->login_timeout, "start_timeout",
		      (json_int_t)r->start_timeout, "configuring", (int)r->configuring, "adopt", (int)r->adopt);
	if (!o || json_array_size(argv) != r->argv.len) {
		json_decref(o);
		return err_set(e, ERR_USAGE, "not-utf8",
			       "a name, path or argument of the machine is not valid UTF-8");
	}
	result = json_write(path, o, e);
	json_decref(o);
	return result;
}

int vm_request_read(struct vm_request *r, const char *path, struct err *e)
{
	json_t *o = json_read(path, e);
	json_t *argv = json_object_get(o, "argv");

	if (!o)
		return -1;
	*r = (struct vm_request){
		.name = xstrdup(json_str(o, "name", "")),
		.dir = xstrdup(json_str(o, "dir", "")),
		.runtime_dir = xstrdup(json_str(o, "runtime_dir", "")),
		.what = xstrdup(json_str(o, "what", "running")),
		.accel = xstrdup(json_str(o, "accel", "")),
		.seed = xstrdup(json_str(o, "seed", "")),
		.known_hosts = xstrdup(json_str(o, "known_hosts", "")),
		.ssh_host = xstrdup(json_str(o, "ssh_host", "")),
		.login_timeout = (uint64_t)json_int(o, "login_timeout", 0),
		.start_timeout = (uint64_t)json_int(o, "start_timeout", 0),
		.configuring = json_bool(o, "configuring", false),
		.adopt = json_bool(o, "adopt", false),
	};
	for (size_t i = 0; i < json_array_size(argv); i++) {
		const char *item = json_string_value(json_array_get(argv, i));

		strv_add(&r->argv, item ? item : "");
	}
	if (json_int(o, "format", 0) != 1 || !*r->dir || !*r->runtime_dir || !r->argv.len) {
		vm_request_fini(r);
		json_decref(o);
		return err_set(e, ERR_FAILED, "request-bad", "%s is not a request to run a machine",
			       path);
	}
	json_decref(o);
	return 0;
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
	free(r->ssh_host);
	*r = (struct vm_request){0};
}
