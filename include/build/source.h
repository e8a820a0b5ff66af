/* SPDX-License-Identifier: MIT */
/*
 * source: what is to be built, on this host: a .dsc file with its files (deb-src-control(5), dsc(5)), a folder with
 * debian/control, or any folder.
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
	char *dir;	   /* folder that `files` are in */
	struct strv files; /* names: the files of a .dsc; the orig tarball of a folder */
};

/* Whether a word of the command line is a path: it contains a slash, is "." or "..", also before an @, or ends in
 * ".dsc". Any other is the name of a source package, whatever files exist. */
bool source_is_path(const char *word);
/* Takes NAME or NAME=VERSION apart; both are owned, *version is NULL if none is named. "source-name": neither. */
int source_split(const char *word, char **name, char **version, struct err *e);

/* Recognizes and reads it; files of a .dsc are checked by size and SHA-256. `command`: the person names what is to be
 * run, so that any folder will do. `beside`: the folder where an orig tarball is looked for, NULL: that of `path`.
 * Blocks while it reads. Ids: "source-missing", "source-none" (not Debian source, and no command), "source-bad" (names
 * file and field), "source-digest". */
int source_open(struct source *s, const char *path, const char *beside, bool command, struct err *e);
void source_fini(struct source *s);
/* "hello_2.10-3": what results are named by, without an epoch; owned. */
char *source_stem(const struct source *s);

#endif
