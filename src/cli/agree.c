/* SPDX-License-Identifier: MIT */
/* agree: asks the user about a file that can run programs or expose this host. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"
#include "machine/trust.h"
#include "session/words.h"
#include "spec/risk.h"

/* Shows all of it, for all of it is agreed to. */
static bool agree_says_yes(const struct spec *s)
{
	AUTO_FREE char *text = words_agreement(s);
	AUTO_FREE char *clean = text_clean(text, strlen(text), true);

	fprintf(stderr, "%s\n", clean);
	return cli_ask_yes("agree to that? [no] ", false);
}

int cli_agree(struct cli *cli, struct spec *s, struct err *e)
{
	bool ask = !cli->json && !cli->yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

	if (strcmp(e->id, RISK_ERROR) != 0)
		return -1;
	if (!cli->trust) {
		if (!ask)
			return -1;
		if (!agree_says_yes(s)) {
			err_fini(e);
			return err_set(e, ERR_USAGE, RISK_ERROR, "%s: not agreed to; nothing of it was run", s->shown);
		}
	}
	err_fini(e);
	return trust_agree(&cli->store, s, e);
}

void cli_warn_risks(const struct cli *cli, const struct spec *s)
{
	struct risks all;

	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++) {
		AUTO_FREE char *line = all.items[i].state == RISK_OWN ? NULL : risk_line(s, &all.items[i]);

		if (line)
			cli_warn_file(cli, line);
	}
	risks_fini(&all);
}
