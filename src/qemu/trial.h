/* SPDX-License-Identifier: MIT */
/* trial: starts a QEMU that runs nothing (paused) and sends it quit over QMP: the only way to learn whether an
 * accelerator, a CPU or an option really works. */
#ifndef QEMU_TRIAL_H
#define QEMU_TRIAL_H

#include <stdbool.h>

#include "base/strv.h"

/* Starts QEMU with options beside the ones that make it silent, isolated and paused. True if it started and quit; else
 * *why is its complaint or how it exited, owned, and *passing says whether that may differ the next time: QEMU did not
 * exit by itself with a complaint, or that is about the host's present state. Blocks, 15 s at most. */
bool trial_run(const char *binary, const struct strv *args, char **why, bool *passing);
/* Returns whether a complaint of QEMU's is about the host's present state: busy, out of memory or files. */
bool trial_is_passing(const char *complaint);

#endif
