/* SPDX-License-Identifier: MIT */
/*
 * argv_edit: changes a command line that qemu/argv.h built, maybe in an earlier version: for a saved state, which
 * QEMU loads only with the devices of the command line that it was saved with (src/README, Decisions). Text alone.
 * For the forwarded ports see qemu/hostfwd.h, for the ports of lines by TCP host/line.h.
 */
#ifndef QEMU_ARGV_EDIT_H
#define QEMU_ARGV_EDIT_H

#include <stdbool.h>

#include "base/strv.h"

/* Changes the folder of the machine's files, wherever an argument names one of them. */
void qemu_argv_move_files(struct strv *argv, const char *from, const char *to);
/* Changes the folder of the sockets and pipes. */
void qemu_argv_move_sockets(struct strv *argv, const char *from, const char *to);
/* Changes the machine's name; a command line with another name than `from` keeps it. */
void qemu_argv_rename(struct strv *argv, const char *from, const char *to);
/* Replaces the alias behind -machine by the versioned machine type ("virt-7.2"). */
void qemu_argv_pin_machine(struct strv *argv, const char *type);
/* Returns whether QEMU has the line debwiz.host: an earlier version did not give it. */
bool qemu_argv_has_host_line(const struct strv *argv);

#endif
