/* SPDX-License-Identifier: MIT */
/* job: finds out what is asked for and what exists of a machine, locks it, and builds its command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ini.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/size.h"
#include "console/console.h"
#include "host/file.h"
#include "host/paths.h"
#include "host/terminal.h"
#include "image/disk.h"
#include "job_steps.h"
#include "machine/forward.h"
#include "machine/run.h"
#include "machine/suspended.h"
#include "qemu/cmdline.h"

#define STAMP_CONSOLE "console-size"

/* Adds the packages of a hidden row of the catalogue. */
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

/* Adds what the root is made of: the profile's packages, and those that the settings require. */
static void job_root_packages(struct job *j)
{
	if (job_is_foreign(j))
		return;
	strv_copy(&j->root_packages, &j->profile->packages);
	if (spec_forwards_ssh(j->spec))
		job_add_hidden(j, "ssh");
	if (spec_has_locale(j->spec))
		job_add_hidden(j, "locales");
	if (spec_has_keyboard(j->spec))
		job_add_hidden(j, "keyboard");
	for (size_t i = 0; j->spec->secure_boot && i < j->arch->secure_boot.len; i++)
		strv_add(&j->root_packages, j->arch->secure_boot.items[i]);
}

int job_init(struct job *j, struct loop *loop, const struct catalog *c, const struct store *store, struct spec *spec,
	     const struct job_options *options, struct err *e)
{
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
	if (!job_is_bootstrap(j) && job_wants_layer(j))
		return err_set(e, ERR_USAGE, "layer-image", "%s: builds need a machine with method = bootstrap",
			       spec->name);
	host_facts_get(&j->host);
	j->machine_dir = store_machine_dir(store, spec->name);
	job_root_packages(j);
	if (job_base_init(j, e) == 0)
		return 0;
	job_fini(j);
	return -1;
}

void job_release(struct job *j)
{
	archive_close(j->archive);
	j->archive = NULL;
	package_set_fini(&j->packages);
	package_set_fini(&j->layer_packages);
	package_set_fini(&j->firmware);
	package_set_fini(&j->installer);
	job_base_release(j);
	template_release(&j->template.found);
	job_unlock(j);
}

void job_fini(struct job *j)
{
	job_release(j);
	qemu_probe_fini(&j->probe);
	host_facts_fini(&j->host);
	job_base_fini(j);
	disk_image_fini(&j->image);
	strv_fini(&j->root_packages);
	free(j->machine_dir);
	free(j->runtime_dir);
	*j = (struct job){.loop = NULL};
}

char *job_file(const struct job *j, const char *name)
{
	return file_join(j->machine_dir, name);
}

bool job_is_made(const struct job *j)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2");

	return file_exists(disk);
}

/* Gets what the running guest reported of its ssh server. False: nothing. */
static bool job_reported_ssh(const struct job *j, bool *has)
{
	struct vm_run run;
	bool reported;

	if (vm_run_read(j->machine_dir, &run, NULL) < 0)
		return false;
	reported = run.alive && *run.ssh;
	*has = reported && !strcmp(run.ssh, "yes");
	vm_run_fini(&run);
	return reported;
}

static bool job_has_package(const struct job *j, const json_t *made, const char *name)
{
	if (made)
		return json_object_get(made, name) != NULL;
	return strv_has(&j->root_packages, name) || strv_has(&j->spec->packages, name);
}

