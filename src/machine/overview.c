/* SPDX-License-Identifier: MIT */
/* overview: collects what lists show of a machine (include/machine/overview.h). */
#include "machine/overview.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/lock.h"
#include "machine/pending.h"
#include "spec/spec.h"

static char *overview_state_of(const char *dir, const struct overview *l)
{
	AUTO_FREE char *lock = file_join(dir, "lock");
	AUTO_FREE char *holder = l->run.alive ? NULL : lock_holder(lock);
	const char *word;

	if (l->run.alive)
		word = vm_state_name(l->run.state);
	else if (holder)
		word = "preparing";
	else if (!l->has_disk)
		word = "new";
	else
		word = vm_state_name(l->run.state);
	return xstrdup(word);
}

/* Returns the guest's complaints beside the cause; owned. */
static char *overview_warnings_of(const struct vm_run *run)
{
	struct strv lines = STRV_INIT, others = STRV_INIT;
	char *text;

	vm_run_complaints(run, &lines);
	for (size_t i = 0; i < lines.len; i++)
		if (strcmp(lines.items[i], run->cause) != 0)
			strv_add(&others, lines.items[i]);
	text = strv_join(&others, "; ");
	strv_fini(&lines);
	strv_fini(&others);
	return text;
}

static char *overview_detail_of(const struct overview *l)
{
	char text[SIZE_TEXT];
	int64_t now = (int64_t)time(NULL);

	if (l->run.alive && l->run.started)
		return xasprintf("for %s%s%s%s%s%s", duration_human((uint64_t)(now - l->run.started) * 1000, text),
				 l->run.orphan ? "; its supervisor was killed: debwiz boot takes it over" : "",
				 *l->run.cause ? "; " : "", l->run.cause, *l->warnings ? "; " : "", l->warnings);
	return xstrdup(l->run.cause ? l->run.cause : "");
}

static void overview_add_pending(struct overview *l)
{
	char *lacks = vm_pending_text(l->pending);
	char *text = xasprintf("%s%s%s", l->detail, *l->detail ? "; " : "", lacks);

	free(lacks);
	free(l->detail);
	l->detail = text;
}

/* Reads the file, which need not be how the machine was created. */
static int overview_read_file(const struct store *store, const struct catalog *c, struct overview *l, struct err *e)
{
	struct spec spec;
	char *path;
	int r;

	if (store_find_ini(store, l->name, &path, e) < 0)
		return -1;
	r = spec_read(&spec, path, e);
	if (!r)
		r = spec_check(&spec, c, e);
	if (!r && strcmp(spec.name, l->name))
		r = err_set(e, ERR_USAGE, "name-differs", "%s: machine.name: it is %s, and the file's name says %s",
			    path, spec.name, l->name);
	free(path);
	if (!r) {
		l->system = xasprintf("%s %s", spec.release, spec.arch);
		l->boot = xstrdup(spec.firmware == SPEC_UEFI ? "uefi" : "direct");
		l->disk_size = spec.disk_size;
	}
	spec_fini(&spec);
	return r;
}

int overview_read(const struct store *store, const struct catalog *c, const char *name, struct overview *out,
		  struct err *e)
{
	AUTO_FREE char *dir = store_machine_dir(store, name);
	AUTO_FREE char *disk = file_join(dir, "disk.qcow2");
	struct err wrong = ERR_INIT;
	struct stat st;
	int r;

	*out = (struct overview){.name = xstrdup(name), .has_disk = stat(disk, &st) == 0};
	out->disk_used = out->has_disk ? (uint64_t)st.st_blocks * 512 : 0;
	out->pending = out->has_disk ? vm_pending_read(dir) : NULL;
	r = vm_run_read(dir, &out->run, e);
	if (!r) {
		out->state = overview_state_of(dir, out);
		out->warnings = overview_warnings_of(&out->run);
		out->detail = overview_detail_of(out);
		if (overview_read_file(store, c, out, &wrong) < 0) {
			out->system = xstrdup("?");
			out->boot = xstrdup("?");
			out->wrong = xstrdup(wrong.text);
			if (!*out->detail) {
				free(out->detail);
				out->detail = xstrdup(wrong.text);
			}
		}
		if (out->pending)
			overview_add_pending(out);
		err_fini(&wrong);
	}
	return r;
}

void overview_fini(struct overview *l)
{
	free(l->name);
	free(l->system);
	free(l->boot);
	free(l->state);
	free(l->detail);
	free(l->warnings);
	free(l->wrong);
	free(l->pending);
	vm_run_fini(&l->run);
	*l = (struct overview){0};
}
