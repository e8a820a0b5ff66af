/* SPDX-License-Identifier: MIT */
/*
 * step unpack: writes the image of the root from the cached packages, then extracts the kernel from it and makes the
 * initrd of the configuring boot, which contains the permanent one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "job_boot.h"
#include "job_steps.h"
#include "prepare/steps.h"
#include "root_writing.h"

#define BASE_SIZE (8ull << 30)

struct unpacking {
	struct root_writing w; /* first: it leads to the rest */
	struct root_deb *debs, *extras;
	struct root_file *links;
	struct root_file pending;
	uint64_t bytes;
};

static struct step_run *step_unpack_leave(struct unpacking *u)
{
	struct step_run *run = u->w.run;

	free(u->debs);
	free(u->extras);
	free(u->links);
	root_writing_fini(&u->w);
	free(u);
	step_set_state(run, NULL);
	return run;
}

/* Returns the bytes on disk of a root of that installed size. Measured: 5 MiB for the empty file system, and a third
 * more than the packages after they were configured. */
static uint64_t step_unpack_room_for(uint64_t installed)
{
	return installed ? installed + installed / 3 + (8ull << 20) : 0;
}

static void step_unpack_end(struct root_writing *w, struct err *e)
{
	struct unpacking *u = (struct unpacking *)w;
	char size[SIZE_TEXT], count[SIZE_TEXT];
	AUTO_FREE char *summary = xasprintf("%s, %s; kernel %s", count_human(u->w.request.deb_count, "package", count),
					    size_human(u->bytes, size),
					    u->w.job->base.kernel_version ? u->w.job->base.kernel_version : "");
	struct err error = ERR_INIT;
	struct step_run *run;

	if (e)
		err_move(&error, e);
	job_hint_space(u->w.job->store->data_dir, u->w.output, step_unpack_room_for(u->bytes), &error);
	run = step_unpack_leave(u);
	if (error.kind)
		step_fail(run, &error);
	else
		step_done(run, summary);
}

/* ---- the request to the root builder ---- */

/* Makes the ids from what the image is made of, so that the same input gives the same image. */
static void step_unpack_make_ids(struct unpacking *u)
{
	uint8_t digest[HASH_SIZE];
	struct hash *h;

	for (unsigned i = 0; i < 4; i++) {
		uint8_t which = (uint8_t)i;

		h = hash_new();
		hash_add(h, &which, 1);
		hash_add(h, u->w.job->base.prefix, strlen(u->w.job->base.prefix));
		for (size_t k = 0; k < u->w.job->packages.len; k++)
			hash_add(h, u->w.job->packages.items[k].sha256, HASH_SIZE);
		hash_end(h, digest);
		if (i == 0) {
			struct gpt_guid uuid;

			gpt_guid_make(digest, &uuid);
			memcpy(u->w.request.fs_uuid, uuid.b, sizeof(uuid.b));
		} else {
			gpt_guid_make(digest, i == 1   ? &u->w.request.disk_id
					      : i == 2 ? &u->w.request.esp_id
						       : &u->w.request.root_id);
		}
	}
}

static void step_unpack_add_packages(struct unpacking *u)
{
	const struct package_set *set = &u->w.job->packages;
	struct root_request *request = &u->w.request;

	u->debs = xcalloc(set->len, sizeof(*u->debs));
	u->extras = xcalloc(set->len, sizeof(*u->extras));
	for (size_t i = 0; i < set->len; i++) {
		const struct package *p = &set->items[i];

		*(p->extra ? &u->extras[request->extra_count++] : &u->debs[request->deb_count++]) =
			root_writing_deb(&u->w, p);
		u->bytes += p->installed;
	}
	u->w.request.debs = u->debs;
	u->w.request.extras = u->extras;
}

/* Adds the links of the merged /usr (Debian Policy 9.1.1): /bin -> usr/bin and so on. */
static void step_unpack_add_links(struct unpacking *u)
{
	AUTO_STRV struct strv names = STRV_INIT;

	strv_split(&names, "bin sbin lib", " ");
	strv_split(&names, u->w.job->arch->lib_links, " ");
	u->links = xcalloc(names.len, sizeof(*u->links));
	for (size_t i = 0; i < names.len; i++) {
		u->links[i].path = root_writing_keep(&u->w, xasprintf("/%s", names.items[i]));
		u->links[i].link = root_writing_keep(&u->w, xasprintf("usr/%s", names.items[i]));
	}
	u->w.request.links = u->links;
	u->w.request.link_count = names.len;
}

/* Adds the file that the guest's catch-up script reads: the suites that were left out, one a line. */
static void step_unpack_add_pending(struct unpacking *u)
{
	const struct strv *left_out = archive_left_out(u->w.job->archive);
	const char *text;

	if (!left_out->len)
		return;
	text = root_writing_keep(&u->w, strv_join(left_out, "\n"));
	text = root_writing_keep(&u->w, xasprintf("%s\n", text));
	u->pending =
		(struct root_file){.path = "/var/lib/debwiz/pending", .mode = 0644, .data = text, .len = strlen(text)};
	u->w.request.files = &u->pending;
	u->w.request.file_count = 1;
}

