/* SPDX-License-Identifier: MIT */
/*
 * deadline: the one time limit for everything that QEMU is asked.
 */
#ifndef SUPERVISOR_DEADLINE_H
#define SUPERVISOR_DEADLINE_H

#include <stdbool.h>

struct sup;
struct sup_deadline;

struct sup_deadline *sup_deadline_new(void);
void sup_deadline_free(struct sup_deadline *d);
/* Starts or stops the timer for the oldest command without an answer, or for a snapshot job. */
void sup_deadline_update(struct sup *s);
/* The monitor has sent something: QEMU answers. */
void sup_deadline_heard(struct sup *s);
void sup_deadline_stop(struct sup *s);
/* Whether the time limit has passed, and nothing was received since. */
bool sup_deadline_passed(const struct sup *s);

#endif
