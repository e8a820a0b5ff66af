/* SPDX-License-Identifier: MIT */
/*
 * preseed: the answers for Debian's installer (preseed.cfg in the root of its initrd, which it reads by itself). Pure.
 */
#ifndef IMAGE_PRESEED_H
#define IMAGE_PRESEED_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"

/* The file in the initrd with which the installation ends (debconf's preseed/late_command). */
#define PRESEED_LATE "debwiz/late.sh"
/* What that script leaves in the installed system. A disk without it is not a finished installation. */
#define PRESEED_MARK "/var/lib/debwiz/installed"

/* All borrowed. */
struct preseed {
	bool manual; /* a person answers: only what the end of the installation runs is set */
	const char *hostname;
	const char *timezone;
	const char *keyboard;	       /* LAYOUT or LAYOUT:VARIANT */
	const char *mirror;	       /* URL, as the guest can connect to it */
	const char *security;	       /* of the security suite, "": it is not used */
	bool updates;		       /* the updates suite is used */
	const char *proxy;	       /* as the guest can connect to it; "": none */
	const char *kernel;	       /* package */
	const struct strv *components; /* main, contrib ... */
	const struct strv *packages;   /* to install beside the base system */
	bool efi;		       /* the machine has UEFI firmware: a boot loader is installed */
};

/* Returns the text; owned. NULL with e ("preseed-mirror") if the mirror's URL is not one of http or https. A value that
 * is not a single line is refused ("preseed-value"). */
char *preseed_text(const struct preseed *p, struct err *e);

#endif
