/* SPDX-License-Identifier: MIT */
/*
 * step installer: makes the base's disk by Debian's installer (machine.method = installer) in place of unpacking and
 * configuring: its kernel and initrd out of their package, an empty disk, and a boot of both under a supervisor of its
 * own. The installation is complete when its last script has left its mark on the disk (image/preseed.h).
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/paths.h"
#include "image/disk.h"
#include "image/extfs.h"
#include "image/installer.h"
#include "image/preseed.h"
#include "installer_text.h"
#include "job_boot.h"
#include "job_steps.h"
#include "machine/client.h"
#include "machine/installing.h"
#include "prepare/steps.h"
#include "qemu/argv.h"
#include "qemu/cmdline.h"

#define MEMORY_MIN (1ull << 30) /* Debian's installer for amd64 leaves out languages below 780 MiB */
#define ROOM (4ull << 30)	/* what an installed system takes, roughly */
#define INSTALLER_TERM "xterm"	/* a terminal type that the installer knows */

struct installing {
	struct step_run *run;
	struct job *job;
	atomic_bool cancel;
	char *preseed;
	struct vm_request request;
	struct vm_client *client;
	struct installer_text text;
	bool in_phase; /* what it shows is one of `phases` */
	char *trouble; /* what the installer complained about, NULL: nothing */
	struct err error;
	int result;
};

/* What the installer shows, and when that begins and ends in a rough share of the whole. */
static const struct {
	const char *title;
	double from, until;
} phases[] = {
	{"Detecting network hardware", 0.03, 0.05},
	{"Configuring the network with DHCP", 0.05, 0.06},
	{"Checking the Debian archive mirror", 0.06, 0.07},
	{"Loading additional components", 0.07, 0.15},
	{"Detecting disks and all other hardware", 0.15, 0.17},
	{"Starting up the partitioner", 0.17, 0.19},
	{"Partitions formatting", 0.19, 0.21},
	{"Installing the base system", 0.21, 0.60},
	{"Configuring apt", 0.60, 0.63},
	{"Select and install software", 0.63, 0.90},
	{"Installing GRUB boot loader", 0.90, 0.94},
	{"Finishing the installation", 0.94, 1.0},
};

static bool step_installer_is_manual(const struct installing *s)
{
	return s->job->spec->installer == SPEC_MANUAL;
}

/* Frees it; the caller ends the step. */
static struct step_run *step_installer_leave(struct installing *s)
{
	struct step_run *run = s->run;

	installing_end(s->job->machine_dir);
	vm_client_close(s->client);
	vm_request_fini(&s->request);
	installer_text_fini(&s->text);
	free(s->preseed);
	free(s->trouble);
	step_set_state(run, NULL);
	free(s);
	return run;
}

/* Ends the step; e (moved) or NULL. */
static void step_installer_end(struct installing *s, struct err *e, const char *summary)
{
	struct step_run *run = step_installer_leave(s);

	if (e)
		step_fail(run, e);
	else
		step_done(run, summary);
}

/* ---- after the boot ---- */

/* Reads what the installer left on the disk. */
static void step_installer_examine(void *arg)
{
	struct installing *s = arg;
	struct job *j = s->job;
	AUTO_FREE char *disk = job_part_file(j, "disk.raw");
	struct extfs *fs = extfs_open_root(disk, "raw", &s->error);

	s->result = fs ? 0 : -1;
	if (fs && !extfs_has(fs, PRESEED_MARK))
		s->result = err_set(&s->error, ERR_FAILED, "installer-unfinished", "%s is not there", PRESEED_MARK);
	else if (fs && extfs_is_unclean(fs))
		s->result = err_set(&s->error, ERR_FAILED, "installer-unfinished", "its disk was not unmounted");
	extfs_close(fs);
	if (!s->result)
		s->result = disk_image_examine(disk, "raw", &j->image, &s->error);
	if (!s->result)
		s->result = job_check_image(j, "the installed system", &j->image, &s->error);
}

