/* SPDX-License-Identifier: MIT */
/*
 * task: the preparing or booting of one machine, which goes on whatever screen is shown. It belongs
 * to the program; a screen only looks at it.
 */
#ifndef TUI_TOOLKIT_TASK_H
#define TUI_TOOLKIT_TASK_H

#include "prepare/job.h"
#include "prepare/runner.h"
#include "tui/toolkit/app.h"

enum task_state { TASK_RUNNING, TASK_CANCELLING, TASK_DONE, TASK_FAILED, TASK_CANCELLED };

#define TASK_LOG_MAX 5000

struct task {
	struct app *app;
	struct task *next;
	char *name;
	char *path; /* of its INI file */
	enum job_goal goal;
	enum task_state state;
	struct spec spec;
	struct job job;
	struct runner *runner;
	struct err error;   /* TASK_FAILED */
	struct strv log;    /* lines, at most TASK_LOG_MAX */
	size_t log_dropped; /* lines that went away before the first of `log` */
	struct strv warnings;
	double share;	 /* 0..1 */
	int64_t left_ms; /* -1: not known */
	uint64_t elapsed_ms;
	/* a question that waits */
	char *question;
	struct strv choices;
	size_t fallback;
	bool asked; /* it is on the screen */
};

/* Reads the file and begins. NULL with e. */
struct task *task_start(struct app *app, const char *ref, enum job_goal goal, bool fresh, struct err *e);
/* The one of that name, also when it has ended; NULL: none. */
struct task *task_find(struct app *app, const char *name);
bool task_is_busy(const struct task *t);
/* Asks the running step to end; what is done is kept. */
void task_cancel(struct task *t);
void task_answer(struct task *t, size_t choice);
/* Forgets one that has ended. */
void task_forget(struct task *t);
/* How many are busy, and the name of the first (borrowed). */
size_t task_count(const struct app *app, const char **name);
/* Ends all of them, running the loop until they have; for the end of the program. */
void task_end_all(struct app *app);

/* Reads the machine `ref` as the verbs do: file, then --set and --mirror where they are for it,
 * checked. */
int task_read_spec(struct app *app, const char *ref, struct spec *s, struct err *e);

#endif
