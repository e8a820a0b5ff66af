/* SPDX-License-Identifier: MIT */
/*
 * screen: the machine's one terminal in the supervisor, and the clients that look at it and type
 * (protocol in include/machine/client.h). Each client is sent what has changed since it was last sent
 * something, at most 30 times a second and only once it has read that: who reads slowly gets fewer
 * updates, not older ones. No timer runs while nothing changes.
 */
#ifndef SUPERVISOR_SCREEN_H
#define SUPERVISOR_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/loop.h"
#include "control.h"

struct sup_screen;

/* Sends bytes to the guest as they are; returns false where it would have to wait: sup_screen_writable
 * tells when not any more. */
typedef bool (*sup_screen_write_fn)(const char *p, size_t n, void *arg);

/* Rows and columns, 0: 24 and 80. Clients are reached through `control`, set by sup_screen_serve. */
struct sup_screen *sup_screen_new(struct loop *l, int rows, int cols, sup_screen_write_fn write, void *arg);
void sup_screen_serve(struct sup_screen *s, struct control *control);
void sup_screen_free(struct sup_screen *s); /* NULL is fine */
/* Bytes from the guest. */
void sup_screen_feed(struct sup_screen *s, const char *p, size_t n);
/* What a log holds of an earlier time: nothing is answered. */
void sup_screen_replay(struct sup_screen *s, const char *p, size_t n);
void sup_screen_writable(struct sup_screen *s);
/* A request of a client, answered at once; false: it is none of the screen's. */
bool sup_screen_request(struct sup_screen *s, const char *op, const json_t *request, struct control_ticket t);
/* A client has read all that it was sent, or it has gone. */
void sup_screen_drained(struct sup_screen *s, uint64_t client);
void sup_screen_gone(struct sup_screen *s, uint64_t client);

#endif