static void step_installer_examined(void *arg)
{
	struct installing *s = arg;
	struct err e = ERR_INIT;

	if (!s->result) {
		step_installer_end(s, NULL, "installed; its medium is detached");
		return;
	}
	err_set(&e, ERR_FAILED, "installer-unfinished", "the machine stopped before the installation was finished: %s",
		s->trouble ? s->trouble : s->error.text);
	err_hint(&e, "its console is in %s/console.log; the next run begins the installation again",
		 s->job->making->part_dir);
	err_fini(&s->error);
	step_installer_end(s, &e, NULL);
}

/* ---- the boot ---- */

static void step_installer_on_ended(enum vm_state state, const char *cause, void *arg)
{
	struct installing *s = arg;
	struct err e = ERR_INIT;
	AUTO_FREE char *broken =
		atomic_load(&s->cancel) || s->trouble ? NULL : job_blame_accelerator(s->job, s->job->making->part_dir);

	(void)state;
	if (broken) { /* the installation begins again, with the next one */
		job_drop_base(s->job);
		step_again(step_installer_leave(s), broken);
		return;
	}
	if (!atomic_load(&s->cancel) && !s->trouble && job_accelerator_failed(s->job->making->part_dir)) {
		err_set(&e, ERR_FAILED, "installer-failed", "Debian's installer could not run: %s", cause);
		err_hint(&e, JOB_HINT_EMULATE);
		step_installer_end(s, &e, NULL);
		return;
	}
	if (!atomic_load(&s->cancel) && !s->trouble) {
		/* a supervisor cannot know whether a guest that went down had finished: the disk shows it */
		step_text(s->run, "examining the installed system");
		step_log(s->run, cause);
		loop_work(s->job->loop, step_installer_examine, step_installer_examined, s);
		return;
	}
	if (atomic_load(&s->cancel)) {
		err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	} else {
		err_set(&e, ERR_FAILED, "installer-failed", "Debian's installer failed: %s", s->trouble);
		err_hint(&e,
			 "its console is in %s/console.log; the mirror must have the installer's own packages (udebs), "
			 "see url in [mirror]; or write installer = manual in [machine] and answer it yourself",
			 s->job->making->part_dir);
	}
	step_installer_end(s, &e, NULL);
}

static void step_installer_on_step(const char *title, int percent, void *arg)
{
	struct installing *s = arg;

	if (percent >= 0) {
		if (s->in_phase)
			step_progress(s->run, (uint64_t)percent, 100);
		return;
	}
	step_log(s->run, title);
	step_text(s->run, "%s", title);
	s->in_phase = false;
	for (size_t i = 0; i < ARRAY_SIZE(phases) && !s->in_phase; i++) {
		s->in_phase = !strcmp(phases[i].title, title);
		if (s->in_phase)
			step_part(s->run, phases[i].from, phases[i].until);
	}
}

/* No user answers an automatic installation: a complaint ends it. */
static void step_installer_on_error(const char *text, void *arg)
{
	struct installing *s = arg;

	if (s->trouble)
		return;
	s->trouble = xstrdup(text);
	step_log(s->run, text);
	if (s->client)
		vm_client_kill(s->client);
}

static void step_installer_on_console(const char *p, size_t n, void *arg)
{
	static const struct installer_text_ops ops = {.step = step_installer_on_step, .error = step_installer_on_error};
	struct installing *s = arg;

	if (!step_installer_is_manual(s))
		installer_text_feed(&s->text, p, n, &ops, s);
}

static const struct vm_client_ops client_ops = {.console = step_installer_on_console, .ended = step_installer_on_ended};

static void step_installer_on_started(const struct err *error, void *arg)
{
	struct installing *s = arg;
	struct err e = ERR_INIT;

	if (error) {
		err_copy(&e, error);
		step_installer_end(s, &e, NULL);
		return;
	}
	s->client = vm_connect(s->job->loop, s->request.dir, s->request.runtime_dir, true, &client_ops, s);
	if (atomic_load(&s->cancel)) {
		vm_client_kill(s->client);
		return;
	}
	if (step_installer_is_manual(s)) {
		step_text(s->run, "waits for you in the console");
		step_warn(s->run, "the installer waits for your answers: `debwiz console %s`, in another terminal",
			  s->job->spec->name);
	}
}

