/* SPDX-License-Identifier: MIT */
/*
 * deadline: how long an answer is waited for: QEMU's by the supervisor, the supervisor's by its clients, and a
 * guest's to its power button until that is pressed again.
 */
#ifndef MACHINE_DEADLINE_H
#define MACHINE_DEADLINE_H

#include <stdint.h>

/* Milliseconds: those of the environment's DEBWIZ_DEADLINE (for tests), else `usual`. */
uint64_t vm_deadline(uint64_t usual);

#endif
