/* SPDX-License-Identifier: MIT */
/*
 * run: how a machine is run: the request that its supervisor gets, and the record that it keeps.
 *
 * The supervisor is a small detached process that owns one QEMU from start to exit; nothing else starts QEMU to run
 * a machine. It knows no spec: a request file says what to run. It takes the lock, starts QEMU with QMP, serial line
 * and progress port on lines in the runtime folder, connects to them, starts the guest (`-S`, then cont), always
 * drains the serial line into console.log (rotated: 2 MiB x 3), applies the table of states, reads the progress port,
 * serves the control socket and writes the run record (run.json, atomically at every change of state), with the
 * cause of the exit.
 *
 * A supervisor that finds the machine's QEMU alive (its own supervisor was killed) takes it over: DIR/request.json has
 * the request, QEMU's sockets listen, and QEMU reports its state.
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
	VM_PAUSED,     /* by request or by an error of the disk; the cause says which */
	VM_SUSPENDING, /* its state is being written to a file */
	VM_STOPPING,
	VM_OFF,	      /* exited as it should */
	VM_SUSPENDED, /* exited; its state is on disk and the next boot resumes it */
	VM_FAILED,    /* exited otherwise; the cause says how */
	VM_STATE_COUNT,
};

/* Names as in run.json and --json: "starting", … */
const char *vm_state_name(enum vm_state s);
/* Finds the state of that name; false if it is unknown. */
bool vm_state_find(const char *name, enum vm_state *out);
/* Returns whether nothing runs in that state: off, suspended, failed. */
bool vm_state_is_over(enum vm_state s);

/* How to run a machine. Written by the client as JSON, read by the supervisor. */
struct vm_request {
	char *name;	   /* machine or base being configured */
	char *dir;	   /* folder for run.json, lock, console.log */
	char *runtime_dir; /* folder for the sockets */
	char *what;	   /* "running" or "configuring", for the lock's holder text */
	char *accel;	   /* for the cause when it stops with an internal error */
	struct strv argv;  /* QEMU's, with -S and the sockets */
	char *tpm;	   /* swtpm's path; "" or NULL: no TPM. QEMU inherits its end of their connection */
	char *virtiofsd;   /* its path, if there are folders for it: QEMU inherits its ends of the connections, too */
	struct strv virtiofs;	/* those folders */
	char *seed;		/* removed once the guest reports seed-applied; "" none */
	char *known_hosts;	/* file for the host keys that the guest reports; "" none */
	char *hostname;		/* the guest's, with which its login prompt begins; "" if not known */
	char *ssh_host;		/* how ssh names it in known_hosts: "[127.0.0.1]:2222" */
	uint64_t login_timeout; /* ms until login; configuring: without a report; 0: none */
	uint64_t start_timeout; /* ms until the guest is started; 0: 30 s */
	unsigned rows, columns; /* of the terminal, as in the guest's command line; 0: 24 and 80 */
	bool configuring;	/* exits by itself; success is "configured" and a clean power-off */
	bool power_line;	/* the machine has no power button: an order on the guest's port powers it off */
	bool adopt;		/* take over the running QEMU; never start one */
	bool resume;		/* resume the suspended state in `dir` */
	char *template;		/* resume a copy of the template in that folder; "" or NULL: none */
	struct strv memory;	/* with it: further arguments of this start alone, which give QEMU its memory */
	bool shared_memory;	/* makes a template: its memory is a file, which suspend leaves out of the state */
	char *snapshot;		/* resume that snapshot, memory included; "" or NULL: none */
	uint64_t seed_size;	/* bytes of the seed that QEMU was given, 0: none; set by the supervisor */
	bool seed_empty;	/* an empty disk takes its place; set by the supervisor */
};

int vm_request_write(const struct vm_request *r, const char *path, struct err *e);
int vm_request_read(struct vm_request *r, const char *path, struct err *e);
/* Converts it to JSON: a new reference, NULL if a text is not UTF-8; and back. */
json_t *vm_request_json(const struct vm_request *r);
int vm_request_from_json(struct vm_request *r, const json_t *o);
void vm_request_fini(struct vm_request *r);

/* The run record, which can also be read when nothing runs. */
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
	/* The seed that the guest was given at this start: "" none, "pending" (not reported yet), "applied",
	 * "failed" (with the cause, unless there is another one). */
	char *seed;
	char *ssh;	  /* whether a server answers on its ssh port, as reported when ready: "yes", "no", "" */
	json_t *settings; /* what it reported, see machine/reported.h; NULL: nothing */
	bool alive;	  /* checked against the process table when read */
	bool orphan;	  /* alive, but its supervisor is not: the next vm_connect takes it over */
};

/* Returns the record as in DIR/run.json: a new reference; and back, without a look at the processes. */
json_t *vm_run_json(const struct vm_run *r);
void vm_run_from_json(struct vm_run *r, const json_t *o);

/* Replaces the cause and its text, which is copied. */
void vm_run_set_cause(struct vm_run *r, enum vm_cause id, const char *text);
/* Takes the guest's reports of its settings from the record of the run that this one continues. */
void vm_run_take_settings(struct vm_run *r, struct vm_run *old);
/* Adds to `out` the guest's reports that the user should read, a sentence each: why the seed failed, and the
 * settings that were not applied. */
void vm_run_complaints(const struct vm_run *r, struct strv *out);

/* Reads DIR/run.json; a missing file is VM_OFF. A record of a running machine whose processes are gone is corrected
 * to VM_FAILED with a cause (killed, or the host was restarted). */
int vm_run_read(const char *dir, struct vm_run *out, struct err *e);
/* Returns whether QEMU or the supervisor runs, by that record. */
bool vm_run_alive(const char *dir);
/* Kills the recorded supervisor, then its QEMU, if they still are those processes (pid and start time). For runs
 * that are of no use, and for a machine whose supervisor cannot be reached: like pulling the plug. Error id "busy"
 * if one does not exit within 5 s. Blocks until then. Nothing to end is not an error. */
int vm_run_end(const char *dir, struct err *e);
void vm_run_fini(struct vm_run *r);

#endif
