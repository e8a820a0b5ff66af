/* SPDX-License-Identifier: MIT */
/* paths_priv: what differs by host, for paths.c. */
#ifndef HOST_PATHS_PRIV_H
#define HOST_PATHS_PRIV_H

/* Returns the home folder, or NULL if this user has none; the caller frees it. */
char *paths_home(void);

#endif
