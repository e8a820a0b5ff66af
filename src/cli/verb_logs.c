/* SPDX-License-Identifier: MIT */
/* verb_logs: the log of the serial console, as it is and as it grows. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/machine.h"
#include "cli/verbs.h"

#define FOLLOW_MS 250

struct tail {
	struct cli *cli;
	char *path;
	char *dir;
	int fd;
	ino_t inode;
};

/* Copies what is new in the log; begins at the new file after it was rotated. */
static void copy_new(void *arg)
{
	struct tail *t = arg;
	char chunk[16384];
	struct stat st;
	ssize_t n;

	if (t->fd < 0)
		t->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	while (t->fd >= 0 && (n = read(t->fd, chunk, sizeof(chunk))) > 0)
		fwrite(chunk, 1, (size_t)n, stdout);
	fflush(stdout);
	if (t->fd >= 0 && fstat(t->fd, &st) == 0)
		t->inode = st.st_ino;
	if (t->fd >= 0 && stat(t->path, &st) == 0 && st.st_ino != t->inode) {
		close(t->fd);
		t->fd = -1;
	}
}

int verb_logs(struct cli *cli)
{
	struct tail t = {.cli = cli, .fd = -1};
	struct err e = ERR_INIT;
	struct loop_timer *timer;
	char *name;
	int status = 0;

	if (cli_machine_name(cli, &name, &e) < 0)
		return cli_error(cli, &e);
	t.dir = store_machine_dir(&cli->store, name);
	t.path = file_join(t.dir, "console.log");
	copy_new(&t);
	if (t.fd < 0 && !cli->follow) {
		err_set(&e, ERR_FAILED, "no-log", "%s has no console log yet", name);
		err_hint(&e, "debwiz boot %s", name);
		status = cli_error(cli, &e);
	} else if (cli->follow) {
		timer = loop_timer_start(cli->loop, FOLLOW_MS, FOLLOW_MS, copy_new, &t);
		loop_run(cli->loop);
		loop_timer_stop(timer);
	}
	if (t.fd >= 0)
		close(t.fd);
	free(t.path);
	free(t.dir);
	free(name);
	return status;
}
