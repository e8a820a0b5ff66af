/* SPDX-License-Identifier: MIT */
/*
 * supervisor: the process that owns a machine's QEMU. It is started detached by vm_start (machine/client.h) as
 * `debwiz` with a hidden verb; its clients know its sockets and the run record, not this header.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

/* Runs the machine that the request file (machine/run.h) describes, until QEMU has exited and everything is
 * recorded. Returns the exit status. */
int vm_supervise(const char *request_path);

#endif
