/* SPDX-License-Identifier: MIT */
/*
 * probe: which QEMU there is and which accelerator and CPU really work with it, found out by
 * trying; verdicts are remembered per host, binary and kernel in the cache folder. A refusal that
 * may be of the moment (no answer, a crash, a busy host) is for an hour alone.
 */
#ifndef QEMU_PROBE_H
#define QEMU_PROBE_H

#include <stdbool.h>

#include "base/err.h"
#include "catalog/catalog.h"
#include "qemu/argv.h"
#include "spec/spec.h"

struct qemu_probe {
	char *binary;
	unsigned version;
	char *version_text; /* "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
	char *accel;	    /* to be used */
	char *why;	    /* "no ARM on this host", "kvm: failed to set MSR", … */
	char *tried;	    /* accelerator that was refused, "" when none was */
	bool sandbox;	    /* takes -sandbox */
	char *sandbox_why;  /* why it does not, "" when it does */
	char *audio;	    /* sound driver, "" when none was asked for or none is there */
};

/* Finds the binary (spec's, or the catalogue's in PATH; an accelerator may want another), its
 * version (at least 7.2) and the accelerator. A program that the file names is not run before it was
 * agreed to (spec/risk.h). Blocks up to some seconds on the first time (it
 * starts QEMU paused and asks it); run it as work. */
int qemu_probe(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, struct qemu_probe *out,
	       struct err *e);
void qemu_probe_fini(struct qemu_probe *p);
/* Remembers that an accelerator failed in use ("KVM internal error"), so that the next boot takes
 * the next one. */
int qemu_probe_reject(const struct spec *s, const struct catalog_arch *arch, const char *cache_dir, const char *accel,
		      const char *why, struct err *e);
/* All that was refused is tried again when it is wanted next. 1: there was some, 0: none, -1: error. */
int qemu_probe_retry(const char *cache_dir, struct err *e);

#endif
