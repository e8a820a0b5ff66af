/* SPDX-License-Identifier: MIT */
/*
 * proc: child processes, by uv_spawn, which resets signals in the child. Processes that outlive or replace us are
 * in proc_detach.c, the process table is read by proc_linux.c and its like.
 */
#include "host/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/facts.h"
#include "host/paths.h"
#include "proc_priv.h"

/* A grandchild may keep the output open: that is the longest wait for it. */
#define OUTPUT_GRACE_MS 1000
#define STDERR_CAP 8192
#define STDERR_LINES 3

struct proc_pipe {
	uv_pipe_t uv;
	struct proc *proc;
	int fd; /* 0, 1 or 2 in the child */
	bool open;
	char chunk[16384];
};

struct proc {
	uv_process_t uv;
	uv_timer_t grace;
	struct proc_pipe in, out[2];
	uv_write_t write;
	uv_shutdown_t shutdown;
	char *input;
	void (*output)(int fd, const char *p, size_t n, void *arg);
	void (*ended)(int64_t status, int signal, void *arg);
	void *arg;
	int64_t status;
	int signal;
	bool exited;
	unsigned closing; /* handles whose close callback has not run yet */
	bool over;	  /* all handles are closed or closing */
};

static void proc_on_closed(uv_handle_t *h)
{
	struct proc *p = h->data;

	if (--p->closing || !p->over)
		return;
	if (p->exited && p->ended)
		p->ended(p->status, p->signal, p->arg);
	free(p->input);
	free(p);
}

static void proc_close_handle(struct proc *p, uv_handle_t *h)
{
	if (uv_is_closing(h))
		return;
	h->data = p;
	p->closing++;
	uv_close(h, proc_on_closed);
}

static void proc_close_pipe(struct proc_pipe *pipe)
{
	if (!pipe->open)
		return;
	pipe->open = false;
	proc_close_handle(pipe->proc, (uv_handle_t *)&pipe->uv);
	if (pipe->fd && pipe->proc->output)
		pipe->proc->output(pipe->fd, NULL, 0, pipe->proc->arg);
}

/* Reports the end once the child has exited and all output was read. */
static void proc_check_over(struct proc *p)
{
	if (p->over || !p->exited || p->out[0].open || p->out[1].open)
		return;
	p->over = true;
	proc_close_pipe(&p->in);
	proc_close_handle(p, (uv_handle_t *)&p->grace);
	proc_close_handle(p, (uv_handle_t *)&p->uv);
}

static void proc_on_grace(uv_timer_t *t)
{
	struct proc *p = t->data;

	proc_close_pipe(&p->out[0]);
	proc_close_pipe(&p->out[1]);
	proc_check_over(p);
}

static void proc_on_exit_status(uv_process_t *uv, int64_t status, int signum)
{
	struct proc *p = uv->data;

	p->exited = true;
	p->status = status;
	p->signal = signum ? signum : proc_status_signal(status);
	uv_timer_start(&p->grace, proc_on_grace, OUTPUT_GRACE_MS, 0);
	proc_check_over(p);
}

static void proc_on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
	struct proc_pipe *pipe = (struct proc_pipe *)h;

	(void)suggested;
	*out = uv_buf_init(pipe->chunk, sizeof(pipe->chunk));
}

static void proc_on_read(uv_stream_t *uv, ssize_t n, const uv_buf_t *b)
{
	struct proc_pipe *pipe = (struct proc_pipe *)uv;
	struct proc *p = pipe->proc;

	if (n > 0) {
		p->output(pipe->fd, b->base, (size_t)n, p->arg);
	} else if (n < 0) {
		proc_close_pipe(pipe);
		proc_check_over(p);
	}
}

static void proc_on_shutdown(uv_shutdown_t *req, int status)
{
	struct proc *p = req->data;

	(void)status;
	proc_close_pipe(&p->in);
}

static void proc_on_written(uv_write_t *req, int status)
{
	struct proc *p = req->data;

	/* a child that stops reading reports it by its exit status */
	p->shutdown.data = p;
	if (status < 0 || uv_shutdown(&p->shutdown, (uv_stream_t *)&p->in.uv, proc_on_shutdown) < 0)
		proc_close_pipe(&p->in);
}