bool job_has_ssh_server(const struct job *j)
{
	const struct catalog_profile *p = catalog_profile_find(j->catalog, "ssh");
	const json_t *made = job_is_made(j) ? json_object_get(j->base.found.manifest, "packages") : NULL;
	bool has = false;

	if (job_reported_ssh(j, &has) || !p)
		return has;
	if (job_is_foreign(j))
		return true; /* what it has is not known */
	for (size_t i = 0; i < p->packages.len && !has; i++)
		has = job_has_package(j, made, p->packages.items[i]);
	for (size_t i = 0; i < p->instead.len && !has; i++)
		has = job_has_package(j, made, p->instead.items[i]);
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

static char *job_durations_file(const struct job *j)
{
	return file_join(j->store->cache_dir, "durations.json");
}

double job_expect(const struct job *j, const char *step, double fallback)
{
	AUTO_FREE char *path = job_durations_file(j), *key = job_duration_key(j, step);
	json_t *all = json_read(path, NULL);
	json_int_t ms = json_int(all, key, 0);

	json_decref(all);
	return ms > 0 ? (double)ms / 1000 : fallback;
}

void job_took(const struct job *j, const char *step, uint64_t ms)
{
	AUTO_FREE char *path = job_durations_file(j), *key = job_duration_key(j, step);
	json_t *all = json_read(path, NULL);

	if (!json_is_object(all)) {
		json_decref(all);
		all = json_object();
	}
	json_object_set_new(all, key, json_integer((json_int_t)ms));
	json_write(path, all, NULL);
	json_decref(all);
}

/* ---- locks ---- */

/* Refuses a machine whose file, which was read before the lock was taken, is gone. */
static int job_check_file(const struct job *j, struct err *e)
{
	const char *path = j->spec->path;

	if (!path || !file_is_absolute(path) || file_exists(path))
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
	AUTO_FREE char *path = job_file(j, "lock");

	if (j->machine_lock)
		return 0;
	if (job_lock_name(j, what, e) < 0 || file_mkdirs(j->machine_dir, e) < 0)
		return -1;
	j->machine_lock = lock_take(path, what, e);
	if (!j->machine_lock)
		return err_prefix(e, "machine %s", j->spec->name);
	if (store_claim(j->store, j->spec->name, j->spec->path ? j->spec->path : "-", e) < 0)
		return -1;
	return job_hold_base(j, e);
}

int job_require_disk(const struct job *j, struct err *e)
{
	if (job_is_made(j))
		return 0;
	err_set(e, ERR_FAILED, "not-made", "%s has no disk yet", j->spec->name);
	return err_hint(e, "debwiz prepare %s", j->spec->name);
}

int job_lock_disk(struct job *j, const char *what, struct err *e)
{
	if (job_lock_name(j, what, e) < 0 || job_require_disk(j, e) < 0 || job_lock(j, what, e) < 0)
		return -1;
	return suspended_refuse(j->machine_dir, j->spec->name, e);
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

/* ---- the console ---- */

void job_console_size(const struct job *j, unsigned *rows, unsigned *columns)
{
	unsigned high, wide;
	AUTO_FREE char *stamp = store_stamp(j->machine_dir, STAMP_CONSOLE);

	*rows = 23; /* of 24, and the status line */
	*columns = 80;
	if (stamp && sscanf(stamp, "%3ux%4u", rows, columns) == 2)
		return;
	if (!isatty(STDIN_FILENO) || !host_terminal_size(STDIN_FILENO, &high, &wide))
		return;
	/* one row is the status line's */
	if (high > 10 && high <= CONSOLE_ROWS_MAX)
		*rows = high - 1;
	if (wide > 20 && wide <= CONSOLE_COLS_MAX)
		*columns = wide;
}

int job_console_keep(struct job *j, struct err *e)
{
	AUTO_FREE char *stamp = NULL;
	unsigned rows, columns;

	job_console_size(j, &rows, &columns);
	stamp = xasprintf("%ux%u", rows, columns);
	return store_set_stamp(j->machine_dir, STAMP_CONSOLE, stamp, e);
}

/* ---- QEMU's command line ---- */

static int job_check_drive(const struct spec *s, size_t i, bool needed, struct err *e)
{
	unsigned line = s->doc ? ini_doc_line(s->doc, "devices", "drive", i) : 0;
	AUTO_FREE char *written = spec_item_get(s->drives.items[i], "path");
	AUTO_FREE char *format = spec_item_get(s->drives.items[i], "format");
	AUTO_FREE char *path = spec_path(s, written ? written : "");

	if ((!needed && !file_exists(path)) || disk_check_drive(path, format ? format : "", e) == 0)
		return 0;
	if (e && e->kind == ERR_FAILED)
		e->kind = ERR_USAGE; /* the file names what cannot be used */
	if (line)
		return err_prefix(e, "%s:%u: devices.drive", s->shown ? s->shown : s->name, line);
	return err_prefix(e, "devices.drive");
}

int job_check_drives(const struct spec *s, bool needed, struct err *e)
{
	for (size_t i = 0; i < s->drives.len; i++)
		if (job_check_drive(s, i, needed, e) < 0)
			return -1;
	return 0;
}

int job_need_runtime_dir(struct job *j, struct err *e)
{
	if (!j->runtime_dir)
		j->runtime_dir = host_runtime_dir(j->spec->name, e);
	return j->runtime_dir ? 0 : -1;
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
		.tpm = j->probe.tpm,
		.virtiofsd = j->probe.virtiofsd,
		.user = j->host.user,
		.root = host_is_root(),
	};
}

static char *job_cmdline(const struct job *j)
{
	AUTO_FREE char *root = !job_is_bootstrap(j) ? store_stamp(j->machine_dir, JOB_STAMP_ROOT) : NULL;
	unsigned rows, columns;
	char *line;

	job_console_size(j, &rows, &columns);
	line = qemu_cmdline(j->spec, j->arch, root, false, columns, rows, JOB_CONSOLE_TERM);
	return line;
}

/* Returns the path of a file of the machine's folder, which `q` owns. */
static const char *job_qemu_file(const struct job *j, struct job_qemu *q, const char *name)
{
	strv_take(&q->paths, job_file(j, name));
	return q->paths.items[q->paths.len - 1];
}

static void job_qemu_files(const struct job *j, struct job_qemu *q)
{
	const char *seed = job_qemu_file(j, q, "seed.iso");

	q->files = (struct qemu_files){
		.disk = job_qemu_file(j, q, "disk.qcow2"),
		.disk_format = "qcow2",
		.seed = file_exists(seed) ? seed : NULL,
		.volume = j->options.volume,
		.forward_ports = q->ports,
	};
	if (j->spec->firmware == SPEC_DIRECT) {
		q->files.kernel = job_qemu_file(j, q, "vmlinuz");
		q->files.initrd = job_qemu_file(j, q, "initrd.img");
		strv_take(&q->paths, job_cmdline(j));
		q->files.append = q->paths.items[q->paths.len - 1];
	} else {
		q->files.pflash_code = job_qemu_file(j, q, STORE_PFLASH_CODE);
		q->files.pflash_vars = job_qemu_file(j, q, STORE_PFLASH_VARS);
	}
}

int job_qemu_gather(const struct job *j, bool boot, struct job_qemu *out, struct err *e)
{
	*out = (struct job_qemu){
		.facts = job_qemu_facts(j),
		.ports = xcalloc(j->spec->forwards.len, sizeof(*out->ports)),
	};
	if (forwards_ports(j->spec, j->machine_dir, out->ports, boot, e) < 0) {
		job_qemu_fini(out);
		return -1;
	}
	job_qemu_files(j, out);
	return 0;
}

void job_qemu_fini(struct job_qemu *q)
{
	strv_fini(&q->paths);
	free(q->ports);
	*q = (struct job_qemu){.ports = NULL};
}

int job_argv(struct job *j, struct qemu_argv *out, bool boot, struct err *e)
{
	struct job_qemu q;
	int r;

	if ((boot && (job_check_drives(j->spec, true, e) < 0 || job_check_usb_devices(j->spec, "", e) < 0)) ||
	    job_qemu_gather(j, boot, &q, e) < 0)
		return -1;
	r = job_need_runtime_dir(j, e);
	q.files.runtime_dir = j->runtime_dir;
	if (!r)
		r = qemu_argv_build(j->spec, j->arch, &q.facts, &q.files, out, e);
	job_qemu_fini(&q);
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

/* ---- disk space ---- */

/* Returns the bytes that a file takes on disk (holes take none), 0 if it does not exist. */
static uint64_t job_bytes_on_disk(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

void job_hint_space(const char *dir, const char *file, uint64_t needed, struct err *e)
{
	char want[SIZE_TEXT], have[SIZE_TEXT];
	uint64_t space;

	if (!e || !e->no_room || !needed || host_free_space(dir, &space, NULL) < 0)
		return;
	if (file)
		space += job_bytes_on_disk(file);
	err_hint(e, "about %s needed at %s, %s free: free disk space there and run the same command again",
		 size_human(needed, want), dir, size_human(space, have));
}
