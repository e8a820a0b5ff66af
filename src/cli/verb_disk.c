/* SPDX-License-Identifier: MIT */
/* verb_disk: kernel, grow, flatten and gc: change what is on disk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "base/size.h"
#include "build/ccache.h"
#include "build/tools.h"
#include "host/file.h"
#include "host/lock.h"
#include "image/disk.h"
#include "machine/run.h"
#include "machine/template.h"
#include "machine/temporary.h"
#include "prepare/job.h"
#include "prepare/steps.h"
#include "verbs.h"
#include "work.h"

#define CACHE_DAYS 60
#define TEMPLATE_DAYS 14
#define TOOLS_DAYS 60
#define CCACHE_DAYS 60

/* Opens a machine that has a disk, locks it for `what`, runs `work` and closes it. */
static int verb_disk_run(struct cli *cli, const char *what,
			 int (*work)(struct cli *cli, struct job *j, char *disk, struct err *e))
{
	struct job_options o = {.goal = JOB_PREPARED};
	AUTO_FREE char *disk = NULL;
	struct err e = ERR_INIT;
	struct session *s = cli_open(cli, cli->args[0], &o, &e);
	int r = s ? job_lock_disk(&s->job, what, &e) : -1;

	if (!r) {
		disk = job_file(&s->job, "disk.qcow2");
		r = work(cli, &s->job, disk, &e);
	}
	session_free(s);
	return r < 0 ? cli_error(cli, &e) : 0;
}

static void verb_disk_print(const struct cli *cli, const char *event, const char *name, const char *text)
{
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:s, s:s}", "event", event, "name", name, "text", text));
	else
		printf("%s: %s\n", name, text);
}

static int verb_disk_renew_kernel(struct cli *cli, struct job *j, char *disk, struct err *e)
{
	AUTO_FREE char *version = NULL;
	bool unclean;
	char *text;
	int r;

	(void)disk;
	if (j->spec->firmware != SPEC_DIRECT)
		return err_set(e, ERR_USAGE, "not-direct",
			       "firmware.mode: only direct boot takes the kernel out of the disk");
	r = step_kernel_renew(j, true, &version, &unclean, e);
	if (r == 1 && unclean) {
		err_set(e, ERR_FAILED, "fs-unclean", "the disk was not shut down cleanly");
		err_hint(e, "boot it and stop it once, then take the kernel");
		r = -1;
	}
	if (r >= 0) {
		text = xasprintf("kernel %s", version);
		verb_disk_print(cli, "kernel", j->spec->name, text);
		free(text);
	}
	return r < 0 ? -1 : 0;
}

int verb_kernel(struct cli *cli)
{
	return verb_disk_run(cli, "taking the kernel", verb_disk_renew_kernel);
}

/* Writes the disk's size into the file, which must not ask for less. Reads the file again: --set is for this run alone.
 */
static int verb_disk_write_size(const char *path, uint64_t size, struct err *e)
{
	char text[SIZE_TEXT];
	AUTO_FREE char *set = xasprintf("disk.size=%s", size_format(size, text));
	struct lock *lock = spec_lock(path, e);
	struct spec fresh;
	int r = lock ? spec_read(&fresh, path, e) : -1;

	if (!r) {
		r = spec_set(&fresh, set, e);
		if (!r)
			r = spec_write(&fresh, path, e);
		spec_fini(&fresh);
	}
	lock_remove(lock);
	return r;
}

static int verb_disk_grow(struct cli *cli, struct job *j, char *disk, struct err *e)
{
	struct disk_info info;
	uint64_t size;

	if (size_parse(cli->args[1], &size, e) < 0 || disk_check(disk, &info, e) < 0 || disk_grow(disk, size, e) < 0 ||
	    verb_disk_write_size(j->spec->path, size, e) < 0)
		return -1;
	verb_disk_print(cli, "grown", j->spec->name, "grown; the guest grows into it at its next boot");
	return 0;
}

int verb_grow(struct cli *cli)
{
	return verb_disk_run(cli, "growing the disk", verb_disk_grow);
}

static int verb_disk_flatten_work(const atomic_bool *cancel, struct cli_progress *p, void *disk, struct err *e)
{
	return disk_flatten(disk, cancel, cli_progress_percent, p, e);
}

