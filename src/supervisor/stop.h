/* SPDX-License-Identifier: MIT */
/*
 * stop: the ladder by which a machine is stopped.
 */
#ifndef SUPERVISOR_STOP_H
#define SUPERVISOR_STOP_H

#include "base/json.h"
#include "state.h"
#include <stdint.h>

struct sup;
struct sup_stop;

struct sup_stop *sup_stop_new(void);
void sup_stop_free(struct sup_stop *p);
/* Begins to stop the machine; ms of the first two rungs, 0 for the defaults. */
void sup_stop_request(struct sup *s, uint64_t powerdown_ms, uint64_t quit_ms);
/* Enters a rung unless that or a higher one was entered before. */
void sup_stop_enter(struct sup *s, enum vm_rung rung);
void sup_stop_next(struct sup *s);
/* The guest is down: QEMU has the time of `quit` to exit by itself. */
void sup_stop_await_exit(struct sup *s);
/* Stops the timer: QEMU has exited. */
void sup_stop_cancel(struct sup *s);
/* Returns the rung and what is left of its time, as the values of the event "stopping"; owned. */
json_t *sup_stop_values(const struct sup *s);

#endif
