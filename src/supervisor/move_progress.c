/* SPDX-License-Identifier: MIT */
/*
 * amount: how far a suspension or a snapshot is, told to subscribers a few times a second while it is
 * under way. QEMU's monitor says it of a migration; while it writes or loads a snapshot the monitor is
 * mute, and what the disk's file has grown by is told, or what QEMU has read.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "sup.h"

#define EVERY_MS 250

/* Bytes that the disk takes on the host. */
static uint64_t move_progress_disk_bytes(const struct sup *s)
{
	char *path = file_join(s->req.dir, "disk.qcow2");
	struct stat st;
	uint64_t bytes = stat(path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;

	free(path);
	return bytes;
}

static void move_progress_tell(struct sup *s, const char *state, json_int_t done, json_int_t total)
{
	char *a = xasprintf("%lld", (long long)done);
	char *b = xasprintf("%lld", (long long)total);

	sup_tell(s, state, json_pack("{s:s, s:s}", "done", a, "total", b));
	free(a);
	free(b);
}

static void move_progress_on_migration(const json_t *value, const char *error, void *arg)
{
	const json_t *ram = json_object_get(value, "ram");
	json_int_t total = json_int(ram, "total", 0);
	struct sup *s = arg;

	s->amount_asked = false;
	if (!error && s->amount_timer && total > 0)
		move_progress_tell(s, "suspending", total - json_int(ram, "remaining", total), total);
}

/* What a snapshot is measured by, so far. */
static uint64_t move_progress_snapshot_bytes(const struct sup *s)
{
	uint64_t bytes;

	if (s->snap.op != SUP_SNAP_REVERT)
		return move_progress_disk_bytes(s);
	proc_read(s->run.qemu_pid, &bytes);
	return bytes;
}

uint64_t sup_amount_progress(const struct sup *s)
{
	uint64_t bytes;

	proc_read(s->run.qemu_pid, &bytes);
	return bytes + move_progress_disk_bytes(s);
}

static void move_progress_tell_snapshot(struct sup *s)
{
	bool loads = s->snap.op == SUP_SNAP_REVERT;
	uint64_t now = move_progress_snapshot_bytes(s);
	uint64_t done = now > s->amount_begin ? now - s->amount_begin : 0;

	if (loads && done > s->snap.size)
		done = s->snap.size;
	move_progress_tell(s, loads ? "reverting" : "snapshotting", (json_int_t)done,
			   loads ? (json_int_t)s->snap.size : 0);
}

static void move_progress_on_timer(void *arg)
{
	struct sup *s = arg;

	if (s->snap.op) {
		move_progress_tell_snapshot(s);
	} else if (!s->amount_asked) {
		s->amount_asked = sup_monitor_ask(s, "query-migrate", NULL, move_progress_on_migration, s);
	}
}

void sup_amount_start(struct sup *s)
{
	s->amount_begin = move_progress_snapshot_bytes(s);
	s->amount_timer = loop_timer_start(s->loop, EVERY_MS, EVERY_MS, move_progress_on_timer, s);
}

void sup_amount_stop(struct sup *s)
{
	loop_timer_stop(s->amount_timer);
	s->amount_timer = NULL;
}
