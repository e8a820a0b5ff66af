/* SPDX-License-Identifier: MIT */
/*
 * paths: where debwiz keeps things on this host (XDG base directory specification on Unix).
 * Every function returns an owned, absolute path; folders are not made here.
 */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include "base/err.h"

char *host_config_dir(void); /* $XDG_CONFIG_HOME/debwiz */
char *host_data_dir(void);   /* $XDG_DATA_HOME/debwiz */
char *host_cache_dir(void);  /* $XDG_CACHE_HOME/debwiz */
/* Private folder for sockets of one machine, made with mode 0700: $XDG_RUNTIME_DIR/debwiz/NAME, or
 * where that is missing or too long for a socket's name a short one in the temporary folder that
 * is ours alone. Checks owner and mode of each part. NULL on error. */
char *host_runtime_dir(const char *name, struct err *e);
/* The home folder, or an error that says to set HOME. */
char *host_home(struct err *e);
/* The other way round, for showing: a path below the home folder begins with `~/`. Owned. */
char *host_short(const char *path);
/* Expands a leading `~/`; owned. */
char *host_expand(const char *path);
/* This program's own file, to start it again. */
char *host_self(struct err *e);
/* Looks a program up in PATH; NULL when it is not there. Owned. */
char *host_which(const char *program);

#endif
