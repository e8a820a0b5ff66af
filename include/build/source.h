/* SPDX-License-Identifier: MIT */
/*
 * source: what is to be built, on this host: a .dsc file with its files (deb-src-control(5), dsc(5)), a folder with
 * debian/control, or any folder. It is copied into a folder of its own in the form in which the guest takes it.
 */
#ifndef BUILD_SOURCE_H
#define BUILD_SOURCE_H

#include "base/err.h"
#include "base/strv.h"

enum source_kind {
	SOURCE_DSC,    /* NAME_VERSION.dsc and the files that it lists */
	SOURCE_DEBIAN, /* a folder with debian/control and debian/changelog */
	SOURCE_PLAIN,  /* any folder: only with a command */
};

struct source {
	enum source_kind kind;
	char *path;	   /* absolute: of the .dsc, or the folder */
	char *name;	   /* of the source package; the folder's for a plain one */
	char *version;	   /* "" for a plain one */
	char *depends;	   /* Build-Depends, Build-Depends-Arch and Build-Depends-Indep, joined by commas */
	struct strv files; /* .dsc: its files; a folder: an orig tarball beside it. Names in the folder of `path` */
};

/* Recognizes and reads it; files of a .dsc are checked by size and SHA-256. `command`: the person names what is to be
 * run, so that any folder will do. Blocks while it reads. Ids: "source-missing", "source-none" (not Debian source, and
 * no command), "source-bad" (names file and field), "source-digest". */
int source_open(struct source *s, const char *path, bool command, struct err *e);
void source_fini(struct source *s);
/* Copies it below the folder `to`, which must exist: the .dsc and its files, or the folder as `source` and the orig
 * tarball. Of a git working tree its tracked and untracked files come along, of its submodules too, what git ignores
 * does not; else all but .git. Links stay links. Blocks. */
int source_stage(const struct source *s, const char *to, struct err *e);
/* "hello_2.10-3": what results are named by, without an epoch; owned. */
char *source_stem(const struct source *s);

#endif
