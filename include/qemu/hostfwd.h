/* SPDX-License-Identifier: MIT */
/*
 * hostfwd: the forwarded ports of a running QEMU, as its argument `-netdev user` and its monitor write them:
 * "tcp:127.0.0.1:8080-:80" (qemu(1), hostfwd). Text alone.
 */
#ifndef QEMU_HOSTFWD_H
#define QEMU_HOSTFWD_H

#include <stdbool.h>

#include "base/strv.h"

/* Returns whether it is such a rule and nothing else: it becomes part of a command line. */
bool vm_forward_ok(const char *rule);
/* Appends the rules of an argv. False if it has no network that could forward. */
bool vm_forward_rules(const struct strv *argv, struct strv *out);
/* Adds the rule to the argv, or removes it; does nothing if it is so already. */
void vm_forward_put(struct strv *argv, const char *rule, bool on);

#endif
