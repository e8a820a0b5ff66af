/* SPDX-License-Identifier: MIT */
/*
 * steps login and ssh: wait until the guest shows its login prompt, and until its ssh answers. Until then they show the
 * last line of the console. A cancel ends the waiting; the machine continues.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "job_steps.h"
#include "machine/client.h"
#include "machine/deadline.h"
#include "machine/forward.h"
#include "machine/suspended.h"
#include "prepare/steps.h"
#include "qemu/cmdline.h"

#define LINE_MAX_SHOWN 400
#define KNOCK_MS 500
#define KNOCK_LIMIT_MS 60000 /* for the server's first words, which take an emulated guest on a busy host seconds */
/* The guest's report and its login prompt come on two channels, and either may come first: so much later. */
#define REPORT_MS 1000

struct waiting {
	struct step_run *run;
	struct job *job;
	struct vm_client *client;
	struct loop_stream *knock; /* ssh: the connection attempt */
	struct loop_timer *again;
	struct loop_timer *deadline;
	struct buf line; /* incomplete line of the console */
	bool up;	 /* the login prompt is there */
	bool late;	 /* and REPORT_MS have passed since */
	bool paused;	 /* the step's text shows why the guest is paused */
};

static bool step_login_wants_login(const void *job)
{
	return ((const struct job *)job)->options.goal >= JOB_LOGIN;
}

static bool step_login_wants_ssh(const void *job)
{
	return ((const struct job *)job)->options.goal >= JOB_SSH;
}

static struct waiting *step_login_waiting_new(struct step_run *run, struct job *j)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->run = run;
	w->job = j;
	buf_init(&w->line, LINE_MAX_SHOWN);
	step_set_state(run, w);
	return w;
}

/* Frees it; the caller ends the step. */
static struct step_run *step_login_leave(struct waiting *w)
{
	struct step_run *run = w->run;

	vm_client_close(w->client);
	loop_stream_close(w->knock);
	loop_timer_stop(w->again);
	loop_timer_stop(w->deadline);
	buf_fini(&w->line);
	free(w);
	step_set_state(run, NULL);
	return run;
}

static void step_login_end(struct waiting *w, struct err *e, const char *summary)
{
	struct step_run *run = step_login_leave(w);

	if (e)
		step_fail(run, e);
	else
		step_done(run, summary);
}

static void step_login_cancel(struct step_run *run, void *job)
{
	(void)job;
	job_stop_waiting(step_login_leave(step_state(run)));
}

/* Returns why the guest is paused, owned; NULL if it is not. *up: it had come up before. */
static char *step_login_why_paused(const struct job *j, bool *up)
{
	struct vm_run run;
	char *why = NULL;

	*up = false;
	if (vm_run_read(j->machine_dir, &run, NULL) < 0)
		return NULL;
	if (run.state == VM_PAUSED) {
		why = xstrdup(*run.cause ? run.cause : "paused");
		*up = run.login || run.ready;
	}
	vm_run_fini(&run);
	return why;
}

static void step_login_on_deadline(void *arg)
{
	struct waiting *w = arg;
	const char *name = w->job->spec->name;
	bool up;
	char *why = step_login_why_paused(w->job, &up);
	struct err e = ERR_INIT;

	if (why) {
		err_set(&e, ERR_TIMEOUT, "guest-paused", "the guest did not come up in time: it is paused (%s)", why);
		err_hint(&e, "debwiz resume %s", name);
	} else {
		err_set(&e, ERR_TIMEOUT, "guest-slow", "the guest did not come up in time");
		err_hint(&e, "it continues; see `debwiz logs %s`, or raise `timeout =` in [boot]%s", name,
			 qemu_may_have_virtio_console(w->job->spec, w->job->arch)
				 ? "; if its kernel prints nothing there, write console = virtio in [devices]"
				 : "");
	}
	free(why);
	step_login_end(w, &e, NULL);
}

/* ---- login ---- */

static void step_login_on_console(const char *p, size_t n, void *arg)
{
	struct waiting *w = arg;
	char *clean;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n') {
			if (p[i] != '\r')
				buf_addc(&w->line, p[i]);
			continue;
		}
		clean = text_plain(w->line.data, w->line.len);
		if (*clean && !w->paused)
			step_text(w->run, "%s", clean);
		free(clean);
		buf_clear(&w->line);
	}
}

