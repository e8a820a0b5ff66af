/* SPDX-License-Identifier: MIT */
/*
 * trust: what a user has agreed to of the files of machines (spec/risk.h says what needs it). Kept in the data
 * folder, agreed/DIGEST, a small file each: the digest is of the INI file's path, the key, its value, the path that
 * the value means, and of the content of a keyring and of a program that lies with the INI file. So another file,
 * another value, a link that leads elsewhere or another program with the same name asks again; other keys may change.
 */
#ifndef MACHINE_TRUST_H
#define MACHINE_TRUST_H

#include "machine/store.h"
#include "spec/spec.h"

/* Marks in the record what was agreed to before. */
void trust_load(const struct store *store, struct spec *s);
/* Records that the user agrees to everything that the file says. */
int trust_agree(const struct store *store, struct spec *s, struct err *e);
/* Records agreement for `path`, to which the record was written for this user: to what the user set, and what was
 * agreed to in the file that it was read from. */
int trust_adopt(const struct store *store, const struct spec *s, const char *path, struct err *e);

#endif
