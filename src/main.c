/* SPDX-License-Identifier: MIT */
/* debwiz: a working Debian machine in QEMU. Hands the full-screen face to the command line's. */
#include "cli/cli.h"
#include "tui/tui.h"

static int main_show(struct cli *cli, enum tui_start start, const char *ref, struct err *e)
{
	struct session_conf conf = cli_session_conf(cli);

	return tui_run(&conf, start, ref, e);
}

static int main_show_home(struct cli *cli, const char *ref, struct err *e)
{
	return main_show(cli, TUI_HOME, ref, e);
}

static int main_show_new(struct cli *cli, const char *ref, struct err *e)
{
	return main_show(cli, TUI_NEW, ref, e);
}

static int main_show_open(struct cli *cli, const char *ref, struct err *e)
{
	return main_show(cli, TUI_OPEN, ref, e);
}

static int main_show_console(struct cli *cli, const char *ref, struct err *e)
{
	return main_show(cli, TUI_CONSOLE, ref, e);
}

static int main_show_edit(struct cli *cli, const char *ref, struct err *e)
{
	return main_show(cli, TUI_EDIT, ref, e);
}

int main(int argc, char **argv)
{
	static const struct cli_face face = {
		.possible = tui_possible,
		.home = main_show_home,
		.new_machine = main_show_new,
		.open = main_show_open,
		.console = main_show_console,
		.edit = main_show_edit,
	};

	return cli_main(argc, argv, &face);
}
