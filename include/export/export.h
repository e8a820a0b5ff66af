/* SPDX-License-Identifier: MIT */
/*
 * export: a machine in the forms of other programs, from what QEMU's command line is built from: scripts, libvirt's
 * domain XML. Pure: equal inputs give equal texts (golden-tested).
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/err.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "qemu/argv.h"
#include "spec/spec.h"

/* All borrowed. */
struct export_machine {
	const struct spec *s;
	const struct catalog_arch *arch;
	const char *dir;	 /* the machine's folder, absolute */
	struct qemu_facts facts; /* of this host and its QEMU */
	struct qemu_files files; /* absolute; no runtime_dir */
	/* For a unit alone: debwiz, its argument that names the machine, and what its environment has to have. */
	const char *program, *ref;
	const struct strv *env;
};

/* Return a text that starts the machine without debwiz: a script of a POSIX shell, and one of Windows' cmd.exe. Both
 * name the machine's files relative to its folder, into which they change first. Owned; NULL with e. What they leave
 * out or change is added to `notes`, a sentence each. */
char *export_sh(const struct export_machine *m, struct strv *notes, struct err *e);
char *export_bat(const struct export_machine *m, struct strv *notes, struct err *e);
/* Returns libvirt's domain XML, with the paths of the machine's files. As above. */
char *export_libvirt(const struct export_machine *m, struct strv *notes, struct err *e);
/* Returns a unit of a user's systemd that boots the machine by debwiz, and stops it. Owned; has no errors. */
char *export_unit(const struct export_machine *m, struct strv *notes, struct err *e);

#endif
