/* SPDX-License-Identifier: MIT */
/* job: see include/prep/job.h. Finds out what is asked for and what is there already. */
#include "prep/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "host/paths.h"
#include "vm/supervisor.h"

/* Raise it when the host's part of the recipe changes what a base image holds; what the guest does
 * counts by itself, since its files are part of the key. */
#define RECIPE_VERSION "1"
#define KEYRING_MAX (4 << 20)

static void hash_text(struct hash *h, const char *s)
{
	hash_add(h, s, strlen(s) + 1);
}

static void hash_list(struct hash *h, const struct strv *v)
{
	struct strv sorted = STRV_INIT;

	strv_copy(&sorted, v);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.len; i++)
		hash_text(h, sorted.items[i]);
	hash_text(h, "");
	strv_fini(&sorted);
}

/* What a person's own keys sign is another archive. A ring that cannot be read is told of when the
 * archive is opened. */
static void hash_keyring(struct hash *h, const struct spec *s)
{
	char *path = spec_path(s, s->keyring);
	struct buf ring;

	hash_text(h, "keyring");
	if (file_read(path, KEYRING_MAX, &ring, NULL) == 0) {
		hash_add(h, ring.data, ring.len);
		buf_fini(&ring);
	}
	free(path);
}

/* "bookworm-armhf-build-0123456789ab-": what a base must be made from to be the right one. */
static char *base_prefix(const struct job *j)
{
	const struct spec *s = j->spec;
	struct hash *h = hash_new();
	const struct asset *a;
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];
	size_t i = 0;

	hash_text(h, RECIPE_VERSION);
	hash_text(h, s->release);
	hash_text(h, s->arch);
	hash_list(h, &j->root_packages);
	hash_list(h, &s->packages);
	hash_list(h, job_components(j));
	hash_text(h, s->snapshot);
	hash_text(h, s->security ? "security" : "");
	hash_text(h, s->updates ? "updates" : "");
	if (*s->keyring)
		hash_keyring(h, s);
	while ((a = asset_next("guest/", &i))) {
		hash_text(h, a->name);
		hash_add(h, a->data, a->len);
	}
	hash_end(h, digest);
	hash_hex(digest, hex);
	return xasprintf("%s-%s-%s-%.12s-", s->release, s->arch, s->profile, hex);
}

/* The packages of a hidden row of the catalogue. */
static void add_hidden(struct job *j, const char *name)
{
	const struct catalog_profile *p = catalog_profile_find(j->catalog, name);

	for (size_t i = 0; p && i < p->packages.len; i++)
		strv_add(&j->root_packages, p->packages.items[i]);
}

/* What the root is made of: the profile, and what the settings need beside it. */
static void root_packages(struct job *j)
{
	strv_copy(&j->root_packages, &j->profile->packages);
	if (spec_has_locale(j->spec))
		add_hidden(j, "locales");
	if (spec_has_keyboard(j->spec))
		add_hidden(j, "keyboard");
}

/* The architecture in a base's id; NULL: none of the catalogue. */
static const struct catalog_arch *arch_of(const struct catalog *c, const char *id)
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

static int check_arch(const struct job *j, const char *made_from, struct err *e)
{
	const struct catalog_arch *has = arch_of(j->catalog, made_from);

	if (!has || has == j->arch)
		return 0;
	err_set(e, ERR_USAGE, "arch-made",
		"machine.arch: this machine's disk holds a system for %s; make a new machine for %s",
		has->name, j->arch->name);
	return err_hint(e, "or give this one a new disk, without what is on it: debwiz recreate %s",
			j->spec->name);
}

int job_init(struct job *j, struct loop *loop, const struct catalog *c, const struct store *store,
	     struct spec *spec, const struct job_options *options, struct err *e)
{
	char *made_from;
	int r;

