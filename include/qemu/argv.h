/* SPDX-License-Identifier: MIT */
/*
 * argv: spec + catalogue + artifacts + verdicts about this host -> QEMU's command line. Pure: it
 * opens nothing, asks no one, and equal inputs give equal outputs (golden-tested).
 */
#ifndef QEMU_ARGV_H
#define QEMU_ARGV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "spec/spec.h"

/* What was found out about this host and its QEMU; see qemu/probe.h. */
struct qemu_facts {
	const char *binary;    /* path of the program */
	unsigned version;      /* 70200 for 7.2.0 */
	const char *accel;     /* "tcg", "kvm": the one to use */
	const char *accel_why; /* reason in words, for --explain */
	unsigned host_cpus;
	uint64_t host_memory;
	bool sandbox;	   /* this QEMU takes -sandbox */
	const char *audio; /* its sound driver to be used, "" or NULL: none */
	bool root;	   /* QEMU runs as root, who may create any file in a shared folder */
};

/* Files and ports the machine is given. Paths are absolute (or in a fixed folder in tests). */
struct qemu_files {
	const char *disk;		       /* qcow2 overlay, or raw (configuring boot) */
	const char *disk_format;	       /* "qcow2" or "raw" */
	const char *pflash_code, *pflash_vars; /* NULL: none */
	const char *kernel, *initrd;	       /* NULL: firmware's boot loader does it */
	const char *append;		       /* whole kernel command line, with kernel */
	const char *seed;		       /* ISO, or NULL when it was applied */
	const char *runtime_dir;	       /* sockets: qmp, serial, progress */
	const uint16_t *forward_ports;	       /* host port per spec->forwards item, auto ones filled in */
	bool configuring;		       /* boot that configures a base: no network, no personal devices */
};

/* One argument with the field and the reason it comes from, for --explain. */
struct qemu_arg {
	char *text;	 /* one element of argv */
	const char *key; /* "cpu.memory", "" where no field decides it; static */
	char *why;	 /* one sentence; only on the first element of an option, else NULL */
};

struct qemu_argv {
	struct qemu_arg *items;
	size_t len;
};

/* Builds it; items[0] is the binary. Error: what cannot be had, naming section.key. */
int qemu_argv_build(const struct spec *s, const struct catalog_arch *arch, const struct qemu_facts *facts,
		    const struct qemu_files *files, struct qemu_argv *out, struct err *e);
void qemu_argv_fini(struct qemu_argv *v);
/* What cpu.count = auto means on a host with so many (0: not known). `arch` may be NULL. */
unsigned qemu_auto_cpus(unsigned host_cpus, const struct catalog_arch *arch);
/* What cpu.memory means in bytes: what the file says; for auto 512M for each CPU, at least 1G (2G on a
 * host with 15G and more), at most half of the host's memory (0: not known) and what the machine takes.
 * `arch` may be NULL. */
uint64_t qemu_memory(const struct spec *s, const struct catalog_arch *arch, unsigned host_cpus, uint64_t host_memory);
/* Elements alone, appended to out. */
void qemu_argv_strv(const struct qemu_argv *v, struct strv *out);
/* For display=vnc: the socket that a viewer connects to. Owned. */
char *qemu_vnc_socket(const char *runtime_dir);
/* A line for a POSIX shell, one option a line with backslashes; owned. */
char *qemu_argv_shell(const struct qemu_argv *v);

/* Kernel command line of a direct boot or of the configuring boot: console, root, the user's. Owned. */
char *qemu_cmdline(const struct spec *s, const struct catalog_arch *arch, bool configuring, unsigned columns,
		   unsigned rows, const char *term);
/* Where boot.cmdline makes a kernel talk on another console than the serial line that is shown (its
 * last console= counts, kernel-parameters): the name of that. Owned; NULL: it talks there. */
char *qemu_console_elsewhere(const struct spec *s, const struct catalog_arch *arch);

#endif
