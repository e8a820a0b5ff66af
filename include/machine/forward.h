/* SPDX-License-Identifier: MIT */
/*
 * forward: which ports of this host lead to a machine: those of its file, and those of its QEMU while it runs. `dir` is
 * the machine's folder; the ports that boots chose for the forwards with `auto` are in its ports.json.
 */
#ifndef MACHINE_FORWARD_H
#define MACHINE_FORWARD_H

#include "spec/spec.h"

struct forward {
	char *item;	       /* as in the file; NULL: not in the file */
	char *rule;	       /* for QEMU (qemu/hostfwd.h); NULL: the next boot chooses its port */
	struct spec_forward f; /* with the port that it has or had */
	bool active;	       /* QEMU has it */
};

/* Gets all of them, those of the file first. `running`: QEMU's are read from DIR/request.json. To be freed by
 * forwards_free. */
int forwards_list(const struct spec *s, const char *dir, bool running, struct forward **out, size_t *count,
		  struct err *e);
void forwards_free(struct forward *all, size_t count);

/* Gets the host ports of the file's forwards; `ports` has space for one per forward. For a boot, chooses those of
 * `auto`: the last boot's if they are free, else others that are, and writes ports.json; "port-busy" if a port that the
 * file gives is in use. Without a boot: the last boot's. */
int forwards_ports(const struct spec *s, const char *dir, uint16_t *ports, bool boot, struct err *e);
/* Returns the host port that leads to the guest's port 22, and its address; 0 with e if none does
 * ("no-ssh-forward"). */
uint16_t forwards_ssh_port(const struct spec *s, const char *dir, char address[64], struct err *e);
/* Chooses the host port of an item that QEMU is to have now, and writes it to ports.json. "port-busy". */
int forward_choose(const char *dir, struct forward *f, struct err *e);

#endif
