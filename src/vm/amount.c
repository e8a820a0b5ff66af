/* SPDX-License-Identifier: MIT */
/*
 * amount: how far a suspension or a snapshot is, told to subscribers a few times a second while it is
 * under way. QEMU's monitor says it of a migration; while it writes a snapshot the monitor is mute, and
 * what the disk's file has grown by is told.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "sup.h"

#define EVERY_MS 250

/* Bytes that the disk takes on the host. */
static uint64_t disk_bytes(const struct sup *s)
{
	char *path = file_join(s->req.dir, "disk.qcow2");
	struct stat st;
	uint64_t bytes = stat(path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;

	free(path);
	return bytes;
}

static void tell(struct sup *s, const char *state, json_int_t done, json_int_t total)
{
	char *a = xasprintf("%lld", (long long)done);
	char *b = xasprintf("%lld", (long long)total);

	sup_tell(s, state, json_pack("{s:s, s:s}", "done", a, "total", b));
	free(a);
	free(b);
}

static void on_migration(const json_t *value, const char *error, void *arg)
{
	const json_t *ram = json_object_get(value, "ram");
	json_int_t total = json_int(ram, "total", 0);
	struct sup *s = arg;

	s->amount_asked = false;
	if (!error && s->amount_timer && total > 0)
		tell(s, "suspending", total - json_int(ram, "remaining", total), total);
}

static void on_timer(void *arg)
{
	struct sup *s = arg;
	uint64_t now;

	if (s->snap.op) {
		now = disk_bytes(s);
		tell(s, "snapshotting", now > s->amount_begin ? (json_int_t)(now - s->amount_begin) : 0, 0);
	} else if (!s->amount_asked) {
		s->amount_asked = sup_monitor_ask(s, "query-migrate", NULL, on_migration, s);
	}
}

void sup_amount_start(struct sup *s)
{
	s->amount_begin = disk_bytes(s);
	s->amount_timer = loop_timer_start(s->loop, EVERY_MS, EVERY_MS, on_timer, s);
}

void sup_amount_stop(struct sup *s)
{
	loop_timer_stop(s->amount_timer);
	s->amount_timer = NULL;
}
