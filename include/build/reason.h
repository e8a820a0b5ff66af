/* SPDX-License-Identifier: MIT */
/* reason: why a build failed, as assets/build/build.sh reports it. Text alone. */
#ifndef BUILD_REASON_H
#define BUILD_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "spec/spec.h"

/* Fills e with what the line means for a build of `name` in a machine like `s`, and what to do about it. Returns 0,
 * with e unchanged, if the line is empty or unknown. Ids: "build-memory", "build-full", "build-silent",
 * "build-busy", "build-taken", "build-depends", "build-differs", "build-second". */
int reason_explain(const char *line, const char *name, const struct spec *s, struct err *e);
/* Reads a line "WORD COUNT"; *rest is what follows a blank behind it. False: it is not of that form. */
bool reason_read_count(const char *line, const char *word, uint64_t *count, const char **rest);
/* Appends, of each line "differs NAME MEMBERS", the name of the file and what differs in it ("": not known). */
void reason_differing(const char *text, struct strv *names, struct strv *members);

#endif
