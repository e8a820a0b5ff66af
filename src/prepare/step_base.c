/* SPDX-License-Identifier: MIT */
/*
 * step base: seals the new base image: removes the files that only the run needed, writes the manifest, makes the disk
 * read-only unless it is a user's file, syncs, and gives the folder its name. Before that rename no command uses it as
 * a base. Step layer does so with a new layer.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_boot.h"
#include "job_steps.h"
#include "prepare/steps.h"

static const char *const leftovers[] = {
	JOB_BOOT_KERNEL, JOB_BOOT_INITRD, JOB_MEDIUM,	   "run.json",	    "request.json", "lock",
	"run.spare",	 "console.log",	  "console.log.1", "console.log.2", "known_hosts",
};

/* Adds what the installer was asked to install; it chose the versions. */
static void step_base_add_names(const struct job *j, json_t *packages)
{
	const struct strv *const lists[] = {&j->root_packages, &j->spec->packages};

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		for (size_t i = 0; i < lists[k]->len; i++)
			json_object_set_new(packages, lists[k]->items[i], json_string(""));
}

static json_t *step_base_manifest(const struct job *j)
{
	size_t count;
	const struct archive_suite *suites = archive_suites(j->archive, &count);
	json_t *packages = json_object();
	const struct strv *left_out = archive_left_out(j->archive);
	json_t *opened = json_array();
	json_t *missing = json_array(), *m;

	for (size_t i = 0; i < j->packages.len; i++)
		json_object_set_new(packages, j->packages.items[i].name, json_string(j->packages.items[i].version));
	if (job_is_installer(j))
		step_base_add_names(j, packages);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(opened, json_pack("{s:s, s:s, s:s, s:I}", "suite", suites[i].suite, "version",
							suites[i].version, "url", suites[i].base, "date",
							(json_int_t)suites[i].date));
	for (size_t i = 0; i < left_out->len && !job_is_foreign(j); i++) /* such a system has its own updates */
		json_array_append_new(missing, json_string(left_out->items[i]));
	m = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "created", (json_int_t)time(NULL), "release",
		      j->spec->release, "arch", j->spec->arch, "profile", j->spec->profile, "kernel",
		      j->base.kernel_version ? j->base.kernel_version : "", "suites", opened, "left_out", missing,
		      "packages", packages);
	if (!job_is_bootstrap(j))
		json_object_set_new(m, "image", job_image_manifest(j));
	return m;
}

/* The base's, with what the layer adds. */
static json_t *step_base_layer_manifest(const struct job *j)
{
	json_t *m = json_deep_copy(j->base.found.manifest);
	json_t *packages = json_object_get(m, "packages"), *added = json_array();

	for (size_t i = 0; i < j->layer_packages.len; i++) {
		const struct package *p = &j->layer_packages.items[i];

		json_object_set_new(packages, p->name, json_string(p->version));
		json_array_append_new(added, json_string(p->name));
	}
	json_object_set_new(m, "created", json_integer((json_int_t)time(NULL)));
	json_object_set_new(m, "parent", json_string(j->base.found.id));
	json_object_set_new(m, "added", added);
	return m;
}

static int step_base_seal(struct job *j, struct err *e)
{
	bool layer = job_makes_layer(j);
	AUTO_FREE char *disk = job_part_file(j, layer ? DISK_LAYER_NAME : "disk.raw");
	AUTO_FREE char *path = job_part_file(j, "manifest.json");
	json_t *m = layer ? step_base_layer_manifest(j) : step_base_manifest(j);
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(leftovers) && !r; i++) {
		AUTO_FREE char *left = job_part_file(j, leftovers[i]);

		r = file_remove_tree(left, e);
	}
	if (!r)
		r = json_write(path, m, e);
	if (!r && !disk_is_original(disk) && chmod(disk, 0400) < 0)
		r = err_set(e, ERR_FAILED, "base-seal", "cannot make %s read-only", disk);
	if (!r)
		r = file_sync_path(disk, e);
	json_decref(m);
	return r;
}

struct sealing {
	struct step_run *run;
	struct job *job;
	struct err error;
	int result;
};

static void step_base_work(void *arg)
{
	struct sealing *s = arg;

	s->result = step_base_seal(s->job, &s->error);
	if (!s->result)
		s->result = job_publish_base(s->job, &s->error);
}

static void step_base_done(void *arg)
{
	struct sealing *s = arg;

	const struct job_base *b = s->job->making;

	if (!s->result)
		s->result = job_use_published_base(s->job, &s->error);
	if (s->result < 0)
		step_fail(s->run, &s->error);
	else
		step_done(s->run, b->found.id);
	free(s);
}

static void step_base_start(struct step_run *run, void *job)
{
	struct sealing *s = xcalloc(1, sizeof(*s));

	s->run = run;
	s->job = job;
	loop_work(s->job->loop, step_base_work, step_base_done, s);
}

const struct step_ops step_base = {
	.id = "base",
	.title = "Base image",
	.about = "Made read-only, the backing file of any number of machines.",
	.is_done = job_has_base,
	.start = step_base_start,
};

const struct step_ops step_layer = {
	.id = "layer",
	.title = "Layer",
	.about = "Made read-only, for this build and later ones with the same packages.",
	.applies = job_wants_layer,
	.is_done = job_has_layer,
	.start = step_base_start,
};
