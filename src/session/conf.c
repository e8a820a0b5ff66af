/* SPDX-License-Identifier: MIT */
/* conf: reads machines as the options of the command line ask. */
#include "session/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine/trust.h"

static bool conf_applies(const struct session_conf *c, const char *path)
{
	return !c->machine || !strcmp(c->machine, path);
}

int session_set_mirror(const struct session_conf *c, struct spec *s, struct err *e)
{
	char *set;
	int r;

	if (!c->mirror)
		return 0;
	set = xasprintf("mirror.url=%s", c->mirror);
	r = spec_set(s, set, e);
	free(set);
	return r;
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
	char *path;
	int r;

	memset(s, 0, sizeof(*s));
	if (store_find_ini(c->store, ref, &path, e) < 0)
		return -1;
	r = spec_read(s, path, e);
	if (!r) {
		trust_load(c->store, s);
		r = conf_applies(c, path) ? conf_apply(c, s, e) : 0;
		if (!r)
			r = spec_check(s, c->catalog, e);
		if (!r && c->strict)
			r = spec_strict(s, e);
		if (r < 0)
			spec_fini(s);
	}
	free(path);
	return r;
}

bool session_is_changed(const struct session_conf *c, const char *path)
{
	return c->sets && c->sets->len && conf_applies(c, path);
}
