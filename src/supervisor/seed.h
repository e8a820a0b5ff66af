/* SPDX-License-Identifier: MIT */
/*
 * seed: the disk with the guest's settings, and the empty one in its place when the guest continues.
 */
#ifndef SUPERVISOR_SEED_H
#define SUPERVISOR_SEED_H

struct sup;

/* Before the start: records the seed's size, or creates an empty one of that size for a guest that continues. */
void sup_seed_prepare(struct sup *s);
/* Removes an empty seed; QEMU has it open. */
void sup_seed_remove_empty(struct sup *s);

#endif
