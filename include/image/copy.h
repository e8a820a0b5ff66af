/* SPDX-License-Identifier: MIT */
/*
 * copy: copies files and folders to and from a guest as a tar stream through one ssh. Links, hard links, holes,
 * times to the nanosecond and modes are preserved; the receiver owns the copies. Files arrive in a folder beside
 * their destination until they are complete. A stream from a guest is not trusted: it stays below the named
 * destination, or is refused.
 */
#ifndef IMAGE_COPY_H
#define IMAGE_COPY_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/strv.h"

struct copy {
	const char *machine;	   /* its name, for messages */
	const struct strv *ssh;	   /* the command line that logs in; borrowed */
	const atomic_bool *cancel; /* ends it with id "interrupted" */
	atomic_ullong done, total; /* bytes; total 0: not known */
};

/* Both block: for work functions. Ids: "copy-guest" (the guest's end reported an error), "copy-file" (a file of this
 * host), "copy-cut" (the connection ended), "copy-refused" (the guest sent something that was not requested),
 * "interrupted". */

/* Copies `paths` of this host into the guest; `target` is a folder or the new name of a single path. */
int copy_to(struct copy *c, const struct strv *paths, const char *target, struct err *e);
/* Copies `paths` of the guest, each of which may be a pattern, to `target` on this host. */
int copy_from(struct copy *c, const struct strv *paths, const char *target, struct err *e);

#endif
