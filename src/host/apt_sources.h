/* SPDX-License-Identifier: MIT */
/*
 * apt_sources: what an apt configuration names as its archives (sources.list(5): one-line style
 * and deb822 style). Only http and https; lines with a user name or password are left out, whole.
 */
#ifndef HOST_APT_SOURCES_H
#define HOST_APT_SOURCES_H

#include "base/strv.h"

/* Reads DIR/sources.list and DIR/sources.list.d/ in apt's order; appends base URLs without a slash
 * at their end, each once: those whose path ends in "debian" first. What cannot be read is skipped. */
void apt_sources_read(const char *dir, struct strv *archive, struct strv *security);

#endif
