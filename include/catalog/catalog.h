/* SPDX-License-Identifier: MIT */
/*
 * catalog: facts about architectures, releases, firmware, package profiles and mirrors, as data.
 *
 * Read once from assets/catalog/{arches,releases,profiles,mirrors,extra,zones,accounts}.ini (compiled in; DEBWIZ_ASSETS
 * overrides). No other place may have such a fact. A machine also depends on the release's index and this host's QEMU,
 * which are not known here.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

/* An architecture by Debian's name. Texts are "" and lists empty if the row has no value. */
struct catalog_arch {
	char *name;	     /* "armhf" */
	char *title;	     /* "32-bit ARM, hard float" */
	char *not_offered;   /* "" if offered; else why, a part of a sentence */
	bool ports;	     /* in the ports archive alone: the wizard does not list it */
	char *elf;	     /* kind of its programs, as image/elf has it: "32le40hard"; "" */
	char *gnu;	     /* GNU triplet of its compilers: "arm-linux-gnueabihf"; "" */
	struct strv aliases; /* names of the kernel, QEMU, GNU; for messages only */
	char *qemu;	     /* "qemu-system-arm" */
	char *qemu_native;   /* binary with an accelerator, if another one; "" */
	char *machine;	     /* "virt" */
	char *machine_opts;  /* ",gic-version=max" or "" */
	char *ram;	     /* the machine's name for its memory: "mach-virt.ram"; "": no templates */
	char *small_opts;    /* further ones for at most small_memory bytes, or "" */
	uint64_t small_memory;
	char *cpu_tcg;		  /* CPU under emulation */
	char *cpu_native;	  /* CPU under an accelerator: "host" or "host,aarch64=off" */
	struct strv cpu_models;	  /* values of cpu.model beside auto; features may follow */
	struct strv accels;	  /* accelerators that QEMU has for it, beside tcg */
	struct strv native_hosts; /* host machine names (uname -m) that may accelerate it */
	unsigned max_cpus;
	char *cpu_limit_why;	/* reason in words */
	uint64_t max_memory;	/* bytes the machine or the kernel can use */
	char *memory_limit_why; /* reason in words */
	char *kernel;		/* package: "linux-image-armmp-lpae" */
	char *kernel_arch;	/* architecture of that package, if it is another one; "" */
	struct strv untried;	/* "trixie/uefi": offered, but not watched running yet */
	char *qemu_min;		/* "8.1": the least version of QEMU; "": debwiz's own */
	struct strv releases;	/* codenames that have that kernel; empty: all */
	char *console;		/* "ttyAMA0" */
	bool power_line;	/* its machine has no power button that Debian's kernel hears */
	char *virtio;		/* device suffix: "pci" or "ccw" */
	char *libvirt;		/* libvirt's name: "armv7l"; "": none known */
	char *libvirt_acpi;	/* where libvirt is to give the guest ACPI: "always", "uefi"; "": never */
	/* Packages that may have the firmware, the first that a release has counts; empty: only direct boot. */
	struct strv firmware;
	struct strv firmware_releases; /* codenames that have the firmware; empty: all */
	char *firmware_qemu_min;       /* the least version that runs it; "": qemu_min */
	char *firmware_arch;	       /* architecture name in the JSON descriptors: "arm" */
	char *firmware_machine;	       /* machine pattern in them: "virt-*" */
	bool firmware_smm;	       /* the firmware requires system management mode: q35 alone has it */
	struct strv secure_boot;       /* packages with the signed boot loader; empty: Debian signs none */
	bool secure_smm;	       /* its firmware requires system management mode */
	char *tpm;		       /* QEMU's device; "": Debian's kernel drives none */
	uint64_t firmware_max_memory;  /* bytes the firmware starts with, 0: max_memory */
	char *firmware_memory_why;     /* reason in words */
	uint64_t pflash_size;	       /* bytes that the machine requires, 0: the file's size */
	char *grub;		       /* package: "grub-efi-arm" */
	char *grub_target;	       /* "arm-efi" */
	char *efi_file;		       /* "BOOTARM.EFI" */
	/* Modules of the small initrd, without their dependencies, spelt with `_`; names that a kernel does not have
	 * (built in, or of another version) are ignored. */
	struct strv initrd_modules;
	/* Debian's installer: its package, kernel and initrd there; VERSION is the release's (catalog_installer); "" */
	char *installer, *installer_kernel, *installer_initrd;
	char *lib_links; /* extra merged-/usr links beside bin sbin lib: "lib64" or "" */
};

