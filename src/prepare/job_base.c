/* SPDX-License-Identifier: MIT */
/*
 * job_base: finds the base image of a machine by what it must be made from, and a layer on it, locks them, and begins,
 * publishes or drops a new one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/asset.h"
#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "job_steps.h"
#include "machine/run.h"

/* To be raised when the host's part of the recipe changes the content of a base image. The guest's part needs no
 * version: its files are part of the digest. */
#define RECIPE_VERSION "1"
#define KEYRING_MAX (4 << 20)

static void job_base_hash_text(struct hash *h, const char *s)
{
	hash_add(h, s, strlen(s) + 1);
}

static void job_base_hash_list(struct hash *h, const struct strv *v)
{
	AUTO_STRV struct strv sorted = STRV_INIT;

	strv_copy(&sorted, v);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.len; i++)
		job_base_hash_text(h, sorted.items[i]);
	job_base_hash_text(h, "");
}

/* Adds the user's own keys, which sign another archive. A ring that cannot be read is reported when the archive is
 * opened. */
static void job_base_hash_keyring(struct hash *h, const struct spec *s)
{
	AUTO_FREE char *path = spec_path(s, s->keyring);
	struct buf ring;

	job_base_hash_text(h, "keyring");
	if (file_read(path, KEYRING_MAX, &ring, NULL) == 0) {
		hash_add(h, ring.data, ring.len);
		buf_fini(&ring);
	}
}

/* Returns "bookworm-armhf-image-0123456789ab-": the image as it is now, and the release whose firmware is used; owned.
 */
static char *job_base_image_prefix(const struct job *j)
{
	const struct spec *s = j->spec;
	bool url = spec_image_is_url(s);
	AUTO_FREE char *path = url ? xstrdup(s->image) : spec_path(s, s->image), *facts = NULL;
	struct stat st = {.st_size = 0};
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	if (!url)
		(void)stat(path, &st); /* a missing one is reported by the step that copies it */
	facts = xasprintf("image %s %lld %lld.%09ld %s%s", path, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			  (long)st.st_mtim.tv_nsec, s->image_digest, s->image_copy ? "" : " itself");
	hash_bytes(facts, strlen(facts), digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-image-%.12s-", s->release, s->arch, hex);
}

static void job_base_hash_assets(struct hash *h, const char *folder)
{
	const struct asset *a;
	size_t i = 0;

	while ((a = asset_next(folder, &i))) {
		job_base_hash_text(h, a->name);
		hash_add(h, a->data, a->len);
	}
}

/* Returns the prefix "bookworm-armhf-installer-0123456789ab-", with a digest of the installer's input; owned. The
 * machine's name is part of the input: an installed system holds secrets that its packages generated, so no other
 * machine may begin as a copy of it. */
static char *job_base_installer_prefix(const struct job *j)
{
	const struct spec *s = j->spec;
	bool manual = s->installer == SPEC_MANUAL;
	AUTO_FREE char *size = xasprintf("%llu", manual ? (unsigned long long)s->disk_size : 0);
	const char *const texts[] = {
		RECIPE_VERSION,
		s->name,
		manual ? "manual" : "automatic",
		size,
		s->release,
		s->arch,
		s->firmware == SPEC_UEFI ? "uefi" : "direct",
		manual ? "" : j->arch->kernel,
		manual ? "" : spec_hostname(s),
		manual ? "" : s->timezone,
		manual ? "" : s->keyboard,
		s->security ? "security" : "",
		s->updates ? "updates" : "",
	};
	struct hash *h = hash_new();
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		job_base_hash_text(h, texts[i]);
	job_base_hash_list(h, &j->root_packages);
	job_base_hash_list(h, &s->packages);
	job_base_hash_list(h, job_components(j));
	job_base_hash_assets(h, "installer/");
	if (!manual)
		job_base_hash_assets(h, "guest/");
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-installer-%.12s-", s->release, s->arch, hex);
}

/* Returns "bookworm-armhf-build-0123456789ab-": everything that the base must be made from; owned. */
static char *job_base_prefix(const struct job *j)
{
	const struct spec *s = j->spec;
	struct hash *h;
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];

	if (job_is_image(j))
		return job_base_image_prefix(j);
	if (job_is_installer(j))
		return job_base_installer_prefix(j);
	h = hash_new();
	job_base_hash_text(h, RECIPE_VERSION);
	job_base_hash_text(h, s->release);
	job_base_hash_text(h, s->arch);
	job_base_hash_text(h, j->arch->kernel);
	job_base_hash_text(h, j->arch->kernel_arch);
	job_base_hash_list(h, &j->root_packages);
	job_base_hash_list(h, &s->packages);
	job_base_hash_list(h, job_components(j));
	job_base_hash_text(h, s->snapshot);
	job_base_hash_text(h, s->security ? "security" : "");
	job_base_hash_text(h, s->updates ? "updates" : "");
	if (*s->keyring)
		job_base_hash_keyring(h, s);
	job_base_hash_assets(h, "guest/");
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-%s-%.12s-", s->release, s->arch, s->profile, hex);
}