/* Ends the step: a guest that is up but could not apply its account or keys is an error. */
static void step_login_came_up(struct waiting *w, const struct vm_run *run)
{
	bool failed = !strcmp(run->seed, "failed");
	AUTO_STRV struct strv complaints = STRV_INIT;
	struct err e = ERR_INIT;
	size_t i = 0;

	vm_run_complaints(run, &complaints);
	if (failed) {
		err_set(&e, ERR_FAILED, "seed-failed", "%s",
			complaints.len ? complaints.items[i++] : "the guest could not apply its settings");
		err_hint(&e,
			 "the guest runs, but no one can log in as requested; see `debwiz logs %s`; "
			 "its next boot tries again",
			 w->job->spec->name);
	}
	for (; i < complaints.len; i++)
		step_warn(w->run, "%s", complaints.items[i]);
	if (!strcmp(run->seed, "pending"))
		step_warn(w->run, "the guest did not report whether it applied its settings");
	if (run->state == VM_PAUSED)
		step_warn(w->run, "it is paused: %s; `debwiz resume %s` resumes it", run->cause, w->job->spec->name);
	step_login_end(w, failed ? &e : NULL, "login prompt");
}

static void step_login_on_status(const struct err *e, const json_t *answer, void *arg)
{
	struct waiting *w = arg;
	struct vm_run run;

	if (e) /* the machine has exited or is lost, which is reported next */
		return;
	vm_run_from_json(&run, json_object_get(answer, "run"));
	if (w->late || strcmp(run.seed, "pending") != 0)
		step_login_came_up(w, &run);
	vm_run_fini(&run);
}

/* Asks the supervisor, who knows both channels, what the guest has reported. */
static void step_login_ask(struct waiting *w)
{
	vm_client_ask(w->client, "status", json_object(), step_login_on_status, w);
}

static void step_login_on_late(void *arg)
{
	struct waiting *w = arg;

	w->late = true;
	step_login_ask(w);
}

/* A report that comes after the prompt. */
static void step_login_on_progress(const char *state, const json_t *values, void *arg)
{
	struct waiting *w = arg;

	(void)values;
	if (w->up && !w->late && (!strcmp(state, "seed-applied") || !strcmp(state, "seed-failed")))
		step_login_ask(w);
}

static void step_login_on_state(enum vm_state s, void *arg)
{
	struct waiting *w = arg;
	bool up = s == VM_RUNNING;
	AUTO_FREE char *why = s == VM_PAUSED ? step_login_why_paused(w->job, &up) : NULL;

	if (up) {
		if (!w->up) {
			w->up = true;
			w->again = loop_timer_start(w->job->loop, REPORT_MS, 0, step_login_on_late, w);
			step_login_ask(w);
		}
		return;
	}
	if (why)
		step_text(w->run, "it is paused: %s", why);
	else if (w->paused)
		step_text(w->run, "it runs again");
	w->paused = why != NULL;
}

static void step_login_on_ended(enum vm_state s, const char *cause, void *arg)
{
	struct waiting *w = arg;

	(void)s;
	if (w->up) /* it was up, and exited before its report */
		step_login_end(w, NULL, "login prompt");
	else
		job_machine_exited(step_login_leave(w), true, cause);
}

/* The machine may run, but its state is not known. */
static void step_login_on_lost(const struct err *e, void *arg)
{
	job_fail_copy(step_login_leave(arg), e);
}

static const struct vm_client_ops client_ops = {
	.state = step_login_on_state,
	.console = step_login_on_console,
	.progress = step_login_on_progress,
	.ended = step_login_on_ended,
	.lost = step_login_on_lost,
};

static void step_login_start_login(struct step_run *run, void *job)
{
	struct job *j = job;
	struct waiting *w = step_login_waiting_new(run, j);
	struct err e = ERR_INIT;

	if (job_need_runtime_dir(j, &e) < 0) {
		step_login_end(w, &e, NULL);
		return;
	}
	w->deadline = loop_timer_start(j->loop, j->spec->timeout, 0, step_login_on_deadline, w);
	w->client = vm_connect(j->loop, j->machine_dir, j->runtime_dir, true, &client_ops, w);
}