/* ---- the second part: kernel and initrd ---- */

static void step_unpack_uuid_text(const uint8_t id[16], char out[37])
{
	char *p = out;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += snprintf(p, 3, "%02x", id[i]);
	}
}

/* Returns the packages that only the user's packages depend on: apt's "automatically installed"; owned. */
static char *step_unpack_depended_names(const struct package_set *set)
{
	AUTO_STRV struct strv names = STRV_INIT;
	char *text;

	for (size_t i = 0; i < set->len; i++)
		if (set->items[i].extra && !set->items[i].named)
			strv_add(&names, set->items[i].name);
	text = strv_join(&names, " ");
	return text;
}

/* Returns the file that configure.sh reads: shell assignments; owned. No value has a quote: they come from the
 * catalogue and from package names, whose characters are checked. */
static char *step_unpack_config_env(const struct unpacking *u, const struct kernel *k)
{
	const struct job *j = u->w.job;
	bool uefi = catalog_has_firmware(j->arch, j->release->codename);
	const struct archive_suite *suites;
	AUTO_FREE char *modules = strv_join(&j->arch->initrd_modules, " ");
	AUTO_FREE char *autos = step_unpack_depended_names(&j->packages);
	char uuid[37];
	size_t count;
	char *text;

	suites = archive_suites(j->archive, &count);
	step_unpack_uuid_text(u->w.request.fs_uuid, uuid);
	text = xasprintf(
		"KERNEL_VERSION='%s'\nKERNEL_IMAGE='%s'\nKERNEL_ARCH='%s'\nARCH='%s'\n"
		"CONSOLE='%s'\nINITRD_MODULES='%s'\nGRUB_TARGET='%s'\nGRUB_PACKAGE='%s'\n"
		"ROOT_UUID='%s'\nESP_UUID='%02X%02X-%02X%02X'\nEXTRA_DEBS='%s'\nEXTRA_AUTO='%s'\nSEED_EPOCH='%lld'\n",
		k->version, k->image.path, j->arch->kernel_arch, j->arch->name, j->arch->console, modules,
		uefi ? j->arch->grub_target : "", uefi ? j->arch->grub : "", uuid, u->w.request.esp_id.b[0],
		u->w.request.esp_id.b[1], u->w.request.esp_id.b[2], u->w.request.esp_id.b[3],
		u->w.request.extra_count ? "1" : "", autos, (long long)suites[0].date);
	return text;
}

static char *step_unpack_env(const struct kernel *k, const void *arg)
{
	return step_unpack_config_env(arg, k);
}

static int step_unpack_take_kernel(struct root_writing *w, struct err *e)
{
	static const struct job_boot_script scripts[] = {
		{"guest/configure.sh", "debwiz/configure.sh"},
		{"guest/run.sh", "debwiz/run.sh"},
		{"guest/packages.sh", "debwiz/packages.sh"},
		{"guest/personal.sh", "debwiz/personal.sh"},
	};
	struct job_boot boot = {
		.disk = w->output,
		.scripts = scripts,
		.script_count = ARRAY_SIZE(scripts),
		.first = true,
		.env = step_unpack_env,
		.arg = w,
	};

	free(w->job->base.kernel_version); /* of a root that was made before */
	w->job->base.kernel_version = NULL;
	return job_make_boot(w->job, &boot, &w->job->base.kernel_version, e);
}

/* ---- the step ---- */

static void step_unpack_start(struct step_run *run, void *job)
{
	struct unpacking *u = xcalloc(1, sizeof(*u));
	struct root_writing *w = &u->w;
	int begun;

	w->run = run;
	w->job = job;
	w->then = "kernel and initrd";
	w->work = step_unpack_take_kernel;
	w->end = step_unpack_end;
	step_set_state(run, u);
	begun = job_begin_base(w->job, &w->job->base, &w->error);
	if (begun < 0) {
		step_unpack_end(w, &w->error);
		return;
	}
	if (begun > 0) {
		step_again(step_unpack_leave(u), JOB_BASE_EXISTS);
		return;
	}
	w->request.size = BASE_SIZE;
	w->request.file_list = "guest/files.list";
	step_unpack_make_ids(u);
	step_unpack_add_packages(u);
	step_unpack_add_links(u);
	step_unpack_add_pending(u);
	root_writing_start(w, "disk.raw");
}

static void step_unpack_cancel(struct step_run *run, void *job)
{
	(void)job;
	root_writing_cancel(step_state(run));
}

static double step_unpack_expect(const void *job)
{
	return job_expect(job, "unpack", 9);
}

static void step_unpack_took(void *job, uint64_t ms)
{
	job_took(job, "unpack", ms);
}

const struct step_ops step_unpack = {
	.id = "unpack",
	.title = "Unpack",
	.about = "The packages, straight into the file system of a disk image, as dpkg would.",
	.unit = STEP_BYTES,
	.expect = step_unpack_expect,
	.took = step_unpack_took,
	.applies = job_is_bootstrap,
	.is_done = job_has_base,
	.start = step_unpack_start,
	.cancel = step_unpack_cancel,
};
