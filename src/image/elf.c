/* SPDX-License-Identifier: MIT */
/* elf: reads the header of an ELF file. */
#include "elf.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#define ELF_HEADER_32 52
#define ELF_HEADER_64 64
#define ELF_MACHINE 18	/* offset, in both classes */
#define ELF_FLAGS_32 36 /* offset */
#define ELF_ARM 40	/* EM_ARM */
#define ELF_ARM_SOFT 0x200u
#define ELF_ARM_HARD 0x400u

static unsigned elf_get(const unsigned char *p, size_t n, bool big)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[big ? i : n - 1 - i];
	return v;
}

char *elf_kind(const void *p, size_t n)
{
	const unsigned char *h = p;
	bool wide, big;
	unsigned machine, flags;
	const char *calls = "";

	if (n < ELF_HEADER_32 || memcmp(h, "\177ELF", 4) != 0 || h[4] < 1 || h[4] > 2 || h[5] < 1 || h[5] > 2)
		return NULL;
	wide = h[4] == 2;
	big = h[5] == 2;
	if (wide && n < ELF_HEADER_64)
		return NULL;
	machine = elf_get(h + ELF_MACHINE, 2, big);
	flags = wide ? 0 : elf_get(h + ELF_FLAGS_32, 4, big);
	if (machine == ELF_ARM && !wide)
		calls = flags & ELF_ARM_HARD ? "hard" : flags & ELF_ARM_SOFT ? "soft" : "";
	return xasprintf("%d%s%u%s", wide ? 64 : 32, big ? "be" : "le", machine, calls);
}
