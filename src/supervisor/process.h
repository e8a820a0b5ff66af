/* SPDX-License-Identifier: MIT */
/*
 * process: the QEMU process: one that was started, or one that was taken over.
 */
#ifndef SUPERVISOR_PROCESS_H
#define SUPERVISOR_PROCESS_H

#include "base/err.h"
#include "base/strv.h"
#include <stdbool.h>

#define SUP_COMPLAINT_MAX 4096

struct sup;
struct sup_process;

struct sup_process *sup_process_new(void);
void sup_process_free(struct sup_process *p);
/* Creates the lines, starts QEMU in a session of its own and records its pid. sup_exited follows its end; before that
 * QEMU is started again if another program took a port of its lines. */
int sup_process_start(struct sup *s, const struct strv *argv, struct err *e);
/* Watches the recorded QEMU, which an earlier supervisor started; sup_exited follows its end. */
void sup_process_watch(struct sup *s);
void sup_process_unwatch(struct sup *s);
bool sup_process_is_alive(const struct sup *s);
void sup_process_terminate(struct sup *s);
void sup_process_kill(struct sup *s);
/* Returns what it wrote to its standard error, raw, at most SUP_COMPLAINT_MAX bytes. Borrowed. */
const char *sup_process_complaint(const struct sup *s);

#endif
