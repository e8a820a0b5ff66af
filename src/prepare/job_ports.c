/* SPDX-License-Identifier: MIT */
/* job_ports: which ports of this host are forwarded to a machine; see include/prepare/job.h. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/file.h"
#include "prepare/job.h"
#include "prepare/ssh.h"

/* The port that the item had last time, 0 when it had none. */
static uint16_t job_ports_last_port(const json_t *ports, const char *item)
{
	json_int_t port = json_int(ports, item, 0);

	return port > 0 && port < 65536 ? (uint16_t)port : 0;
}

/* The host port of one forward. For a boot it must be free; else the one of last time is told. */
static int job_ports_choose_port(const struct spec_forward *f, uint16_t last, bool boot, uint16_t *out, struct err *e)
{
	if (!f->host_port) {
		*out = boot || !last ? host_free_port(last) : last;
	} else if (boot && !f->udp && !host_port_free(f->host, f->host_port)) {
		err_set(e, ERR_BUSY, "port-busy", "network.forward: port %u of %s is in use on this host", f->host_port,
			f->host);
		return err_hint(e, "choose another, or auto");
	} else {
		*out = f->host_port;
	}
	return 0;
}

int job_ports(const struct job *j, uint16_t *ports, bool boot, struct err *e)
{
	const struct strv *items = &j->spec->forwards;
	char *path = job_file(j, "ports.json");
	json_t *last = json_read(path, NULL);
	json_t *now = json_object();
	struct spec_forward f;
	int r = 0;

	for (size_t i = 0; j->spec->net == SPEC_NET_USER && i < items->len && !r; i++) {
		r = spec_forward_parse(items->items[i], &f, e);
		if (!r)
			r = job_ports_choose_port(&f, job_ports_last_port(last, items->items[i]), boot, &ports[i], e);
		if (!r)
			json_object_set_new(now, items->items[i], json_integer(ports[i]));
	}
	if (!r && boot && !json_equal(last, now))
		r = json_write(path, now, e);
	if (!r && boot)
		r = ssh_config_refresh(j, e);
	json_decref(last);
	json_decref(now);
	free(path);
	return r;
}

uint16_t job_ssh_port(const struct job *j, char address[64], struct err *e)
{
	const struct strv *items = &j->spec->forwards;
	uint16_t *ports = xcalloc(items->len, sizeof(*ports));
	struct spec_forward f;
	uint16_t found = 0;

	if (j->spec->net == SPEC_NET_NONE) {
		err_set(e, ERR_USAGE, "no-ssh-forward", "the machine has no network");
		err_hint(e, "write `mode = user` in [network], or use `debwiz console %s`", j->spec->name);
	} else if (job_ports(j, ports, false, e) == 0) {
		for (size_t i = 0; i < items->len && !found; i++) {
			if (spec_forward_parse(items->items[i], &f, NULL) == 0 && !f.udp && f.guest_port == 22) {
				found = ports[i];
				memcpy(address, f.host, sizeof(f.host));
			}
		}
		if (!found) {
			err_set(e, ERR_USAGE, "no-ssh-forward", "no port of this host leads to the guest's port 22");
			err_hint(e, "add `forward = 127.0.0.1:auto:22` to [network]");
		}
	}
	free(ports);
	return found;
}