/* Returns the installer's memory: at least what it requires, at most what its kernel uses. */
static uint64_t step_installer_memory(const struct job *j)
{
	uint64_t memory = qemu_memory(j->spec, j->arch, j->host.cpus, j->host.memory);

	if (memory < MEMORY_MIN)
		memory = MEMORY_MIN;
	if (j->arch->small_memory && memory > j->arch->small_memory)
		memory = j->arch->small_memory;
	return memory;
}

static int step_installer_argv(struct job *j, const char *runtime_dir, struct strv *argv, struct err *e)
{
	bool uefi = j->spec->firmware == SPEC_UEFI, manual = j->spec->installer == SPEC_MANUAL;
	AUTO_FREE char *disk = job_part_file(j, "disk.raw");
	AUTO_FREE char *kernel = job_part_file(j, JOB_BOOT_KERNEL);
	AUTO_FREE char *initrd = job_part_file(j, JOB_BOOT_INITRD);
	AUTO_FREE char *code = uefi ? job_part_file(j, "code.raw") : NULL;
	AUTO_FREE char *vars = uefi ? job_part_file(j, "vars.raw") : NULL;
	AUTO_FREE char *append = qemu_installer_cmdline(j->arch, manual, manual ? INSTALLER_TERM : NULL);
	struct qemu_facts facts = job_qemu_facts(j);
	struct qemu_files files = {
		.disk = disk,
		.disk_format = "raw",
		.pflash_code = code,
		.pflash_vars = vars,
		.kernel = kernel,
		.initrd = initrd,
		.append = append,
		.runtime_dir = runtime_dir,
		.configuring = true,
		.installing = true,
	};
	struct qemu_argv built = {.items = NULL};
	struct spec own;
	int r;

	spec_copy(&own, j->spec);
	own.memory = step_installer_memory(j);
	r = qemu_argv_build(&own, j->arch, &facts, &files, &built, e);
	if (!r)
		qemu_argv_strv(&built, argv);
	qemu_argv_fini(&built);
	spec_fini(&own);
	return r;
}

static void step_installer_boot(struct installing *s)
{
	struct job *j = s->job;
	struct err e = ERR_INIT;
	unsigned rows, columns;

	job_console_size(j, &rows, &columns);
	s->request.name = xasprintf("base-%.8s", file_basename(j->making->part_dir) + strlen(j->spec->release) +
							 strlen(j->spec->arch) + strlen("installer") + 3);
	s->request.dir = xstrdup(j->making->part_dir);
	s->request.runtime_dir = host_runtime_dir(s->request.name, &e);
	s->request.what = xstrdup("installing");
	s->request.accel = xstrdup(j->probe.accel);
	s->request.seed = xstrdup("");
	s->request.known_hosts = xstrdup("");
	s->request.ssh_host = xstrdup("");
	s->request.configuring = true;
	s->request.rows = rows;
	s->request.columns = columns;
	if (!s->request.runtime_dir || step_installer_argv(j, s->request.runtime_dir, &s->request.argv, &e) < 0 ||
	    installing_begin(j->machine_dir, s->request.dir, &e) < 0) {
		step_installer_end(s, &e, NULL);
		return;
	}
	step_text(s->run, "starting the installer");
	vm_start(j->loop, &s->request, step_installer_on_started, s);
}

/* ---- the medium ---- */

static char *step_installer_preseed(const struct job *j, struct err *e)
{
	AUTO_FREE char *mirror = NULL;
	AUTO_FREE char *security = NULL;
	AUTO_FREE char *proxy = job_guest_proxy(j);
	AUTO_STRV struct strv packages = STRV_INIT;
	struct preseed p = {
		.manual = j->spec->installer == SPEC_MANUAL,
		.hostname = spec_hostname(j->spec),
		.timezone = j->spec->timezone,
		.keyboard = j->spec->keyboard,
		.updates = j->spec->updates && j->release->updates,
		.proxy = proxy,
		.kernel = j->arch->kernel,
		.components = job_components(j),
		.packages = &packages,
		.efi = j->spec->firmware == SPEC_UEFI,
	};

	job_guest_mirrors(j, &mirror, &security);
	p.mirror = mirror;
	p.security = j->spec->security && j->release->security ? security : "";
	strv_copy(&packages, &j->root_packages);
	for (size_t i = 0; i < j->spec->packages.len; i++)
		if (!strv_has(&packages, j->spec->packages.items[i]))
			strv_add(&packages, j->spec->packages.items[i]);
	return preseed_text(&p, e);
}

