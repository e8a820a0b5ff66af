/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of dpkg's database share: dpkgdb.c (status and info) and dpkgdb_triggers.c.
 */
#ifndef IMAGE_DPKGDB_PRIVATE_H
#define IMAGE_DPKGDB_PRIVATE_H

#include "base/strv.h"
#include "dpkgdb.h"

struct dpkgdb_member {
	char *name;
	unsigned mode;
	struct buf content;
};

struct dpkgdb_package {
	char *name;
	char *arch;
	char *version;
	bool is_same; /* Multi-Arch: same, so its files carry the architecture */
	struct dpkgdb_member *members;
	size_t member_count;
	struct strv conffiles;	    /* sorted, without leading "/" */
	struct strv conffile_lines; /* of its stanza, in the package's order */
	struct buf list;
};

struct dpkgdb {
	struct dpkgdb_package **packages;
	size_t count;
};

struct dpkgdb_writer {
	struct image *image;
	unsigned rank;
	int64_t epoch;
};

/* NULL when there is none. */
const struct dpkgdb_member *dpkgdb_member(const struct dpkgdb_package *p, const char *name);
/* Writes a file of mode 0644 under dpkg's folder. */
int dpkgdb_put(struct dpkgdb_writer *w, const char *name, const struct buf *text, struct err *e);
/* Packages are sorted. */
int dpkgdb_write_triggers(struct dpkgdb *db, struct dpkgdb_writer *w, struct err *e);

#endif
