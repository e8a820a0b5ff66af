/* SPDX-License-Identifier: MIT */
/* conf: reads machines as the options of the command line ask. */
#include "session/conf.h"

#include <string.h>

#include "base/mem.h"
#include "machine/trust.h"

static bool conf_applies(const struct session_conf *c, const char *path)
{
	return !c->machine || !strcmp(c->machine, path);
}

/* Returns --mirror as an assignment; owned. */
static char *conf_mirror(const struct session_conf *c)
{
	return c->mirror ? xasprintf("mirror.url=%s", c->mirror) : NULL;
}

int session_set_mirror(const struct session_conf *c, struct spec *s, struct err *e)
{
	AUTO_FREE char *set = conf_mirror(c);

	return set ? spec_set(s, set, e) : 0;
}

static int conf_apply(const struct session_conf *c, struct spec *s, struct err *e)
{
	for (size_t i = 0; c->sets && i < c->sets->len; i++)
		if (spec_set(s, c->sets->items[i], e) < 0)
			return -1;
	return session_set_mirror(c, s, e);
}

int session_read(const struct session_conf *c, const char *ref, struct spec *s, struct err *e)
{
	AUTO_FREE char *path = NULL;
	int r;

	memset(s, 0, sizeof(*s));
	if (store_find_ini(c->store, ref, &path, e) < 0)
		return -1;
	if (spec_read(s, path, e) < 0)
		return -1;
	trust_load(c->store, s);
	r = conf_applies(c, path) ? conf_apply(c, s, e) : 0;
	if (!r)
		r = spec_check(s, c->catalog, e);
	if (!r && c->strict)
		r = spec_strict(s, e);
	if (r < 0)
		spec_fini(s);
	return r;
}

int session_answer_options(const struct session_conf *c, struct wizard *w, struct err *e)
{
	AUTO_FREE char *mirror = conf_mirror(c);

	for (size_t i = 0; c->sets && i < c->sets->len; i++)
		if (wizard_assign(w, c->sets->items[i], e) < 0)
			return -1;
	return mirror ? wizard_assign(w, mirror, e) : 0;
}

int session_check_answers(const struct session_conf *c, struct wizard *w, struct err *e)
{
	for (size_t i = 0; c->sets && i < c->sets->len; i++)
		if (wizard_assigned(w, c->sets->items[i], e) < 0)
			return -1;
	return 0;
}

bool session_is_changed(const struct session_conf *c, const char *path)
{
	return c->sets && c->sets->len && conf_applies(c, path);
}
