/* SPDX-License-Identifier: MIT */
/* cause: the table of the causes' names (include/machine/cause.h). */
#include "machine/cause.h"

#include <string.h>

static const char *const cause_names[VM_CAUSE_COUNT] = {
	[VM_CAUSE_NONE] = "",
	[VM_CAUSE_SEED_FAILED] = "seed-failed",
	[VM_CAUSE_QEMU_SILENT] = "qemu-silent",
	[VM_CAUSE_PAUSED] = "paused",
	[VM_CAUSE_DISK_FULL] = "disk-full",
	[VM_CAUSE_IO_ERROR] = "io-error",
	[VM_CAUSE_SNAPSHOT_FAILED] = "snapshot-failed",
	[VM_CAUSE_KILLED] = "killed",
	[VM_CAUSE_BUSY] = "busy",
	[VM_CAUSE_DISK_LOCKED] = "disk-locked",
	[VM_CAUSE_HOST_ERROR] = "host-error",
	[VM_CAUSE_INTERNAL_ERROR] = "internal-error",
	[VM_CAUSE_MONITOR] = "monitor",
	[VM_CAUSE_NO_REASON] = "no-reason",
	[VM_CAUSE_QEMU_CRASHED] = "qemu-crashed",
	[VM_CAUSE_QEMU_ENDED] = "qemu-ended",
	[VM_CAUSE_QEMU_KILLED] = "qemu-killed",
	[VM_CAUSE_QEMU_MISSING] = "qemu-missing",
	[VM_CAUSE_ACCEL_REFUSED] = "accel-refused",
	[VM_CAUSE_ACCEL_SILENT] = "accel-silent",
	[VM_CAUSE_QEMU_REFUSED] = "qemu-refused",
	[VM_CAUSE_QEMU_STUCK] = "qemu-stuck",
	[VM_CAUSE_RESUME_FAILED] = "resume-failed",
	[VM_CAUSE_SIGNAL] = "signal",
	[VM_CAUSE_STOPPED] = "stopped",
	[VM_CAUSE_GUEST_FAILED] = "guest-failed",
	[VM_CAUSE_GUEST_RESET] = "guest-reset",
	[VM_CAUSE_NO_POWEROFF] = "no-poweroff",
	[VM_CAUSE_NOT_CONFIGURED] = "not-configured",
	[VM_CAUSE_PANIC] = "panic",
	[VM_CAUSE_RESET_LOOP] = "reset-loop",
	[VM_CAUSE_TIMEOUT] = "timeout",
	[VM_CAUSE_HOST_RESTARTED] = "host-restarted",
	[VM_CAUSE_LOST] = "lost",
	[VM_CAUSE_OTHER] = "other",
};

const char *vm_cause_name(enum vm_cause c)
{
	return cause_names[c];
}

enum vm_cause vm_cause_find(const char *name)
{
	for (int i = 0; i < VM_CAUSE_COUNT; i++)
		if (!strcmp(cause_names[i], name))
			return (enum vm_cause)i;
	return VM_CAUSE_OTHER;
}
