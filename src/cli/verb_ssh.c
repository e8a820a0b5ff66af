/* SPDX-License-Identifier: MIT */
/*
 * verb_ssh: runs OpenSSH's ssh with the machine's own key and the guest's host keys. Exits with ssh's status, or with
 * 125 if ssh was not started (130: because of a signal).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/quote.h"
#include "connection.h"
#include "host/paths.h"
#include "host/proc.h"
#include "machine/ssh.h"
#include "verbs.h"

#define SSH_FAILED 125

int verb_ssh(struct cli *cli)
{
	struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	struct cli_connection r;
	int status;

	if (cli_connection_open(&r, cli, cli->args[0], &e) == 0 &&
	    cli_connection_program(&r, cli, "ssh", &argv, &e) == 0) {
		strv_add(&argv, r.address); /* as the user that the settings name */
		if (cli->rest && cli->rest[0])
			strv_take(&argv, quote_command(cli->rest));
	}
	cli_connection_close(&r);
	if (!e.kind)
		(void)proc_exec(strv_argv(&argv), &e); /* returns only with an error */
	strv_fini(&argv);
	status = e.kind == ERR_INTERRUPTED ? (int)ERR_INTERRUPTED : SSH_FAILED;
	cli_error(cli, &e);
	return status;
}

int verb_ssh_config(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct cli_connection r;
	struct buf text;
	AUTO_FREE char *path = NULL;
	int failed = cli_connection_find(&r, cli, cli->args[0], &e);

	buf_init(&text, 0);
	if (!failed && !cli->install)
		failed = ssh_config(r.job.spec, r.job.machine_dir, &text, &e);
	else if (!failed)
		failed = ssh_config_install(r.job.spec, r.job.machine_dir, &path, &e);
	if (!failed && path) {
		AUTO_FREE char *shown = host_short(path);

		if (cli->json)
			cli_print_json(
				json_pack("{s:s, s:s, s:s}", "event", "ssh-config", "name", r.spec.name, "path", path));
		else
			printf("%s: `ssh %s` logs in; %s includes it\n", r.spec.name, r.spec.name, shown);
	} else if (!failed && cli->json) {
		cli_print_json(json_pack("{s:s, s:s, s:o}", "event", "ssh-config", "name", r.spec.name, "text",
					 cli_json_text(text.data)));
	} else if (!failed) {
		fputs(text.data, stdout);
	}
	buf_fini(&text);
	cli_connection_close(&r);
	return failed < 0 ? cli_error(cli, &e) : 0;
}
