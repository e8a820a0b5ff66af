/* SPDX-License-Identifier: MIT */
/*
 * proc_id_posix: the start of a process as one number. Pid and start may repeat after a restart of the host, where
 * starts are counted from the boot, or with a clock that was set; so the number also has a mark of the boot.
 */
#include "host/proc.h"
#include "proc_priv.h"

#define TIME_BITS 40 /* bits of the time; the boot's mark is above them */
#define BOOT_ID_MAX 256

/* Returns the mark of a boot, 22 bits, so that the number fits a signed one; 0 if it is unknown. */
static uint64_t proc_id_mark(const char *boot, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)boot[i]) * 0x100000001b3u;
	return n ? h >> 42 : 0;
}

uint64_t proc_start_of(const char *boot, size_t n, uint64_t time)
{
	return proc_id_mark(boot, n) << TIME_BITS | (time & ((1ULL << TIME_BITS) - 1));
}

uint64_t proc_start_now(uint64_t time)
{
	char boot[BOOT_ID_MAX];

	return proc_start_of(boot, proc_boot_id(boot, sizeof(boot)), time);
}

bool proc_of_this_boot(const struct proc_id *id)
{
	uint64_t mark = proc_start_now(0) >> TIME_BITS;

	return !mark || !id->start || id->start >> TIME_BITS == mark;
}
