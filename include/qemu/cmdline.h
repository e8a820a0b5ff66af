/* SPDX-License-Identifier: MIT */
/* cmdline: the command lines of kernels that QEMU loads, and which console they name. Pure. */
#ifndef QEMU_CMDLINE_H
#define QEMU_CMDLINE_H

#include <stdbool.h>

#include "catalog/catalog.h"
#include "spec/spec.h"

/* Returns the guest's name of the console that is shown. Not of the boots that make a base, which use the serial port.
 */
const char *qemu_console(const struct spec *s, const struct catalog_arch *arch);
/* Returns the kernel command line of a direct boot or of the configuring boot: console, root, the user's. `root`: as
 * root= has it, NULL: the partition that debwiz makes. Owned. */
char *qemu_cmdline(const struct spec *s, const struct catalog_arch *arch, const char *root, bool configuring,
		   unsigned columns, unsigned rows, const char *term);
/* Returns the kernel command line of Debian's installer: its console, which the installed system keeps, and the
 * terminal `term` at its end (may be NULL), or, unless `manual`, that only critical questions are asked, line by line.
 * Owned. */
char *qemu_installer_cmdline(const struct catalog_arch *arch, bool manual, const char *term);
/* Returns the console that boot.cmdline gives the kernel (its last console= counts, kernel-parameters) if it is not
 * the one that is shown. Owned; NULL: the kernel uses that one. */
char *qemu_console_elsewhere(const struct spec *s, const struct catalog_arch *arch);
/* Returns whether console = virtio may show a system from which nothing comes: one that debwiz did not set up, on the
 * serial port. */
bool qemu_may_have_virtio_console(const struct spec *s, const struct catalog_arch *arch);

#endif