	*j = (struct job){
		.loop = loop,
		.catalog = c,
		.store = store,
		.spec = spec,
		.options = *options,
		.arch = catalog_arch_find(c, spec->arch),
		.release = catalog_release_find(c, spec->release),
		.profile = catalog_profile_find(c, spec->profile),
	};
	if (!j->arch || !j->release || !j->profile)
		return err_set(e, ERR_USAGE, "spec-unchecked", "%s %s %s is not in the catalogue",
			       spec->release, spec->arch, spec->profile);
	host_facts_get(&j->host);
	j->machine_dir = store_machine_dir(store, spec->name);
	root_packages(j);
	j->base_prefix = base_prefix(j);
	j->part_dir = xasprintf("%s/bases/%.*s.part", store->data_dir,
				(int)strlen(j->base_prefix) - 1, j->base_prefix);
	made_from = job_is_made(j) ? store_stamp(j->machine_dir, "base") : NULL;
	r = made_from ? check_arch(j, made_from, e) : 0;
	if (made_from)
		store_find_base(store, made_from, &j->base);
	else if (!options->fresh)
		store_find_base(store, j->base_prefix, &j->base);
	free(made_from);
	if (r < 0)
		job_fini(j);
	return r;
}

void job_release(struct job *j)
{
	archive_close(j->archive);
	j->archive = NULL;
	package_set_fini(&j->packages);
	package_set_fini(&j->firmware);
	job_drop_base(j);
	lock_release(j->base_hold);
	j->base_hold = NULL;
	job_unlock(j);
}

void job_fini(struct job *j)
{
	job_release(j);
	qemu_probe_fini(&j->probe);
	host_facts_fini(&j->host);
	store_base_fini(&j->base);
	strv_fini(&j->root_packages);
	free(j->machine_dir);
	free(j->runtime_dir);
	free(j->base_prefix);
	free(j->part_dir);
	free(j->kernel_version);
	*j = (struct job){.loop = NULL};
}

char *job_file(const struct job *j, const char *name)
{
	return file_join(j->machine_dir, name);
}

char *job_base_file(const struct job *j, const char *name)
{
	return file_join(j->base.dir, name);
}

char *job_part_file(const struct job *j, const char *name)
{
	return file_join(j->part_dir, name);
}

bool job_is_made(const struct job *j)
{
	char *disk = job_file(j, "disk.qcow2");
	bool made = file_exists(disk);

	free(disk);
	return made;
}

bool job_is_running(const struct job *j)
{
	struct vm_run run;
	bool alive = false;

	if (vm_run_read(j->machine_dir, &run, NULL) == 0) {
		alive = run.alive;
		vm_run_fini(&run);
	}
	return alive;
}

bool job_has_base(void *job, char **why)
{
	struct job *j = job;
	struct tm tm;
	time_t created;
	char day[32];

	if (job_is_made(j)) {
		*why = xstrdup("this machine has its disk");
		return true;
	}
	if (!j->base.dir)
		return false;
	created = (time_t)j->base.created;
	localtime_r(&created, &tm);
	strftime(day, sizeof(day), "%d %b %Y", &tm);
	*why = xasprintf("the base image of %s is there", day);
	return true;
}

const json_t *job_base_suite(const struct job *j, const char *suite)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(j->base.manifest, "suites"), i, row)
	{
		if (!strcmp(json_str(row, "suite", ""), suite))
			return row;
	}
	return NULL;
}

void job_fail_copy(struct step_run *run, const struct err *error)
{
	struct err e = ERR_INIT;

	err_copy(&e, error);
	step_fail(run, &e);
}

static char *duration_key(const struct job *j, const char *step)
{
	return xasprintf("%s %s %s %s", step, j->spec->release, j->spec->arch,
			 j->spec->firmware == SPEC_UEFI ? "uefi" : "direct");
}

double job_expect(const struct job *j, const char *step, double fallback)
{
	char *path = file_join(j->store->cache_dir, "durations.json");
	json_t *all = json_read(path, NULL);
	char *key = duration_key(j, step);
	json_int_t ms = json_int(all, key, 0);

	json_decref(all);
	free(key);
	free(path);
	return ms > 0 ? (double)ms / 1000 : fallback;
}

