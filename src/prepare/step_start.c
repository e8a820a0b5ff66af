/* SPDX-License-Identifier: MIT */
/*
 * step start: hands the machine over to its supervisor, which starts QEMU, and waits until the guest runs. A cancel
 * ends the waiting; the machine continues.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/file.h"
#include "job_steps.h"
#include "machine/client.h"
#include "machine/suspended.h"
#include "prepare/steps.h"

struct starting {
	struct step_run *run;
	struct job *job;
	struct vm_client *client;
	bool cancelled;
};

static bool step_start_applies(const void *job)
{
	return ((const struct job *)job)->options.goal >= JOB_STARTED;
}

static bool step_start_is_running(void *job, char **why)
{
	bool alive = job_is_running(job);

	if (alive)
		*why = xstrdup("runs already");
	return alive;
}

/* ---- the end of the step ---- */

/* Returns what is to blame if the machine may start without it; owned, NULL: nothing. */
static char *step_start_blame(struct job *j, bool up, const char *cause)
{
	AUTO_FREE char *key = NULL;

	if (up || !j->template.found.dir)
		return job_blame_accelerator(j, j->machine_dir);
	/* it never ran: its disk is as the template's, and boots */
	key = xstrdup(file_basename(j->template.found.dir));
	template_release(&j->template.found);
	template_fail(j->store, key, cause);
	j->template.refused = true;
	return xasprintf("the template could not be used: %s", cause);
}

void job_machine_exited(struct step_run *run, bool let_go, const char *cause)
{
	struct job *j = step_job(run);
	/* no other accelerator can load a suspended state, and a guest that was resumed from one is lost with it */
	char *broken = j->resumed ? NULL : step_start_blame(j, let_go, cause);
	struct err e = ERR_INIT;

	/* a machine that another command has started is not started again here */
	if (broken && j->started && job_lock(j, "preparing", &e) == 0) {
		j->started = false;
		step_again(run, broken);
		free(broken);
		return;
	}
	err_fini(&e);
	err_set(&e, ERR_FAILED, "guest-ended", "the machine ended before its %s: %s",
		let_go ? "login prompt" : "guest was resumed", cause);
	if (broken)
		err_hint(&e, "run the same command again: %s", broken);
	else if (let_go)
		err_hint(&e, "look with `debwiz logs %s`", j->spec->name);
	else
		err_hint(&e, "`debwiz command %s --explain` shows what each argument of QEMU is for", j->spec->name);
	free(broken);
	step_fail(run, &e);
}

void job_stop_waiting(struct step_run *run)
{
	struct job *j = step_job(run);
	struct err e = ERR_INIT;

	err_set(&e, ERR_INTERRUPTED, "interrupted", "no longer waiting; the machine keeps running");
	err_hint(&e, "`debwiz stop %s` stops it", j->spec->name);
	step_fail(run, &e);
}

/* Frees it; the caller ends the step. */
static struct step_run *step_start_leave(struct starting *s)
{
	struct step_run *run = s->run;

	vm_client_close(s->client);
	free(s);
	step_set_state(run, NULL);
	return run;
}

static void step_start_cancel(struct step_run *run, void *job)
{
	struct starting *s = step_state(run);

	(void)job;
	if (s->client)
		job_stop_waiting(step_start_leave(s));
	else
		s->cancelled = true; /* until the supervisor answers, soon */
}

/* ---- the start ---- */

static void step_start_on_state(enum vm_state state, void *arg)
{
	if (state == VM_BOOTING || state == VM_RUNNING || state == VM_PAUSED)
		step_done(step_start_leave(arg), "");
}

/* A machine that was stopped, or whose guest powered off immediately, was started nevertheless. */
static void step_start_on_ended(enum vm_state state, const char *cause, void *arg)
{
	if (state == VM_FAILED)
		job_machine_exited(step_start_leave(arg), false, cause);
	else
		step_done(step_start_leave(arg), "");
}

/* The machine may run, but its state is not known. */
static void step_start_on_lost(const struct err *e, void *arg)
{
	job_fail_copy(step_start_leave(arg), e);
}

static const struct vm_client_ops client_ops = {
	.state = step_start_on_state, .ended = step_start_on_ended, .lost = step_start_on_lost};

