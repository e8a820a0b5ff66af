/* SPDX-License-Identifier: MIT */
/* conf: the options of the command line that hold for every use of a machine, for both interfaces. */
#ifndef SESSION_CONF_H
#define SESSION_CONF_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "machine/store.h"
#include "spec/spec.h"
#include "wizard/wizard.h"

/* All pointers are borrowed. */
struct session_conf {
	struct loop *loop;
	const struct catalog *catalog;
	const struct store *store;
	const struct strv *sets; /* --set, in order; NULL: none */
	const char *mirror;	 /* --mirror, or NULL */
	const char *machine;	 /* path of the only INI file that these two apply to; NULL: they apply to every one */
	bool offline, strict;
};

/* Sets mirror.url of the record to what --mirror gives, if it was given. */
int session_set_mirror(const struct session_conf *c, struct spec *s, struct err *e);
/* Reads the machine `ref` (NAME or FILE) with what its user agreed to, applies --set and --mirror if they apply to its
 * file, and checks it against the catalogue; with --strict an unknown key is an error. The warnings are in
 * s->warnings. On an error `s` holds nothing. Blocks for some small files. */
int session_read(const struct session_conf *c, const char *ref, struct spec *s, struct err *e);
/* Gives the wizard --set and --mirror as answers. */
int session_answer_options(const struct session_conf *c, struct wizard *w, struct err *e);
/* After that: -1 with e if a --set belongs to a question that does not apply, so that its answer is not used. */
int session_check_answers(const struct session_conf *c, struct wizard *w, struct err *e);
/* Returns whether --set changes the machine of that INI file for this run. */
bool session_is_changed(const struct session_conf *c, const char *path);

#endif
