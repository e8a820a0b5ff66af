/* SPDX-License-Identifier: MIT */
/*
 * supervisor: the small detached process that looks after one QEMU from start to end. Nothing else
 * in debwiz ever starts QEMU to run a machine. It knows no spec: it is told by a request file.
 *
 * It takes the lock, spawns QEMU with QMP, serial and progress on listening sockets, connects to
 * them, lets the guest go (`-S`, then cont), always drains the serial line into console.log
 * (rotated: 2 MiB x 3), keeps the state table, reads the progress port, serves the control socket
 * and writes the run record (run.json, atomically at every change of state), with the exit cause.
 *
 * A supervisor that finds a QEMU of this machine alive (its own supervisor was killed) takes it over:
 * what was asked for is kept in DIR/request.json, QEMU's sockets listen, and its state is asked.
 */
#ifndef MACHINE_RUN_H
#define MACHINE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "machine/cause.h"

enum vm_state {
	VM_STARTING,   /* QEMU is being started */
	VM_BOOTING,    /* the guest runs, no login yet */
	VM_RUNNING,    /* login prompt seen or ready reported */
	VM_PAUSED,     /* stands still, by request or by an error of the disk; the cause says which */
	VM_SUSPENDING, /* its state is being written to a file */
	VM_STOPPING,
	VM_OFF,	      /* ended as it should */
	VM_SUSPENDED, /* ended; its state is on disk and the next boot goes on from there */
	VM_FAILED,    /* ended otherwise; the cause says how */
	VM_STATE_COUNT,
};

/* Names as in run.json and --json: "starting", … */
const char *vm_state_name(enum vm_state s);
/* Finds the state of that name; false if there is none. */
bool vm_state_find(const char *name, enum vm_state *out);
/* Nothing runs in that state: off, suspended, failed. */
bool vm_state_is_over(enum vm_state s);

/* What to run. Written by the client as JSON, read by the supervisor. */
struct vm_request {
	char *name;		/* machine or base being configured */
	char *dir;		/* folder for run.json, lock, console.log */
	char *runtime_dir;	/* folder for the sockets */
	char *what;		/* "running" or "configuring", for the lock's holder text */
	char *accel;		/* for the cause when it stops with an internal error */
	struct strv argv;	/* QEMU's, with -S and the sockets */
	char *seed;		/* unlinked once the guest says seed-applied; "" none */
	char *known_hosts;	/* file that learnt host keys go to; "" none */
	char *hostname;		/* the guest's, which its login prompt begins with; "" if not known */
	char *ssh_host;		/* how ssh names it in known_hosts: "[127.0.0.1]:2222" */
	uint64_t login_timeout; /* ms until login; configuring: without a report; 0: none */
	uint64_t start_timeout; /* ms until QEMU lets the guest go; 0: 30 s */
	unsigned rows, columns; /* of the terminal that the guest was told of; 0: 24 and 80 */
	bool configuring;	/* ends by itself; success is "configured" and a clean power-off */
	bool adopt;		/* take over the QEMU that runs; never start one */
	bool resume;		/* go on from the suspended state in `dir` */
	char *snapshot;		/* go on from that snapshot, memory and all; "" or NULL: none */
	uint64_t seed_size;	/* bytes of the seed that QEMU was given, 0: none; the supervisor's own */
	bool seed_empty;	/* and what is there is an empty disk in its place; the supervisor's own */
};

int vm_request_write(const struct vm_request *r, const char *path, struct err *e);
int vm_request_read(struct vm_request *r, const char *path, struct err *e);
/* The same as JSON: a new reference, NULL when a text is not UTF-8; and back. */
json_t *vm_request_json(const struct vm_request *r);
int vm_request_from_json(struct vm_request *r, const json_t *o);
void vm_request_fini(struct vm_request *r);

/* The run record, also readable when nothing runs. */
struct vm_run {
	char *name, *what; /* of the request */
	enum vm_state state;
	int64_t supervisor_pid, qemu_pid;
	uint64_t supervisor_start, qemu_start; /* of struct proc_id */
	int64_t started, ended;		       /* seconds since the epoch, 0: not yet */
	char *runtime_dir;		       /* where its sockets are */
	bool login;			       /* login prompt seen */
	bool ready;			       /* guest reported ready */
	enum vm_cause cause_id;		       /* why it exited, or is paused */
	char *cause;			       /* the same as a sentence, in QEMU's or the guest's words; "" */
	char *complaint;		       /* first lines of QEMU's standard error, neutralised; "" */
	char *kernel;			       /* as the guest reported; "" */
	char *ip;
	char *accel;
	/* The seed that the guest was given at this start: "" none, "pending" (nothing was heard of it
	 * yet), "applied", "failed" (the cause says why, unless another one came). */
	char *seed;
	char *ssh;	  /* whether something answers on its ssh port, as it reported when ready: "yes", "no", "" */
	json_t *settings; /* what it reported, see machine/reported.h; NULL: nothing */
	bool alive;	  /* checked against the process table when read */
	bool orphan;	  /* alive, but its supervisor is not: the next vm_connect takes it over */
};

/* The record as JSON, as it stands in DIR/run.json: a new reference. */
json_t *vm_run_json(const struct vm_run *r);

/* Replaces the cause and its text, which is copied. */
void vm_run_set_cause(struct vm_run *r, enum vm_cause id, const char *text);
/* Takes what the guest reported of its settings out of the record of a run that this one continues. */
void vm_run_take_settings(struct vm_run *r, struct vm_run *old);
/* Adds to `out` what the guest reported that a person should read, a sentence each: why the seed failed,
 * and the settings that were not applied. */
void vm_run_complaints(const struct vm_run *r, struct strv *out);

/* Reads DIR/run.json; no file is VM_OFF. A record whose processes are gone but that says running
 * is corrected to VM_FAILED with a cause in words (killed, or the host was restarted). */
int vm_run_read(const char *dir, struct vm_run *out, struct err *e);
/* Whether something of it runs, by that record. */
bool vm_run_alive(const char *dir);
/* Ends at once what the record in DIR names and what still is that process (pid and start time): the
 * supervisor, then its QEMU. For runs that nobody wants any more; for a machine, where no supervisor can be
 * reached, it pulls the plug. Error id
 * "busy" when one does not end within 5 s. Blocks until then. Nothing to end is no error. */
int vm_run_end(const char *dir, struct err *e);
void vm_run_fini(struct vm_run *r);

#endif
