/* SPDX-License-Identifier: MIT */
/* verb_import: creates a machine from a bundle. */
#include <stdio.h>

#include "export/bundle.h"
#include "spec/risk.h"
#include "verbs.h"
#include "work.h"

struct importing {
	const struct cli *cli;
	struct spec spec;
};

static int import_work(const atomic_bool *cancel, struct cli_progress *p, void *arg, struct err *e)
{
	struct importing *i = arg;
	const struct cli *cli = i->cli;
	struct bundle_work w = {.cancel = cancel, .progress = cli_progress_percent, .arg = p};

	return bundle_import(&cli->store, cli->catalog, cli->args[0], cli->name, &w, &i->spec, e);
}

/* The machine is imported whether its user agrees to what its file runs and exposes now, at its start, or never. */
static void import_report(struct cli *cli, struct spec *s)
{
	AUTO_ERR struct err e = ERR_INIT;

	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:o}", "event", "imported", "name", s->name, "file",
					 cli_json_text(s->path)));
	else
		printf("%s: imported, its file is %s; debwiz up %s\n", s->name, s->path, s->name);
	cli_warn_spec(cli, s);
	if (risks_check(s, NULL, NULL, &e) < 0 && cli_agree(cli, s, &e) < 0)
		cli_warn_risks(cli, s);
}

int verb_import(struct cli *cli)
{
	struct importing i = {.cli = cli};
	struct cli_work work = {.name = cli->args[0], .doing = "importing it", .fn = import_work, .arg = &i};
	struct err e = ERR_INIT;
	int r = cli_work(cli, &work, &e);

	if (!r) {
		import_report(cli, &i.spec);
		spec_fini(&i.spec);
	}
	return r < 0 ? cli_error(cli, &e) : 0;
}
