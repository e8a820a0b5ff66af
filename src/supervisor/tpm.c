/* SPDX-License-Identifier: MIT */
/*
 * tpm: starts swtpm beside QEMU (tpm.h). They have a connection from the start instead of a socket with a name: no
 * other program can take it, and an end of either ends the other's.
 */
#include "tpm.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strv.h"
#include "host/fdpass.h"
#include "host/file.h"
#include "host/proc.h"
#include "sup.h"

/* Writes swtpm's arguments (swtpm(8)): it serves the connection that it inherits, and ends with it. */
static void tpm_argv(const struct sup *s, const char *folder, struct strv *out)
{
	strv_add(out, s->req.tpm);
	strv_add(out, "socket");
	strv_add(out, "--tpm2");
	strv_add(out, "--tpmstate");
	strv_addf(out, "dir=%s,mode=0600", folder);
	strv_add(out, "--ctrl");
	strv_addf(out, "type=unixio,clientfd=%d", PROC_INHERITED);
	strv_add(out, "--terminate");
}

int sup_tpm_start(const struct sup *s, int *qemu_ends, size_t *count, struct err *e)
{
	AUTO_FREE char *folder = file_join(s->req.dir, "tpm"), *log = file_join(folder, "swtpm.log");
	AUTO_STRV struct strv argv = STRV_INIT;
	int ends[2], r;
	int64_t pid;

	if (!s->req.tpm || !*s->req.tpm)
		return 0;
	if (file_mkdirs(folder, e) < 0)
		return -1;
	if (host_socket_pair(ends) < 0)
		return err_errno(e, errno, "tpm-failed", "cannot connect QEMU and swtpm");
	tpm_argv(s, folder, &argv);
	r = proc_detach(strv_argv(&argv), log, ends[0], &pid, e);
	close(ends[0]);
	if (r < 0)
		close(ends[1]);
	else
		qemu_ends[(*count)++] = ends[1];
	return r;
}
