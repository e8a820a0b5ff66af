/* SPDX-License-Identifier: MIT */
/*
 * process: the QEMU process, started by this supervisor or recognized by pid and start time: its lines in the
 * runtime folder, its exit, and what it wrote to its standard error.
 */
#include "process.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/line.h"
#include "host/proc.h"
#include "life.h"
#include "share.h"
#include "spec/spec.h"
#include "sup.h"
#include "tpm.h"

#define STARTS_MAX 3

struct sup_process {
	struct proc *started;	    /* NULL: not started, taken over, or exited */
	struct proc_watch *adopted; /* of a QEMU that was taken over */
	struct buf complaint;
	struct strv argv; /* QEMU's, before its lines have their ports */
	int starts;
};

struct sup_process *sup_process_new(void)
{
	struct sup_process *p = xcalloc(1, sizeof(*p));

	buf_init(&p->complaint, 0);
	return p;
}

void sup_process_free(struct sup_process *p)
{
	proc_watch_stop(p->adopted);
	buf_fini(&p->complaint);
	strv_fini(&p->argv);
	free(p);
}

static int process_launch(struct sup *s, struct err *e);

/* Starts QEMU with other ports if another program took one before QEMU could listen there; the links, which look for
 * the line before each attempt, follow. */
static bool process_launch_again(struct sup *s)
{
	if (s->end.up || s->end.asked || s->process->starts == STARTS_MAX || !host_lines_are_taken(s->req.runtime_dir))
		return false;
	buf_clear(&s->process->complaint);
	if (process_launch(s, NULL) < 0)
		return false;
	sup_save(s);
	return true;
}

static void process_on_ended(int64_t status, int signum, void *arg)
{
	struct sup *s = arg;

	s->process->started = NULL;
	if (!status || !process_launch_again(s))
		sup_exited(s, status, signum);
}

static void process_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct buf *out = &((struct sup *)arg)->process->complaint;

	(void)fd;
	for (size_t i = 0; i < n && out->len < SUP_COMPLAINT_MAX; i++)
		buf_addc(out, (char)(p[i] ? p[i] : ' '));
}

static int process_launch(struct sup *s, struct err *e)
{
	struct proc_conf conf = {.output = process_on_output, .ended = process_on_ended, .arg = s, .new_session = true};
	AUTO_STRV struct strv argv = STRV_INIT;
	int ends[1 + SPEC_VIRTIOFS_MAX]; /* of the connections to its helpers */
	struct proc_id id = {0};

	_Static_assert(ARRAY_SIZE(ends) <= PROC_INHERITED_MAX, "all of them are inherited");
	s->process->starts++;
	strv_copy(&argv, &s->process->argv);
	if (host_lines_create(s->req.runtime_dir, &argv, e) < 0)
		return -1;
	conf.argv = strv_argv(&argv);
	conf.inherit = ends;
	if (sup_tpm_start(s, ends, &conf.inherit_count, e) == 0 &&
	    sup_share_start(s, ends, &conf.inherit_count, e) == 0) {
		umask(0177); /* QEMU's sockets get mode 0600 */
		s->process->started = proc_start(s->loop, &conf, e);
		umask(077);
	}
	for (size_t i = 0; i < conf.inherit_count; i++)
		close(ends[i]);
	if (!s->process->started)
		return -1;
	proc_identify(proc_pid(s->process->started), &id);
	s->run.qemu_pid = proc_pid(s->process->started);
	s->run.qemu_start = id.start;
	return 0;
}

int sup_process_start(struct sup *s, const struct strv *argv, struct err *e)
{
	strv_copy(&s->process->argv, argv);
	return process_launch(s, e);
}

static struct proc_id process_recorded(const struct sup *s)
{
	return (struct proc_id){.pid = s->run.qemu_pid, .start = s->run.qemu_start};
}

static void process_on_adopted_ended(void *arg)
{
	sup_process_unwatch(arg);
	sup_exited(arg, 0, 0);
}

void sup_process_watch(struct sup *s)
{
	struct proc_id qemu = process_recorded(s);

	s->process->adopted = proc_watch_start(s->loop, &qemu, process_on_adopted_ended, s);
}

void sup_process_unwatch(struct sup *s)
{
	proc_watch_stop(s->process->adopted);
	s->process->adopted = NULL;
}

bool sup_process_is_alive(const struct sup *s)
{
	return s->process->started || s->process->adopted;
}

void sup_process_terminate(struct sup *s)
{
	struct proc_id qemu = process_recorded(s);

	if (s->process->started)
		proc_terminate(s->process->started);
	else
		proc_signal_terminate(&qemu);
}

void sup_process_kill(struct sup *s)
{
	struct proc_id qemu = process_recorded(s);

	if (s->process->started)
		proc_kill(s->process->started);
	else
		proc_signal_kill(&qemu);
}

const char *sup_process_complaint(const struct sup *s)
{
	return s->process->complaint.data;
}
