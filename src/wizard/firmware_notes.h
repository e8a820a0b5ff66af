/* SPDX-License-Identifier: MIT */
/* firmware_notes: the notes of the options of firmware.mode, with and without the archive's versions. */
#ifndef WIZARD_FIRMWARE_NOTES_H
#define WIZARD_FIRMWARE_NOTES_H

#define FIRMWARE_NOTE_UEFI                                                                                             \
	"Firmware and GRUB start the kernel from the machine's own disk, as hardware does. Kernel upgrades require "   \
	"nothing from this host."
#define FIRMWARE_NOTE_DIRECT                                                                                           \
	"QEMU loads the kernel from the disk. Boots faster, especially under emulation, and you can set the kernel's " \
	"command line."

#endif