/* Returns "bookworm-armhf-build+0123456789ab-": the base that exists, and what the layer adds; owned. No base's
 * prefix begins so. */
static char *job_base_layer_prefix(const struct job *j)
{
	const struct spec *s = j->spec;
	struct hash *h = hash_new();
	const struct asset *a;
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];
	size_t i = 0;

	job_base_hash_text(h, j->base.found.id);
	job_base_hash_list(h, j->options.layer);
	while ((a = asset_next("layer/", &i)))
		hash_add(h, a->data, a->len);
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-%s+%.12s-", s->release, s->arch, s->profile, hex);
}

/* Returns the architecture in a base's id; NULL: not in the catalogue. */
static const struct catalog_arch *job_base_arch_of(const struct catalog *c, const char *id)
{
	const struct catalog_release *r;
	const struct catalog_arch *a;

	for (size_t i = 0; (r = catalog_release_next(c, &i));) {
		size_t n = strlen(r->codename);

		if (strncmp(id, r->codename, n) || id[n] != '-')
			continue;
		for (size_t k = 0; (a = catalog_arch_next(c, &k));) {
			size_t m = strlen(a->name);

			if (!strncmp(id + n + 1, a->name, m) && id[n + 1 + m] == '-')
				return a;
		}
	}
	return NULL;
}

/* Refuses a base of another architecture, by its id. */
static int job_base_check_arch(const struct job *j, const char *made_from, struct err *e)
{
	const struct catalog_arch *has = job_base_arch_of(j->catalog, made_from);

	if (!has || has == j->arch)
		return 0;
	err_set(e, ERR_USAGE, "arch-made",
		"machine.arch: this machine's disk holds a system for %s; create a new machine for %s", has->name,
		j->arch->name);
	return err_hint(e, "or give this one a new disk, without what is on it: debwiz recreate %s", j->spec->name);
}

/* Gives it the folder of a new one. */
static void job_base_set_prefix(const struct job *j, struct job_base *b, char *prefix)
{
	free(b->prefix);
	free(b->part_dir);
	b->prefix = prefix;
	b->part_dir = xasprintf("%s/%.*s.part", j->store->bases_dir, (int)strlen(prefix) - 1, prefix);
}

bool job_wants_layer(const void *job)
{
	const struct job *j = job;

	return j->options.layer && j->options.layer->len;
}

bool job_makes_layer(const struct job *j)
{
	return j->making == &j->layer;
}

/* Finds the layer on the base that was found. */
static void job_base_find_layer(struct job *j)
{
	if (!job_wants_layer(j) || !j->base.found.dir)
		return;
	job_base_set_prefix(j, &j->layer, job_base_layer_prefix(j));
	store_base_fini(&j->layer.found);
	store_find_base(j->store, j->layer.prefix, &j->layer.found);
}

int job_base_init(struct job *j, struct err *e)
{
	struct job_base *b = &j->base;
	AUTO_FREE char *made_from = job_is_made(j) ? store_stamp(j->machine_dir, STORE_STAMP_BASE) : NULL;

	job_base_set_prefix(j, b, job_base_prefix(j));
	if (made_from) {
		store_find_base(j->store, made_from, &b->found);
		return job_base_check_arch(j, made_from, e);
	}
	if (!j->options.fresh)
		store_find_base(j->store, b->prefix, &b->found);
	job_base_find_layer(j);
	return 0;
}

static void job_base_release_hold(struct job_base *b)
{
	lock_release(b->hold);
	b->hold = NULL;
}

void job_base_release(struct job *j)
{
	job_drop_base(j);
	job_base_release_hold(&j->layer);
	job_base_release_hold(&j->base);
}

static void job_base_free(struct job_base *b)
{
	store_base_fini(&b->found);
	free(b->prefix);
	free(b->part_dir);
	free(b->kernel_version);
}

void job_base_fini(struct job *j)
{
	job_base_free(&j->layer);
	job_base_free(&j->base);
}

char *job_base_file(const struct job *j, const char *name)
{
	return file_join(j->base.found.dir, name);
}

char *job_part_file(const struct job *j, const char *name)
{
	return file_join(j->making->part_dir, name);
}

