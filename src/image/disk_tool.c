/* SPDX-License-Identifier: MIT */
/* disk_tool: see disk_tool.h. A loop of its own, so it may be called in a work function. */
#include "disk_tool.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "host/proc.h"

#define CANCEL_POLL_MS 100
#define ERR_CAP 2048

struct tool {
	struct loop *loop;
	struct proc *proc;
	struct loop_timer *timer;
	const atomic_bool *cancel;
	void (*progress)(double percent, void *arg);
	void *arg;
	struct buf line; /* standard output since the last line end */
	struct buf errors;
	int64_t status;
	int signal;
	bool cancelled;
};

static void disk_tool_on_timer(void *arg)
{
	struct tool *t = arg;

	if (t->cancelled || !t->cancel || !atomic_load(t->cancel))
		return;
	t->cancelled = true;
	proc_kill(t->proc);
}

/* "    (12.50/100%)\r" */
static void disk_tool_on_line(struct tool *t)
{
	const char *open = strchr(t->line.data, '(');

	if (open && t->progress)
		t->progress(strtod(open + 1, NULL), t->arg);
	buf_clear(&t->line);
}

static void disk_tool_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct tool *t = arg;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (fd == 2)
			buf_addc(&t->errors, (char)(c < ' ' || c == 0x7f ? ' ' : c));
		else if (c == '\r' || c == '\n')
			disk_tool_on_line(t);
		else
			buf_addc(&t->line, (char)c);
	}
}

static void disk_tool_on_ended(int64_t status, int signal, void *arg)
{
	struct tool *t = arg;

	t->status = status;
	t->signal = signal;
	loop_timer_stop(t->timer);
}

int disk_tool_run(char *const *argv, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		  struct err *e)
{
	struct tool t = {.loop = loop_new(), .cancel = cancel, .progress = progress, .arg = arg};
	struct proc_conf conf = {.argv = argv, .output = disk_tool_on_output, .ended = disk_tool_on_ended, .arg = &t};
	int r = 0;

	buf_init(&t.line, 256);
	buf_init(&t.errors, ERR_CAP);
	t.proc = proc_start(t.loop, &conf, e);
	if (t.proc)
		t.timer = loop_timer_start(t.loop, CANCEL_POLL_MS, CANCEL_POLL_MS, disk_tool_on_timer, &t);
	loop_run(t.loop);
	loop_free(t.loop);
	while (t.errors.len && t.errors.data[t.errors.len - 1] == ' ')
		t.errors.data[--t.errors.len] = '\0';
	if (!t.proc)
		r = -1;
	else if (t.cancelled)
		r = err_set(e, ERR_INTERRUPTED, "interrupted", "interrupted");
	else if (t.signal || t.status)
		r = err_set(e, ERR_FAILED, "disk-tool", "%s %s failed: %s", argv[0], argv[1],
			    t.errors.len ? t.errors.data : "it gave no reason");
	buf_fini(&t.line);
	buf_fini(&t.errors);
	return r;
}
