/* SPDX-License-Identifier: MIT */
/*
 * ssh: a machine in the words of ssh_config(5): how it is reached, for our own calls of OpenSSH's programs and for
 * those of others.
 */
#ifndef PREPARE_SSH_H
#define PREPARE_SSH_H

#include "base/buf.h"
#include "prepare/job.h"

/* Appends the settings by which that machine and no other is reached: name and value in turn. Ids: those of
 * job_ssh_port. */
int ssh_settings(const struct job *j, struct strv *out, struct err *e);
/* Appends them as a block `Host NAME`. Id "never-started" where the machine has no port of this host yet. */
int ssh_config(const struct job *j, struct buf *out, struct err *e);
/* Writes that block into the machine's folder, and a line that includes the blocks of all machines at the beginning of
 * ~/.ssh/config, where no such line stands. *path is the configuration's, owned. */
int ssh_config_install(const struct job *j, char **path, struct err *e);
/* Writes the block again, where it was installed: a boot may have chosen another port. */
int ssh_config_refresh(const struct job *j, struct err *e);

#endif
