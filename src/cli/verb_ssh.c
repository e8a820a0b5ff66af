/* SPDX-License-Identifier: MIT */
/*
 * verb_ssh: OpenSSH's program with the machine's own key and the host keys that its guest reported. Its exit
 * status is ours; 125 where it was not even started.
 */
#include <stdlib.h>

#include "base/quote.h"
#include "cli/reach.h"
#include "cli/verbs.h"
#include "host/proc.h"

#define SSH_FAILED 125

int verb_ssh(struct cli *cli)
{
	struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	struct cli_reach r;

	if (cli_reach_open(&r, cli, cli->args[0], &e) == 0 &&
	    cli_reach_program(&r, cli, "ssh", &argv, &e) == 0) {
		strv_add(&argv, r.address); /* as the user that the settings name */
		if (cli->rest && cli->rest[0])
			strv_take(&argv, quote_command(cli->rest));
	}
	cli_reach_close(&r);
	if (!e.kind)
		(void)proc_exec(strv_argv(&argv), &e); /* comes back only with an error */
	strv_fini(&argv);
	cli_error(cli, &e);
	return SSH_FAILED;
}
