/* SPDX-License-Identifier: MIT */
/*
 * monitor: the dialogue with QEMU over QMP, and what its events mean.
 */
#ifndef SUPERVISOR_MONITOR_H
#define SUPERVISOR_MONITOR_H

#include "base/json.h"
#include "qmp.h"
#include <stdbool.h>
#include <stdint.h>

struct sup;
struct sup_monitor;

struct sup_monitor *sup_monitor_new(void);
void sup_monitor_free(struct sup_monitor *m);
void sup_monitor_open(struct sup *s);
void sup_monitor_close(struct sup *s);
/* Whether its socket is connected; whether it takes commands, too. */
bool sup_monitor_is_connected(const struct sup *s);
bool sup_monitor_is_ready(const struct sup *s);
/* Sends a command; takes `arguments` (or NULL) in either case. False if the monitor is not ready. */
bool sup_monitor_ask(struct sup *s, const char *command, json_t *arguments, qmp_reply_fn fn, void *arg);
/* Sends a command whose answer does not matter. */
bool sup_monitor_send(struct sup *s, const char *command);
/* Returns QEMU's version, 70200 for 7.2.0; 0 if it is not connected. */
unsigned sup_monitor_version(const struct sup *s);
/* Whether sup_monitor_send_fd is possible: not by TCP. */
bool sup_monitor_takes_fd(const struct sup *s);
/* Sends an open file under that name (getfd); the caller closes its own. */
bool sup_monitor_send_fd(struct sup *s, const char *name, int fd);
/* Returns the number of the oldest command without an answer, 0: none. */
int64_t sup_monitor_oldest(const struct sup *s);
/* Returns the reason of QEMU's SHUTDOWN event, "" if none was received. Borrowed. */
const char *sup_monitor_shutdown(const struct sup *s);
/* Asks QEMU for its state and follows it. */
void sup_monitor_sync(struct sup *s);
/* Follows a state that QEMU reported. */
void sup_monitor_status(struct sup *s, const char *status);
/* Resumes the guest. */
void sup_monitor_resume(struct sup *s);
/* Starts the guest once all three sockets are connected: resumes it, or loads its state first. */
void sup_monitor_begin(struct sup *s);

#endif
