/* SPDX-License-Identifier: MIT */
/*
 * reported: what a guest reported of its settings, as the run record keeps it: a JSON array of
 * {"name", "state", "text"}, one object a name, in the order in which they were first reported.
 *
 * NAME is a word ("time-zone", "ssh-keys", "disk-size"), STATE is "applied", "warned" (it was not
 * applied; the machine can be used all the same) or "failed" (nobody can log in as was asked), TEXT the
 * guest's reason. Whatever else has something to say of the guest for as long as it runs may report a
 * name of its own, and take it back with "applied".
 */
#ifndef MACHINE_REPORTED_H
#define MACHINE_REPORTED_H

#include <stdbool.h>

#include "base/json.h"
#include "base/strv.h"

/* Puts a setting in, or replaces what was reported of it before. False, and nothing is changed, where
 * the name or the state is none, or where there are too many already. */
bool reported_put(json_t *settings, const char *name, const char *state, const char *text);
/* A copy of what of a record's value is such an array; a new reference, never NULL. */
json_t *reported_read(const json_t *value);
/* Adds the sentence "time zone: REASON" of each setting in that state to `out`. NULL has none. */
void reported_lines(const json_t *settings, const char *state, struct strv *out);

#endif
