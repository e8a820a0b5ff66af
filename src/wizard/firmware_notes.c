/* SPDX-License-Identifier: MIT */
/* firmware_notes: the notes of the options of firmware.mode (firmware_notes.h). */
#include "firmware_notes.h"

#include "base/buf.h"

char *firmware_note(const struct catalog_arch *a, const char *release, bool uefi)
{
	struct buf b;

	buf_init(&b, 0);
	buf_adds(&b, uefi ? "Firmware and GRUB start the kernel from the machine's own disk, as hardware does. Kernel "
			    "upgrades require nothing from this host."
			  : "QEMU loads the kernel from the disk. Boots faster, especially under emulation, and you "
			    "can set the kernel's command line.");
	if (a && uefi && *a->firmware_qemu_min)
		buf_addf(&b, " Requires QEMU %s or newer.", a->firmware_qemu_min);
	if (a && catalog_is_untried(a, release, uefi)) {
		buf_adds(&b, " Untried: ");
		buf_addf(&b, CATALOG_UNTRIED, release, a->name, uefi ? "UEFI" : "direct boot");
		buf_addc(&b, '.');
	}
	return buf_steal(&b);
}
