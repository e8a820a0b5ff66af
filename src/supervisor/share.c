/* SPDX-License-Identifier: MIT */
/*
 * share: starts virtiofsd beside QEMU (share.h). It accepts its connection by itself; so it gets a listening socket on
 * which one waits already, and no other program can take it.
 */
#include "share.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strv.h"
#include "host/fdpass.h"
#include "host/file.h"
#include "host/proc.h"
#include "sup.h"

/* Starts one for the folder; *end is QEMU's. The options are those that the version in C (QEMU up to 7.2) and the one
 * in Rust both have. */
static int share_start_one(const struct sup *s, const char *folder, int *end, struct err *e)
{
	AUTO_FREE char *meeting = file_join(s->req.runtime_dir, "share"), *log = file_join(s->req.dir, "virtiofsd.log");
	AUTO_STRV struct strv argv = STRV_INIT;
	int listener, r;
	int64_t pid;

	if (host_socket_waiting(meeting, &listener, end) < 0)
		return err_errno(e, errno, "share-failed", "cannot connect QEMU and virtiofsd");
	strv_add(&argv, s->req.virtiofsd);
	strv_addf(&argv, "--fd=%d", PROC_INHERITED);
	strv_add(&argv, "-o");
	strv_addf(&argv, "source=%s", folder);
	r = proc_detach(strv_argv(&argv), log, listener, &pid, e);
	close(listener);
	if (r < 0)
		close(*end);
	return r;
}

int sup_share_start(const struct sup *s, int *ends, size_t *count, struct err *e)
{
	for (size_t i = 0; i < s->req.virtiofs.len; i++) {
		if (share_start_one(s, s->req.virtiofs.items[i], &ends[*count + i], e) == 0)
			continue;
		while (i > 0)
			close(ends[*count + --i]);
		return -1;
	}
	*count += s->req.virtiofs.len;
	return 0;
}