void job_took(const struct job *j, const char *step, uint64_t ms)
{
	char *path = file_join(j->store->cache_dir, "durations.json");
	json_t *all = json_read(path, NULL);
	char *key = duration_key(j, step);

	if (!json_is_object(all)) {
		json_decref(all);
		all = json_object();
	}
	json_object_set_new(all, key, json_integer((json_int_t)ms));
	json_write(path, all, NULL);
	json_decref(all);
	free(key);
	free(path);
}

void job_drop_base(struct job *j)
{
	lock_release(j->base_lock);
	j->base_lock = NULL;
}

static int hold_base(struct job *j, struct err *e)
{
	struct err mine = ERR_INIT;

	if (!j->base.dir || j->base_hold || job_is_made(j))
		return 0;
	j->base_hold = store_base_hold(j->base.dir, &mine);
	if (j->base_hold)
		return 0;
	if (strcmp(mine.id, "busy") && strcmp(mine.id, "lock-missing"))
		return err_move(e, &mine);
	err_fini(&mine);
	store_base_fini(&j->base);
	return 0;
}

int job_begin_base(struct job *j, struct err *e)
{
	char *path;

	if (j->base_lock)
		return 0;
	path = xasprintf("%s/bases/%.*s.lock", j->store->data_dir, (int)strlen(j->base_prefix) - 1,
			 j->base_prefix);
	j->base_lock = lock_take(path, "making this base image", e);
	free(path);
	if (!j->base_lock)
		return err_prefix(e, "base image %s", file_basename(j->part_dir));
	if (!j->options.fresh && !j->base.dir && store_find_base(j->store, j->base_prefix, &j->base)) {
		if (hold_base(j, e) < 0)
			return -1;
		if (j->base.dir) {
			job_drop_base(j);
			return 1;
		}
	}
	/* a run that was killed may have left its supervisor or QEMU at work in there */
	if (vm_run_end(j->part_dir, e) < 0 || file_remove_tree(j->part_dir, e) < 0)
		return -1;
	return file_mkdirs(j->part_dir, e);
}

int job_lock(struct job *j, const char *what, struct err *e)
{
	char *path;

	if (j->machine_lock)
		return 0;
	if (store_claim(j->store, j->spec->name, j->spec->path ? j->spec->path : "-", e) < 0)
		return -1;
	path = job_file(j, "lock");
	j->machine_lock = lock_take(path, what, e);
	free(path);
	if (!j->machine_lock)
		return err_prefix(e, "machine %s", j->spec->name);
	return hold_base(j, e);
}

void job_unlock(struct job *j)
{
	lock_release(j->machine_lock);
	j->machine_lock = NULL;
}

/* The port that the item had last time, 0 when it had none. */
static uint16_t last_port(const json_t *ports, const char *item)
{
	json_int_t port = json_int(ports, item, 0);

	return port > 0 && port < 65536 ? (uint16_t)port : 0;
}

/* The host port of one forward. For a boot it must be free; else the one of last time is told. */
static int choose_port(const struct spec_forward *f, uint16_t last, bool boot, uint16_t *out,
		       struct err *e)
{
	if (!f->host_port) {
		*out = boot || !last ? host_free_port(last) : last;
	} else if (boot && !f->udp && !host_port_free(f->host, f->host_port)) {
		err_set(e, ERR_BUSY, "port-busy", "network.forward: port %u of %s is in use on this host",
			f->host_port, f->host);
		return err_hint(e, "choose another, or auto");
	} else {
		*out = f->host_port;
	}
	return 0;
}

int job_ports(const struct job *j, uint16_t *ports, bool boot, struct err *e)
{
	const struct strv *items = &j->spec->forwards;
	char *path = job_file(j, "ports.json");
	json_t *last = json_read(path, NULL);
	json_t *now = json_object();
	struct spec_forward f;
	int r = 0;

	for (size_t i = 0; i < items->len && !r; i++) {
		r = spec_forward_parse(items->items[i], &f, e);
		if (!r)
			r = choose_port(&f, last_port(last, items->items[i]), boot, &ports[i], e);
		if (!r)
			json_object_set_new(now, items->items[i], json_integer(ports[i]));
	}
	if (!r && boot && !json_equal(last, now))
		r = json_write(path, now, e);
	json_decref(last);
	json_decref(now);
	free(path);
	return r;
}

