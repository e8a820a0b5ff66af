/* SPDX-License-Identifier: MIT */
/* argv_value: a value of QEMU's command line. */
#ifndef QEMU_ARGV_VALUE_H
#define QEMU_ARGV_VALUE_H

/* Returns a value for `a=b,c=d`: commas are doubled (QEMU's keyval and opts syntax). Owned. */
char *argv_value(const char *s);

#endif
