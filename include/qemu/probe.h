/* SPDX-License-Identifier: MIT */
/*
 * probe: which QEMU exists and which accelerator and CPU really work with it, found out by trials; verdicts are kept
 * per host, binary and kernel in the cache folder. A refusal that may pass (no answer, a crash, a busy host) is kept
 * for an hour.
 */
#ifndef QEMU_PROBE_H
#define QEMU_PROBE_H

#include <stdbool.h>

#include "base/err.h"
#include "catalog/catalog.h"
#include "qemu/argv.h"
#include "spec/spec.h"

#define QEMU_VERSION_MIN 70200
#define QEMU_VERSION_FILE 80200	 /* the first version that can migrate to file: */
#define QEMU_AUDIO_SILENT "none" /* the sound driver that discards everything */

struct qemu_probe {
	char *binary;
	unsigned version;
	char *version_text; /* "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
	char *accel;	    /* the one to use */
	char *why;	    /* "no ARM on this host", "kvm: failed to set MSR", … */
	char *tried;	    /* the accelerator that was refused, "" */
	bool sandbox;	    /* takes -sandbox */
	char *sandbox_why;  /* why it does not, "" when it does */
	char *virtiofsd;    /* its path; "" if none is needed or available */
	char *tpm;	    /* path of swtpm; "" if none is needed or available */
	char *audio;	    /* sound driver that works now, QEMU_AUDIO_SILENT, "" if none is needed or available */
};

/* Finds the binary (spec's, or the catalogue's in PATH; an accelerator may need another), its version (at least 7.2,
 * or what the architecture or its firmware needs)
 * and the accelerator. Does not run a program that the file names before the user agreed to it (spec/risk.h). Blocks
 * up to some seconds the first time (it starts QEMU paused and asks it); run it as work. */
int qemu_probe(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, struct qemu_probe *out,
	       struct err *e);
void qemu_probe_fini(struct qemu_probe *p);
/* Fails (qemu-missing, with how to install it) if this host has no QEMU for the architecture. Runs no program. */
int qemu_check_installed(const struct catalog_arch *arch, struct err *e);
/* Fails (qemu-old) if this host's QEMU is too old for the architecture, or for its firmware if the machine boots by it;
 * a missing QEMU is not an error. Blocks for some tens of ms. */
int qemu_check_version(const struct spec *s, const struct catalog_arch *arch, struct err *e);
/* Records that an accelerator failed in use ("KVM internal error"), so that the next boot uses the next one. */
int qemu_probe_reject(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, const char *accel,
		      const char *why, struct err *e);
/* Forgets all refusals, so that the next probe tries again. 1: there were some, 0: none, -1: error. */
int qemu_probe_retry(const char *cache_dir, struct err *e);

/* Reads "QEMU emulator version 7.2.22 (Debian ...)": *number is 70222, *text what follows "version " on that line,
 * sanitized and owned. False if the output is not QEMU's. */
bool qemu_version_parse(const char *output, unsigned *number, char **text);

#endif
