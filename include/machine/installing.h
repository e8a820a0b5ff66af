/* SPDX-License-Identifier: MIT */
/*
 * installing: where a machine's QEMU is while Debian's installer makes its base: in the folder of the new base, with
 * sockets of its own. MACHINE/installing names that folder, so that the machine's console shows the installer.
 */
#ifndef MACHINE_INSTALLING_H
#define MACHINE_INSTALLING_H

#include "base/err.h"

/* Records that the installer of the machine in `dir` runs in the folder `where`; removes the record. */
int installing_begin(const char *dir, const char *where, struct err *e);
void installing_end(const char *dir);

/* Gets the folder of the run that is the machine's at present, and its folder of sockets: those of its installer if
 * that runs and the machine does not, else its own (`*runtime` is NULL if there cannot be one). Both owned. */
void installing_place(const char *dir, const char *name, char **where, char **runtime);

#endif
