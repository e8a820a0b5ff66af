/* SPDX-License-Identifier: MIT */
/* differing: reports how the results of two builds differ. */
#include "differing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "build/reason.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"

#define DIFFOSCOPE "diffoscope"
#define DIFFOSCOPE_DIFFERS 1 /* its exit status */

void cli_differing_read(struct cli_differing *d, const char *text)
{
	reason_differing(text, &d->names, &d->members);
}

/* Returns whether diffoscope could compare them. */
static bool differing_run(const char *first, const char *second, const char *to, struct err *e)
{
	const char *words[] = {DIFFOSCOPE, "--no-progress", "--text", to, first, second, NULL};
	int status;

	if (proc_foreground((char *const *)words, &status, e) < 0)
		return false;
	if (status > DIFFOSCOPE_DIFFERS)
		err_set(e, ERR_FAILED, DIFFOSCOPE, DIFFOSCOPE " cannot compare %s with %s", first, second);
	return status <= DIFFOSCOPE_DIFFERS;
}

void cli_differing_compare(const struct cli_differing *d, const struct cli *cli, const char *out, const char *second,
			   struct strv *results)
{
	AUTO_FREE char *program = d->names.len ? host_which(DIFFOSCOPE) : NULL;

	for (size_t i = 0; i < d->names.len && program && !(i && proc_foreground_signal()); i++) {
		AUTO_FREE char *first = file_join(out, d->names.items[i]);
		AUTO_FREE char *again = xasprintf("%s/%s/%s", out, second, d->names.items[i]);
		AUTO_FREE char *name = xasprintf("%s." DIFFOSCOPE, d->names.items[i]);
		AUTO_FREE char *to = file_join(out, name);
		AUTO_ERR struct err e = ERR_INIT;

		if (!file_exists(first) || !file_exists(again))
			continue;
		if (differing_run(first, again, to, &e))
			strv_add(results, name);
		else
			cli_warn(cli, e.text);
	}
}

void cli_differing_report(const struct cli_differing *d)
{
	for (size_t i = 0; i < d->names.len; i++)
		fprintf(stderr, "debwiz: %s differs%s%s\n", d->names.items[i], *d->members.items[i] ? ": " : "",
			d->members.items[i]);
}

json_t *cli_differing_json(const struct cli_differing *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->names.len; i++)
		json_array_append_new(all, json_pack("{s:o, s:o}", "name", cli_json_text(d->names.items[i]), "members",
						     cli_json_text(d->members.items[i])));
	return all;
}

void cli_differing_fini(struct cli_differing *d)
{
	strv_fini(&d->names);
	strv_fini(&d->members);
}
