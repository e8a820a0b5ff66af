/* SPDX-License-Identifier: MIT */
/* job_keys: the ssh keys of a machine, for the step that makes its seed. */
#ifndef PREPARE_JOB_KEYS_H
#define PREPARE_JOB_KEYS_H

#include "base/buf.h"
#include "prepare/job.h"

/* Makes the key pair that logs in to the machine (id_ed25519 in its folder), once. Blocks. */
int job_make_key(const struct job *j, struct err *e);

/* A host key of the guest. */
struct job_host_key {
	const char *type;		    /* as ssh-keygen names it: "ed25519" */
	struct buf private_key, public_key; /* contents of its two files */
};
#define JOB_HOST_KEYS 2
/* Makes new host keys; no private half stays on disk. job_host_keys_fini, which wipes them, must follow in either case.
 * Blocks. */
int job_make_host_keys(const struct job *j, struct job_host_key keys[JOB_HOST_KEYS], struct err *e);
void job_host_keys_fini(struct job_host_key keys[JOB_HOST_KEYS]);
/* Writes them into the machine's known_hosts under its name, in place of its earlier ones. */
int job_know_host_keys(const struct job *j, const struct job_host_key keys[JOB_HOST_KEYS], struct err *e);

#endif
