/* SPDX-License-Identifier: MIT */
/* trial: starts a paused QEMU to learn what works (trial.h). */
#include "trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/proc.h"

#define TRIAL_MS 15000
#define COMPLAINT_MAX 4096

struct trial {
	struct proc *proc;
	struct loop_timer *timer;
	struct buf complaint;
	bool late;
	int64_t status;
	int signal;
};

static void trial_on_output(int fd, const char *p, size_t n, void *arg)
{
	struct trial *t = arg;
	size_t room = COMPLAINT_MAX - t->complaint.len;

	if (fd == 2 && n)
		buf_add(&t->complaint, p, n < room ? n : room);
}

static void trial_stop_timer(struct trial *t)
{
	loop_timer_stop(t->timer);
	t->timer = NULL;
}

static void trial_on_ended(int64_t status, int signal, void *arg)
{
	struct trial *t = arg;

	t->status = status;
	t->signal = signal;
	trial_stop_timer(t);
}

static void trial_on_late(void *arg)
{
	struct trial *t = arg;

	t->late = true;
	trial_stop_timer(t);
	proc_kill(t->proc);
}

/* Returns the first line that is not a warning; owned. */
static char *trial_first_complaint(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = text_clean(text, n, false);

		if (n && !strstr(line, "warning: "))
			return line;
		free(line);
		text += n + (text[n] == '\n');
	}
	return xstrdup("");
}

bool trial_is_passing(const char *complaint)
{
	/* strerror(3) of EBUSY, ENOMEM, EAGAIN and EMFILE, as QEMU writes them */
	static const char *const words[] = {"resource busy", "Cannot allocate memory",
					    "Resource temporarily unavailable", "Too many open files"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(complaint, words[i]))
			return true;
	return false;
}

static char *trial_explain(const struct trial *t, bool *passing)
{
	char *said = trial_first_complaint(t->complaint.data);
	char *why;

	*passing = t->late || t->signal || !*said || trial_is_passing(said);
	if (*said)
		return said;
	free(said);
	if (t->late)
		why = xstrdup("it did not answer within 15 s");
	else if (t->signal)
		why = xasprintf("it crashed (signal %d)", t->signal);
	else
		why = xasprintf("it exited with status %d and no message", (int)t->status);
	return why;
}

bool trial_run(const char *binary, const struct strv *args, char **why, bool *passing)
{
	static const char input[] = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";
	struct loop *l = loop_new();
	struct trial t = {.status = -1};
	AUTO_STRV struct strv argv = STRV_INIT;
	AUTO_ERR struct err e = ERR_INIT;
	bool ok;

	strv_add(&argv, binary);
	strv_split(&argv, "-no-user-config -nodefaults -display none -S -qmp stdio", " ");
	for (size_t i = 0; i < args->len; i++)
		strv_add(&argv, args->items[i]);
	buf_init(&t.complaint, 0);
	t.proc = proc_start(l,
			    &(struct proc_conf){.argv = strv_argv(&argv),
						.output = trial_on_output,
						.ended = trial_on_ended,
						.arg = &t,
						.stdin_text = true,
						.input = input,
						.input_len = sizeof(input) - 1},
			    &e);
	if (t.proc)
		t.timer = loop_timer_start(l, TRIAL_MS, 0, trial_on_late, &t);
	loop_run(l);
	loop_free(l);
	ok = t.proc && !t.late && !t.signal && !t.status;
	*passing = !t.proc;
	if (!ok)
		*why = t.proc ? trial_explain(&t, passing) : xstrdup(e.text);
	buf_fini(&t.complaint);
	return ok;
}
