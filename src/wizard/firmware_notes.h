/* SPDX-License-Identifier: MIT */
/* firmware_notes: the notes of the options of firmware.mode, with and without the archive's versions. */
#ifndef WIZARD_FIRMWARE_NOTES_H
#define WIZARD_FIRMWARE_NOTES_H

#include <stdbool.h>

#include "catalog/catalog.h"

/* Returns what an option means, which QEMU it requires, and whether it was not tried with that release; owned. `a`
 * may be NULL. */
char *firmware_note(const struct catalog_arch *a, const char *release, bool uefi);

#endif
