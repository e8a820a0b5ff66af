/* SPDX-License-Identifier: MIT */
/* told: what a supervisor tells of how far something is, in words; see include/vm/client.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "vm/client.h"

static uint64_t bytes(const json_t *values, const char *key)
{
	return strtoull(json_str(values, key, "0"), NULL, 10);
}

char *vm_amount(const char *state, const json_t *values, uint64_t *done, uint64_t *total)
{
	static const struct {
		const char *state, *words;
	} known[] = {
		{"reverting", "loading the snapshot"},
		{"snapshotting", "writing the snapshot"},
		{"suspending", "writing its memory"},
	};
	uint64_t so_far = bytes(values, "done"), all = bytes(values, "total");
	char a[SIZE_TEXT], b[SIZE_TEXT];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i].state, state) != 0)
			continue;
		if (done)
			*done = so_far;
		if (total)
			*total = all;
		return xasprintf("%s, %s%s%s", known[i].words, size_human(so_far, a), all ? " of " : "",
				 all ? size_human(all, b) : "");
	}
	return NULL;
}
