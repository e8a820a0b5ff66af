/* SPDX-License-Identifier: MIT */
/*
 * control: the supervisor's side of the control socket (protocol in include/machine/client.h). A client
 * that sends what is no request, or that does not read, is dropped; none ever holds up the machine.
 */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"

#define CONTROL_CLIENTS 16
#define CONTROL_BACKLOG (4 * 1024 * 1024) /* bytes a client may leave unread */

/* A request that is to be answered: who asked, and by which id. A value: copied, never freed. */
struct control_ticket {
	uint64_t client;
	json_int_t id;
};

struct control_ops {
	json_t *(*status)(void *arg); /* the run record, a new reference */
	/* A request that is not the control socket's own; the object is borrowed. It is answered once, by
	 * control_answer, now or later. False: there is no such request. */
	bool (*request)(const char *op, const json_t *request, struct control_ticket t, void *arg);
	/* A client has subscribed, and got the record: what else stands may be told to it. May be NULL. */
	void (*subscribed)(uint64_t client, void *arg);
	/* A client has read all that it was sent, or is no longer there (no call for it may follow from
	 * within). May be NULL. */
	void (*drained)(uint64_t client, void *arg);
	void (*gone)(uint64_t client, void *arg);
};

struct control;

/* `ops` must outlive it. NULL with e. */
struct control *control_new(struct loop *l, const char *path, const struct control_ops *ops, void *arg, struct err *e);
/* Answers a request: `e` NULL when it was done, else why not. `more` (taken; may be NULL) goes into
 * the answer. A client that has gone is no error. */
void control_answer(struct control *c, struct control_ticket t, const struct err *e, json_t *more);
/* Sends a frame, or an object (taken), to one client; nothing where it has gone. */
void control_send(struct control *c, uint64_t client, uint8_t type, const void *p, size_t n);
void control_send_json(struct control *c, uint64_t client, json_t *o);
/* Bytes that it has not taken yet. */
size_t control_queued(struct control *c, uint64_t client);
/* Sends an event to all that subscribed; takes the reference. */
void control_event(struct control *c, json_t *event);
/* Sends console bytes to those that asked for them. */
void control_console(struct control *c, const char *p, size_t n);
/* Listens at that path in place of the old one; clients that are there stay. */
int control_listen(struct control *c, const char *path, struct err *e);
/* Closes the socket: no more clients come; those that are there stay. */
void control_deafen(struct control *c);
/* Takes no more clients or requests, and calls fn once all has been sent or after a second. */
void control_finish(struct control *c, void (*fn)(void *arg), void *arg);
void control_free(struct control *c);

#endif
