/* SPDX-License-Identifier: MIT */
/* words: the texts that both interfaces show of steps, amounts, snapshots and agreements. */
#ifndef SESSION_WORDS_H
#define SESSION_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/size.h"
#include "machine/client.h"
#include "prepare/runner.h"
#include "spec/spec.h"

/* "waiting", "running", "done", "unchanged", "failed" or "cancelled". */
const char *words_step_state(enum step_state state);

#define WORDS_TEXT (3 * SIZE_TEXT)
/* Writes how much of the step is done, in its unit: "61.2 M of 144.1 M", "131 of 225"; "": not known. */
const char *words_step_amount(const struct step_view *s, char out[WORDS_TEXT]);
/* Writes how fast it is: "23.8 M/s"; "": not known, or not counted in bytes. */
const char *words_step_rate(const struct step_view *s, char out[WORDS_TEXT]);
/* Writes "4 s left"; "": not known (-1), or less than `least`. */
const char *words_left(int64_t ms, int64_t least, char out[WORDS_TEXT]);

/* "running as root, ...", or NULL if this process does not run as root. */
const char *words_root_warning(void);
/* Lists the values of the file that the user has not agreed to, after a sentence that introduces them; owned. */
char *words_agreement(const struct spec *s);

/* What became of the snapshot, behind its tag: "was created". */
const char *words_snapshot_done(enum vm_snapshot_op op);
/* What a snapshot with that many bytes of memory holds: "disk and memory, 512.0 M", "disk alone"; owned. */
char *words_snapshot_contents(uint64_t memory);
/* "21 Nov 2025 13:45", with seconds if asked for. */
void words_date(int64_t date, bool seconds, char *out, size_t size);

#endif
