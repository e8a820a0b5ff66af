/* SPDX-License-Identifier: MIT */
/*
 * paths: where debwiz keeps files on this host (XDG base directory specification on Unix). Every function returns
 * an absolute path that the caller frees; it creates no folder unless its comment names one.
 */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include "base/err.h"

char *host_config_dir(void); /* $XDG_CONFIG_HOME/debwiz */
char *host_data_dir(void);   /* $XDG_DATA_HOME/debwiz */
char *host_cache_dir(void);  /* $XDG_CACHE_HOME/debwiz */
/* Creates the private folder for the sockets of one machine, mode 0700: $XDG_RUNTIME_DIR/debwiz/NAME, or if that is
 * missing or too long for the name of a socket, a short one in the temporary folder. Checks owner and mode of each
 * part. Returns NULL on error. */
char *host_runtime_dir(const char *name, struct err *e);
/* Returns the home folder, or NULL with an error whose hint is to set HOME. */
char *host_home(struct err *e);
/* Shortens a path below the home folder to one that begins with `~/`, for display. */
char *host_short(const char *path);
/* Expands a leading `~/`. */
char *host_expand(const char *path);
/* Returns the path of this program's file, to start it again. */
char *host_self(struct err *e);
/* Returns the path of a program in PATH, or NULL. */
char *host_which(const char *program);

#endif
