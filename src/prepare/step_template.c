/* SPDX-License-Identifier: MIT */
/*
 * step template: prepares a new machine to resume a copy of a template (machine/template.h) in place of its first boot.
 * The first machine of its kind makes the template: a neutral guest boots up to the point where it needs an identity,
 * and its supervisor saves it as it suspends a machine. Whatever goes wrong here, the machine boots as without it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/paths.h"
#include "image/disk.h"
#include "image/seed.h"
#include "job_steps.h"
#include "machine/client.h"
#include "prepare/steps.h"

#define SPACE (512ull << 20) /* what the memory of a waiting guest and its disk take at most, and some more */

enum outcome { OUTCOME_COLD, OUTCOME_MAKE, OUTCOME_COPY };

struct templating {
	struct step_run *run;
	struct job *job;
	char *key;
	char *part;	   /* while it is made here */
	struct lock *lock; /* the maker's */
	struct vm_request request;
	struct vm_client *client;
	struct loop_timer *deadline;
	struct template found;
	enum outcome outcome;
	bool made, cancelled;
	bool slow; /* a busy host, perhaps: the next machine tries again */
	char *why; /* why the machine boots cold */
};

/* ---- the end ---- */

static void step_template_why(struct templating *t, const char *why)
{
	if (!t->why)
		t->why = xstrdup(why);
}

/* Frees it and ends the step. */
static void step_template_end(struct templating *t)
{
	struct step_run *run = t->run;
	struct err e = ERR_INIT;
	AUTO_FREE char *summary = NULL;

	if (t->cancelled)
		err_set(&e, ERR_INTERRUPTED, "interrupted", "interrupted");
	else if (t->outcome == OUTCOME_COPY)
		t->job->template.found = t->found;
	summary = t->outcome != OUTCOME_COPY ? xasprintf("boots cold: %s", t->why)
		  : t->made		     ? xstrdup("made, for this machine and later ones")
					     : xstrdup("resumed in place of a first boot");
	if (e.kind)
		template_release(&t->found);
	lock_remove(t->lock);
	loop_timer_stop(t->deadline);
	vm_client_close(t->client);
	vm_request_fini(&t->request);
	free(t->key);
	free(t->part);
	free(t->why);
	free(t);
	step_set_state(run, NULL);
	if (e.kind)
		step_fail(run, &e);
	else
		step_done(run, summary);
}

static void step_template_on_work(void *arg)
{
	step_template_end(arg);
}

/* ---- a copy ---- */

/* The machine's disk was never written to: the template's takes its place. */
static void step_template_copy(void *arg)
{
	struct templating *t = arg;
	AUTO_FREE char *from = file_join(t->found.dir, TEMPLATE_DISK);
	AUTO_FREE char *to = job_file(t->job, "disk.qcow2");
	AUTO_ERR struct err e = ERR_INIT;

	if (file_copy_sparse(from, to, 0600, &e) == 0)
		return;
	t->outcome = OUTCOME_COLD;
	template_release(&t->found);
	step_template_why(t, e.text);
}

/* ---- making one ---- */

static void step_template_forget(void *arg)
{
	struct templating *t = arg;

	t->outcome = OUTCOME_COLD;
	template_fail(t->job->store, t->key, t->cancelled || t->slow ? NULL : t->why);
}

/* Removes what was made. A failure is recorded, so that the next machine does not wait for the same one. */
static void step_template_give_up(struct templating *t, const char *why)
{
	step_template_why(t, why);
	vm_client_close(t->client);
	t->client = NULL;
	loop_work(t->job->loop, step_template_forget, step_template_on_work, t);
}

static void step_template_publish(void *arg)
{
	struct templating *t = arg;
	AUTO_FREE char *about = xasprintf("%s %s", t->job->spec->release, t->job->spec->arch);
	AUTO_ERR struct err e = ERR_INIT;

	if (template_publish(t->job->store, t->key, job_below(t->job)->id, about, &e) == 0 &&
	    template_take(t->job->store, t->key, &t->found)) {
		t->outcome = OUTCOME_COPY;
		t->made = true;
		step_template_copy(t);
		return;
	}
	step_template_why(t, e.kind ? e.text : "the new template is not complete");
	step_template_forget(t);
}