struct catalog_release {
	char *codename;		/* "bookworm" */
	char *version;		/* "12" or "" */
	char *state;		/* "stable", "oldstable", "oldoldstable", "testing", "unstable" */
	char *not_offered;	/* "" or why */
	bool security;		/* has CODENAME-security */
	bool updates;		/* has CODENAME-updates */
	char *security_suite;	/* "bookworm-security"; under the security mirror's base URL */
	char *old_zones;	/* package with the old names of time zones; "": tzdata */
	char *sources_style;	/* "list" or "deb822": format of its sources.list */
	struct strv components; /* default components of the guest's sources: main [non-free-firmware] */
	/* Fingerprints (40 hex digits, upper case) of the primary keys that may sign its suites, including security;
	 * the public keys are in assets/keys/. */
	struct strv keys;
};

struct catalog_profile {
	char *name; /* "build" */
	char *title;
	bool is_default;
	bool hidden;   /* not for system.profile: added if another field requires it */
	char *include; /* a section above it, whose lists come before its own */
	struct strv packages;
	struct strv without; /* packages of priority required or important that are left out */
	struct strv instead; /* hidden ones: packages of the user that replace it */
	struct strv jobs;    /* names that fix the solver's choice among alternatives */
};

/* An option of QEMU that qemu.extra may hold, or one that is refused with a hint. */
struct catalog_extra {
	char *name;	   /* without its dash; "device.usb-kbd" for -device usb-kbd */
	struct strv parts; /* of NAME=VALUE,...; empty: see value */
	char *value;	   /* "word": one of those; "none": nothing; "": parts */
	char *instead;	   /* "section.key" to use instead; the option is refused */
};

/* A package, and the users and groups that it creates. */
struct catalog_account {
	char *package;
	struct strv names;
};

struct catalog;

/* Reads the catalogue. NULL on error (file and line in e). Free with catalog_free. */
struct catalog *catalog_new(struct err *e);
void catalog_free(struct catalog *c);

/* Return the rows in the file's order, borrowed; *i starts at 0; NULL: no more. */
const struct catalog_arch *catalog_arch_next(const struct catalog *c, size_t *i);
const struct catalog_release *catalog_release_next(const struct catalog *c, size_t *i);
const struct catalog_profile *catalog_profile_next(const struct catalog *c, size_t *i);
/* Return the row of that name, borrowed; NULL: none. */
const struct catalog_arch *catalog_arch_find(const struct catalog *c, const char *name);
const struct catalog_release *catalog_release_find(const struct catalog *c, const char *name);
const struct catalog_profile *catalog_profile_find(const struct catalog *c, const char *name);
const struct catalog_extra *catalog_extra_next(const struct catalog *c, size_t *i);
const struct catalog_extra *catalog_extra_find(const struct catalog *c, const char *name);
const struct catalog_account *catalog_account_next(const struct catalog *c, size_t *i);
/* Return whether a release has a kernel, or UEFI firmware, for the architecture. */
bool catalog_has_kernel(const struct catalog_arch *a, const char *release);
bool catalog_has_firmware(const struct catalog_arch *a, const char *release);
/* Returns whether a QEMU of that version (80100 for 8.1) runs the architecture's firmware, if it has any. */
bool catalog_runs_firmware(const struct catalog_arch *a, unsigned qemu);
/* Returns one of the architecture's texts about the installer for a release; owned. NULL: the release has none. */
char *catalog_installer(const struct catalog_release *r, const char *text);
/* Returns whether no machine of that kind was watched running yet. Its note has release, architecture and way to boot.
 */
#define CATALOG_UNTRIED "no machine of %s on %s by %s was watched yet; it may fail"
bool catalog_is_untried(const struct catalog_arch *a, const char *release, bool uefi);
/* Returns 80100 for "8.1"; 0: it is not a version. */
unsigned catalog_version(const char *text);
/* Returns the names of time zones that every release has; borrowed. */
const struct strv *catalog_zones(const struct catalog *c);
/* Returns the current name of a time zone, which may be given by an old name. Borrowed; NULL: unknown. */
const char *catalog_zone(const struct catalog *c, const char *name);
/* Return the base URLs of the built-in mirrors and security mirrors, in order of preference. */
const struct strv *catalog_mirrors(const struct catalog *c);
const struct strv *catalog_security_mirrors(const struct catalog *c);
/* Returns the base URL of the snapshot service; append /debian/STAMP or /debian-security/STAMP. */
const char *catalog_snapshot(const struct catalog *c);

#endif
