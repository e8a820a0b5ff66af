/* SPDX-License-Identifier: MIT */
/* job_private: what job.c and job_base.c share. */
#ifndef PREP_JOB_PRIVATE_H
#define PREP_JOB_PRIVATE_H

#include "prep/job.h"

/* "bookworm-armhf-build-0123456789ab-": what a base must be made from to be the right one; owned. */
char *job_base_prefix(const struct job *j);
/* The base's id says for which architecture the machine's disk was made: it is not another's. */
int job_check_arch(const struct job *j, const char *made_from, struct err *e);
/* A base that was found is not removed while this job is about to use it; one that is being removed is
 * none. */
int job_hold_base(struct job *j, struct err *e);

#endif
