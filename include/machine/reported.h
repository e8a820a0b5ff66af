/* SPDX-License-Identifier: MIT */
/*
 * reported: what a guest reported of its settings, as the run record keeps it: a JSON array of
 * {"name", "state", "text"}, one object a name, in the order in which they were first reported.
 *
 * NAME is a word ("time-zone", "ssh-keys", "disk-size"), STATE is "applied", "warned" (it was not
 * applied; the machine can be used) or "failed" (no login as configured), TEXT the
 * guest's reason. Other parts of the guest may report a name of their own while it runs, and withdraw it with
 * "applied".
 */
#ifndef MACHINE_REPORTED_H
#define MACHINE_REPORTED_H

#include <stdbool.h>

#include "base/json.h"
#include "base/strv.h"

/* Adds a setting, or replaces its earlier report. False, with nothing changed, if the name or the state is invalid,
 * or if there are too many. */
bool reported_put(json_t *settings, const char *name, const char *state, const char *text);
/* Returns a copy of the valid entries of a record's value; a new reference, never NULL. */
json_t *reported_read(const json_t *value);
/* Adds the sentence "time zone: REASON" of each setting in that state to `out`. NULL has none. */
void reported_lines(const json_t *settings, const char *state, struct strv *out);

#endif
