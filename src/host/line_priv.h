/* SPDX-License-Identifier: MIT */
/* line_priv: what differs by host, for line.c. */
#ifndef HOST_LINE_PRIV_H
#define HOST_LINE_PRIV_H

#include <stdbool.h>

/* Returns whether new lines are TCP: everywhere with DEBWIZ_LINES=tcp, always if the host has nothing else. */
bool line_is_tcp(void);

#endif
