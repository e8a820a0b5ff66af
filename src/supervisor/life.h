/* SPDX-License-Identifier: MIT */
/*
 * life: the events of a machine's life, its record, and its end.
 */
#ifndef SUPERVISOR_LIFE_H
#define SUPERVISOR_LIFE_H

#include "base/json.h"
#include "state.h"
#include <stdbool.h>
#include <stdint.h>

struct sup;
struct sup_life;

struct sup_life *sup_life_new(void);
void sup_life_free(struct sup_life *l);

/* Applies the row of the table of states for that event. */
void sup_event(struct sup *s, enum vm_event ev);
/* Writes the run record, later and off the loop. */
void sup_save(struct sup *s);
/* Sets the record's cause, which is shown while the machine runs, and writes it; VM_CAUSE_NONE and "" clear it. */
void sup_set_cause(struct sup *s, enum vm_cause id, const char *text);

/* Sets why the machine fails, without ending it yet; the first reason counts. `text` is copied. */
void sup_set_failure(struct sup *s, enum vm_cause id, const char *text);
/* Clears that reason if it is this one. */
void sup_clear_failure(struct sup *s, enum vm_cause id);
/* Sets the reason and ends the machine. */
void sup_fail(struct sup *s, enum vm_cause id, const char *text);

/* Sends a progress event to all subscribers, or to one client; takes the values. */
void sup_send_progress(struct sup *s, const char *state, json_t *values);
void sup_send_progress_to(struct sup *s, uint64_t client, const char *state, json_t *values);
/* Sends how many bytes of how many are done (total 0: not known). */
void sup_send_bytes(struct sup *s, const char *state, uint64_t done, uint64_t total);

/* Whether the guest's CPUs are paused, and the cause of the last pause. */
bool sup_is_paused(const struct sup *s);
enum vm_cause sup_pause_cause(const struct sup *s);
/* The guest was paused for that cause. Does nothing if the machine's state is paused already. */
void sup_pause_begin(struct sup *s, enum vm_cause id, const char *text);
/* The guest is paused as it was before a suspension that failed. */
void sup_pause_again(struct sup *s);
/* Sets the cause of the present or next pause. */
void sup_pause_set_cause(struct sup *s, enum vm_cause id, const char *text);
/* The guest runs, at its login prompt or before it. */
void sup_pause_end(struct sup *s);

/* A socket was closed, perhaps the last one of a QEMU that has exited. */
void sup_link_down(struct sup *s);
/* QEMU exited: concludes once its sockets are empty. */
void sup_exited(struct sup *s, int64_t status, int signum);
/* Decides what QEMU's exit means, records it and ends the supervisor. Waits for files that are being written. */
void sup_conclude(struct sup *s);

#endif
