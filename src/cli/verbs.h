/* SPDX-License-Identifier: MIT */
/*
 * verbs: one function a verb, in verb_*.c by kind. Each reads cli->args, does its work, prints its own error and
 * returns the exit status.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

/* verb_face.c: the full screens. home has no name: it is `debwiz` alone on a terminal */
int verb_home(struct cli *cli);
int verb_new(struct cli *cli);
int verb_edit(struct cli *cli);
int verb_open(struct cli *cli);
int verb_console(struct cli *cli);
/* verb_prepare.c: the recipe */
int verb_plan(struct cli *cli);
int verb_prepare(struct cli *cli);
int verb_boot(struct cli *cli);
int verb_up(struct cli *cli);
/* verb_file.c: the INI file and the command line made from it */
int verb_check(struct cli *cli);
int verb_command(struct cli *cli);
/* verb_state.c: what runs */
int verb_list(struct cli *cli);
int verb_status(struct cli *cli);
int verb_logs(struct cli *cli);
/* verb_life.c: stop a machine; the supervisor's process */
int verb_stop(struct cli *cli);
int verb_kill(struct cli *cli);
int verb_supervise(struct cli *cli);
int verb_serve_compilers(struct cli *cli);
/* verb_ssh.c, verb_cp.c, verb_exec.c: what is done in the guest */
int verb_ssh(struct cli *cli);
int verb_ssh_config(struct cli *cli);
int verb_cp(struct cli *cli);
int verb_exec(struct cli *cli);
/* verb_run.c: a machine for one command */
int verb_run(struct cli *cli);
/* verb_build.c: source in, packages out */
int verb_build(struct cli *cli);
/* verb_virt.c: machines for autopkgtest */
int verb_virt(struct cli *cli);
/* verb_power.c: pause, resume or reset a running machine */
int verb_pause(struct cli *cli);
int verb_resume(struct cli *cli);
int verb_reset(struct cli *cli);
int verb_suspend(struct cli *cli);
/* verb_snapshot.c, verb_forward.c */
int verb_snapshot(struct cli *cli);
int verb_forward(struct cli *cli);
/* verb_disk.c: what is on disk */
int verb_kernel(struct cli *cli);
int verb_flatten(struct cli *cli);
int verb_grow(struct cli *cli);
int verb_gc(struct cli *cli);
/* verb_change.c: whole machines */
int verb_clone(struct cli *cli);
int verb_rename(struct cli *cli);
int verb_delete(struct cli *cli);
int verb_recreate(struct cli *cli);
/* verb_export.c: machines in the form of other programs */
int verb_export(struct cli *cli);
/* verb_import.c: what export wrote as a bundle */
int verb_import(struct cli *cli);
/* verb_host.c: what can be chosen, and what this host lacks */
int verb_releases(struct cli *cli);
int verb_arches(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_help(struct cli *cli);
int verb_man(struct cli *cli);
int verb_words(struct cli *cli);

#endif
