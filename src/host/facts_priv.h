/* SPDX-License-Identifier: MIT */
/* What the files of host's facts share. */
#ifndef HOST_FACTS_PRIV_H
#define HOST_FACTS_PRIV_H

/* "apt", ... or "" where none is known; static. */
const char *facts_package_manager(void);

#endif
