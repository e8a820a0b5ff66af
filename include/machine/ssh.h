/* SPDX-License-Identifier: MIT */
/*
 * ssh: how to connect to a machine, as settings of ssh_config(5): for our own calls of OpenSSH's programs and for other
 * programs. `dir` is the machine's folder.
 */
#ifndef MACHINE_SSH_H
#define MACHINE_SSH_H

#include "base/buf.h"
#include "base/strv.h"
#include "spec/spec.h"

/* Appends the settings that connect to this machine and to no other: name and value in turn. Ids: those of
 * forwards_ssh_port. */
int ssh_settings(const struct spec *s, const char *dir, struct strv *out, struct err *e);
/* Appends them as a block `Host NAME`. Id "never-started": no boot has chosen the machine's port yet. */
int ssh_config(const struct spec *s, const char *dir, struct buf *out, struct err *e);
/* Writes that block into the machine's folder, and at the beginning of ~/.ssh/config a line that includes the blocks of
 * all machines, unless it has that line. *path is that configuration file; owned. */
int ssh_config_install(const struct spec *s, const char *dir, char **path, struct err *e);
/* Writes the block again if it was installed: a boot may have chosen another port. */
int ssh_config_refresh(const struct spec *s, const char *dir, struct err *e);

#endif
