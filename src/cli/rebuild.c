/* SPDX-License-Identifier: MIT */
/* rebuild: watches the sources' folders, and compares what would be built before it builds again. */
#include "rebuild.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "build/source.h"
#include "build/stage.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/proc.h"
#include "temporary.h"

#define SETTLE_MS 400	/* without a further change: an editor, or git, changes several files */
#define REPEAT_MS 30000 /* looks all the same: some file systems report no changes */
#define FOLDERS_MAX 8192

struct rebuild {
	struct cli *cli;
	char *const *sources;
	size_t count;
	struct loop_watch **watches;
	size_t watching;
	struct loop_timer *settle;
	bool stopped;
};

/* ---- watches ------------------------------------------------------------------------------ */

static void rebuild_on_settled(void *arg)
{
	struct rebuild *b = arg;

	loop_timer_stop(b->settle);
	b->settle = NULL;
	loop_stop(b->cli->loop);
}

static void rebuild_on_change(void *arg)
{
	struct rebuild *b = arg;

	loop_timer_stop(b->settle);
	b->settle = loop_timer_start(b->cli->loop, SETTLE_MS, 0, rebuild_on_settled, b);
}

static void rebuild_on_repeat(void *arg)
{
	struct rebuild *b = arg;

	loop_stop(b->cli->loop);
}

static void rebuild_on_signal(void *arg)
{
	struct rebuild *b = arg;

	b->stopped = true;
	loop_stop(b->cli->loop);
}

/* Watches the folder and those in it, but for git's own. */
static int rebuild_watch_folder(struct rebuild *b, const char *path, struct err *e)
{
	struct loop_watch *w =
		b->watching < FOLDERS_MAX ? loop_watch_start(b->cli->loop, path, rebuild_on_change, b) : NULL;
	struct dirent *entry;
	int r = 0;
	DIR *d;

	if (!w) {
		err_set(e, ERR_FAILED, "watch", "cannot watch %s: this host has no more watches, or it is gone", path);
		return err_hint(e, "at most %d folders; more watches: sysctl fs.inotify.max_user_watches", FOLDERS_MAX);
	}
	b->watches = xreallocarray(b->watches, b->watching + 1, sizeof(struct loop_watch *));
	b->watches[b->watching++] = w;
	d = opendir(path);
	while (d && !r && (entry = readdir(d))) {
		AUTO_FREE char *below = file_join(path, entry->d_name);
		struct stat st;

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, ".git") != 0 && lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			r = rebuild_watch_folder(b, below, e);
	}
	if (d)
		closedir(d);
	return r;
}

static void rebuild_unwatch(struct rebuild *b)
{
	for (size_t i = 0; i < b->watching; i++)
		loop_watch_stop(b->watches[i]);
	free(b->watches);
	b->watches = NULL;
	b->watching = 0;
}

/* ---- what is built ------------------------------------------------------------------------ */

static bool rebuild_has_command(const struct cli *cli)
{
	return cli->rest && cli->rest[0];
}

/* Returns the path without links and dots, of the folders of it that exist; owned. */
static char *rebuild_place(const char *path)
{
	AUTO_FREE char *whole = file_absolute(path);
	char *real;

	while (!(real = realpath(whole, NULL))) {
		char *above = file_dirname(whole);

		free(whole);
		whole = above;
	}
	return real;
}

/* Results in a folder that is watched would be built along, and start the next build. */
static int rebuild_check_out(const struct rebuild *b, const struct source *s, struct err *e)
{
	AUTO_FREE char *out = rebuild_place(b->cli->out ? b->cli->out : ".");
	AUTO_FREE char *source = rebuild_place(s->path);
	size_t n = strlen(source);

	if (s->kind == SOURCE_DSC || strncmp(out, source, n) != 0 || (out[n] && out[n] != '/'))
		return 0;
	err_set(e, ERR_USAGE, "watch", "the results would be written to %s, in the source that is watched", out);
	return err_hint(e, "write --out=FOLDER with a folder elsewhere");
}