static void step_start_on_started(const struct err *error, void *arg)
{
	struct starting *s = arg;

	job_unlock(s->job);
	if (error)
		job_fail_copy(step_start_leave(s), error);
	else if (s->cancelled)
		job_stop_waiting(step_start_leave(s));
	else
		s->client = vm_connect(s->job->loop, s->job->machine_dir, s->job->runtime_dir, false, &client_ops, s);
}

/* Fills the request of a suspended machine with that of its last run. */
static int step_start_fill_kept(struct job *j, struct vm_request *r, struct err *e)
{
	struct suspended_state kept;

	if (job_need_runtime_dir(j, e) < 0 || suspended_read(j->machine_dir, &kept, e) < 0)
		return -1;
	*r = kept.request;
	kept.request = (struct vm_request){.name = NULL};
	suspended_fini(&kept);
	suspended_move_sockets(r, j->runtime_dir);
	return 0;
}

static void step_start_fill_template(struct job *j, struct vm_request *r)
{
	AUTO_FREE char *ram = file_join(j->template.found.dir, TEMPLATE_RAM);

	r->template = xstrdup(j->template.found.dir);
	qemu_argv_memory(j->arch, job_template_memory(j), ram, false, &r->memory);
}

static int step_start_fill(struct job *j, struct vm_request *r, struct err *e)
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
	/* cloud-init does not report that it has applied it */
	r->seed = job_is_foreign(j) ? xstrdup("") : job_file(j, "seed.iso");
	r->known_hosts = job_file(j, "known_hosts");
	r->hostname = xstrdup(job_is_foreign(j) ? j->spec->hostname : spec_hostname(j->spec));
	r->ssh_host = xstrdup(j->spec->name); /* ports change, the machine's name does not */
	r->login_timeout = j->spec->timeout;
	r->power_line = j->arch->power_line;
	if (j->spec->tpm)
		r->tpm = xstrdup(j->probe.tpm);
	for (size_t i = 0; i < j->spec->shares.len; i++) {
		AUTO_FREE char *folder = spec_item_get(j->spec->shares.items[i], "path");

		if (!spec_share_is_virtiofs(j->spec->shares.items[i]))
			continue;
		strv_take(&r->virtiofs, spec_path(j->spec, folder ? folder : ""));
	}
	if (r->virtiofs.len)
		r->virtiofsd = xstrdup(j->probe.virtiofsd);
	job_console_size(j, &r->rows, &r->columns);
	if (j->template.found.dir)
		step_start_fill_template(j, r);
	return 0;
}

/* Warns of shares whose links and modes a guest of debwiz 0.1 wrote into attributes. */
static void step_start_warn_shares(struct step_run *run, const struct job *j)
{
	for (size_t i = 0; i < j->spec->shares.len; i++) {
		AUTO_FREE char *model = spec_item_get(j->spec->shares.items[i], "security_model");
		AUTO_FREE char *path = spec_item_get(j->spec->shares.items[i], "path");
		AUTO_FREE char *whole = path ? spec_path(j->spec, path) : NULL;

		if (!model && whole && !spec_share_is_virtiofs(j->spec->shares.items[i]) && !host_is_root() &&
		    host_share_is_mapped(whole))
			step_warn(run,
				  "devices.share: %s holds links and modes that only a guest sees, made by debwiz "
				  "0.1; add ,security_model=mapped-xattr to keep it so",
				  whole);
	}
}

static void step_start_start(struct step_run *run, void *job)
{
	struct vm_request request = {.name = NULL};
	struct job *j = job;
	struct starting *s;
	struct err e = ERR_INIT;
	bool kept = suspended_exists(j->machine_dir);

	if ((kept ? step_start_fill_kept(j, &request, &e) : step_start_fill(j, &request, &e)) < 0) {
		step_fail(run, &e);
	} else {
		job_hand_over(j);
		j->started = true;
		j->resumed = kept;
		if (!kept)
			step_start_warn_shares(run, j);
		else
			step_text(run, "loading its suspended state");
		s = xcalloc(1, sizeof(*s));
		s->run = run;
		s->job = j;
		step_set_state(run, s);
		vm_start(j->loop, &request, step_start_on_started, s);
	}
	vm_request_fini(&request);
}

const struct step_ops step_start = {
	.id = "start",
	.title = "Start",
	.about = "QEMU, under a small supervisor that stays when this command ends.",
	.applies = step_start_applies,
	.is_done = step_start_is_running,
	.start = step_start_start,
	.cancel = step_start_cancel,
};