uint16_t job_ssh_port(const struct job *j, char address[64], struct err *e)
{
	const struct strv *items = &j->spec->forwards;
	uint16_t *ports = xcalloc(items->len, sizeof(*ports));
	struct spec_forward f;
	uint16_t found = 0;

	if (job_ports(j, ports, false, e) == 0) {
		for (size_t i = 0; i < items->len && !found; i++) {
			if (spec_forward_parse(items->items[i], &f, NULL) == 0 && !f.udp &&
			    f.guest_port == 22) {
				found = ports[i];
				memcpy(address, f.host, sizeof(f.host));
			}
		}
		if (!found) {
			err_set(e, ERR_USAGE, "no-ssh-forward",
				"no port of this host leads to the guest's port 22");
			err_hint(e, "add `forward = 127.0.0.1:auto:22` to [network]");
		}
	}
	free(ports);
	return found;
}

/* Path of a file of the machine when it is there, else NULL; owned. */
static char *present(const struct job *j, const char *name)
{
	char *path = job_file(j, name);

	if (file_exists(path))
		return path;
	free(path);
	return NULL;
}

struct qemu_facts job_qemu_facts(const struct job *j)
{
	return (struct qemu_facts){
		.binary = j->probe.binary,
		.version = j->probe.version,
		.accel = j->probe.accel,
		.accel_why = j->probe.why,
		.host_cpus = j->host.cpus,
		.host_memory = j->host.memory,
		.sandbox = j->probe.sandbox,
		.audio = j->probe.audio,
	};
}

static char *cmdline(const struct job *j)
{
	unsigned rows, columns;

	job_console_size(j, &rows, &columns);
	return qemu_cmdline(j->spec, j->arch, false, columns, rows, JOB_CONSOLE_TERM);
}

int job_argv(struct job *j, struct qemu_argv *out, bool boot, struct err *e)
{
	bool direct = j->spec->firmware == SPEC_DIRECT;
	struct qemu_facts facts = job_qemu_facts(j);
	uint16_t *ports = xcalloc(j->spec->forwards.len, sizeof(*ports));
	char *disk = job_file(j, "disk.qcow2");
	char *code = job_file(j, "QEMU_EFI-pflash.raw");
	char *vars = job_file(j, "QEMU_VARS-pflash.raw");
	char *kernel = job_file(j, "vmlinuz");
	char *initrd = job_file(j, "initrd.img");
	char *seed = present(j, "seed.iso");
	char *append = cmdline(j);
	struct qemu_files files = {
		.disk = disk,
		.disk_format = "qcow2",
		.pflash_code = direct ? NULL : code,
		.pflash_vars = direct ? NULL : vars,
		.kernel = direct ? kernel : NULL,
		.initrd = direct ? initrd : NULL,
		.append = direct ? append : NULL,
		.seed = seed,
		.forward_ports = ports,
	};
	int r = job_ports(j, ports, boot, e);

	if (!r && !j->runtime_dir)
		j->runtime_dir = host_runtime_dir(j->spec->name, e);
	files.runtime_dir = j->runtime_dir;
	if (!r && !j->runtime_dir)
		r = -1;
	if (!r)
		r = qemu_argv_build(j->spec, j->arch, &facts, &files, out, e);
	free(ports);
	free(disk);
	free(code);
	free(vars);
	free(kernel);
	free(initrd);
	free(seed);
	free(append);
	return r;
}

int job_command(const struct catalog *c, const struct store *store, struct spec *spec,
		struct qemu_argv *out, struct err *e)
{
	struct job_options o = {.goal = JOB_STARTED};
	struct job job;
	int r = job_init(&job, NULL, c, store, spec, &o, e);

	*out = (struct qemu_argv){.items = NULL};
	if (!r)
		r = qemu_probe(spec, job.arch, store->cache_dir, &job.probe, e);
	if (!r)
		r = job_argv(&job, out, false, e);
	job_fini(&job);
	return r;
}
