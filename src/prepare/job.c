/* SPDX-License-Identifier: MIT */
/* job: see include/prepare/job.h. Finds out what is asked for and what is there already. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "job_private.h"
#include "machine/forward.h"
#include "machine/run.h"

/* The packages of a hidden row of the catalogue. */
static void job_add_hidden(struct job *j, const char *name)
{
	const struct catalog_profile *p = catalog_profile_find(j->catalog, name);

	for (size_t i = 0; p && i < p->instead.len; i++)
		if (strv_has(&j->spec->packages, p->instead.items[i]))
			return;
	for (size_t i = 0; p && i < p->packages.len; i++)
		if (!strv_has(&j->root_packages, p->packages.items[i]))
			strv_add(&j->root_packages, p->packages.items[i]);
}

/* What the root is made of: the profile, and what the settings need beside it. */
static void job_root_packages(struct job *j)
{
	strv_copy(&j->root_packages, &j->profile->packages);
	if (spec_forwards_ssh(j->spec))
		job_add_hidden(j, "ssh");
	if (spec_has_locale(j->spec))
		job_add_hidden(j, "locales");
	if (spec_has_keyboard(j->spec))
		job_add_hidden(j, "keyboard");
}

int job_init(struct job *j, struct loop *loop, const struct catalog *c, const struct store *store, struct spec *spec,
	     const struct job_options *options, struct err *e)
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
		return err_set(e, ERR_USAGE, "spec-unchecked", "%s %s %s is not in the catalogue", spec->release,
			       spec->arch, spec->profile);
	host_facts_get(&j->host);
	j->machine_dir = store_machine_dir(store, spec->name);
	job_root_packages(j);
	j->base_prefix = job_base_prefix(j);
	j->part_dir = xasprintf("%s/bases/%.*s.part", store->data_dir, (int)strlen(j->base_prefix) - 1, j->base_prefix);
	made_from = job_is_made(j) ? store_stamp(j->machine_dir, "base") : NULL;
	r = made_from ? job_check_arch(j, made_from, e) : 0;
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

bool job_is_made(const struct job *j)
{
	char *disk = job_file(j, "disk.qcow2");
	bool made = file_exists(disk);

	free(disk);
	return made;
}

bool job_has_ssh_server(const struct job *j)
{
	const struct catalog_profile *p = catalog_profile_find(j->catalog, "ssh");
	const json_t *made = job_is_made(j) ? json_object_get(j->base.manifest, "packages") : NULL;
	struct strv servers = STRV_INIT;
	struct vm_run run;
	bool has = false, heard = false;

	if (vm_run_read(j->machine_dir, &run, NULL) == 0) {
		heard = run.alive && *run.ssh;
		has = heard && !strcmp(run.ssh, "yes");
		vm_run_fini(&run);
	}
	if (heard)
		return has;
	for (size_t i = 0; p && i < p->packages.len; i++)
		strv_add(&servers, p->packages.items[i]);
	for (size_t i = 0; p && i < p->instead.len; i++)
		strv_add(&servers, p->instead.items[i]);
	for (size_t i = 0; i < servers.len && !has; i++)
		has = made ? json_object_get(made, servers.items[i]) != NULL
			   : strv_has(&j->root_packages, servers.items[i]) ||
				      strv_has(&j->spec->packages, servers.items[i]);
	strv_fini(&servers);
	return has;
}

bool job_is_running(const struct job *j)
{
	return vm_run_alive(j->machine_dir);
}

void job_fail_copy(struct step_run *run, const struct err *error)
{
	struct err e = ERR_INIT;

	err_copy(&e, error);
	step_fail(run, &e);
}

static char *job_duration_key(const struct job *j, const char *step)
{
	return xasprintf("%s %s %s %s", step, j->spec->release, j->spec->arch,
			 j->spec->firmware == SPEC_UEFI ? "uefi" : "direct");
}

double job_expect(const struct job *j, const char *step, double fallback)
{
	char *path = file_join(j->store->cache_dir, "durations.json");
	json_t *all = json_read(path, NULL);
	char *key = job_duration_key(j, step);
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
	char *key = job_duration_key(j, step);

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

/* Its file was read before the lock was taken. */
static int job_check_file(const struct job *j, struct err *e)
{
	const char *path = j->spec->path;

	if (!path || *path != '/' || file_exists(path))
		return 0;
	err_set(e, ERR_BUSY, "busy", "machine %s: its file %s was renamed or deleted by another command", j->spec->name,
		path);
	return err_hint(e, "`debwiz list` shows the machines");
}

int job_lock_name(struct job *j, const char *what, struct err *e)
{
	if (!j->name_lock)
		j->name_lock = store_lock_name(j->store, j->spec->name, what, e);
	return j->name_lock ? job_check_file(j, e) : -1;
}

int job_lock(struct job *j, const char *what, struct err *e)
{
	char *path;

	if (j->machine_lock)
		return 0;
	if (job_lock_name(j, what, e) < 0 || file_mkdirs(j->machine_dir, e) < 0)
		return -1;
	path = job_file(j, "lock");
	j->machine_lock = lock_take(path, what, e);
	free(path);
	if (!j->machine_lock)
		return err_prefix(e, "machine %s", j->spec->name);
	if (store_claim(j->store, j->spec->name, j->spec->path ? j->spec->path : "-", e) < 0)
		return -1;
	return job_hold_base(j, e);
}

void job_hand_over(struct job *j)
{
	lock_release(j->machine_lock);
	j->machine_lock = NULL;
}

void job_unlock(struct job *j)
{
	job_hand_over(j);
	lock_remove(j->name_lock);
	j->name_lock = NULL;
}

/* Path of a file of the machine when it is there, else NULL; owned. */
static char *job_present(const struct job *j, const char *name)
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
		.root = host_is_root(),
	};
}

static char *job_cmdline(const struct job *j)
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
	char *seed = job_present(j, "seed.iso");
	char *append = job_cmdline(j);
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
	int r = boot ? job_check_drives(j->spec, true, e) : 0;

	if (!r)
		r = forwards_ports(j->spec, j->machine_dir, ports, boot, e);
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

int job_command(const struct catalog *c, const struct store *store, struct spec *spec, struct qemu_argv *out,
		struct err *e)
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
