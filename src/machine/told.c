/* SPDX-License-Identifier: MIT */
/* told: what a supervisor tells of how far something is, and of the stop ladder, in words; see
 * include/machine/client.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "machine/client.h"

static uint64_t told_number(const json_t *values, const char *key)
{
	return strtoull(json_str(values, key, "0"), NULL, 10);
}

char *vm_progress_text(const char *state, const json_t *values, uint64_t *done, uint64_t *total)
{
	static const struct {
		const char *state, *words;
	} known[] = {
		{"reverting", "loading the snapshot"},
		{"snapshotting", "writing the snapshot"},
		{"suspending", "writing its memory"},
	};
	uint64_t so_far = told_number(values, "done"), all = told_number(values, "total");
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

const char *vm_stop_text(const json_t *values, uint64_t *ms)
{
	static const struct {
		const char *rung, *words;
	} rungs[] = {
		{"powerdown", "the power button is pressed"},
		{"exit", "the guest is down, QEMU is about to end"},
		{"quit", "the guest does not power off: QEMU is told to quit"},
		{"terminate", "QEMU does not answer: it is ended by a signal"},
		{"kill", "it is killed"},
	};
	const char *rung = json_str(values, "rung", "");

	if (ms)
		*ms = told_number(values, "deadline_ms");
	for (size_t i = 0; i < sizeof(rungs) / sizeof(*rungs); i++)
		if (!strcmp(rungs[i].rung, rung))
			return rungs[i].words;
	return NULL;
}
