/* SPDX-License-Identifier: MIT */
/*
 * risk: the values of a machine's file that can run programs or expose this host: qemu.binary, qemu.extra,
 * disk.image, devices.usb_device, devices.share, devices.drive, network.forward beyond the loopback, network.lan,
 * mirror.keyring, build.distcc_hosts, build.out.
 *
 * A file may come from another person, so nothing of it runs before the user has agreed to these values
 * (machine/trust.h stores agreements). A record knows which values come from its file; values given by --set or as an
 * answer require no agreement.
 */
#ifndef SPEC_RISK_H
#define SPEC_RISK_H

#include "spec/spec.h"

enum risk_state {
	RISK_OWN,    /* not from the file */
	RISK_AGREED, /* from the file, agreed to */
	RISK_FOREIGN /* from the file, not agreed to */
};

struct risk {
	enum risk_state state;
	unsigned line;		   /* 0: not from the file */
	const char *section, *key; /* static */
	char *value;		   /* as in the file; of qemu.extra an option and its value, separated by a blank */
	char *path;		   /* the program, file or folder of the value; NULL: none */
	bool program;		   /* the path is run */
	char *effect;		   /* "shares the folder /srv of this host" */
};

struct risks {
	struct risk *items;
	size_t len;
};

/* Lists the risks of the record, in the order of the table of fields. */
void risks_find(const struct spec *s, struct risks *out);
void risks_fini(struct risks *r);
/* Returns "FILE:LINE: section.key: EFFECT"; owned. */
char *risk_line(const struct spec *s, const struct risk *r);
/* Notes the user's agreement in the record. */
void risk_agree(struct spec *s, const struct risk *r);
/* Marks all present risks as from the file; called after reading. */
void risks_are_of_file(struct spec *s);
/* Marks all risks as the user's own. */
void risks_are_own(struct spec *s);
/* Marks the risks of a key as the user's own, who has given the value again. */
void risks_forget(struct spec *s, const char *section, const char *key);
/* Fails if a risk (if `key` is given: of that key) is RISK_FOREIGN: kind ERR_USAGE, id RISK_ERROR, one line for each.
 */
#define RISK_ERROR "file-not-agreed"
int risks_check(const struct spec *s, const char *section, const char *key, struct err *e);

#endif
