/* SPDX-License-Identifier: MIT */
/* debwiz without the full screens (configure --disable-screens): the command line alone. */
#include "cli/cli.h"

static bool main_plain_possible(void)
{
	return false;
}

static int main_plain_show(struct cli *cli, const char *ref, struct err *e)
{
	(void)cli;
	(void)ref;
	err_set(e, ERR_MISSING, "no-screens", "this debwiz was built without the full screens");
	return err_hint(e,
			"use the commands that `debwiz help` lists; `debwiz new --plain FILE.ini` asks line by line");
}

int main(int argc, char **argv)
{
	static const struct cli_face face = {
		.possible = main_plain_possible,
		.home = main_plain_show,
		.new_machine = main_plain_show,
		.open = main_plain_show,
		.console = main_plain_show,
		.edit = main_plain_show,
	};

	return cli_main(argc, argv, &face);
}
