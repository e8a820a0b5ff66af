/* SPDX-License-Identifier: MIT */
/* version: what `qemu-system-X --version` says. */
#ifndef QEMU_VERSION_H
#define QEMU_VERSION_H

#include <stdbool.h>

#define QEMU_VERSION_MIN 70200

/* Reads "QEMU emulator version 7.2.22 (Debian ...)": *number 70222, *text what follows "version "
 * on that line, neutralised and owned. False when it is not that. */
bool qemu_version_parse(const char *output, unsigned *number, char **text);

#endif