static void step_template_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct templating *t = arg;

	loop_timer_stop(t->deadline);
	t->deadline = NULL;
	if (s == VM_SUSPENDED && !t->cancelled) {
		vm_client_close(t->client);
		t->client = NULL;
		loop_work(t->job->loop, step_template_publish, step_template_on_work, t);
	} else {
		step_template_give_up(t, *cause ? cause : "its guest ended");
	}
}

static void step_template_on_saved(const struct err *e, const json_t *answer, void *arg)
{
	struct templating *t = arg;

	(void)answer;
	if (!e)
		return; /* its exit follows */
	step_template_why(t, e->text);
	vm_client_kill(t->client);
}

static void step_template_on_progress(const char *state, const json_t *values, void *arg)
{
	struct templating *t = arg;

	if (!strcmp(state, "waiting")) {
		step_text(t->run, "saving the template");
		vm_client_suspend(t->client, step_template_on_saved, t);
	} else if (!strcmp(state, "seed-failed")) {
		step_template_why(t, json_str(values, "text", "the guest cannot become a template"));
		vm_client_kill(t->client);
	}
}

static const struct vm_client_ops client_ops = {.progress = step_template_on_progress, .ended = step_template_on_ended};

static void step_template_on_deadline(void *arg)
{
	struct templating *t = arg;

	t->slow = true;
	step_template_why(t, "its guest did not come up in time");
	vm_client_kill(t->client);
}

static void step_template_on_started(const struct err *error, void *arg)
{
	struct templating *t = arg;

	if (error) {
		step_template_give_up(t, error->text);
		return;
	}
	t->client = vm_connect(t->job->loop, t->request.dir, t->request.runtime_dir, false, &client_ops, t);
	t->deadline = loop_timer_start(t->job->loop, t->job->spec->timeout, 0, step_template_on_deadline, t);
	if (t->cancelled)
		vm_client_kill(t->client);
}

/* Gives the part's folder what QEMU needs: the disk over its base, the machine's firmware with variables that no boot
 * has changed yet, or kernel and initrd, and the seed of a template. */
static int step_template_files(const struct job *j, const char *part, struct err *e)
{
	static const char *const direct[] = {"vmlinuz", "initrd.img"}, *const uefi[] = {STORE_PFLASH_CODE,
											STORE_PFLASH_VARS};
	const char *const *pair = j->spec->firmware == SPEC_UEFI ? uefi : direct;
	AUTO_FREE char *disk = file_join(part, TEMPLATE_DISK);
	AUTO_FREE char *seed = file_join(part, "seed.iso");
	AUTO_FREE char *volume = file_join(part, JOB_TEMPLATE_VOLUME);
	const char *over;
	int r = job_link_below(j, part, &over, e);

	if (!r)
		r = disk_create(disk, over, j->spec->disk_size, e);
	if (!r)
		r = seed_write_template(seed, e);
	if (!r && j->options.volume)
		r = disk_create_empty(volume, job_template_volume(j), e);
	for (size_t i = 0; i < 2 && !r; i++) {
		AUTO_FREE char *from = job_file(j, pair[i]), *to = file_join(part, pair[i]);

		r = file_copy_sparse(from, to, 0600, e);
	}
	return r;
}

static int step_template_request(struct templating *t, struct err *e)
{
	struct vm_request *r = &t->request;

	r->name = xasprintf("template-%.12s", strrchr(t->key, '-') + 1);
	r->dir = xstrdup(t->part);
	r->runtime_dir = host_runtime_dir(r->name, e);
	r->what = xstrdup("making a template");
	r->accel = xstrdup(t->job->probe.accel);
	r->shared_memory = true;
	return r->runtime_dir ? job_template_argv(t->job, t->part, r->runtime_dir, &r->argv, e) : -1;
}

/* ---- the beginning ---- */

