/* SPDX-License-Identifier: MIT */
/* agree: asks a person about a file that can run programs or expose this host; see include/cli/cli.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "machine/trust.h"
#include "spec/risk.h"

/* All of it is shown, for all of it is agreed to. */
static bool agree_says_yes(const struct spec *s)
{
	struct err e = ERR_INIT;
	char line[64] = "";
	char *clean;

	(void)risks_check(s, NULL, NULL, &e);
	clean = text_clean(e.text ? e.text : "", e.text ? strlen(e.text) : 0, true);
	err_fini(&e);
	fprintf(stderr, "%s\nagree to that? [no] ", clean);
	free(clean);
	if (!fgets(line, sizeof(line), stdin)) {
		fputc('\n', stderr);
		return false;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return !strcmp(line, "yes") || !strcmp(line, "y");
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
		char *line = all.items[i].state == RISK_OWN ? NULL : risk_line(s, &all.items[i]);

		if (line)
			cli_warn_file(cli, line);
		free(line);
	}
	risks_fini(&all);
}
