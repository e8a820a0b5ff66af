/* SPDX-License-Identifier: MIT */
/*
 * forward: the forwarded ports of a QEMU that runs, as its argument `-netdev user` and its monitor write them:
 * "tcp:127.0.0.1:8080-:80" (qemu(1), hostfwd). Text alone.
 */
#ifndef QEMU_HOSTFWD_H
#define QEMU_HOSTFWD_H

#include <stdbool.h>

#include "base/strv.h"

/* Whether it is such a rule and nothing beside: it becomes part of a command line. */
bool vm_forward_ok(const char *rule);
/* Appends the rules of an argv. False: it has no network that could forward. */
bool vm_forward_rules(const struct strv *argv, struct strv *out);
/* Adds the rule to the argv, or takes it out; one that is there, or gone, already changes nothing. */
void vm_forward_put(struct strv *argv, const char *rule, bool on);

#endif
