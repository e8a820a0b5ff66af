/* SPDX-License-Identifier: MIT */
/* job_private: what the files of the job, and the step that makes its seed, share. */
#ifndef PREPARE_JOB_PRIVATE_H
#define PREPARE_JOB_PRIVATE_H

#include "base/buf.h"
#include "prepare/job.h"

/* "bookworm-armhf-build-0123456789ab-": what a base must be made from to be the right one; owned. */
char *job_base_prefix(const struct job *j);
/* The base's id says for which architecture the machine's disk was made: it is not another's. */
int job_check_arch(const struct job *j, const char *made_from, struct err *e);
/* A base that was found is not removed while this job is about to use it; one that is being removed is
 * none. */
int job_hold_base(struct job *j, struct err *e);

/* Makes the key pair that logs in to the machine (id_ed25519 in its folder), once. Blocks. */
int job_make_key(const struct job *j, struct err *e);

/* A host key of the guest: `type` as ssh-keygen names it ("ed25519"), and what its two files hold. */
struct job_host_key {
	const char *type;
	struct buf private_key, public_key;
};
#define JOB_HOST_KEYS 2
/* Makes new host keys; nothing of the private halves stays on disk. job_host_keys_fini, which wipes them,
 * must follow in either case. Blocks. */
int job_make_host_keys(const struct job *j, struct job_host_key keys[JOB_HOST_KEYS], struct err *e);
void job_host_keys_fini(struct job_host_key keys[JOB_HOST_KEYS]);
/* Pins them under the machine's name in its known_hosts, in place of those that it had. */
int job_know_host_keys(const struct job *j, const struct job_host_key keys[JOB_HOST_KEYS], struct err *e);

#endif
