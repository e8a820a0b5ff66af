/* SPDX-License-Identifier: MIT */
/*
 * snapshot: snapshots of the disk and the memory of a running machine.
 */
#ifndef SUPERVISOR_SNAPSHOT_H
#define SUPERVISOR_SNAPSHOT_H

#include "base/json.h"
#include "control.h"
#include <stdbool.h>
#include <stdint.h>

struct sup;
struct sup_snapshot;

enum sup_snapshot_op {
	SUP_SNAPSHOT_NONE,
	SUP_SNAPSHOT_LIST,
	SUP_SNAPSHOT_CREATE,
	SUP_SNAPSHOT_REVERT,
	SUP_SNAPSHOT_DELETE,
	SUP_SNAPSHOT_START, /* is loaded before the guest is started */
};

struct sup_snapshot *sup_snapshot_new(void);
void sup_snapshot_free(struct sup_snapshot *p);
/* Begins what a client asks for; the ticket is answered when it is done. */
void sup_snapshot_request(struct sup *s, enum sup_snapshot_op op, const char *tag, struct control_ticket t);
/* Loads the snapshot that the machine is to be started from, then resumes the guest. */
void sup_snapshot_load(struct sup *s);
/* Returns what is under way, as words for a refusal ("a snapshot is being created"), or NULL. Static. */
const char *sup_snapshot_busy(const struct sup *s);
/* Whether its files are being written, off the loop. */
bool sup_snapshot_is_writing(const struct sup *s);
/* Whether QEMU works at a job, and a number that changes while it does. */
bool sup_snapshot_job_runs(const struct sup *s);
uint64_t sup_snapshot_activity(const struct sup *s);
/* The monitor is lost: refuses what is under way. */
void sup_snapshot_lost(struct sup *s);
/* QEMU does not answer in time: answers the client with e; the snapshot stays under way. */
void sup_snapshot_silent(struct sup *s, const struct err *e);
/* Whether the guest is paused because a snapshot was loaded in part: it must not be resumed. */
bool sup_snapshot_is_partial(const struct sup *s);
/* Refuses a request because of that; false if there is no reason to. */
bool sup_snapshot_refuse_partial(struct sup *s, struct control_ticket t);
/* The guest was reset, or another snapshot loaded: it is only paused. */
void sup_snapshot_clear_partial(struct sup *s);
/* Follows QEMU's JOB_STATUS_CHANGE event. */
void sup_snapshot_job_changed(struct sup *s, const json_t *data);
/* Ends what is under way without an answer: QEMU has exited. */
void sup_snapshot_end(struct sup *s);

#endif
