/* SPDX-License-Identifier: MIT */
/* elf: the kind of machine that a program was compiled for, by the header of its ELF file (gABI, chapter 4). */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include <stddef.h>

/* Returns class, byte order and e_machine as the catalogue has them, "64le62"; on 32-bit ARM followed by the kind of
 * floating-point calls that its e_flags name, "32le40hard" or "32le40soft". Owned; NULL: it is not an ELF file. */
char *elf_kind(const void *p, size_t n);

#endif
