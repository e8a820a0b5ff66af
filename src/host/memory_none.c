/* SPDX-License-Identifier: MIT */
/* memory_none: hosts whose C library does not release memory on request. */
#include "host/memory.h"

void host_trim_memory(void)
{
}
