/* SPDX-License-Identifier: MIT */
/* memory: releases memory by madvise(2), dl_iterate_phdr(3) and malloc_trim(3) of Linux and glibc. */
#include "host/memory.h"

#include <link.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Read-only segments are identical to their file. */
static int memory_linux_unmap_pages(struct dl_phdr_info *object, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];
		uintptr_t from = (object->dlpi_addr + p->p_vaddr + page - 1) & ~(page - 1);
		uintptr_t to = (object->dlpi_addr + p->p_vaddr + p->p_memsz) & ~(page - 1);

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W) && to > from)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void host_trim_memory(void)
{
	dl_iterate_phdr(memory_linux_unmap_pages, NULL);
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
