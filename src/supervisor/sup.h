/* SPDX-License-Identifier: MIT */
/*
 * sup: what the files of the supervisor share: supervisor.c (start), adopt.c (takeover), life.c
 * (events and end), ladder.c (stopping), orders.c (what clients ask), suspend.c, snapshot.c, amount.c (how
 * far they are), monitor.c (QEMU's word), deadline.c (of QEMU's answers), guest.c (the guest's word). One
 * thread, one machine, one struct.
 */
#ifndef SUPERVISOR_SUP_H
#define SUPERVISOR_SUP_H

#include "async_writer.h"
#include "base/loop.h"
#include "control.h"
#include "host/lock.h"
#include "host/proc.h"
#include "machine/conlog.h"
#include "machine/link.h"
#include "machine/run.h"
#include "machine/suspended.h"
#include "progress.h"
#include "qmp.h"
#include "screen.h"
#include "state.h"
#include "watch.h"

#define SUP_COMPLAINT_MAX 4096
#define SUP_ADOPT_MS 10000 /* until the state of a QEMU that is taken over must be known */

struct sup_order;

/* The guest's state on its way out to a file, or in. */
enum sup_move_dir { SUP_MOVE_NONE, SUP_MOVE_OUT, SUP_MOVE_IN };
struct sup_move {
	enum sup_move_dir dir;
	struct control_ticket ticket; /* out: who asked */
	bool stood;		      /* out: the guest had stood still before */
	bool cancelled;		      /* out: nobody wants it any more */
	bool working;		      /* the files are being sealed or removed off the loop */
	bool sealed;		      /* outcome of that */
	struct err err;
	struct suspended_state kept;
};

/* A snapshot under way. */
enum sup_snap_op {
	SUP_SNAP_NONE,
	SUP_SNAP_LIST,
	SUP_SNAP_CREATE,
	SUP_SNAP_REVERT,
	SUP_SNAP_DELETE,
	SUP_SNAP_START, /* loaded before the guest is let go */
};
struct sup_snap {
	enum sup_snap_op op;
	struct control_ticket ticket;
	char *tag;
	uint64_t size;		    /* bytes of its memory, where it is loaded */
	bool working;		    /* it is written down, or struck out, off the loop */
	struct err err;		    /* outcome of that */
	bool again;		    /* a job that an earlier supervisor left was dismissed */
	struct suspended_state now; /* how it is run */
};

struct sup {
	struct loop *loop;
	struct vm_request req;
	char *request_path;
	struct lock *lock;
	struct control *control;
	struct async_writer *writer;
	struct proc *proc;	  /* NULL: not started, taken over, or ended */
	struct proc_watch *other; /* of a QEMU that was taken over */
	enum vm_state before;	  /* taken over: what its first supervisor had recorded last */
	bool abandoned;		  /* it could not be taken over */
	struct loop_signal *signals[5];
	struct vm_run run;
	struct vm_end end; /* strings borrowed from below or static */
	char *fatal, *shutdown;
	struct buf complaint; /* head of QEMU's standard error, raw */
	int exit_status;
	bool exited; /* QEMU has; its last words may still be in the sockets */

	/* stop ladder */
	uint64_t powerdown_ms, quit_ms;
	uint64_t rung_deadline;
	bool down; /* the guest is: only QEMU's end is waited for */
	struct loop_timer *rung_timer;
	struct loop_timer *start_timer; /* until the guest is let go, or its orphan is gone */
	struct loop_timer *trim_timer;	/* until what the start took is given back */
	struct loop_timer *drain_timer; /* after the exit, until the sockets have ended */

	/* monitor */
	struct vm_link *qmp_link;
	struct qmp *qmp;
	struct loop_timer *lost_timer;	   /* its monitor is, until what it was asked is given up */
	struct loop_timer *deadline_timer; /* of the oldest command without an answer, or of a snapshot */
	int64_t deadline_id;		   /* that command's, 0: a snapshot's */
	uint64_t deadline_progress;	   /* of the snapshot, when the timer was started */
	bool silent;			   /* the deadline has passed, and nothing was heard since */
	bool paused;			   /* the guest stands still */
	enum vm_cause paused_by;	   /* the last cause of a pause */

	/* clients */
	struct sup_order *orders; /* those that wait for their outcome */
	const char *busy;	  /* a suspension or snapshot is under way: which, in words; NULL: none */

