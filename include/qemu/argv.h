/* SPDX-License-Identifier: MIT */
/*
 * argv: QEMU's command line from a spec, the catalogue, files and facts about this host. Pure: it opens nothing, asks
 * no one, and equal inputs give equal outputs (golden-tested).
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

/* Facts about this host and its QEMU; see qemu/probe.h. */
struct qemu_facts {
	const char *binary;    /* path of the program */
	unsigned version;      /* 70200 for 7.2.0 */
	const char *accel;     /* "tcg", "kvm": the accelerator to use */
	const char *accel_why; /* a reason, for --explain */
	unsigned host_cpus;
	uint64_t host_memory;
	bool sandbox;	       /* this QEMU takes -sandbox */
	const char *audio;     /* its sound driver, "" or NULL: none */
	const char *tpm;       /* path of swtpm, "" or NULL: none */
	const char *virtiofsd; /* its path, "" or NULL: none */
	const char *user;      /* name of this user: machines of one may share a network */
	bool root;	       /* QEMU runs as root, and may create any file in a shared folder */
};

/* Files and ports of the machine. Paths are absolute (or in a fixed folder in tests). */
struct qemu_files {
	const char *disk;		       /* qcow2 overlay, or raw (configuring boot) */
	const char *disk_format;	       /* "qcow2" or "raw" */
	const char *pflash_code, *pflash_vars; /* NULL: none */
	const char *kernel, *initrd;	       /* NULL: the firmware's boot loader loads it */
	const char *append;		       /* the complete kernel command line, with kernel */
	const char *seed;		       /* ISO, or NULL if it was applied */
	const char *volume;		       /* raw disk for a temporary machine's cache, or NULL */
	const char *runtime_dir;	       /* of the sockets and pipes */
	const uint16_t *forward_ports;	       /* host port per spec->forwards item, the automatic ones included */
	bool configuring;		       /* a boot that makes a base: no personal devices */
	bool installing; /* with configuring: by Debian's installer, which has the network; others have none */
	bool alone;	 /* without a supervisor: its console and QEMU's monitor are on the terminal; no runtime_dir */
};

/* The serial number by which the guest finds the volume. */
#define QEMU_VOLUME_SERIAL "debwiz-volume"

/* One argument, with its field and reason for --explain. */
struct qemu_arg {
	char *text;	 /* one element of argv */
	const char *key; /* "cpu.memory", "" if no field decides it; static */
	char *why;	 /* one sentence; only on the first element of an option, else NULL */
};

struct qemu_argv {
	struct qemu_arg *items;
	size_t len;
};

/* Returns whether the machine's firmware runs in system management mode. */
bool qemu_has_smm(const struct spec *s, const struct catalog_arch *arch, const struct qemu_files *files);
/* Sets the error for a host without swtpm. Returns -1. */
int qemu_tpm_missing(struct err *e);
/* Sets the error for a host without a virtiofsd that this user may run. Returns -1. */
int qemu_virtiofsd_missing(struct err *e);
/* Builds it; items[0] is the binary. The error names section.key. */
int qemu_argv_build(const struct spec *s, const struct catalog_arch *arch, const struct qemu_facts *facts,
		    const struct qemu_files *files, struct qemu_argv *out, struct err *e);
void qemu_argv_fini(struct qemu_argv *v);
/* Appends to `out` the arguments that put the machine's memory into the file `path`: shared with it, to make a
 * template; else a private copy of it. Its name in saved states is that of ordinary memory. `bytes`: its size. */
void qemu_argv_memory(const struct catalog_arch *arch, uint64_t bytes, const char *path, bool shared, struct strv *out);
/* Returns the meaning of cpu.count = auto on a host with so many CPUs (0: not known). `arch` may be NULL. */
unsigned qemu_auto_cpus(unsigned host_cpus, const struct catalog_arch *arch);
/* Returns the memory in bytes: what the file says; for auto 512M for each CPU, at least 1G (2G on a host with 15G
 * and more), at most half of the host's memory (0: not known) and the limit of the machine. `arch` may be NULL. */
uint64_t qemu_memory(const struct spec *s, const struct catalog_arch *arch, unsigned host_cpus, uint64_t host_memory);
/* Appends the elements alone to `out`. */
void qemu_argv_strv(const struct qemu_argv *v, struct strv *out);
/* Returns a line for a POSIX shell, one option a line with backslashes; owned. */
char *qemu_argv_shell(const struct qemu_argv *v);

#endif
