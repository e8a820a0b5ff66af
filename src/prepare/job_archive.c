/* SPDX-License-Identifier: MIT */
/* job_archive: opens the archive of a job and solves for its packages. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/cache.h"
#include "base/json.h"
#include "base/mem.h"
#include "job_steps.h"

const struct strv *job_components(const struct job *j)
{
	return j->spec->components.len ? &j->spec->components : &j->release->components;
}

/* What a struct archive_conf borrows. */
struct job_archive_places {
	struct strv mirrors, security; /* of this host */
	char *keyring;
};

static void job_archive_places_fini(struct job_archive_places *p)
{
	strv_fini(&p->mirrors);
	strv_fini(&p->security);
	free(p->keyring);
}

/* Returns where a machine's archive is, without what is asked of it. */
static struct archive_conf job_archive_conf_of(const struct catalog *c, const struct store *store, const struct spec *s,
					       bool offline, struct job_archive_places *p)
{
	*p = (struct job_archive_places){.keyring = *s->keyring ? spec_path(s, s->keyring) : xstrdup("")};
	host_mirrors(&p->mirrors, &p->security);
	return (struct archive_conf){
		.catalog = c,
		.cache_dir = store->cache_dir,
		.mirror = s->mirror,
		.security_mirror = s->security_mirror,
		.host_mirrors = &p->mirrors,
		.host_security_mirrors = &p->security,
		.proxy = s->proxy,
		.keyring = p->keyring,
		.snapshot = s->snapshot,
		.offline = offline,
	};
}

struct archive_op *job_begin_archive(struct job *j, archive_progress_fn progress,
				     void (*done)(struct archive *a, const struct err *e, void *arg), void *arg)
{
	const struct spec *s = j->spec;
	struct job_archive_places places;
	struct archive_conf conf = job_archive_conf_of(j->catalog, j->store, s, j->options.offline, &places);
	struct archive_op *op;

	conf.release = s->release;
	conf.arch = s->arch;
	conf.kernel_arch = j->arch->kernel_arch;
	conf.components = job_components(j);
	conf.security = s->security && j->release->security;
	conf.updates = s->updates && j->release->updates;
	conf.strict = j->options.strict;
	op = archive_open(j->loop, &conf, progress, done, arg);
	job_archive_places_fini(&places);
	return op;
}

struct archive_op *job_begin_components(struct job *j, const struct strv *components,
					void (*done)(struct archive *a, const struct err *e, void *arg), void *arg)
{
	struct job_archive_places places;
	struct archive_conf conf = job_archive_conf_of(j->catalog, j->store, j->spec, j->options.offline, &places);
	struct archive_op *op;

	conf.release = j->spec->release;
	conf.arch = j->spec->arch;
	conf.components = components;
	op = archive_open(j->loop, &conf, NULL, done, arg);
	job_archive_places_fini(&places);
	return op;
}

struct archive_op *job_open_archive(struct job *j, struct step_run *run,
				    void (*done)(struct archive *a, const struct err *e, void *run))
{
	archive_close(j->archive);
	j->archive = NULL;
	return job_begin_archive(j, job_archive_progress, done, run);
}

struct archive_op *
job_releases(struct loop *l, const struct catalog *c, const struct store *store, const struct spec *spec, bool offline,
	     void (*done)(struct archive_release *rows, size_t count, const struct err *e, void *arg), void *arg)
{
	struct job_archive_places places;
	struct archive_conf conf = job_archive_conf_of(c, store, spec, offline, &places);
	struct archive_op *op = archive_releases(l, &conf, done, arg);

	job_archive_places_fini(&places);
	return op;
}

void job_archive_progress(uint64_t done, uint64_t total, const char *text, void *run)
{
	step_text(run, "%s", text ? text : "");
	step_progress(run, done, total);
}

/* Returns the version that the base has of the package, the base that exists or that is to be made; NULL: none. */
static const char *job_archive_base_version(const struct job *j, const char *name)
{
	const json_t *manifest = json_object_get(j->base.found.manifest, "packages");

	if (manifest)
		return json_str(manifest, name, NULL);
	for (size_t i = 0; i < j->packages.len; i++)
		if (!strcmp(j->packages.items[i].name, name))
			return j->packages.items[i].version;
	return NULL;
}

