/* SPDX-License-Identifier: MIT */
/*
 * guest: what the guest writes: its serial line and its progress port.
 */
#ifndef SUPERVISOR_GUEST_H
#define SUPERVISOR_GUEST_H

#include <stdbool.h>
#include <stddef.h>

struct sup;
struct sup_guest;

struct sup_guest *sup_guest_new(void);
void sup_guest_free(struct sup_guest *g);
/* Connects to the lines, and opens the console's log. */
void sup_guest_open(struct sup *s);
void sup_guest_close(struct sup *s);
/* Whether both lines are connected; whether one of them is. */
bool sup_guest_is_connected(const struct sup *s);
bool sup_guest_has_line(const struct sup *s);
/* Sends bytes to the serial line; the sup_screen_write_fn of the sup. */
bool sup_guest_write(const char *p, size_t n, void *arg);
/* Starts the time until login again. */
void sup_guest_await_login(struct sup *s);
void sup_guest_stop_login_timer(struct sup *s);
/* The guest was reset: by a request, or by itself (which fails if it does so again and again). */
void sup_guest_reset_by_request(struct sup *s);
void sup_guest_reset_by_itself(struct sup *s);

#endif
