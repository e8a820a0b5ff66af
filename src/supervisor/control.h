/* SPDX-License-Identifier: MIT */
/*
 * control: the supervisor's side of the control socket (protocol in include/machine/client.h). A client that sends
 * anything but requests, or that does not read, is dropped; no client ever blocks the machine.
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
#define CONTROL_BACKLOG (4 * 1024 * 1024) /* bytes that a client may leave unread */

/* Identifies a request that is to be answered: the client, and its id. A value: copied, never freed. */
struct control_ticket {
	uint64_t client;
	json_int_t id;
};

struct control_ops {
	/* Handles a request that is not the control socket's own; the object is borrowed. It is answered once, by
	 * control_answer, now or later. Returns false if there is no such request. */
	bool (*request)(const char *op, const json_t *request, struct control_ticket t, void *arg);
	/* A client has read everything that it was sent, or has gone (no call for it may be made within). May be
	 * NULL. */
	void (*drained)(uint64_t client, void *arg);
	void (*gone)(uint64_t client, void *arg);
};

struct control;

/* Listens at the path. `ops` must outlive the result. NULL with e. */
struct control *control_new(struct loop *l, const char *path, const struct control_ops *ops, void *arg, struct err *e);
/* Answers a request: with success if `e` is NULL. `more` (taken; may be NULL) is added to the answer. A client that
 * has gone is not an error. */
void control_answer(struct control *c, struct control_ticket t, const struct err *e, json_t *more);
/* Sends a frame, or an object (taken), to one client; does nothing if it has gone. */
void control_send(struct control *c, uint64_t client, uint8_t type, const void *p, size_t n);
void control_send_json(struct control *c, uint64_t client, json_t *o);
/* Returns the bytes that the client has not read yet. */
size_t control_queued(struct control *c, uint64_t client);
/* What a client subscribes to. */
enum control_part { CONTROL_STATES = 1, CONTROL_PROGRESS = 2, CONTROL_CONSOLE = 4 };
/* From now on the client gets these parts as well; does nothing if it has gone. */
void control_subscribe(struct control *c, uint64_t client, unsigned parts);
/* Sends an event to all subscribers of `part`; takes the reference. */
void control_event(struct control *c, enum control_part part, json_t *event);
/* Sends console bytes to the subscribers of CONTROL_CONSOLE. */
void control_console(struct control *c, const char *p, size_t n);
/* Listens at that path instead of the old one; existing clients stay connected. */
int control_listen(struct control *c, const char *path, struct err *e);
/* Closes the socket: accepts no more clients; existing ones stay connected. */
void control_stop_listening(struct control *c);
/* Accepts no more clients or requests, and calls fn once everything is sent or after a second. */
void control_finish(struct control *c, void (*fn)(void *arg), void *arg);
void control_free(struct control *c);

#endif
