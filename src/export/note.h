/* SPDX-License-Identifier: MIT */
/* note: what the exported forms of a machine report alike. */
#ifndef EXPORT_NOTE_H
#define EXPORT_NOTE_H

#include "export/export.h"

/* Adds that the machine still has its seed, which a later boot does not have. */
void export_note_seed(const struct export_machine *m, struct strv *notes);

#endif