/* Begins to watch all sources and hashes what they are now. */
static int rebuild_look(struct rebuild *b, uint8_t digest[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	int r = 0;

	rebuild_unwatch(b);
	for (size_t i = 0; i < b->count && !r; i++) {
		uint8_t one[HASH_SIZE] = {0};
		struct source s;

		r = source_open(&s, b->sources[i], NULL, rebuild_has_command(b->cli), e);
		if (r < 0)
			break;
		r = rebuild_check_out(b, &s, e);
		if (!r)
			r = rebuild_watch_folder(b, s.kind == SOURCE_DSC ? s.dir : s.path, e);
		if (!r)
			r = stage_fingerprint(&s, one, e);
		hash_add(h, one, sizeof(one));
		source_fini(&s);
	}
	hash_end(h, digest);
	return r;
}

static int rebuild_build(const struct rebuild *b, const char *self, int *status, struct err *e)
{
	static const char *const ours[] = {"watch", "log", NULL};
	AUTO_STRV struct strv argv = STRV_INIT;

	strv_add(&argv, self);
	strv_add(&argv, "build");
	cli_option_words(b->cli, "build", ours, &argv);
	for (size_t i = 0; i < b->cli->nargs; i++)
		strv_add(&argv, b->cli->args[i]);
	if (b->cli->rest)
		strv_add(&argv, "--");
	for (size_t i = 0; b->cli->rest && b->cli->rest[i]; i++)
		strv_add(&argv, b->cli->rest[i]);
	return proc_foreground(strv_argv(&argv), status, e);
}

/* Waits until a source differs from `before`; a source that cannot be read now may be in the middle of a change. */
static void rebuild_wait(struct rebuild *b, const uint8_t before[HASH_SIZE])
{
	/* watches and signals alone do not keep the loop running */
	struct loop_timer *repeat = loop_timer_start(b->cli->loop, REPEAT_MS, REPEAT_MS, rebuild_on_repeat, b);
	struct loop_exit *signals = loop_exit_start(b->cli->loop, rebuild_on_signal, b);
	uint8_t now[HASH_SIZE];
	bool reported = false;

	while (!b->stopped && (rebuild_look(b, now, NULL) < 0 || !memcmp(before, now, HASH_SIZE))) {
		if (!reported && b->cli->json)
			cli_print_json(
				json_pack("{s:s, s:I}", "event", "watching", "folders", (json_int_t)b->watching));
		else if (!reported)
			fprintf(stderr, "debwiz: waits for a change of the source; Ctrl-C ends it\n");
		reported = true;
		cli_flush();
		loop_run(b->cli->loop);
	}
	loop_timer_stop(repeat);
	loop_exit_stop(signals);
}

int cli_rebuild(struct cli *cli, char *const *sources, size_t count)
{
	struct rebuild b = {.cli = cli, .sources = sources, .count = count};
	AUTO_ERR struct err e = ERR_INIT;
	AUTO_FREE char *self = host_self(&e);
	uint8_t digest[HASH_SIZE];
	int status, r = self ? 0 : -1;

	for (size_t i = 0; i < count && !r; i++)
		if (!source_is_path(sources[i])) {
			r = err_set(&e, ERR_USAGE, "usage",
				    "--watch is for folders and .dsc files of this host, not %s", sources[i]);
			err_hint(&e, "write ./%s for a folder", sources[i]);
		}
	while (!r && !b.stopped) {
		r = rebuild_look(&b, digest, &e);
		if (!r)
			r = rebuild_build(&b, self, &status, &e);
		if (!r && proc_foreground_signal())
			b.stopped = true;
		if (!r && !b.stopped)
			rebuild_wait(&b, digest);
	}
	loop_timer_stop(b.settle);
	rebuild_unwatch(&b);
	if (r < 0) {
		cli_error(cli, &e);
		return CLI_TEMPORARY_FAILED;
	}
	return ERR_INTERRUPTED;
}
