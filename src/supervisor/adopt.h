/* SPDX-License-Identifier: MIT */
/*
 * adopt: takes over a QEMU whose supervisor was killed.
 */
#ifndef SUPERVISOR_ADOPT_H
#define SUPERVISOR_ADOPT_H

#include "base/err.h"
#include "host/lock.h"
#include "machine/run.h"

struct sup;

/* Takes the machine's lock; waits for one that a killed supervisor still holds until its last thread has ended. NULL
 * with e. */
struct lock *sup_take_lock(const struct sup *s, struct err *e);
/* Replaces the request and the record by those of the run that continues; takes texts out of `old`. */
int sup_adopt_prepare(struct sup *s, struct vm_run *old, struct err *e);
/* Connects to the sockets of the running QEMU. */
void sup_adopt(struct sup *s);
/* Asks QEMU for its state, once everything is connected, and continues from there. */
void sup_adopt_query(struct sup *s);

#endif