static int verb_disk_flatten(struct cli *cli, struct job *j, char *disk, struct err *e)
{
	AUTO_FREE char *link = job_file(j, DISK_BASE_NAME);
	AUTO_FREE char *layer = job_file(j, DISK_LAYER_NAME);
	struct disk_info info;
	int r = disk_check(disk, &info, e);

	if (!r && !info.standalone)
		r = cli_work(cli,
			     &(struct cli_work){.name = j->spec->name,
						.doing = "copying what the base image holds",
						.fn = verb_disk_flatten_work,
						.arg = disk},
			     e);
	if (!r)
		r = file_remove_tree(layer, e);
	if (!r)
		r = file_remove_tree(link, e);
	if (!r)
		verb_disk_print(cli, "flattened", j->spec->name,
				info.standalone ? "needed no base image before" : "no longer needs a base image");
	return r;
}

int verb_flatten(struct cli *cli)
{
	return verb_disk_run(cli, "flattening the disk", verb_disk_flatten);
}

/* ---- gc ---- */

/* Removes an unused base; renames it first, so that a kill leaves no partial base. */
static int verb_disk_remove_base(const struct store_base *b, struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", b->dir);
	int r = file_rename(b->dir, part, e);

	if (!r)
		r = file_remove_tree(part, e);
	return r;
}

/* Removes the base unless a machine uses it or is about to. */
static int verb_disk_collect_base(struct cli *cli, const struct store_base *b, uint64_t *freed, struct err *e)
{
	struct lock *claim = store_base_claim(b->dir, NULL);
	uint64_t users = 1;
	struct stat st;
	int r = 0;

	if (claim)
		r = disk_base_users(b->disk, &users, e);
	if (!r && !users) {
		if (stat(b->disk, &st) == 0 && st.st_nlink == 1) /* else a user's file, which stays */
			*freed += (uint64_t)st.st_blocks * 512;
		r = verb_disk_remove_base(b, e);
		if (!r)
			verb_disk_print(cli, "removed", b->id,
					b->layer ? "a layer that no machine uses"
						 : "a base image that no machine uses");
	}
	lock_release(claim);
	return r;
}

/* Removes folders that an interrupted run left and no process uses. */
static int verb_disk_remove_leftovers(struct cli *cli, struct err *e)
{
	AUTO_STRV struct strv parts = STRV_INIT;
	int r = 0;

	store_parts(&cli->store, &parts);
	for (size_t i = 0; i < parts.len && !r; i++) {
		AUTO_FREE char *lock_path = xasprintf("%.*s.lock", (int)strlen(parts.items[i]) - 5, parts.items[i]);
		struct lock *lock = lock_take(lock_path, "collecting garbage", NULL);

		if (lock) {
			r = vm_run_end(parts.items[i], e);
			if (!r)
				r = file_remove_tree(parts.items[i], e);
		}
		lock_remove(lock);
	}
	return r;
}

static void verb_disk_on_collected(const char *key, const char *why, void *arg)
{
	verb_disk_print(arg, "removed", key, why);
}

int verb_gc(struct cli *cli)
{
	struct err e = ERR_INIT;
	struct store_base *bases;
	size_t count;
	uint64_t freed = 0;
	char size[SIZE_TEXT];
	int r = 0;

	temporary_collect(&cli->store); /* first: they hold links to bases */
	count = store_bases(&cli->store, &bases);
	for (size_t i = 0; i < count; i++) {
		if (!r)
			r = verb_disk_collect_base(cli, &bases[i], &freed, &e);
		store_base_fini(&bases[i]);
	}
	free(bases);
	if (!r)
		r = template_collect(&cli->store, TEMPLATE_DAYS, &freed, verb_disk_on_collected, cli, &e);
	if (!r)
		r = tools_collect(&cli->store, TOOLS_DAYS, &freed, verb_disk_on_collected, cli, &e);
	if (!r)
		r = ccache_collect(&cli->store, CCACHE_DAYS, &freed, verb_disk_on_collected, cli, &e);
	if (!r)
		r = verb_disk_remove_leftovers(cli, &e);
	if (!r) {
		uint64_t cached = 0;

		r = archive_cache_gc(cli->store.cache_dir, CACHE_DAYS, &cached, &e);
		freed += cached;
	}
	if (r < 0)
		return cli_error(cli, &e);
	if (cli->json)
		cli_print_json(json_pack("{s:s, s:I}", "event", "gc", "freed", (json_int_t)freed));
	else
		printf("%s freed\n", size_human(freed, size));
	return 0;
}
