/* SPDX-License-Identifier: MIT */
/*
 * questions: the table of questions, page by page in the order in which they are asked. Titles,
 * help and grammar come from the table of fields (src/spec/fields.c) where a row says nothing else.
 */
#include <string.h>

#include "private.h"

static bool questions_is_answered(const struct wizard *w, const char *id)
{
	size_t i = 0;

	while (strcmp(question_rows[i].id, id))
		i++;
	return w->answers[i].touched;
}

static bool questions_is_direct(const struct wizard *w)
{
	return w->spec.firmware == SPEC_DIRECT;
}

static bool questions_is_uefi(const struct wizard *w)
{
	return w->spec.firmware == SPEC_UEFI;
}

static bool questions_has_network(const struct wizard *w)
{
	return w->spec.net == SPEC_NET_USER;
}

/* It decides what is installed, also where a file names one and no display. */
static bool questions_has_keyboard(const struct wizard *w)
{
	return w->spec.display != SPEC_DISPLAY_NONE || questions_is_answered(w, "system.keyboard");
}

static bool questions_has_security(const struct wizard *w)
{
	return w->spec.security;
}

#define NONE .topic = NO_TOPIC
#define MORE .more = true

const struct question_row question_rows[] = {
	{"machine.arch", WIZARD_MACHINE, WIZARD_CHOICE, .options = choices_arch, .topic = WIZARD_ARCHES,
	 .note = note_arch},
	{"machine.name", WIZARD_MACHINE, WIZARD_TEXT, NONE, .initial = default_name, .note = note_name,
	 .help = "What the machine is called: letters a-z, digits and -. Its file "
		 "and its folder get this name, and so does the machine itself."},

	{"machine.release", WIZARD_RELEASE, WIZARD_CHOICE, .options = choices_release, .topic = WIZARD_RELEASES,
	 .adapts = true, .initial = default_release, .note = note_release},
	{"mirror.security", WIZARD_RELEASE, WIZARD_BOOL, NONE},
	{"mirror.updates", WIZARD_RELEASE, WIZARD_BOOL, NONE},
	{"mirror.url", WIZARD_RELEASE, WIZARD_COMBO, NONE, MORE, .options = choices_mirror},
	{"mirror.security_url", WIZARD_RELEASE, WIZARD_TEXT, NONE, MORE, .applies = questions_has_security},
	{"mirror.snapshot", WIZARD_RELEASE, WIZARD_TEXT, NONE, MORE},
	{"mirror.components", WIZARD_RELEASE, WIZARD_LIST, NONE, MORE, .options = choices_component},
	{"mirror.keyring", WIZARD_RELEASE, WIZARD_FILE, NONE, MORE},
	{"mirror.proxy", WIZARD_RELEASE, WIZARD_TEXT, NONE, MORE},

	{"firmware.mode", WIZARD_STARTUP, WIZARD_CHOICE, .options = choices_firmware, .topic = WIZARD_FIRMWARE,
	 .adapts = true, .initial = default_firmware, .note = note_firmware},
	{"machine.method", WIZARD_STARTUP, WIZARD_CHOICE, NONE, MORE, .options = choices_method},
	{"firmware.initrd", WIZARD_STARTUP, WIZARD_CHOICE, NONE, MORE, .options = choices_initrd,
	 .applies = questions_is_direct},
	{"boot.cmdline", WIZARD_STARTUP, WIZARD_TEXT, NONE, MORE, .applies = questions_is_direct},
	{"firmware.secure_boot", WIZARD_STARTUP, WIZARD_CHOICE, NONE, MORE, .options = choices_no_yet,
	 .applies = questions_is_uefi},
	{"boot.timeout", WIZARD_STARTUP, WIZARD_DURATION, NONE, MORE},

	{"cpu.count", WIZARD_PROCESSOR, WIZARD_NUMBER, NONE, .adapts = true, .note = note_count},
	{"cpu.memory", WIZARD_PROCESSOR, WIZARD_SIZE, NONE, .adapts = true, .initial = default_memory,
	 .note = note_memory},
	{"cpu.accel", WIZARD_PROCESSOR, WIZARD_CHOICE, NONE, .options = choices_accel, .adapts = true,
	 .note = note_accel},
	{"cpu.model", WIZARD_PROCESSOR, WIZARD_COMBO, NONE, .options = choices_cpu, .adapts = true, .note = note_cpu},
	{"qemu.binary", WIZARD_PROCESSOR, WIZARD_TEXT, NONE, MORE},

	{"disk.size", WIZARD_DISK, WIZARD_SIZE, NONE, .note = note_disk},
	{"disk.bus", WIZARD_DISK, WIZARD_CHOICE, NONE, .options = choices_bus},
	{"disk.standalone", WIZARD_DISK, WIZARD_BOOL, NONE, MORE},
	{"disk.format", WIZARD_DISK, WIZARD_CHOICE, NONE, MORE, .options = choices_format},
	{"disk.cache", WIZARD_DISK, WIZARD_CHOICE, NONE, MORE, .options = choices_cache},

	{"network.mode", WIZARD_DEVICES, WIZARD_CHOICE, NONE, .options = choices_network},
	{"network.forward", WIZARD_DEVICES, WIZARD_LIST, NONE, .options = choices_forward,
	 .applies = questions_has_network, .note = note_forward},
	{"network.restrict", WIZARD_DEVICES, WIZARD_BOOL, NONE, MORE, .applies = questions_has_network},
	{"devices.display", WIZARD_DEVICES, WIZARD_CHOICE, NONE, .options = choices_display},
	{"devices.share", WIZARD_DEVICES, WIZARD_LIST, NONE},
	{"devices.usb", WIZARD_DEVICES, WIZARD_BOOL, NONE},
	{"devices.audio", WIZARD_DEVICES, WIZARD_BOOL, NONE},
	{"devices.rng", WIZARD_DEVICES, WIZARD_BOOL, NONE, MORE},
	{"devices.drive", WIZARD_DEVICES, WIZARD_LIST, NONE, MORE},
	{"firmware.tpm", WIZARD_DEVICES, WIZARD_CHOICE, NONE, MORE, .options = choices_no_yet},
	{"qemu.extra", WIZARD_DEVICES, WIZARD_LIST, NONE, MORE},

	{"system.user", WIZARD_SYSTEM, WIZARD_TEXT, NONE},
	{"password", WIZARD_SYSTEM, WIZARD_PASSWORD, NONE, .key = "system.password_hash",
	 .help = "Of the user. Only its hash is kept, in the machine's file. Without one the "
		 "serial console logs in by itself, sudo asks for none, ssh takes keys alone, and "
		 "root is locked.",
	 .note = note_password},
	{"system.ssh_key", WIZARD_SYSTEM, WIZARD_FILES, NONE, .options = choices_keys, .note = note_keys},
	{"system.hostname", WIZARD_SYSTEM, WIZARD_TEXT, NONE, .note = note_hostname},
	{"system.timezone", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = choices_timezone, .lasting = true,
	 .initial = default_timezone},
	{"system.locale", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = choices_locale, .lasting = true},
	{"system.keyboard", WIZARD_SYSTEM, WIZARD_COMBO, NONE, .options = choices_keyboard,
	 .applies = questions_has_keyboard},
	{"system.profile", WIZARD_SYSTEM, WIZARD_CHOICE, NONE, .options = choices_profile},
	{"system.packages", WIZARD_SYSTEM, WIZARD_SEARCH, .topic = WIZARD_PACKAGES, .note = note_packages},

	{"save", WIZARD_REVIEW, WIZARD_FILE, NONE, .title = "Save as",
	 .help = "The INI file that the machine is made from. The same file makes it again, here or on "
		 "another host.",
	 .note = note_save},
};
const size_t question_count = sizeof(question_rows) / sizeof(*question_rows);
