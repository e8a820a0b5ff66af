/* SPDX-License-Identifier: MIT */
/*
 * apt_sources: the archives of an apt configuration (sources.list(5): one-line style and deb822 style). Only http
 * and https; lines with a user name or password are omitted.
 */
#ifndef HOST_APT_SOURCES_H
#define HOST_APT_SOURCES_H

#include "base/strv.h"

/* Reads DIR/sources.list and DIR/sources.list.d/ in apt's order and appends base URLs without a slash at their end,
 * each once: those whose path ends in "debian" first. Unreadable files are skipped. */
void apt_sources_read(const char *dir, struct strv *archive, struct strv *security);

#endif
