/* SPDX-License-Identifier: MIT */
/*
 * trial: starts a QEMU that runs nothing (paused) and tells it to quit over QMP: the only way to
 * learn whether an accelerator, a CPU or an option really works here.
 */
#ifndef QEMU_TRIAL_H
#define QEMU_TRIAL_H

#include <stdbool.h>

#include "base/strv.h"

/* `args`: options beside the ones that make it silent, isolated and paused. True when it started
 * and quit; else *why is what it complained of or how it ended, in words, owned, and *passing tells
 * whether that says nothing about the next time: QEMU did not end by itself with a complaint, or that
 * is of the host's present state. Blocks, 15 s at most. */
bool qemu_trial(const char *binary, const struct strv *args, char **why, bool *passing);
/* Whether what QEMU complained of is of the host's present state: busy, out of memory or files. */
bool qemu_trial_is_passing(const char *complaint);

#endif
