/* SPDX-License-Identifier: MIT */
/* forward: see include/prepare/forward.h. */
#include "prepare/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"
#include "machine/run.h"
#include "qemu/hostfwd.h"

static char *forward_rule_of(const struct spec_forward *f)
{
	return xasprintf("%s:%s:%u-:%u", f->udp ? "udp" : "tcp", f->host, (unsigned)f->host_port,
			 (unsigned)f->guest_port);
}

/* As qemu/devices.c writes it. False: it is none of ours. */
static bool forward_rule_parse(const char *rule, struct spec_forward *out)
{
	const char *port = strrchr(rule, '-');
	char *item;
	bool ok;

	if (!vm_forward_ok(rule))
		return false;
	item = xasprintf("%.*s:%s%s", (int)(port - rule - 4), rule + 4, port + 2, *rule == 'u' ? "/udp" : "");
	ok = spec_forward_parse(item, out, NULL) == 0;
	free(item);
	return ok;
}

static void forward_running_rules(const struct job *j, struct strv *out)
{
	char *path = job_file(j, "request.json");
	struct vm_request r = {.name = NULL};

	if (vm_request_read(&r, path, NULL) == 0)
		vm_forward_rules(&r.argv, out);
	vm_request_fini(&r);
	free(path);
}

int forwards_list(const struct job *j, bool running, struct forward **out, size_t *count, struct err *e)
{
	const struct strv *items = &j->spec->forwards;
	char *path = job_file(j, "ports.json");
	json_t *last = json_read(path, NULL);
	struct strv rules = STRV_INIT;
	struct forward *all;
	int r = 0;

	if (running)
		forward_running_rules(j, &rules);
	all = xcalloc(items->len + rules.len + 1, sizeof(*all));
	*count = 0;
	for (size_t i = 0; i < items->len && !r; i++) {
		struct forward *f = &all[(*count)++];

		f->item = xstrdup(items->items[i]);
		r = spec_forward_parse(f->item, &f->f, e);
		if (!f->f.host_port)
			f->f.host_port = (uint16_t)json_int(last, f->item, 0);
		if (f->f.host_port)
			f->rule = forward_rule_of(&f->f);
		f->active = f->rule && strv_has(&rules, f->rule);
	}
	for (size_t i = 0; i < rules.len && !r; i++) {
		struct forward other = {.active = true};
		bool known = false;

		for (size_t k = 0; k < *count; k++)
			known |= all[k].rule && !strcmp(all[k].rule, rules.items[i]);
		if (known || !forward_rule_parse(rules.items[i], &other.f))
			continue;
		other.rule = xstrdup(rules.items[i]);
		all[(*count)++] = other;
	}
	json_decref(last);
	strv_fini(&rules);
	free(path);
	if (r < 0)
		forwards_free(all, *count);
	else
		*out = all;
	return r;
}

void forwards_free(struct forward *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(all[i].item);
		free(all[i].rule);
	}
	free(all);
}

int forward_choose(const struct job *j, struct forward *f, struct err *e)
{
	char *path = job_file(j, "ports.json");
	json_t *ports = json_read(path, NULL);
	struct spec_forward written;
	int r = spec_forward_parse(f->item, &written, e);

	if (!r && written.host_port && !written.udp && !host_port_free(written.host, written.host_port)) {
		err_set(e, ERR_BUSY, "port-busy", "port %u of %s is in use on this host", (unsigned)written.host_port,
			written.host);
		r = err_hint(e, "choose another, or auto");
	} else if (!r && !written.host_port) {
		written.host_port = host_free_port(f->f.host_port);
	}
	if (!r) {
		f->f = written;
		free(f->rule);
		f->rule = forward_rule_of(&f->f);
		if (!json_is_object(ports)) {
			json_decref(ports);
			ports = json_object();
		}
		json_object_set_new(ports, f->item, json_integer(f->f.host_port));
		r = json_write(path, ports, e);
	}
	json_decref(ports);
	free(path);
	return r;
}
