/* SPDX-License-Identifier: MIT */
/*
 * session: one run of the recipe (prepare/steps.h) on one machine, for both interfaces: from its INI file to the goal.
 * It collects what an interface shows of the run, so that a screen may come and go while it continues.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "prepare/job.h"
#include "prepare/runner.h"
#include "session/conf.h"

enum session_state {
	SESSION_RUNNING,
	SESSION_CANCELLING,
	SESSION_DONE,
	SESSION_FAILED,
	SESSION_CANCELLED,
};

#define SESSION_LOG_MAX 5000

struct session {
	struct session *next; /* of the same struct sessions */
	char *name;
	char *path; /* of its INI file */
	enum session_state state;
	struct session_conf conf;
	struct spec spec;
	struct job job;
	struct runner *runner; /* NULL until session_begin */
	struct err error;      /* SESSION_FAILED: what happened */
	struct strv log;       /* lines, at most SESSION_LOG_MAX */
	size_t log_dropped;    /* lines that were removed before the first one of `log` */
	struct strv warnings;
	double share;	 /* 0..1 of the whole run */
	int64_t left_ms; /* -1: not known */
	uint64_t elapsed_ms;
	/* the open question of a step */
	char *question; /* NULL: none */
	struct strv choices;
	size_t fallback;
	bool asked; /* an interface shows it */
	void (*event)(const struct runner_event *ev, void *arg);
	void *arg;
};

/* Reads the machine `ref` (NAME or FILE) as session_read does, and finds out what exists of it (job_init). NULL with e.
 * To be freed by session_free; a session need not be begun. */
struct session *session_new(const struct session_conf *conf, const char *ref, const struct job_options *o,
			    struct err *e);
/* Starts the run; it ends with the event RUNNER_FINISHED. `event` is called after the session has taken note of an
 * event. Nothing was started on an error: after RISK_ERROR (spec/risk.h) the user may be asked, and then trust_agree
 * called, and this again. Other ids: those of recipe_begin. */
int session_begin(struct session *s, void (*event)(const struct runner_event *ev, void *arg), void *arg, struct err *e);
/* Not while it runs. NULL is fine. */
void session_free(struct session *s);

bool session_is_busy(const struct session *s);
/* Asks the running step to end; what is done is kept. */
void session_cancel(struct session *s);
/* Answers the open question, if there is one. */
void session_answer(struct session *s, size_t choice);

/* The sessions of an interface that shows several machines, at most one for each machine. */
struct sessions {
	const struct session_conf *conf;
	void (*changed)(void *arg); /* an event came; may be called from within the functions below */
	void *arg;
	struct session *first;
	bool ending;
};

/* Starts one, in the place of an earlier one of that machine, which must not be busy. NULL with e: as session_begin. */
struct session *sessions_start(struct sessions *all, const char *ref, enum job_goal goal, bool fresh, struct err *e);
/* The one of that machine, also after its end; NULL: none. */
struct session *sessions_find(const struct sessions *all, const char *name);
/* Returns how many are busy, and the name of one of them in *name (borrowed; may be NULL). */
size_t sessions_count(const struct sessions *all, const char **name);
/* Cancels all, runs the loop until they have ended, and frees them. */
void sessions_end(struct sessions *all);

#endif