/* Reports why there can be no new one here now; owned, NULL: there can. */
static char *step_template_refusal(const struct templating *t)
{
	const struct job *j = t->job;
	char *why = template_failure(j->store, t->key);
	char needed[SIZE_TEXT], have[SIZE_TEXT];
	uint64_t space;

	if (why || host_free_space(j->store->bases_dir, &space, NULL) < 0 || space >= SPACE)
		return why;
	return xasprintf("a template needs about %s of disk space, %s free", size_human(SPACE, needed),
			 size_human(space, have));
}

/* Returns why this machine cannot resume a copy; static, NULL: it can. */
static const char *step_template_unfit(const struct job *j)
{
	AUTO_FREE char *disk = job_file(j, "disk.qcow2"), *seed = job_file(j, "seed.iso");
	const char *unfit = job_template_unfit(j);
	struct disk_info info;
	struct stat st;

	if (!unfit && (disk_check(disk, &info, NULL) < 0 || !info.untouched))
		unfit = "its disk has been used";
	if (!unfit && (stat(seed, &st) < 0 || (uint64_t)st.st_size != SEED_STEP))
		unfit = "its settings are too large";
	return unfit;
}

static void step_template_look(void *arg)
{
	struct templating *t = arg;
	const char *unfit = step_template_unfit(t->job);
	AUTO_ERR struct err e = ERR_INIT;

	if (unfit) {
		t->why = xstrdup(unfit);
		return;
	}
	t->key = job_template_key(t->job, &e);
	if (t->key && template_take(t->job->store, t->key, &t->found)) {
		t->outcome = OUTCOME_COPY;
		step_template_copy(t);
		return;
	}
	t->why = t->key ? step_template_refusal(t) : xstrdup(e.text);
	if (t->why)
		return;
	if (template_begin(t->job->store, t->key, &t->part, &t->lock, &e) < 0) {
		step_template_why(t, !strcmp(e.id, "busy") ? "another command makes the template" : e.text);
	} else if (step_template_files(t->job, t->part, &e) < 0 || step_template_request(t, &e) < 0) {
		step_template_why(t, e.text);
		template_fail(t->job->store, t->key, NULL);
	} else {
		t->outcome = OUTCOME_MAKE;
	}
}

static void step_template_looked(void *arg)
{
	struct templating *t = arg;

	if (t->outcome != OUTCOME_MAKE) {
		step_template_end(t);
	} else if (t->cancelled) {
		step_template_give_up(t, "");
	} else {
		step_text(t->run, "the first machine of its kind: a guest boots up to its settings, and is saved");
		vm_start(t->job->loop, &t->request, step_template_on_started, t);
	}
}

static void step_template_start(struct step_run *run, void *job)
{
	struct templating *t = xcalloc(1, sizeof(*t));

	t->run = run;
	t->job = job;
	step_set_state(run, t);
	loop_work(t->job->loop, step_template_look, step_template_looked, t);
}

static void step_template_cancel(struct step_run *run, void *job)
{
	struct templating *t = step_state(run);

	(void)job;
	t->cancelled = true;
	if (t->client)
		vm_client_kill(t->client);
}

/* A machine that was set up, or has booted, has an identity. */
static bool step_template_applies(const void *job)
{
	const struct job *j = job;
	AUTO_FREE char *seed = job_file(j, "seed.iso");

	return j->options.goal >= JOB_STARTED && j->spec->warm == SPEC_WARM_YES &&
	       (!job_is_made(j) || file_exists(seed));
}

static double step_template_expect(const void *job)
{
	return job_expect(job, "template", 35);
}

static void step_template_took(void *job, uint64_t ms)
{
	struct job *j = job;

	if (j->template.found.dir)
		job_took(j, "template", ms);
}

const struct step_ops step_template = {
	.id = "template",
	.title = "Template",
	.about = "A guest that was booted once, of which a new machine resumes a copy in place of its first boot.",
	.expect = step_template_expect,
	.took = step_template_took,
	.applies = step_template_applies,
	.start = step_template_start,
	.cancel = step_template_cancel,
};
