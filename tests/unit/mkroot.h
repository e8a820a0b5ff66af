/* SPDX-License-Identifier: MIT */
/* mkroot: packages for tests of the root builder, with what the index would say of each. */
#ifndef TESTS_UNIT_MKROOT_H
#define TESTS_UNIT_MKROOT_H

#include "base/hash.h"
#include "image/root.h"
#include "mkdeb.h"

/* Writes a package NAME, version 1-1, to DIR and describes it in *deb, whose path is owned by the
 * caller. `fields` are further lines of its control file, `control` further members (at most 8). */
static inline void mkroot_deb(const char *dir, struct root_deb *deb, const char *name, const char *arch,
			      const char *fields, const struct mk_entry *control, const struct mk_entry *data,
			      const char *ext)
{
	struct mk_entry all[10] = {MK('d', "./", NULL, 0755)};
	char *stanza = malloc(1000), *file = malloc(100);
	struct buf ar;
	size_t n = 1;

	snprintf(stanza, 1000, "Package: %s\nVersion: 1-1\nArchitecture: %s\n%sDescription: %s\n x\n", name, arch,
		 fields, name);
	all[n++] = (struct mk_entry)MK('f', "./control", stanza, 0644);
	while (control && control->type)
		all[n++] = *control++;
	mk_deb(&ar, all, data, ext);
	snprintf(file, 100, "%s_%s.deb", name, arch);
	free((char *)deb->path);
	deb->path = mk_file(dir, file, ar.data, ar.len);
	deb->name = name;
	deb->version = "1-1";
	deb->arch = arch;
	deb->size = ar.len;
	hash_bytes(ar.data, ar.len, deb->sha256);
	buf_fini(&ar);
	free(stanza);
	free(file);
}

#endif
