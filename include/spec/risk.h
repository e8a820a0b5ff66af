/* SPDX-License-Identifier: MIT */
/*
 * risk: what a machine's file asks for that can run programs or expose this host: qemu.binary,
 * qemu.extra, devices.share, devices.drive, network.forward beyond the loopback, mirror.keyring.
 *
 * A file may be somebody else's, so nothing of it runs before a person has agreed to these values
 * (machine/trust.h keeps that). A record knows which of them its file said; what a person gave since, by
 * --set or as an answer, needs no agreement.
 */
#ifndef SPEC_RISK_H
#define SPEC_RISK_H

#include "spec/spec.h"

enum risk_state {
	RISK_OWN,    /* not of the file: a person gave it */
	RISK_AGREED, /* of the file, and agreed to */
	RISK_FOREIGN /* of the file, and nobody has agreed to it */
};

struct risk {
	enum risk_state state;
	unsigned line;		   /* 0: not of the file */
	const char *section, *key; /* static */
	char *value;		   /* as in the file; of qemu.extra an option and its value, with a blank between */
	char *path;		   /* the program, file or folder that it names; NULL: none */
	bool program;		   /* path is run */
	char *words;		   /* what it does: "shares the folder /srv of this host" */
};

struct risks {
	struct risk *items;
	size_t len;
};

/* All that hold in the record now, in the order of the table of fields. */
void risks_find(const struct spec *s, struct risks *out);
void risks_fini(struct risks *r);
/* "FILE:LINE: section.key: words"; owned. */
char *risk_line(const struct spec *s, const struct risk *r);
/* Notes in the record that a person agreed to it. */
void risk_agree(struct spec *s, const struct risk *r);
/* After reading: all that holds is what the file says. */
void risks_are_of_file(struct spec *s);
/* All of the file is this user's own. */
void risks_are_own(struct spec *s);
/* A person has given that key's value anew: it is theirs, whatever the file said. */
void risks_forget(struct spec *s, const char *section, const char *key);
/* Fails where one is RISK_FOREIGN, of that key alone where it is given: kind ERR_USAGE, id RISK_ERROR,
 * a line each. */
#define RISK_ERROR "file-not-agreed"
int risks_check(const struct spec *s, const char *section, const char *key, struct err *e);

#endif
