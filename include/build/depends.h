/* SPDX-License-Identifier: MIT */
/*
 * depends: build dependencies as a source package states them (Debian Policy 7.1): "a (>= 1) | b [armhf !i386]
 * <!nocheck>, c:any". Text alone.
 */
#ifndef BUILD_DEPENDS_H
#define BUILD_DEPENDS_H

#include "base/err.h"
#include "base/strv.h"

/* Appends what a build on `arch` with these profiles needs: of each group the first alternative that applies, as
 * sbuild does, as "NAME" or "NAME (OP VERSION)", without the qualifier behind a colon. A group of which none applies is
 * left out. `text` is a field's value, which may go over lines. "dependency-bad": not of that form. */
int depends_parse(const char *text, const char *arch, const struct strv *profiles, struct strv *out, struct err *e);

#endif
