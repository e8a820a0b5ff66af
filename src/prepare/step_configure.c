/* SPDX-License-Identifier: MIT */
/*
 * step configure: boots the unpacked root once, under a supervisor of its own, and lets the guest
 * configure its packages; the guest reports over the progress port and powers off by itself. Step install does so with
 * a layer: the guest installs the packages of the medium.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "image/disk.h"
#include "job_boot.h"
#include "job_steps.h"
#include "machine/client.h"
#include "prepare/steps.h"
#include "qemu/argv.h"
#include "qemu/cmdline.h"

#define CONFIGURE_TIMEOUT_MS (60 * 60 * 1000ull) /* without a report; one package takes long on a slow host */

/* The phases that the guest reports, with their rough shares of the time in an emulated machine (armhf, bookworm); that
 * of the user's packages depends on their number. */
struct configure_phase {
	const char *phase, *words;
	double share;
};

static const struct configure_phase base_phases[] = {
	{"start", "starting the guest", 0.09},
	{"prepare", "what the first packages rely on", 0.02},
	{"configure", NULL, 0.67},
	{"packages", "the packages that you asked for", 0},
	{"personal", "what machines must not share", 0.02},
	{"bootloader", "the boot loader", 0.07},
	{"check", "checking every file", 0.10},
	{"clean", "cleaning up", 0.01},
	{"end", "shutting the guest down", 0.02},
	{NULL, NULL, 0},
};

static const struct configure_phase layer_phases[] = {
	{"start", "starting the guest", 0.12},
	{"prepare", "the packages' disk", 0.02},
	{"packages", NULL, 0.75},
	{"personal", "what machines must not share", 0.05},
	{"check", "checking the packages", 0.03},
	{"clean", "cleaning up", 0.01},
	{"end", "shutting the guest down", 0.02},
	{NULL, NULL, 0},
};
#define CONFIGURE_PHASE 2
#define PACKAGES_PHASE 3
#define EXTRA_COST 3 /* of a package that apt unpacks in the guest, relative to one that is only configured */

struct configuring {
	struct step_run *run;
	struct job *job;
	struct vm_request request;
	struct vm_client *client;
	const struct configure_phase *phases;
	double extra; /* time for the user's packages, in such shares */
	bool cancelled;
};

/* Frees it; the caller ends the step. */
static struct step_run *step_configure_leave(struct configuring *c)
{
	struct step_run *run = c->run;

	vm_client_close(c->client);
	vm_request_fini(&c->request);
	step_set_state(run, NULL);
	free(c);
	return run;
}

static void step_configure_end(struct configuring *c, struct err *e, const char *summary)
{
	struct step_run *run = step_configure_leave(c);

	if (e)
		step_fail(run, e);
	else
		step_done(run, summary);
}

static const char *step_configure_value(const json_t *values, const char *key)
{
	return json_str(values, key, "");
}

static double step_configure_phase_share(const struct configuring *c, size_t i)
{
	bool extra = c->phases == base_phases && i == PACKAGES_PHASE;

	return (extra ? c->extra : c->phases[i].share) / (1 + c->extra);
}

static void step_configure_enter(struct configuring *c, const char *phase)
{
	double from = 0;

	for (size_t i = 0; c->phases[i].phase; i++) {
		if (!strcmp(c->phases[i].phase, phase)) {
			if (c->phases[i].words)
				step_text(c->run, "%s", c->phases[i].words);
			step_part(c->run, from, from + step_configure_phase_share(c, i));
			return;
		}
		from += step_configure_phase_share(c, i);
	}
}

static double step_configure_extra_time(const struct package_set *set)
{
	size_t extra = 0;

	for (size_t i = 0; i < set->len; i++)
		extra += set->items[i].extra;
	return extra ? base_phases[CONFIGURE_PHASE].share * EXTRA_COST * (double)extra / (double)(set->len - extra) : 0;
}

static void step_configure_on_progress(const char *state, const json_t *values, void *arg)
{
	struct configuring *c = arg;

	if (!strcmp(state, "configuring") || !strcmp(state, "installing")) {
		step_text(c->run, "%s", step_configure_value(values, "package"));
		step_progress(c->run, strtoull(step_configure_value(values, "n"), NULL, 10),
			      strtoull(step_configure_value(values, "total"), NULL, 10));
	} else if (!strcmp(state, "phase")) {
		step_configure_enter(c, step_configure_value(values, "name"));
		step_log(c->run, step_configure_value(values, "name"));
	} else if (!strcmp(state, "log")) {
		step_log(c->run, step_configure_value(values, "text"));
	}
}

static void step_configure_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct configuring *c = arg;
	struct err e = ERR_INIT;
	char *broken;

	if (s == VM_OFF && !c->cancelled) {
		step_configure_end(c, NULL,
				   c->phases == base_phases ? "every package configured and checked"
							    : "every package installed and checked");
		return;
	}
	broken = c->cancelled ? NULL : job_blame_accelerator(c->job, c->job->making->part_dir);
	if (broken) {
		/* the guest may have left a broken root: all files are made again */
		job_drop_base(c->job);
		step_again(step_configure_leave(c), broken);
		free(broken);
		return;
	}
	if (c->cancelled) {
		err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	} else {
		if (c->phases == base_phases)
			err_set(&e, ERR_FAILED, "configure", "the new system could not be configured: %s", cause);
		else
			err_set(&e, ERR_FAILED, "install", "the layer's packages could not be installed: %s", cause);
		if (job_accelerator_failed(c->job->making->part_dir))
			err_hint(&e, JOB_HINT_EMULATE);
		else
			err_hint(&e, "its console is in %s/console.log", c->job->making->part_dir);
	}
	step_configure_end(c, &e, NULL);
}

