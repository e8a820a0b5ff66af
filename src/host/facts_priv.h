/* SPDX-License-Identifier: MIT */
/* facts_priv: what the files of host/facts share. */
#ifndef HOST_FACTS_PRIV_H
#define HOST_FACTS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

/* Returns "apt", ... or "" if unknown; static. */
const char *facts_package_manager(void);
/* Returns the name of a time zone, or NULL; takes the text. */
char *facts_zone_or_null(char *name);

/* What differs by host; the caller frees the texts. */
char *facts_user_name(void);
/* Returns the system's name; `sysname` is what libuv has for it. */
char *facts_system_name(const char *sysname);
/* Returns the time zone that the host is set to, or NULL. */
char *facts_host_zone(void);
/* Returns whether a file, or a link itself, has that extended attribute of its user. */
bool facts_has_attribute(const char *path, const char *name);
/* Binds a TCP port briefly; returns the port, or 0 on failure. */
uint16_t facts_try_port(const char *ip, uint16_t port);

#endif
