/* SPDX-License-Identifier: MIT */
/* phase: which part of a build a line of its log begins, as dpkg-buildpackage and debhelper print them. Text alone. */
#ifndef BUILD_PHASE_H
#define BUILD_PHASE_H

/* Returns what the build does from this line on ("compiles"); static, NULL: the line begins nothing. */
const char *build_phase(const char *line);

#endif