static bool job_base_exists(const struct job *j, const struct job_base *b, const char *what, char **why)
{
	struct tm tm;
	time_t created;
	char day[32];

	if (job_is_made(j)) {
		*why = xstrdup("this machine has its disk");
		return true;
	}
	if (!b->found.dir)
		return false;
	created = (time_t)b->found.created;
	localtime_r(&created, &tm);
	strftime(day, sizeof(day), "%d %b %Y", &tm);
	*why = xasprintf("the %s of %s exists", what, day);
	return true;
}

bool job_has_base(void *job, char **why)
{
	struct job *j = job;

	return job_base_exists(j, &j->base, "base image", why);
}

bool job_has_layer(void *job, char **why)
{
	struct job *j = job;

	return job_wants_layer(j) ? job_base_exists(j, &j->layer, "layer", why) : job_has_base(job, why);
}

const json_t *job_base_suite(const struct job *j, const char *suite)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(j->base.found.manifest, "suites"), i, row) {
		if (!strcmp(json_str(row, "suite", ""), suite))
			return row;
	}
	return NULL;
}

void job_drop_base(struct job *j)
{
	if (!j->making)
		return;
	lock_release(j->making->part_lock);
	j->making->part_lock = NULL;
	j->making = NULL;
}

static int job_base_hold(struct job *j, struct job_base *b, struct err *e)
{
	AUTO_ERR struct err mine = ERR_INIT;

	if (!b->found.dir || b->hold || job_is_made(j))
		return 0;
	b->hold = store_base_hold(b->found.dir, &mine);
	if (b->hold)
		return 0;
	if (strcmp(mine.id, "busy") && strcmp(mine.id, "lock-missing"))
		return err_move(e, &mine);
	store_base_fini(&b->found);
	return 0;
}

const struct store_base *job_below(const struct job *j)
{
	return j->layer.found.dir ? &j->layer.found : &j->base.found;
}

int job_link_below(const struct job *j, const char *folder, const char **over, struct err *e)
{
	const struct store_base *below = job_below(j);
	const char *parent = json_str(below->manifest, "parent", "");
	AUTO_FREE char *base =
		below->layer ? xasprintf("%s/%s/disk.raw", j->store->bases_dir, parent) : xstrdup(below->disk);
	AUTO_FREE char *link = file_join(folder, DISK_BASE_NAME);
	AUTO_FREE char *layer = file_join(folder, DISK_LAYER_NAME);

	*over = below->layer ? DISK_LAYER_NAME : DISK_BASE_NAME;
	if (disk_link_base(base, link, e) < 0)
		return -1;
	return below->layer ? disk_link_base(below->disk, layer, e) : 0;
}

int job_hold_base(struct job *j, struct err *e)
{
	if (job_base_hold(j, &j->base, e) < 0)
		return -1;
	if (!j->base.found.dir)
		store_base_fini(&j->layer.found); /* it is a layer of that one */
	return job_base_hold(j, &j->layer, e);
}

int job_begin_base(struct job *j, struct job_base *b, struct err *e)
{
	AUTO_FREE char *path = xasprintf("%.*s.lock", (int)strlen(b->part_dir) - 5, b->part_dir);
	bool fresh = j->options.fresh && b == &j->base;

	if (b->part_lock)
		return 0;
	b->part_lock = lock_take(path, b == &j->layer ? "making this layer" : "making this base image", e);
	if (!b->part_lock)
		return err_prefix(e, "base image %s", file_basename(b->part_dir));
	j->making = b;
	if (!fresh && !b->found.dir && store_find_base(j->store, b->prefix, &b->found)) {
		if (job_hold_base(j, e) < 0)
			return -1;
		if (b->found.dir) {
			job_drop_base(j);
			if (b == &j->base)
				job_base_find_layer(j);
			return job_hold_base(j, e) < 0 ? -1 : 1;
		}
	}
	/* a run that was killed may have left its supervisor or QEMU running there */
	if (vm_run_end(b->part_dir, e) < 0 || file_remove_tree(b->part_dir, e) < 0)
		return -1;
	return file_mkdirs(b->part_dir, e);
}

int job_publish_base(struct job *j, struct err *e)
{
	struct job_base *b = j->making;
	AUTO_FREE char *bases = store_bases_dir(j->store), *id = NULL, *dir = NULL;
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	id = xasprintf("%s%s", b->prefix, stamp);
	dir = file_join(bases, id);
	if (!b->hold)
		b->hold = store_base_hold(b->part_dir, e);
	return b->hold ? file_rename(b->part_dir, dir, e) : -1;
}

int job_use_published_base(struct job *j, struct err *e)
{
	struct job_base *b = j->making;

	job_drop_base(j);
	store_base_fini(&b->found);
	store_find_base(j->store, b->prefix, &b->found);
	if (b == &j->base)
		job_base_find_layer(j);
	return job_hold_base(j, e);
}
