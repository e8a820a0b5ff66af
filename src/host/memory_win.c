/* SPDX-License-Identifier: MIT */
/* memory_win: removes pages from the working set; those that are used again come back from memory. */
#include <windows.h>

#include "host/memory.h"

void host_trim_memory(void)
{
	SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1);
}