static bool job_archive_base_has(const struct job *j, const struct package *p)
{
	const char *version = job_archive_base_version(j, p->name);

	return version && !strcmp(version, p->version);
}

bool job_layer_is_upgrade(const struct job *j)
{
	bool upgrade = true;

	for (size_t i = 0; i < j->layer_packages.len && upgrade; i++)
		upgrade = job_archive_base_version(j, j->layer_packages.items[i].name) != NULL;
	return upgrade;
}

#define JOB_KERNEL "linux-image-" /* how the names of Debian's kernels begin */

/* Moves from `all` to the layer what the base does not have. Its kernel stays. */
static void job_archive_take_layer(struct job *j, struct package_set *all)
{
	struct package_set *layer = &j->layer_packages;
	size_t rest = 0;

	layer->items = xcalloc(all->len, sizeof(*layer->items));
	for (size_t i = 0; i < all->len; i++) {
		struct package *p = &all->items[i];

		if (job_archive_base_has(j, p) || !strncmp(p->name, JOB_KERNEL, strlen(JOB_KERNEL)))
			all->items[rest++] = *p;
		else
			layer->items[layer->len++] = *p;
	}
	all->len = rest;
}

/* Solves for the layer's packages on top of the base's. */
static int job_archive_solve_layer(struct job *j, const struct strv *names, struct err *e)
{
	struct package_set all = {.items = NULL};
	AUTO_STRV struct strv extra = STRV_INIT;
	int r;

	strv_copy(&extra, &j->spec->packages);
	for (size_t i = 0; i < j->options.layer->len; i++) {
		const char *item = j->options.layer->items[i];

		strv_take(&extra, xstrndup(item, strcspn(item, "=")));
	}
	r = archive_solve(j->archive, names, &extra, &j->profile->jobs, &all, e);
	if (!r)
		job_archive_take_layer(j, &all);
	package_set_fini(&all);
	return r;
}

static int job_archive_find_firmware(struct job *j, struct err *e)
{
	const char *firmware = archive_first(j->archive, &j->arch->firmware);

	return archive_find(j->archive, firmware ? firmware : j->arch->firmware.items[0], &j->firmware, e);
}

/* Finds the package of the installer, and the firmware: what is installed, the installer itself chooses. */
static int job_archive_find_installer(struct job *j, bool firmware, struct err *e)
{
	AUTO_FREE char *name = catalog_installer(j->release, j->arch->installer);

	if (!name)
		return err_set(e, ERR_USAGE, "installer-none", "there is no installer of Debian %s for %s",
			       j->release->codename, j->arch->name);
	if (archive_find(j->archive, name, &j->installer, e) < 0)
		return err_hint(e, "write method = bootstrap in [machine]");
	return firmware ? job_archive_find_firmware(j, e) : 0;
}

int job_solve(struct job *j, struct err *e)
{
	bool has_firmware = catalog_has_firmware(j->arch, j->release->codename);
	AUTO_STRV struct strv names = STRV_INIT;

	strv_copy(&names, &j->root_packages);
	strv_add(&names, j->arch->kernel);
	if (has_firmware)
		strv_add(&names, j->arch->grub);
	package_set_fini(&j->packages);
	package_set_fini(&j->layer_packages);
	package_set_fini(&j->firmware);
	package_set_fini(&j->installer);
	if (job_is_installer(j))
		return job_archive_find_installer(j, has_firmware, e);
	if (job_is_image(j))
		return has_firmware ? job_archive_find_firmware(j, e) : 0;
	archive_exclude(j->archive, &j->profile->without);
	if (job_wants_layer(j) && j->base.found.dir)
		return job_archive_solve_layer(j, &names, e);
	if (archive_solve(j->archive, &names, &j->spec->packages, &j->profile->jobs, &j->packages, e) < 0)
		return -1;
	if (job_wants_layer(j) && job_archive_solve_layer(j, &names, e) < 0)
		return -1;
	return has_firmware ? job_archive_find_firmware(j, e) : 0;
}

uint64_t job_to_download(const struct job *j, const struct package_set *set)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->len; i++) {
		AUTO_FREE char *path = cache_path(j->store->cache_dir, set->items[i].sha256);
		struct stat st;

		if (stat(path, &st) < 0)
			bytes += set->items[i].size;
	}
	return bytes;
}