static void proc_open_pipe(struct proc *p, struct proc_pipe *pipe, int fd, uv_loop_t *uv, uv_stdio_container_t *io)
{
	pipe->proc = p;
	pipe->fd = fd;
	pipe->open = true;
	uv_pipe_init(uv, &pipe->uv, 0);
	io->flags = UV_CREATE_PIPE | (fd ? UV_WRITABLE_PIPE : UV_READABLE_PIPE);
	io->data.stream = (uv_stream_t *)&pipe->uv;
}

static void proc_feed_input(struct proc *p, const char *input, size_t len)
{
	uv_buf_t b;

	p->input = xmalloc(len + 1);
	memcpy(p->input, input ? input : "", input ? len : 0);
	b = uv_buf_init(p->input, (unsigned)len);
	p->write.data = p;
	if (uv_write(&p->write, (uv_stream_t *)&p->in.uv, &b, 1, proc_on_written) < 0)
		proc_close_pipe(&p->in);
}

int proc_missing(const char *program, struct err *e)
{
	AUTO_FREE char *hint = host_install_hint(program);

	err_set(e, ERR_MISSING, "exec-missing", "there is no program %s on this host", program);
	if (hint)
		err_hint(e, "%s", hint);
	return -1;
}

struct proc *proc_start(struct loop *l, const struct proc_conf *conf, struct err *e)
{
	char *file = host_which(conf->argv[0]);
	uv_stdio_container_t io[PROC_INHERITED + PROC_INHERITED_MAX] = {
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
	};
	uv_process_options_t options = {
		.exit_cb = proc_on_exit_status,
		.file = file,
		.args = (char **)conf->argv,
		.env = (char **)conf->env,
		.cwd = conf->dir,
		/* a program without a window, or Windows would open one for each that the supervisor starts */
		.flags = UV_PROCESS_WINDOWS_HIDE | (conf->new_session ? UV_PROCESS_DETACHED : 0),
		.stdio_count = PROC_INHERITED + (int)conf->inherit_count,
		.stdio = io,
	};
	struct proc *p;
	int r;

	if (!file) {
		proc_missing(conf->argv[0], e);
		return NULL;
	}
	for (size_t i = 0; i < conf->inherit_count; i++)
		io[PROC_INHERITED + i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = conf->inherit[i]};
	p = xcalloc(1, sizeof(*p));
	p->output = conf->output;
	p->arg = conf->arg;
	uv_timer_init(loop_uv(l), &p->grace);
	p->grace.data = p;
	if (conf->stdin_text)
		proc_open_pipe(p, &p->in, 0, loop_uv(l), &io[0]);
	for (int i = 0; conf->output && i < 2; i++)
		proc_open_pipe(p, &p->out[i], i + 1, loop_uv(l), &io[i + 1]);
	proc_before_spawn();
	r = uv_spawn(loop_uv(l), &p->uv, &options);
	p->uv.data = p;
	if (r < 0) {
		err_errno(e, -r, "exec-failed", "cannot start %s", file);
		p->output = NULL;
		p->over = true;
		proc_close_pipe(&p->in);
		proc_close_pipe(&p->out[0]);
		proc_close_pipe(&p->out[1]);
		proc_close_handle(p, (uv_handle_t *)&p->grace);
		proc_close_handle(p, (uv_handle_t *)&p->uv);
		p = NULL;
	} else {
		p->ended = conf->ended;
		for (int i = 0; conf->output && i < 2; i++)
			uv_read_start((uv_stream_t *)&p->out[i].uv, proc_on_alloc, proc_on_read);
		if (conf->stdin_text)
			proc_feed_input(p, conf->input, conf->input_len);
	}
	free(file);
	return p;
}

int64_t proc_pid(const struct proc *p)
{
	return p->uv.pid;
}

static void proc_send_signal(struct proc *p, int signum)
{
	if (!p->exited) /* later the pid may belong to another process */
		uv_process_kill(&p->uv, signum);
}