static double step_login_expect_login(const void *job)
{
	const struct job *j = job;

	return suspended_exists(j->machine_dir) ? 1 : job_expect(j, "login", 35);
}

static void step_login_took_login(void *job, uint64_t ms)
{
	struct job *j = job;

	/* only a boot counts, not a machine that ran already or was resumed from a saved state */
	if (j->started && !j->resumed && !j->template.found.dir)
		job_took(j, "login", ms);
}

const struct step_ops step_login = {
	.id = "login",
	.title = "Boot",
	.about = "Until the guest shows its login prompt on the console.",
	.expect = step_login_expect_login,
	.took = step_login_took_login,
	.applies = step_login_wants_login,
	.start = step_login_start_login,
	.cancel = step_login_cancel,
};

/* ---- ssh ---- */

static void step_login_knock(void *arg);

static void step_login_knock_again(void *arg)
{
	struct waiting *w = arg;

	loop_stream_close(w->knock);
	w->knock = NULL;
	loop_timer_stop(w->again);
	w->again = loop_timer_start(w->job->loop, KNOCK_MS, 0, step_login_knock, w);
}

static void step_login_on_connected(struct loop_stream *s, const char *error, void *arg)
{
	(void)s;
	if (error)
		step_login_knock_again(arg);
}

/* Takes what the port sends first: the server's identification begins with "SSH-" (RFC 4253, 4.2). */
static void step_login_on_banner(struct loop_stream *s, const char *p, size_t n, void *arg)
{
	(void)s;
	if (n >= 4 && !memcmp(p, "SSH-", 4))
		step_login_end(arg, NULL, "ssh answers");
	else
		step_login_knock_again(arg);
}

static void step_login_on_closed(struct loop_stream *s, void *arg)
{
	(void)s;
	step_login_knock_again(arg);
}

static const struct loop_stream_ops knock_ops = {
	.connected = step_login_on_connected,
	.data = step_login_on_banner,
	.ended = step_login_on_closed,
};

/* Returns whether the guest is up and has reported that it has no ssh server. */
static bool step_login_has_no_server(const struct job *j)
{
	struct vm_run run;
	bool none;

	if (vm_run_read(j->machine_dir, &run, NULL) < 0)
		return false;
	none = run.alive && run.ready && !strcmp(run.ssh, "no");
	vm_run_fini(&run);
	return none;
}

static void step_login_knock(void *arg)
{
	struct waiting *w = arg;
	struct err e = ERR_INIT;
	char address[64];
	uint16_t port = forwards_ssh_port(w->job->spec, w->job->machine_dir, address, NULL);

	if (step_login_has_no_server(w->job)) {
		err_set(&e, ERR_FAILED, "no-ssh-server", "the guest is up, but no ssh server runs in it");
		err_hint(&e, "log in with `debwiz console %s`, and install openssh-server there", w->job->spec->name);
		step_login_end(w, &e, NULL);
		return;
	}
	/* a connection that is accepted and never answered is given up */
	loop_timer_stop(w->again);
	w->again = loop_timer_start(w->job->loop, vm_deadline(KNOCK_LIMIT_MS), 0, step_login_knock_again, w);
	w->knock = loop_stream_connect_tcp(w->job->loop, address, port, &knock_ops, w);
}

static void step_login_start_ssh(struct step_run *run, void *job)
{
	struct job *j = job;
	struct waiting *w = step_login_waiting_new(run, j);
	struct err e = ERR_INIT;
	char address[64];

	if (!forwards_ssh_port(j->spec, j->machine_dir, address, &e)) {
		step_login_end(w, &e, NULL);
		return;
	}
	w->deadline = loop_timer_start(j->loop, j->spec->timeout, 0, step_login_on_deadline, w);
	step_login_knock(w);
}

const struct step_ops step_ssh = {
	.id = "ssh",
	.title = "SSH",
	.about = "Until the guest's ssh answers on the forwarded port.",
	.applies = step_login_wants_ssh,
	.start = step_login_start_ssh,
	.cancel = step_login_cancel,
};
