/* SPDX-License-Identifier: MIT */
/*
 * deadline: the time limits of answers: QEMU's to the supervisor, the supervisor's to its clients, and the guest's to
 * its power button until that is pressed again.
 */
#ifndef MACHINE_DEADLINE_H
#define MACHINE_DEADLINE_H

#include <stdint.h>

/* Returns milliseconds: those of the environment's DEBWIZ_DEADLINE (for tests), else `usual`. */
uint64_t vm_deadline(uint64_t usual);

#endif
