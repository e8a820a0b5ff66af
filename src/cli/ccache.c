/* SPDX-License-Identifier: MIT */
/* ccache: gives a build its compiler cache, and reports what that did. */
#include "ccache.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "outside.h"

#define STAND_IN "volume.raw"

static int ccache_open(struct cli_ccache *x, const struct cli *cli, const struct spec *s, struct archive *a,
		       const struct temporary *t, struct err *e)
{
	AUTO_FREE char *files = NULL;

	if (cli_need_package(cli, a, s->arch, "ccache", e) < 0)
		return -1;
	if (ccache_take(&cli->store, s->release, s->arch, &x->cache, e) == 0) {
		x->disk = xstrdup(x->cache.volume);
		x->on = true;
		return 0;
	}
	files = temporary_folder(t, NULL);
	x->disk = files ? file_join(files, STAND_IN) : NULL;
	if (x->disk && ccache_create_stand_in(x->disk, NULL) < 0) {
		free(x->disk);
		x->disk = NULL;
	}
	return -1;
}

void cli_ccache_begin(struct cli_ccache *x, const struct cli *cli, const struct spec *s, struct archive *a,
		      const struct temporary *t)
{
	ccache_open(x, cli, s, a, t, &x->why);
}

void cli_ccache_read(struct cli_ccache *x, const char *text)
{
	ccache_counts_fini(&x->counts);
	ccache_read_counts(text, &x->counts);
}

/* Returns why the build does not use it, "" if that is not known or it does. */
static const char *ccache_why(const struct cli_ccache *x)
{
	return x->why.kind ? x->why.text : x->counts.why ? x->counts.why : "";
}

void cli_ccache_report(const struct cli_ccache *x, const char *name)
{
	const char *why = ccache_why(x);
	char count[SIZE_TEXT];

	if (x->cache.remade || x->counts.remade)
		fprintf(stderr, "debwiz: %s: the compiler cache was damaged and was created again, empty\n", name);
	if (x->counts.counted)
		fprintf(stderr, "debwiz: %s: %u of %s from the compiler cache\n", name, x->counts.hits,
			count_human(x->counts.hits + x->counts.misses, "object", count));
	else if (*why)
		fprintf(stderr, "debwiz: %s: builds without the compiler cache: %s%s%s\n", name, why,
			x->why.hint ? "; " : "", x->why.hint ? x->why.hint : "");
}

json_t *cli_ccache_json(const struct cli_ccache *x)
{
	const char *why = ccache_why(x);
	json_t *o = NULL;

	if (x->counts.counted)
		o = json_pack("{s:i, s:i}", "hits", (int)x->counts.hits, "misses", (int)x->counts.misses);
	else if (*why)
		o = json_pack("{s:o}", "why", cli_json_text(why));
	if (o && (x->cache.remade || x->counts.remade))
		json_object_set_new(o, "remade", json_true());
	return o;
}

void cli_ccache_end(struct cli_ccache *x)
{
	ccache_release(&x->cache);
	ccache_counts_fini(&x->counts);
	free(x->disk);
	err_fini(&x->why);
	*x = (struct cli_ccache){.on = false};
}