static const struct vm_client_ops client_ops = {.progress = step_configure_on_progress,
						.ended = step_configure_on_ended};

static void step_configure_on_started(const struct err *error, void *arg)
{
	struct configuring *c = arg;
	struct err e = ERR_INIT;

	if (error) {
		err_copy(&e, error);
		step_configure_end(c, &e, NULL);
		return;
	}
	c->client = vm_connect(c->job->loop, c->request.dir, c->request.runtime_dir, false, &client_ops, c);
	if (c->cancelled)
		vm_client_kill(c->client);
}

static int step_configure_build_argv(struct job *j, const char *runtime_dir, struct strv *argv, struct err *e)
{
	bool layer = job_makes_layer(j);
	AUTO_FREE char *disk = job_part_file(j, layer ? DISK_LAYER_NAME : "disk.raw");
	AUTO_FREE char *medium = layer ? job_part_file(j, JOB_MEDIUM) : NULL;
	AUTO_FREE char *kernel = job_part_file(j, JOB_BOOT_KERNEL);
	AUTO_FREE char *initrd = job_part_file(j, JOB_BOOT_INITRD);
	AUTO_FREE char *append = qemu_cmdline(j->spec, j->arch, NULL, true, 0, 0, NULL);
	struct qemu_facts facts = job_qemu_facts(j);
	struct qemu_files files = {
		.disk = disk,
		.disk_format = layer ? "qcow2" : "raw",
		.seed = medium,
		.kernel = kernel,
		.initrd = initrd,
		.append = append,
		.runtime_dir = runtime_dir,
		.configuring = true,
	};
	struct qemu_argv built = {.items = NULL};
	int r = qemu_argv_build(j->spec, j->arch, &facts, &files, &built, e);

	if (!r)
		qemu_argv_strv(&built, argv);
	qemu_argv_fini(&built);
	return r;
}

static void step_configure_start(struct step_run *run, void *job)
{
	struct configuring *c = xcalloc(1, sizeof(*c));
	struct job *j = job;
	struct err e = ERR_INIT;

	c->run = run;
	c->job = j;
	step_set_state(run, c);
	c->phases = job_makes_layer(j) ? layer_phases : base_phases;
	c->request.name = xasprintf("%s-%.8s", job_makes_layer(j) ? "layer" : "base",
				    file_basename(j->making->part_dir) + strlen(j->spec->release) +
					    strlen(j->spec->arch) + strlen(j->spec->profile) + 3);
	c->request.dir = xstrdup(j->making->part_dir);
	c->request.runtime_dir = host_runtime_dir(c->request.name, &e);
	c->request.what = xstrdup("configuring");
	c->request.accel = xstrdup(j->probe.accel);
	c->request.seed = xstrdup("");
	c->request.known_hosts = xstrdup("");
	c->request.ssh_host = xstrdup("");
	c->request.login_timeout = CONFIGURE_TIMEOUT_MS;
	c->request.configuring = true;
	if (!c->request.runtime_dir || step_configure_build_argv(j, c->request.runtime_dir, &c->request.argv, &e) < 0) {
		step_configure_end(c, &e, NULL);
		return;
	}
	c->extra = c->phases == base_phases ? step_configure_extra_time(&j->packages) : 0;
	step_configure_enter(c, c->phases[0].phase);
	vm_start(j->loop, &c->request, step_configure_on_started, c);
}

static void step_configure_cancel(struct step_run *run, void *job)
{
	struct configuring *c = step_state(run);

	(void)job;
	c->cancelled = true;
	if (c->client)
		vm_client_kill(c->client);
}

static double step_configure_expect(const void *job)
{
	return job_expect(job, "configure", 110);
}

static void step_configure_took(void *job, uint64_t ms)
{
	job_took(job, "configure", ms);
}

const struct step_ops step_configure = {
	.id = "configure",
	.title = "Configure",
	.about = "The new system configures its own packages, in QEMU, without root on this host.",
	.unit = STEP_COUNT,
	.expect = step_configure_expect,
	.took = step_configure_took,
	.applies = job_is_bootstrap,
	.is_done = job_has_base,
	.start = step_configure_start,
	.cancel = step_configure_cancel,
};

static double step_configure_expect_install(const void *job)
{
	return job_expect(job, "install", 60);
}

static void step_configure_took_install(void *job, uint64_t ms)
{
	job_took(job, "install", ms);
}

const struct step_ops step_install = {
	.id = "install",
	.title = "Install",
	.about = "The guest of the base installs the layer's packages, in QEMU, without a network.",
	.unit = STEP_COUNT,
	.expect = step_configure_expect_install,
	.took = step_configure_took_install,
	.applies = job_wants_layer,
	.is_done = job_has_layer,
	.start = step_configure_start,
	.cancel = step_configure_cancel,
};