static int step_installer_extract(struct installing *s, struct err *e)
{
	struct job *j = s->job;
	const struct package *p = &j->installer.items[0];
	AUTO_FREE char *kernel = catalog_installer(j->release, j->arch->installer_kernel);
	AUTO_FREE char *initrd = catalog_installer(j->release, j->arch->installer_initrd);
	AUTO_FREE char *kernel_to = job_part_file(j, JOB_BOOT_KERNEL);
	AUTO_FREE char *initrd_to = job_part_file(j, JOB_BOOT_INITRD);
	AUTO_CLOSE int fd = archive_cache_open(j->store->cache_dir, p->sha256, p->size, true, e);
	struct installer_medium medium = {
		.name = p->name,
		.kernel = kernel,
		.initrd = initrd,
		.preseed = s->preseed,
		.guest_files = !step_installer_is_manual(s),
	};

	return fd < 0 ? -1 : installer_extract(fd, &medium, kernel_to, initrd_to, &s->cancel, e);
}

static void step_installer_work(void *arg)
{
	struct installing *s = arg;
	struct job *j = s->job;
	AUTO_FREE char *disk = job_part_file(j, "disk.raw");
	uint64_t size = step_installer_is_manual(s) ? j->spec->disk_size : SPEC_DISK_MIN;

	s->result = step_installer_extract(s, &s->error);
	if (!s->result)
		s->result = disk_create_empty(disk, size, &s->error);
}

static void step_installer_worked(void *arg)
{
	struct installing *s = arg;
	struct err e = ERR_INIT;

	if (!s->result && atomic_load(&s->cancel))
		s->result = err_set(&s->error, ERR_INTERRUPTED, "interrupted", "interrupted");
	if (!s->result) {
		step_installer_boot(s);
		return;
	}
	err_move(&e, &s->error);
	job_hint_space(s->job->making->part_dir, NULL, ROOM, &e);
	step_installer_end(s, &e, NULL);
}

static void step_installer_start(struct step_run *run, void *job)
{
	struct installing *s = xcalloc(1, sizeof(*s));
	struct job *j = job;
	struct err e = ERR_INIT;
	int begun = job_begin_base(j, &j->base, &e);

	if (begun > 0) {
		free(s);
		step_again(run, JOB_BASE_EXISTS);
		return;
	}
	s->run = run;
	s->job = j;
	installer_text_init(&s->text);
	step_set_state(run, s);
	s->preseed = begun < 0 ? NULL : step_installer_preseed(j, &e);
	if (!s->preseed) {
		step_installer_end(s, &e, NULL);
		return;
	}
	step_text(run, "kernel and initrd out of %s", j->installer.items[0].name);
	loop_work(j->loop, step_installer_work, step_installer_worked, s);
}

static void step_installer_cancel(struct step_run *run, void *job)
{
	struct installing *s = step_state(run);

	(void)job;
	atomic_store(&s->cancel, true);
	if (s->client)
		vm_client_kill(s->client);
}

static double step_installer_expect(const void *job)
{
	return job_expect(job, "installer", 1800);
}

static void step_installer_took(void *job, uint64_t ms)
{
	job_took(job, "installer", ms);
}

const struct step_ops step_installer = {
	.id = "installer",
	.title = "Installer",
	.about = "Debian's installer, in QEMU; its screen is the machine's console.",
	.unit = STEP_PLAIN,
	.expect = step_installer_expect,
	.took = step_installer_took,
	.applies = job_is_installer,
	.is_done = job_has_base,
	.start = step_installer_start,
	.cancel = step_installer_cancel,
};