	struct sup_move move;
	struct sup_snap snap;
	struct loop_timer *amount_timer; /* tells how far it is */
	uint64_t amount_begin;		 /* bytes at its begin, of what it is measured by */
	bool amount_asked;		 /* QEMU was, and has not answered yet */

	/* guest */
	struct vm_link *serial, *progress;
	struct vm_link *clock_link; /* the port debwiz.host; NULL: none */
	struct host_clock *clock_watch;
	bool clock_due; /* the guest is to be told the time once the port is connected */
	struct sup_screen *screen;
	struct conlog log;
	struct watch watch;
	struct progress_reader reader;
	struct loop_timer *login_timer;
	struct loop_timer *grace_timer; /* the guest is about to end by itself, or is given up */
	unsigned resets;		/* since the last login */
	struct buf known_hosts;
	bool keys_learnt;
};

/* supervisor.c */
int sup_remove_sockets(struct sup *s, struct err *e);
/* For the client that waits for us: why there is no machine. */
void sup_leave_error(const char *request_path, const struct err *e);
bool sup_qemu_lives(const struct sup *s);
void sup_qemu_terminate(struct sup *s);
void sup_qemu_kill(struct sup *s);

/* Asks to stop by the ladder; ms, 0 for the defaults. */
void sup_stop(struct sup *s, uint64_t powerdown_ms, uint64_t quit_ms);

/* adopt.c */
/* The machine's lock; one that an earlier supervisor's end still holds is waited for. NULL with e. */
struct lock *sup_take_lock(const struct sup *s, struct err *e);
char *sup_request_file(const char *dir); /* where what was asked for is kept; owned */
/* Makes the request and the record those of the run that goes on; `old` is partly emptied. */
int sup_adopt_prepare(struct sup *s, struct vm_run *old, struct err *e);
void sup_adopt(struct sup *s);
/* All is connected: asks in which state it is. */
void sup_adopt_look(struct sup *s);
/* Leaves QEMU alone and ends the supervisor, with the reason for the one who started it. */
void sup_abandon(struct sup *s, const char *text);

