/* SPDX-License-Identifier: MIT */
/*
 * orders: the requests of clients about the machine.
 */
#ifndef SUPERVISOR_ORDERS_H
#define SUPERVISOR_ORDERS_H

#include "base/err.h"
#include "base/json.h"
#include "control.h"
#include <stdbool.h>

struct sup;

/* Handles a request; the `request` function of struct control_ops with the sup as `arg`. */
bool sup_order(const char *op, const json_t *request, struct control_ticket t, void *arg);
/* Returns the suspension or snapshot that is under way, as words for a refusal, or NULL. Static. */
const char *sup_busy(const struct sup *s);
/* Answers a request with an error. */
void sup_refuse(struct sup *s, struct control_ticket t, enum err_kind kind, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The monitor is lost: refuses the requests that were sent to QEMU. */
void sup_orders_lost(struct sup *s);
/* QEMU does not answer in time: answers the clients with e; the requests stay, for a late answer. */
void sup_orders_silent(struct sup *s, const struct err *e);
/* Completes pending resume requests: the guest resumed and exited cleanly. */
void sup_orders_complete(struct sup *s);
void sup_orders_fini(struct sup *s);

#endif
