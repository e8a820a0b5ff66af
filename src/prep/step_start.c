/* SPDX-License-Identifier: MIT */
/* step start: hands the machine over to its supervisor, which starts QEMU. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "host/paths.h"
#include "prep/job.h"
#include "prep/steps.h"
#include "vm/client.h"
#include "vm/kept.h"

static bool applies(const void *job)
{
	return ((const struct job *)job)->options.goal >= JOB_STARTED;
}

static bool is_running(void *job, char **why)
{
	bool alive = job_is_running(job);

	if (alive)
		*why = xstrdup("runs already");
	return alive;
}

static void on_started(const struct err *error, void *arg)
{
	if (error)
		job_fail_copy(arg, error);
	else
		step_done(arg, "");
}

/* A suspended machine goes on just as it was run then. */
static int fill_kept(struct job *j, struct vm_request *r, struct err *e)
{
	struct vm_kept kept;

	if (!j->runtime_dir)
		j->runtime_dir = host_runtime_dir(j->spec->name, e);
	if (!j->runtime_dir || vm_kept_read(j->machine_dir, &kept, e) < 0)
		return -1;
	*r = kept.request;
	kept.request = (struct vm_request){.name = NULL};
	vm_kept_fini(&kept);
	vm_kept_move_sockets(r, j->runtime_dir);
	return 0;
}

static int fill(struct job *j, struct vm_request *r, struct err *e)
{
	struct qemu_argv argv = {.items = NULL};

	if (job_argv(j, &argv, true, e) < 0)
		return -1;
	qemu_argv_strv(&argv, &r->argv);
	qemu_argv_fini(&argv);
	r->name = xstrdup(j->spec->name);
	r->dir = xstrdup(j->machine_dir);
	r->runtime_dir = xstrdup(j->runtime_dir);
	r->what = xstrdup("running");
	r->accel = xstrdup(j->probe.accel);
	r->seed = job_file(j, "seed.iso");
	r->known_hosts = job_file(j, "known_hosts");
	r->ssh_host = xstrdup(j->spec->name); /* ports change, the machine's name does not */
	r->login_timeout = j->spec->timeout;
	job_console_size(j, &r->rows, &r->columns);
	return 0;
}

static void start(struct step_run *run, void *job)
{
	struct vm_request request = {.name = NULL};
	struct job *j = job;
	struct err e = ERR_INIT;
	bool kept = vm_kept_is(j->machine_dir);

	if ((kept ? fill_kept(j, &request, &e) : fill(j, &request, &e)) < 0) {
		step_fail(run, &e);
	} else {
		job_unlock(j); /* the supervisor takes it over */
		j->started = true;
		j->resumed = kept;
		vm_start(j->loop, &request, on_started, run);
	}
	vm_request_fini(&request);
}

const struct step_ops step_start = {
	.id = "start",
	.title = "Start",
	.about = "QEMU, under a small supervisor that stays when this command ends.",
	.applies = applies,
	.is_done = is_running,
	.start = start,
};