/* orders.c */
/* The request function of struct control_ops; `arg` is the sup. */
bool sup_order(const char *op, const json_t *request, struct control_ticket t, void *arg);
void sup_refuse(struct sup *s, struct control_ticket t, enum err_kind kind, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* QEMU will answer none that was sent. */
void sup_orders_lost(struct sup *s);
/* QEMU did not answer in time: answers the clients with e; the orders stay, for a late answer. */
void sup_orders_silent(struct sup *s, const struct err *e);
/* The guest went on as it was told to, and ended well before that was seen to last. */
void sup_orders_met(struct sup *s);
/* The guest was reset by request. */
void sup_was_reset(struct sup *s);
void sup_orders_fini(struct sup *s);

/* ladder.c */
/* Enters a rung unless that or a higher one was entered before. */
void sup_ladder_enter(struct sup *s, enum vm_rung rung);
void sup_ladder_next(struct sup *s);
/* The guest is down: QEMU has the time of `quit` to end by itself. */
void sup_ladder_await_exit(struct sup *s);
void sup_ladder_stop(struct sup *s);
/* Its rung and what is left of it, as the values of the event "stopping"; owned. */
json_t *sup_ladder_told(const struct sup *s);

/* life.c */
void sup_event(struct sup *s, enum vm_event ev);
/* Ends the machine as failed; the first reason counts. `text` is copied. */
void sup_fatal(struct sup *s, enum vm_cause id, const char *text);
/* Records a reason without ending it yet. */
void sup_blame(struct sup *s, enum vm_cause id, const char *text);
/* Takes a recorded reason back when it was that one. */
void sup_forgive(struct sup *s, enum vm_cause id);
/* What is worth knowing while it runs goes to the record's cause and its id; "" clears them. */
void sup_note(struct sup *s, enum vm_cause id, const char *text);
/* The guest stands still, for that reason. */
void sup_stands(struct sup *s, enum vm_cause id, const char *text);
/* One that stands may not go on for that reason, either. */
void sup_stands_by(struct sup *s, enum vm_cause id, const char *text);
/* The guest goes on, at its login or before it. */
void sup_goes_on(struct sup *s);
void sup_save(struct sup *s);
/* Tells subscribers, in the form of a progress line; takes the values. */
void sup_tell(struct sup *s, const char *state, json_t *values);
/* The same to one of them. */
void sup_tell_one(struct sup *s, uint64_t client, const char *state, json_t *values);
/* A socket has ended, perhaps the last one of a QEMU that has exited. */
void sup_link_down(struct sup *s);
void sup_exited(struct sup *s, int64_t status, int signum);
/* Says what QEMU's end was, records it and ends the supervisor. */
void sup_judge(struct sup *s);

/* deadline.c */
/* Follows what QEMU owes: starts the deadline of the oldest command, or stops it. */
void sup_deadline_watch(struct sup *s);
/* The monitor has sent something. */
void sup_deadline_heard(struct sup *s);
void sup_deadline_stop(struct sup *s);

/* monitor.c */
void sup_monitor_open(struct sup *s);
void sup_monitor_close(struct sup *s);
bool sup_monitor_is_there(const struct sup *s);
/* Sends a command whose answer does not matter; false when the monitor is not there. */
bool sup_monitor_do(struct sup *s, const char *command);
/* Sends a command; takes `arguments` (may be NULL) either way. */
bool sup_monitor_ask(struct sup *s, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg);
/* Asks QEMU for its state and follows it. */
void sup_monitor_sync(struct sup *s);
/* Follows a state that QEMU told. */
void sup_monitor_status(struct sup *s, const char *status);
/* Lets the guest go. */
void sup_monitor_let_go(struct sup *s);
/* Lets the guest go once all three sockets are connected. */
void sup_monitor_go(struct sup *s);

/* Sends an open file under that name (getfd); the caller closes its own. */
bool sup_monitor_pass(struct sup *s, const char *name, int fd);

/* suspend.c */
void sup_suspend_order(struct sup *s, const json_t *request, struct control_ticket t);
/* Gives it up where it is not whole yet; the guest then goes on. */
void sup_suspend_cancel(struct sup *s);
void sup_suspend(struct sup *s);	/* what the table does for it */
void sup_suspend_forget(struct sup *s); /* removes what was half written */
void sup_resume_begin(struct sup *s);
/* All is loaded: the files go, then the guest goes on. */
void sup_resume_finish(struct sup *s);
/* The monitor is lost: what is on its way out is given up. */
void sup_suspend_lost(struct sup *s);
/* QEMU did not answer in time: answers the client with e, and cancels it for when QEMU does. */
void sup_suspend_silent(struct sup *s, const struct err *e);
/* QEMU's MIGRATION event. */
void sup_moved(struct sup *s, const char *status);
void sup_move_fini(struct sup *s);
/* Before the start: remembers the seed's size, or makes an empty one for a guest that goes on. */
void sup_seed(struct sup *s);
/* QEMU holds it open: the file may go, where it only stands in for a seed that was applied. */
void sup_seed_forget(struct sup *s);
/* Fills in how it is run, with the machine type that QEMU tells ("virt-7.2-machine"). */
bool sup_pin(const struct sup *s, const char *type, struct suspended_state *out);

/* amount.c */
void sup_amount_start(struct sup *s);
void sup_amount_stop(struct sup *s);
/* A number that changes while QEMU works at a snapshot. */
uint64_t sup_amount_progress(const struct sup *s);

/* snapshot.c */
void sup_snapshot_order(struct sup *s, enum sup_snap_op op, const char *tag, const char *busy, struct control_ticket t);
void sup_snapshot_begin(struct sup *s);
/* The monitor is lost: what is under way is given up. */
void sup_snap_lost(struct sup *s);
/* QEMU did not answer in time: answers the client with e; the snapshot stays under way. */
void sup_snap_silent(struct sup *s, const struct err *e);
/* A snapshot was loaded in part: the guest must not go on as it is. Refuses the order then, if one. */
bool sup_half_loaded(const struct sup *s);
bool sup_half_loaded_refuse(struct sup *s, struct control_ticket t);
/* It was reset, or another snapshot loaded: it only stands. */
void sup_half_loaded_forget(struct sup *s);
/* QEMU's JOB_STATUS_CHANGE event. */
void sup_job_changed(struct sup *s, const json_t *data);
void sup_snap_fini(struct sup *s);

/* clock.c */
void sup_clock_open(struct sup *s);
void sup_clock_close(struct sup *s);
/* Sets the clock of a guest that listens. */
void sup_clock_tell(struct sup *s);

/* guest.c */
bool sup_guest_write(const char *p, size_t n, void *arg); /* sup_screen_write_fn of the sup */
void sup_guest_open(struct sup *s);
void sup_guest_close(struct sup *s);
/* (Re)starts the time until login. */
void sup_guest_await_login(struct sup *s);
void sup_guest_forget_login(struct sup *s);
void sup_guest_forget_grace(struct sup *s);

#endif
