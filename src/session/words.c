/* SPDX-License-Identifier: MIT */
/* words: writes what the interfaces show of steps, amounts, snapshots and agreements. */
#include "session/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/facts.h"
#include "host/paths.h"
#include "spec/risk.h"

const char *words_step_state(enum step_state state)
{
	static const char *const words[] = {
		[STEP_WAITING] = "waiting",   [STEP_RUNNING] = "running", [STEP_FINISHED] = "done",
		[STEP_SKIPPED] = "unchanged", [STEP_FAILED] = "failed",	  [STEP_CANCELLED] = "cancelled",
	};

	return words[state];
}

const char *words_step_amount(const struct step_view *s, char out[WORDS_TEXT])
{
	char done[SIZE_TEXT], total[SIZE_TEXT];

	*out = '\0';
	if (s->total && s->ops->unit == STEP_BYTES)
		snprintf(out, WORDS_TEXT, "%s of %s", size_human(s->done, done), size_human(s->total, total));
	else if (s->total && s->ops->unit == STEP_COUNT)
		snprintf(out, WORDS_TEXT, "%" PRIu64 " of %" PRIu64, s->done, s->total);
	return out;
}

const char *words_step_rate(const struct step_view *s, char out[WORDS_TEXT])
{
	char rate[SIZE_TEXT];

	*out = '\0';
	if (s->rate > 0 && s->total && s->ops->unit == STEP_BYTES)
		snprintf(out, WORDS_TEXT, "%s/s", size_human((uint64_t)s->rate, rate));
	return out;
}

const char *words_left(int64_t ms, int64_t least, char out[WORDS_TEXT])
{
	char left[SIZE_TEXT];

	*out = '\0';
	if (ms >= least)
		snprintf(out, WORDS_TEXT, "%s left", duration_human((uint64_t)ms, left));
	return out;
}

const char *words_root_warning(void)
{
	return host_is_root() ? "running as root, which debwiz does not need: QEMU, and a guest that breaks out of it, "
				"have all rights on this host"
			      : NULL;
}

char *words_agreement(const struct spec *s)
{
	AUTO_FREE char *path = host_short(s->path);
	struct risks all;
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "%s asks for what can run programs or expose this host. Nothing of it runs before you agree:\n",
		 path);
	risks_find(s, &all);
	for (size_t i = 0; i < all.len; i++)
		if (all.items[i].state == RISK_FOREIGN)
			buf_addf(&b, "\nline %u: it %s (%s.%s)", all.items[i].line, all.items[i].effect,
				 all.items[i].section, all.items[i].key);
	risks_fini(&all);
	return buf_steal(&b);
}

const char *words_snapshot_done(enum vm_snapshot_op op)
{
	static const char *const words[] = {
		[VM_SNAPSHOT_CREATE] = "was created",
		[VM_SNAPSHOT_REVERT] = "is what the machine is again",
		[VM_SNAPSHOT_DELETE] = "was deleted",
	};

	return words[op];
}

char *words_snapshot_contents(uint64_t memory)
{
	char size[SIZE_TEXT];

	return memory ? xasprintf("disk and memory, %s", size_human(memory, size)) : xstrdup("disk alone");
}

void words_date(int64_t date, bool seconds, char *out, size_t size)
{
	time_t when = (time_t)date;
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(out, size, seconds ? "%d %b %Y %H:%M:%S" : "%d %b %Y %H:%M", &tm);
}
