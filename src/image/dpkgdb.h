/* SPDX-License-Identifier: MIT */
/*
 * dpkgdb: dpkg's database for packages that were unpacked and not configured, as dpkg itself leaves it after
 * --unpack (dpkg's deb-control(5), deb-conffiles(5), deb-triggers(5), and its files under /var/lib/dpkg). It
 * collects data while packages are unpacked and writes them into an image at the end.
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

/* Adds a package, owned by db. */
struct dpkgdb_package *dpkgdb_add(struct dpkgdb *db);
/* Adds a file of the control part ("control", "postinst", …); moves `content`. */
void dpkgdb_control(struct dpkgdb_package *p, const char *name, unsigned mode, struct buf *content);
/* Checks, after the last control file, that the stanza has this name, version and architecture. */
int dpkgdb_check(struct dpkgdb_package *p, const char *name, const char *version, const char *arch, struct err *e);
/* Adds a path of the data part, without leading "/". */
void dpkgdb_path(struct dpkgdb_package *p, const char *path);
bool dpkgdb_is_conffile(const struct dpkgdb_package *p, const char *path);

/* Writes /var/lib/dpkg; its files get `rank` and the time `epoch`. */
int dpkgdb_write(struct dpkgdb *db, struct image *im, unsigned rank, int64_t epoch, struct err *e);

#endif
