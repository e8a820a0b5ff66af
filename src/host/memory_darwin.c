/* SPDX-License-Identifier: MIT */
/* memory_darwin: by malloc_zone_pressure_relief, all zones and as much as there is. Code is not unmapped: it is shared
 * with the other programs that use a library (dyld's shared cache). */
#include <malloc/malloc.h>
#include <stddef.h>

#include "host/memory.h"

void host_trim_memory(void)
{
	malloc_zone_pressure_relief(NULL, 0);
}
