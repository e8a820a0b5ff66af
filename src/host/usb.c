/* SPDX-License-Identifier: MIT */
/* usb: what is the same on all hosts (include/host/usb.h). */
#include "host/usb.h"

#include <stdlib.h>

void host_usb_fini(struct host_usb *u)
{
	for (size_t i = 0; i < u->len; i++) {
		free(u->items[i].place);
		free(u->items[i].name);
		free(u->items[i].node);
	}
	free(u->items);
	*u = (struct host_usb){.items = NULL};
}
