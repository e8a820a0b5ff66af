/* SPDX-License-Identifier: MIT */
/*
 * clock: sets the clock of a guest that listens at the port debwiz.host.
 */
#ifndef SUPERVISOR_CLOCK_H
#define SUPERVISOR_CLOCK_H

struct sup;
struct sup_clock;

struct sup_clock *sup_clock_new(void);
void sup_clock_free(struct sup_clock *c);
void sup_clock_open(struct sup *s);
void sup_clock_close(struct sup *s);
/* Sends the time to a guest that is ready and not paused, once the port is connected. */
void sup_clock_send(struct sup *s);
/* Sends the word to begin to a guest that was resumed from a template, once the port is connected. */
void sup_clock_begin(struct sup *s);
/* Asks a ready guest, whose machine has no power button, to power off; nothing for other machines. */
void sup_clock_power_off(struct sup *s);

#endif
