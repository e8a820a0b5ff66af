/* SPDX-License-Identifier: MIT */
/* facts_priv: the host's package manager, for facts.c and install.c. */
#ifndef HOST_FACTS_PRIV_H
#define HOST_FACTS_PRIV_H

/* Returns "apt", ... or "" if unknown; static. */
const char *facts_package_manager(void);

#endif
