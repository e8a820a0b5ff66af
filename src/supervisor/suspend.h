/* SPDX-License-Identifier: MIT */
/*
 * suspend: the guest's state out to a file, and in again.
 */
#ifndef SUPERVISOR_SUSPEND_H
#define SUPERVISOR_SUSPEND_H

#include "base/json.h"
#include "control.h"
#include "machine/suspended.h"
#include <stdbool.h>

struct sup;
struct sup_suspend;

struct sup_suspend *sup_suspend_new(void);
void sup_suspend_free(struct sup_suspend *p);
/* Begins to suspend for a client; the ticket is answered when the state is complete, or could not be written. */
void sup_suspend_request(struct sup *s, struct control_ticket t);
/* Cancels it unless the state is complete; the guest is then resumed. */
void sup_suspend_cancel(struct sup *s);
/* Carries out VM_DO_SUSPEND. */
void sup_suspend_begin(struct sup *s);
/* Returns what is under way, as words for a refusal, or NULL. Static. */
const char *sup_suspend_busy(const struct sup *s);
/* Whether its files are being completed or removed, off the loop. */
bool sup_suspend_is_writing(const struct sup *s);
/* Removes an incomplete state file. */
void sup_suspend_remove_part(struct sup *s);
/* Loads the suspended state into a QEMU that waits for it. */
void sup_resume_begin(struct sup *s);
/* Everything is loaded: removes the files, then resumes the guest. */
void sup_resume_finish(struct sup *s);
/* The monitor is lost: gives up a state that is being written. */
void sup_suspend_lost(struct sup *s);
/* QEMU does not answer in time: answers the client with e, and cancels the suspension for when QEMU does. */
void sup_suspend_silent(struct sup *s, const struct err *e);
/* Follows QEMU's MIGRATION event. */
void sup_suspend_migration(struct sup *s, const char *status);
/* Ends what is under way without an answer: QEMU has exited. */
void sup_suspend_end(struct sup *s);
/* Fills in how the machine is run, with the machine type that QEMU reports ("virt-7.2-machine"); false if that is
 * not one. */
bool sup_suspend_describe(const struct sup *s, const char *type, struct suspended_state *out);

#endif
