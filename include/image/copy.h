/* SPDX-License-Identifier: MIT */
/*
 * copy: files and folders to a guest and from one, as a tar stream through one ssh: links, hard links, holes, times to
 * the nanosecond and modes stay as they are; owners are those of the receiver. What arrives lies in a folder beside its
 * place until it is whole. A guest's stream is not trusted: it lands below the place that was named, or is refused.
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

/* Both block: for a work function. Ids: "copy-guest" (what the guest's end said), "copy-file" (a file of this host),
 * "copy-cut" (the connection ended), "copy-refused" (the guest sent what was not asked for), "interrupted". */

/* `paths` of this host into the guest, where `target` is a folder or what the only one is to be called. */
int copy_to(struct copy *c, const struct strv *paths, const char *target, struct err *e);
/* `paths` of the guest, each of which may be a pattern, to `target` on this host. */
int copy_from(struct copy *c, const struct strv *paths, const char *target, struct err *e);

#endif