void proc_terminate(struct proc *p)
{
	proc_send_signal(p, SIGTERM);
}

void proc_kill(struct proc *p)
{
	proc_send_signal(p, SIGKILL);
}

char *proc_lines_as_one(const struct buf *said)
{
	size_t n = said->len;
	struct buf b;
	char *clean;

	while (n && strchr("\r\n", said->data[n - 1]))
		n--;
	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		if (said->data[i] == '\n')
			buf_adds(&b, "; ");
		else if (said->data[i] != '\r')
			buf_addc(&b, said->data[i]);
	}
	clean = b.len ? text_clean(b.data, b.len, false) : NULL;
	buf_fini(&b);
	return clean;
}

struct run {
	struct proc *proc;
	struct buf out, err;
	bool too_much;
	int64_t status;
	int signal;
};

static void proc_run_output(int fd, const char *p, size_t n, void *arg)
{
	struct run *r = arg;

	if (fd == 2) {
		size_t space = STDERR_CAP - r->err.len;

		if (n)
			buf_add(&r->err, p, n < space ? n : space);
	} else if (n && buf_add(&r->out, p, n) < 0) {
		r->too_much = true;
		proc_kill(r->proc);
	}
}

static void proc_run_ended(int64_t status, int signum, void *arg)
{
	struct run *r = arg;

	r->status = status;
	r->signal = signum;
}

/* Returns the first lines as one, safe for a terminal. */
static char *proc_first_lines(const struct buf *b)
{
	struct buf text;
	int lines = 0;

	buf_init(&text, 0);
	for (size_t i = 0; i < b->len && lines < STDERR_LINES; i++) {
		unsigned char c = (unsigned char)b->data[i];

		if (c != '\n') {
			bool odd = c < ' ' || c == 0x7f || (c >= 0x80 && c < 0xa0);

			buf_addc(&text, (char)(odd ? '?' : c));
			continue;
		}
		if (++lines < STDERR_LINES && i + 1 < b->len)
			buf_adds(&text, "; ");
	}
	return buf_steal(&text);
}

/* With `status` NULL a status other than 0 is an error. */
static int proc_run_argv(char *const *argv, size_t cap, struct buf *out, int *status, struct err *e)
{
	struct loop *l = loop_new();
	struct run run = {.status = -1};
	struct proc_conf conf = {.argv = argv, .output = proc_run_output, .ended = proc_run_ended, .arg = &run};
	char *said;
	int r = -1;

	buf_init(&run.out, cap);
	buf_init(&run.err, STDERR_CAP);
	run.proc = proc_start(l, &conf, e);
	loop_run(l);
	loop_free(l);
	if (!run.proc)
		goto out;
	said = proc_first_lines(&run.err);
	if (run.too_much)
		err_set(e, ERR_FAILED, "exec-output", "%s wrote more than %zu bytes", argv[0], cap);
	else if (run.signal)
		err_set(e, ERR_FAILED, "exec-signal", "%s was ended by signal %d%s%s", argv[0], run.signal,
			*said ? ": " : "", said);
	else if (run.status && !status)
		err_set(e, ERR_FAILED, "exec-status", "%s ended with status %d%s%s", argv[0], (int)run.status,
			*said ? ": " : "", said);
	else
		r = 0;
	free(said);
	if (!r && status)
		*status = (int)run.status;
	if (!r && out) {
		*out = run.out;
		buf_init(&run.out, 0);
	}
out:
	buf_fini(&run.out);
	buf_fini(&run.err);
	return r;
}

int proc_run(char *const *argv, size_t cap, struct buf *out, struct err *e)
{
	return proc_run_argv(argv, cap, out, NULL, e);
}

int proc_run_status(char *const *argv, size_t cap, struct buf *out, int *status, struct err *e)
{
	return proc_run_argv(argv, cap, out, status, e);
}

bool proc_alive(const struct proc_id *id)
{
	struct proc_id now;

	return id->pid > 0 && proc_identify(id->pid, &now) && (!id->start || id->start == now.start);
}
