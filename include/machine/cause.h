/* SPDX-License-Identifier: MIT */
/*
 * cause: why a machine stopped, failed or is paused, as a value. Each has a stable name, which run.json, the
 * control protocol and `debwiz list --json` show as "cause_id".
 */
#ifndef MACHINE_CAUSE_H
#define MACHINE_CAUSE_H

enum vm_cause {
	VM_CAUSE_NONE, /* it exited as it should, or runs without a problem */
	/* while it runs */
	VM_CAUSE_SEED_FAILED, /* the guest could not apply the account or its keys */
	VM_CAUSE_QEMU_SILENT, /* QEMU does not answer on its monitor */
	/* while it is paused */
	VM_CAUSE_PAUSED, /* by request, or by another program at the monitor */
	VM_CAUSE_DISK_FULL,
	VM_CAUSE_IO_ERROR,
	VM_CAUSE_SNAPSHOT_FAILED, /* a snapshot was loaded in part */
	/* QEMU exited, or was ended */
	VM_CAUSE_KILLED, /* by request; the disk was not closed */
	VM_CAUSE_BUSY,	 /* the QEMU of an earlier run does not exit */
	VM_CAUSE_DISK_LOCKED,
	VM_CAUSE_HOST_ERROR,
	VM_CAUSE_INTERNAL_ERROR, /* of the accelerator */
	VM_CAUSE_MONITOR,	 /* the monitor failed, or its connection is lost */
	VM_CAUSE_NO_REASON,	 /* QEMU exited without a reason */
	VM_CAUSE_QEMU_CRASHED,
	VM_CAUSE_QEMU_ENDED,
	VM_CAUSE_QEMU_KILLED,
	VM_CAUSE_QEMU_MISSING,
	VM_CAUSE_ACCEL_REFUSED, /* QEMU exited before the guest was started, with a complaint about the accelerator */
	VM_CAUSE_ACCEL_SILENT,	/* the accelerator started the guest, which never wrote anything */
	VM_CAUSE_QEMU_REFUSED,	/* QEMU exited before the guest was started, for another reason */
	VM_CAUSE_QEMU_STUCK,	/* QEMU had to be killed after the guest was down */
	VM_CAUSE_RESUME_FAILED,
	VM_CAUSE_SIGNAL,  /* QEMU was stopped by a signal from outside */
	VM_CAUSE_STOPPED, /* before the guest was configured */
	/* the guest failed */
	VM_CAUSE_GUEST_FAILED, /* it reported so while it configured its packages */
	VM_CAUSE_GUEST_RESET,
	VM_CAUSE_NO_POWEROFF,
	VM_CAUSE_NOT_CONFIGURED,
	VM_CAUSE_PANIC,
	VM_CAUSE_RESET_LOOP,
	VM_CAUSE_TIMEOUT,
	/* found afterwards, in a record that was cut off */
	VM_CAUSE_HOST_RESTARTED,
	VM_CAUSE_LOST,	/* QEMU and its supervisor were killed */
	VM_CAUSE_OTHER, /* a name that this version does not know */
	VM_CAUSE_COUNT,
};

/* Returns the stable name: "panic", "disk-full"; "" for VM_CAUSE_NONE. Static. */
const char *vm_cause_name(enum vm_cause c);
/* Returns the cause of that name, VM_CAUSE_OTHER if there is none. */
enum vm_cause vm_cause_find(const char *name);

#endif
