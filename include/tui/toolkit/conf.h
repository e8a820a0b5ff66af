/* SPDX-License-Identifier: MIT */
/* conf: what the command line passes to the full screens. */
#ifndef TUI_TOOLKIT_CONF_H
#define TUI_TOOLKIT_CONF_H

#include <stdbool.h>

#include "base/loop.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "machine/store.h"

struct tui_conf {
	struct loop *loop;
	struct catalog *catalog;
	struct store *store;
	const struct strv *sets; /* --set, in order; NULL: none */
	const char *mirror;	 /* --mirror, or NULL */
	const char *machine;	 /* file of the machine that these two are for; found by tui_run */
	bool offline, strict;
};

#endif
