/* SPDX-License-Identifier: MIT */
/* deadline: the time limit of an answer, which a test can shorten (include/machine/deadline.h). */
#include "machine/deadline.h"

#include <stdlib.h>

#include "base/size.h"

uint64_t vm_deadline(uint64_t usual)
{
	const char *text = getenv("DEBWIZ_DEADLINE");
	uint64_t ms;

	if (!text || number_parse(text, 1, 24 * 3600 * 1000, &ms, NULL) < 0)
		return usual;
	return ms;
}
