/* SPDX-License-Identifier: MIT */
/* argv_devices: the part of QEMU's command line that gives the guest its devices. */
#ifndef QEMU_ARGV_DEVICES_H
#define QEMU_ARGV_DEVICES_H

#include "argv_option.h"

/* Appends the options of disks, network, console, screen and all other devices. The error names section.key. */
int argv_add_devices(const struct argv_in *in, struct qemu_argv *v, struct err *e);

#endif
