/* SPDX-License-Identifier: MIT */
/*
 * report: this host, as a report of a bug needs it: versions, QEMU's accelerators by trial, what is missing. No names
 * of machines, of the user or of the host; the home folder is written as ~.
 */
#ifndef PREPARE_REPORT_H
#define PREPARE_REPORT_H

#include "base/buf.h"
#include "catalog/catalog.h"
#include "machine/store.h"

/* Appends the lines of the report. Starts each installed QEMU at the first call on a host, which takes some seconds,
 * and blocks. */
void report_host(const struct catalog *c, const struct store *store, struct buf *out);

#endif
