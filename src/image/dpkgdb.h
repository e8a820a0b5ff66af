/* SPDX-License-Identifier: MIT */
/*
 * dpkgdb: dpkg's database for packages that were unpacked and not configured, as dpkg itself leaves
 * it after --unpack (dpkg's deb-control(5), deb-conffiles(5), deb-triggers(5), and its files under
 * /var/lib/dpkg). It collects while packages are unpacked and writes into an image at the end.
 * Not for others than the root builder.
 */
#ifndef IMAGE_DPKGDB_H
#define IMAGE_DPKGDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "image.h"

struct dpkgdb;
struct dpkgdb_package;

struct dpkgdb *dpkgdb_new(void);
void dpkgdb_free(struct dpkgdb *db); /* NULL is fine */

/* A package, owned by db. */
struct dpkgdb_package *dpkgdb_add(struct dpkgdb *db);
/* A file of the control part ("control", "postinst", …): takes what `content` holds. */
void dpkgdb_control(struct dpkgdb_package *p, const char *name, unsigned mode, struct buf *content);
/* All control files are there. Checks that the stanza is one of this name, version and
 * architecture. */
int dpkgdb_check(struct dpkgdb_package *p, const char *name, const char *version, const char *arch, struct err *e);
/* A path of the data part, without leading "/". */
void dpkgdb_path(struct dpkgdb_package *p, const char *path);
bool dpkgdb_is_conffile(const struct dpkgdb_package *p, const char *path);

/* Writes /var/lib/dpkg. `rank` and `epoch` are what its files get. */
int dpkgdb_write(struct dpkgdb *db, struct image *im, unsigned rank, int64_t epoch, struct err *e);

#endif
