/* SPDX-License-Identifier: MIT */
/*
 * screen: the machine's one terminal in the supervisor, and the clients that show it and type (protocol in
 * include/machine/client.h). Each client is sent what changed since its last update, at most 30 times a second and
 * only once it has read that: a slow client gets fewer updates, not older ones. No timer runs while nothing changes.
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

/* Sends bytes to the guest as they are; returns false if it would have to wait until the call of
 * sup_screen_writable. */
typedef bool (*sup_screen_write_fn)(const char *p, size_t n, void *arg);

/* Creates the terminal; 0 rows and columns: 24 and 80. Its clients are connected to `control`, set by
 * sup_screen_serve. */
struct sup_screen *sup_screen_new(struct loop *l, int rows, int cols, sup_screen_write_fn write, void *arg);
void sup_screen_serve(struct sup_screen *s, struct control *control);
void sup_screen_free(struct sup_screen *s); /* NULL is fine */
/* Handles bytes from the guest. */
void sup_screen_feed(struct sup_screen *s, const char *p, size_t n);
/* Handles bytes of an earlier log: the terminal answers none of its queries. */
void sup_screen_replay(struct sup_screen *s, const char *p, size_t n);
void sup_screen_writable(struct sup_screen *s);
/* Handles and answers a client's request; false if it is not one of the screen's. */
bool sup_screen_request(struct sup_screen *s, const char *op, const json_t *request, struct control_ticket t);
/* A client has read everything that it was sent, or has gone. */
void sup_screen_drained(struct sup_screen *s, uint64_t client);
void sup_screen_gone(struct sup_screen *s, uint64_t client);

#endif
