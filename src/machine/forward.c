/* SPDX-License-Identifier: MIT */
/* forward: reads, chooses and records the ports of this host that lead to a machine. */
#include "machine/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"
#include "machine/run.h"
#include "machine/ssh.h"
#include "qemu/hostfwd.h"

static char *forward_ports_file(const char *dir)
{
	return file_join(dir, "ports.json");
}

/* Returns the port that the last boot chose for the item, 0 if none did. */
static uint16_t forward_last_port(const json_t *ports, const char *item)
{
	json_int_t port = json_int(ports, item, 0);

	return port > 0 && port < 65536 ? (uint16_t)port : 0;
}

static int forward_refuse_port(const struct spec_forward *f, const char *where, struct err *e)
{
	err_set(e, ERR_BUSY, "port-busy", "%sport %u of %s is in use on this host", where, (unsigned)f->host_port,
		f->host);
	return err_hint(e, "choose another, or auto");
}

static bool forward_is_free(const struct spec_forward *f)
{
	return f->udp || host_port_free(f->host, f->host_port);
}

/* ---- the list ---- */

static char *forward_rule_of(const struct spec_forward *f)
{
	return xasprintf("%s:%s:%u-:%u", f->udp ? "udp" : "tcp", f->host, (unsigned)f->host_port,
			 (unsigned)f->guest_port);
}

/* Parses a rule as qemu/argv_devices.c writes it. False: debwiz did not write it. */
static bool forward_rule_parse(const char *rule, struct spec_forward *out)
{
	const char *port = strrchr(rule, '-');
	AUTO_FREE char *item = NULL;

	if (!vm_forward_ok(rule))
		return false;
	item = xasprintf("%.*s:%s%s", (int)(port - rule - 4), rule + 4, port + 2, *rule == 'u' ? "/udp" : "");
	return spec_forward_parse(item, out, NULL) == 0;
}

static void forward_running_rules(const char *dir, struct strv *out)
{
	AUTO_FREE char *path = file_join(dir, "request.json");
	struct vm_request r = {.name = NULL};

	if (vm_request_read(&r, path, NULL) == 0)
		vm_forward_rules(&r.argv, out);
	vm_request_fini(&r);
}

static int forward_from_item(struct forward *f, const char *item, const json_t *last, const struct strv *rules,
			     struct err *e)
{
	int r = spec_forward_parse(item, &f->f, e);

	f->item = xstrdup(item);
	if (!f->f.host_port)
		f->f.host_port = forward_last_port(last, item);
	if (f->f.host_port)
		f->rule = forward_rule_of(&f->f);
	f->active = f->rule && strv_has(rules, f->rule);
	return r;
}

static bool forward_has_rule(const struct forward *all, size_t count, const char *rule)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].rule && !strcmp(all[i].rule, rule))
			return true;
	return false;
}

int forwards_list(const struct spec *s, const char *dir, bool running, struct forward **out, size_t *count,
		  struct err *e)
{
	AUTO_FREE char *path = forward_ports_file(dir);
	AUTO_STRV struct strv rules = STRV_INIT;
	json_t *last = json_read(path, NULL);
	struct forward *all;
	int r = 0;

	if (running)
		forward_running_rules(dir, &rules);
	all = xcalloc(s->forwards.len + rules.len + 1, sizeof(*all));
	*count = 0;
	while (*count < s->forwards.len && !r) {
		r = forward_from_item(&all[*count], s->forwards.items[*count], last, &rules, e);
		++*count;
	}
	json_decref(last);
	if (r < 0) {
		forwards_free(all, *count);
		return -1;
	}
	for (size_t i = 0; i < rules.len; i++) {
		struct forward other = {.active = true};

		if (forward_has_rule(all, *count, rules.items[i]) || !forward_rule_parse(rules.items[i], &other.f))
			continue;
		other.rule = xstrdup(rules.items[i]);
		all[(*count)++] = other;
	}
	*out = all;
	return 0;
}

void forwards_free(struct forward *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(all[i].item);
		free(all[i].rule);
	}
	free(all);
}

/* ---- the ports of a boot ---- */

static int forward_choose_port(const struct spec_forward *f, uint16_t last, bool boot, uint16_t *out, struct err *e)
{
	if (!f->host_port)
		*out = boot || !last ? host_free_port(last) : last;
	else if (boot && !forward_is_free(f))
		return forward_refuse_port(f, "network.forward: ", e);
	else
		*out = f->host_port;
	return 0;
}

int forwards_ports(const struct spec *s, const char *dir, uint16_t *ports, bool boot, struct err *e)
{
	AUTO_FREE char *path = forward_ports_file(dir);
	json_t *last = json_read(path, NULL);
	json_t *now = json_object();
	int r = 0;

	for (size_t i = 0; s->net == SPEC_NET_USER && i < s->forwards.len && !r; i++) {
		const char *item = s->forwards.items[i];
		struct spec_forward f;

		r = spec_forward_parse(item, &f, e);
		if (!r)
			r = forward_choose_port(&f, forward_last_port(last, item), boot, &ports[i], e);
		if (!r)
			json_object_set_new(now, item, json_integer(ports[i]));
	}
	if (!r && boot && !json_equal(last, now))
		r = json_write(path, now, e);
	if (!r && boot)
		r = ssh_config_refresh(s, dir, e);
	json_decref(last);
	json_decref(now);
	return r;
}

uint16_t forwards_ssh_port(const struct spec *s, const char *dir, char address[64], struct err *e)
{
	AUTO_FREE uint16_t *ports = xcalloc(s->forwards.len, sizeof(*ports));
	struct spec_forward f;

	if (s->net == SPEC_NET_NONE) {
		err_set(e, ERR_USAGE, "no-ssh-forward", "the machine has no network");
		err_hint(e, "write `mode = user` in [network], or use `debwiz console %s`", s->name);
		return 0;
	}
	if (forwards_ports(s, dir, ports, false, e) < 0)
		return 0;
	for (size_t i = 0; i < s->forwards.len; i++) {
		if (spec_forward_parse(s->forwards.items[i], &f, NULL) < 0 || f.udp || f.guest_port != 22)
			continue;
		memcpy(address, f.host, sizeof(f.host));
		return ports[i];
	}
	err_set(e, ERR_USAGE, "no-ssh-forward", "no port of this host leads to the guest's port 22");
	err_hint(e, "add `forward = 127.0.0.1:auto:22` to [network]");
	return 0;
}

/* ---- the port of one more item ---- */

static int forward_record(const char *dir, const char *item, uint16_t port, struct err *e)
{
	AUTO_FREE char *path = forward_ports_file(dir);
	json_t *ports = json_read(path, NULL);
	int r;

	if (!json_is_object(ports)) {
		json_decref(ports);
		ports = json_object();
	}
	json_object_set_new(ports, item, json_integer(port));
	r = json_write(path, ports, e);
	json_decref(ports);
	return r;
}

int forward_choose(const char *dir, struct forward *f, struct err *e)
{
	struct spec_forward written;

	if (spec_forward_parse(f->item, &written, e) < 0)
		return -1;
	if (written.host_port && !forward_is_free(&written))
		return forward_refuse_port(&written, "", e);
	if (!written.host_port)
		written.host_port = host_free_port(f->f.host_port);
	f->f = written;
	free(f->rule);
	f->rule = forward_rule_of(&f->f);
	return forward_record(dir, f->item, f->f.host_port, e);
}
