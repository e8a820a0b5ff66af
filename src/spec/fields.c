/* SPDX-License-Identifier: MIT */
/*
 * fields: the table of a machine's fields, in the order in which they are written. Help, man page,
 * forms, reading, writing and checking use it; rules between fields are in check.c.
 */
#include "base/mem.h"
#include "spec/field.h"
#include "spec/grammar.h"
#include "spec/item.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define COLUMN(key, type, member, ...)                                                                                 \
	{                                                                                                              \
		key, COLUMN_##type, .offset = offsetof(struct spec, member), __VA_ARGS__                               \
	}
#define DISK_MAX (16ULL << 40) /* ext4 with 32-bit block numbers of 4 KiB */

const struct field field_table[] = {
	{"machine", COLUMN("format", UINT, format, "1", .min = 1, .max = 1), .effect = FIELD_NEXT_BOOT, .always = true,
	 .title = "Format of this file", .help = "The version of the file format. 1 is the only one."},
	{"machine", COLUMN("name", TEXT, name, "", .max = 31, .check = grammar_name), .effect = FIELD_NEW_ONLY,
	 .always = true, .title = "Name",
	 .help = "The machine's name: letters a-z, digits and -. Default: the file's name "
		 "without .ini."},
	{"machine", COLUMN("arch", TEXT, arch, "armhf", .max = 31, .check = grammar_word), .effect = FIELD_NEW_ONLY,
	 .always = true, .title = "Architecture",
	 .help = "Debian's name of the processor architecture: armhf, arm64 or amd64. \"debwiz "
		 "arches\" shows what runs on this host, and how."},
	{"machine", COLUMN("release", TEXT, release, "trixie", .max = 31, .check = grammar_word),
	 .effect = FIELD_NEW_ONLY, .always = true, .title = "Debian release",
	 .help = "Codename of the Debian release: bookworm or trixie. \"debwiz releases\" "
		 "lists what the mirror has."},
	{"machine", COLUMN("method", CHOICE, method, "bootstrap", .choices = WORDS("bootstrap", "installer", "image")),
	 .effect = FIELD_NEW_ONLY, .always = true, .title = "Way to get the system",
	 .help = "bootstrap: packages are verified and unpacked by debwiz and configured by "
		 "the machine itself, without an installer. installer: Debian's installer installs them in the "
		 "machine, from Debian's packages of that name, see installer; slower, and from a mirror that has "
		 "the installer's own packages (udebs). image: the disk begins with the content of an existing "
		 "image, see image in [disk]; it has its own packages, and if cloud-init is one of them it gets user, "
		 "password, keys, host name, language and time zone of [system]. Otherwise [system] does not apply, "
		 "but for user and ssh_key: how `debwiz ssh` logs in."},
	{"machine", COLUMN("installer", CHOICE, installer, "automatic", .choices = WORDS("automatic", "manual")),
	 .effect = FIELD_NEW_ONLY, .title = "Installer",
	 .help = "With method = installer. automatic: this file answers its questions (preseeding): the disk gets one "
		 "root file system, the profile's packages and no user, which the first boot makes as with bootstrap. "
		 "manual: you answer them, in the console; [system] does not apply then, but for user and ssh_key: "
		 "how `debwiz ssh` logs in."},
	{"mirror", COLUMN("url", TEXT, mirror, "auto", .check = grammar_mirror), .effect = FIELD_NEW_ONLY,
	 .title = "Debian mirror",
	 .help = "auto: the mirror that this host uses, if it is a Debian mirror, else the first "
		 "of a built-in list that answers. Only signed data is used from any mirror."},
	{"mirror", COLUMN("security", BOOL, security, "yes"), .effect = FIELD_NEW_ONLY, .title = "Security updates",
	 .help = "Use the release's security suite, now and later in the machine."},
	{"mirror", COLUMN("updates", BOOL, updates, "yes"), .effect = FIELD_NEW_ONLY, .title = "Stable updates",
	 .help = "Use the release's updates suite, now and later in the machine."},
	{"mirror", COLUMN("security_url", TEXT, security_mirror, "auto", .check = grammar_mirror),
	 .effect = FIELD_NEW_ONLY, .title = "Security mirror",
	 .help = "The archive that has the security suite; auto: found as for url."},
	{"mirror", COLUMN("snapshot", TEXT, snapshot, "", .check = grammar_snapshot), .effect = FIELD_NEW_ONLY,
	 .title = "Archive as of",
	 .help = "A point in time (UTC, 20250801T120000Z): the archive as it was then, from "
		 "Debian's snapshot service. Empty: the archive as it is now."},
	{"mirror", COLUMN("keyring", TEXT, keyring, "", .check = grammar_path_or_none), .effect = FIELD_NEW_ONLY,
	 .title = "Further keyring",
	 .help = "A file of OpenPGP keys that may sign the archive, in addition to Debian's: "
		 "for a mirror that signs its archive itself."},
	{"mirror", COLUMN("proxy", TEXT, proxy, "", .check = grammar_proxy), .effect = FIELD_NEW_ONLY, .title = "Proxy",
	 .help = "http://HOST:PORT (or https, socks5, socks5h). Empty: http_proxy, https_proxy "
		 "and no_proxy of the environment are used. A new machine's apt is given it, too, without "
		 "user and password; a proxy on this host's loopback as 10.0.2.2."},
	{"mirror", COLUMN("components", LIST, components, NULL, .check = grammar_component), .effect = FIELD_NEW_ONLY,
	 .title = "Components",
	 .help = "main, contrib, non-free, non-free-firmware: one per line. Default: those that "
		 "the release's installer chooses."},
	{"firmware", COLUMN("mode", CHOICE, firmware, "uefi", .choices = WORDS("uefi", "direct")),
	 .effect = FIELD_NEXT_BOOT, .always = true, .title = "Start-up",
	 .help = "uefi: the machine starts by firmware and GRUB from its own disk, as hardware "
		 "does. direct: QEMU loads the kernel that is on the disk; faster, and the only "
		 "way if an architecture has no firmware."},
	{"firmware", COLUMN("initrd", CHOICE, initrd, "own", .choices = WORDS("own", "guest")),
	 .effect = FIELD_NEXT_BOOT, .title = "Initial RAM disk",
	 .help = "For a direct boot. own: a small one that debwiz builds from the kernel's "
		 "modules, faster under emulation. guest: Debian's own on the disk."},
	{"firmware", COLUMN("secure_boot", BOOL, secure_boot, "no"), .effect = FIELD_NEW_ONLY, .title = "Secure Boot",
	 .help = "The firmware starts only what is signed by its keys: Debian's shim, GRUB and kernel. With mode = "
		 "uefi, on architectures for which Debian signs them."},
	{"firmware", COLUMN("tpm", BOOL, tpm, "no"), .effect = FIELD_NEXT_BOOT, .title = "TPM",
	 .help = "A Trusted Platform Module 2.0, emulated by swtpm on this host. Its contents are kept in the "
		 "machine's folder, and go with its snapshots."},
	{"cpu", COLUMN("accel", TEXT, accel, "auto", .choices = WORDS("auto", "tcg", "kvm", "hvf", "whpx", "nvmm")),
	 .effect = FIELD_NEXT_BOOT, .title = "Accelerator",
	 .help = "auto: what works on this host, else emulation (tcg), which works everywhere "
		 "and is slower. QEMU promises isolation of the guest only for accelerated "
		 "machines."},
	{"cpu", COLUMN("model", TEXT, cpu_model, "auto", .check = grammar_cpu_model), .effect = FIELD_NEXT_BOOT,
	 .title = "CPU model", .help = "auto, or a CPU model of the architecture's machine."},
	{"cpu", COLUMN("count", UINT, cpu_count, "auto", .zero = "auto", .min = 1, .max = 512),
	 .effect = FIELD_NEXT_BOOT, .title = "CPUs",
	 .help = "auto: as many as this host has, up to the machine's limit."},
	{"cpu", COLUMN("memory", SIZE, memory, "auto", .zero = "auto", .min = SPEC_MEMORY_MIN, .max = 4ULL << 40),
	 .effect = FIELD_NEXT_BOOT, .always = true, .title = "Memory",
	 .help = "A size with K, M, G or T; auto: 512M for each CPU, at least 1G, at most half of this "
		 "host's. Large C++ packages require 2G for each compiler that runs."},
	{"disk", COLUMN("size", SIZE, disk_size, "128G", .min = SPEC_DISK_MIN, .max = DISK_MAX),
	 .effect = FIELD_GROW_ONLY, .always = true, .title = "Disk",
	 .help = "The size that the machine sees; on this host only written blocks take space. "
		 "It can grow later, but not shrink."},
	{"disk", COLUMN("format", TEXT, disk_format, "qcow2", .choices = WORDS("qcow2")), .later = WORDS("raw"),
	 .effect = FIELD_NEW_ONLY, .title = "Disk format",
	 .help = "qcow2: an overlay of the base image, so that a second machine is ready "
		 "immediately."},
	{"disk", COLUMN("image", TEXT, image, "", .check = grammar_image), .effect = FIELD_NEW_ONLY, .title = "Image",
	 .help = "With method = image: a file of this host, or the URL (http or https) of one, qcow2 or raw, with a "
		 "system of the machine's architecture, as Debian's cloud images. It is copied, and not needed "
		 "afterwards, see image_copy. The release in [machine] says whose firmware is used. mode = direct "
		 "takes kernel and initrd out of its ext4 root."},
	{"disk", COLUMN("image_digest", TEXT, image_digest, "", .check = grammar_digest), .effect = FIELD_NEW_ONLY,
	 .title = "Digest of the image",
	 .help = "SHA-256 or SHA-512 of the image, as its publisher gives it; another file is refused. Empty: the "
		 "file SHA512SUMS beside the URL, as Debian's cloud images have it, decides; a file of this host is "
		 "used as it is."},
	{"disk", COLUMN("image_copy", BOOL, image_copy, "yes"), .effect = FIELD_NEW_ONLY, .title = "Copy the image",
	 .help = "With method = image. yes: machines use a copy of the image. no: the image itself, a raw file of "
		 "this host on the file system of debwiz's folders, is the backing file of their disks, which takes "
		 "neither time nor space. debwiz never changes it, and a hard link keeps it even if you remove it; "
		 "but it must not be written to as long as machines use it: a machine whose image has another size "
		 "or time does not start."},
	{"disk", COLUMN("standalone", BOOL, standalone, "no"), .effect = FIELD_NEW_ONLY, .title = "Stand-alone disk",
	 .help = "yes: the disk is complete and has no backing file; larger and slower to "
		 "create. \"debwiz flatten\" does it later."},
	{"disk", COLUMN("bus", CHOICE, bus, "virtio", .choices = WORDS("virtio", "scsi")), .effect = FIELD_NEXT_BOOT,
	 .title = "Disk bus",
	 .help = "virtio: virtio-blk, the faster one. scsi: virtio-scsi, for a guest that "
		 "expects sd names."},
	{"disk", COLUMN("cache", CHOICE, cache, "writeback", .choices = WORDS("writeback", "none", "unsafe")),
	 .effect = FIELD_NEXT_BOOT, .title = "Disk cache",
	 .help = "writeback: safe and fast. none: bypasses this host's page cache. unsafe: "
		 "never flushes to the disk; a power cut may destroy the machine."},
	{"network", COLUMN("mode", CHOICE, net, "user", .choices = WORDS("user", "none")),
	 .later = WORDS("bridge", "tap"), .effect = FIELD_NEXT_BOOT, .title = "Network",
	 .help = "user: user networking through this host, without root. none: no network."},
	{"network", COLUMN("restrict", BOOL, restrict_net, "no"), .effect = FIELD_NEXT_BOOT,
	 .title = "Isolated network",
	 .help = "yes: the machine can connect neither to this host nor to the Internet; "
		 "forwarded ports still work. no: it can also connect to services on this "
		 "host's loopback, at 10.0.2.2."},
	{"network", COLUMN("lan", TEXT, lan, "", .check = grammar_lan), .effect = FIELD_NEXT_BOOT,
	 .title = "Network between machines",
	 .help = "Machines of yours with the same name here share a network, by a card with "
		 "link-local IPv6 addresses. Other users of this host could join it."},
	{"network", COLUMN("forward", LIST, forwards, "127.0.0.1:auto:22", .check = grammar_forward),
	 .effect = FIELD_APPLIED, .title = "Forwarded ports",
	 .help = "ADDRESS:PORT:GUESTPORT, one per line: connections to ADDRESS:PORT of "
		 "this host are forwarded to GUESTPORT of the machine. 127.0.0.1: reachable "
		 "from this host only. auto: a free port. /udp at the end: UDP. A new machine with a "
		 "forward to its port 22 gets an ssh server. Empty: no forwards."},
	{"devices", COLUMN("display", CHOICE, display, "none", .choices = WORDS("none", "gtk", "vnc", "spice")),
	 .effect = FIELD_NEXT_BOOT, .title = "Display",
	 .help = "none: serial console only. gtk: a window. vnc: a screen for a VNC viewer on "
		 "this host. spice: the same for a SPICE viewer (remote-viewer spice+unix://SOCKET), which with "
		 "spice-vdagent in the machine shares the clipboard and sets the screen's size."},
	{"devices", COLUMN("console", CHOICE, console, "serial", .choices = WORDS("serial", "virtio")),
	 .effect = FIELD_NEXT_BOOT, .title = "Console",
	 .help = "serial: the console is the machine's serial port. virtio: it is a virtio console, hvc0 in the guest, "
		 "where systemd shows a login prompt by itself: for an image whose kernel does not use the serial "
		 "port. What is printed to the serial port is lost then: what firmware and boot loader print, and "
		 "with mode = uefi the kernel of a system that debwiz made; with mode = direct the kernel prints to "
		 "hvc0."},
	{"devices", COLUMN("rng", BOOL, rng, "yes"), .effect = FIELD_NEXT_BOOT, .title = "Random number device",
	 .help = "A virtio random number device, so that keys are generated without waiting."},
	{"devices", COLUMN("usb", BOOL, usb, "no"), .effect = FIELD_NEXT_BOOT, .title = "USB",
	 .help = "A USB controller with keyboard and tablet."},
	{"devices", COLUMN("usb_device", LIST, usb_devices, NULL, .check = grammar_usb_device),
	 .effect = FIELD_NEXT_BOOT, .title = "USB devices of this host",
	 .help = "One per line: VENDOR:PRODUCT as lsusb shows them, like 0403:6001, or BUS-PORT, like 1-4.2, for "
		 "whatever is plugged in there. The guest gets the device while the machine runs, also when it is "
		 "plugged in later, and this host is without it. You must be permitted to write to the device."},
	{"devices", COLUMN("audio", BOOL, audio, "no"), .effect = FIELD_NEXT_BOOT, .title = "Sound",
	 .help = "A sound device that plays on this host."},
	{"devices", COLUMN("drive", LIST, drives, NULL, .check = grammar_drive), .parts = item_drive,
	 .effect = FIELD_NEXT_BOOT, .title = "Further drives",
	 .help = "path=FILE,format=raw|qcow2[,readonly=on], one per line. Double a comma within "
		 "a value."},
	{"devices", COLUMN("share", LIST, shares, NULL, .check = grammar_share), .parts = item_share,
	 .effect = FIELD_NEXT_BOOT, .title = "Shared folders",
	 .help = "path=FOLDER,tag=WORD[,readonly=on][,driver=virtiofs][,security_model=MODEL], one per line: a "
		 "folder of this host. Mount it in the machine with: mount -t 9p -o trans=virtio "
		 "WORD /mnt. Links and modes that the guest makes are real ones here, set-user-ID "
		 "among them; files are yours. MODEL mapped-xattr: owners, modes and links exist for "
		 "guests only, as in folders of debwiz 0.1. driver=virtiofs: faster, by virtiofsd of this host; "
		 "mount it with: mount -t virtiofs WORD /mnt. Such a machine cannot be suspended, nor saved "
		 "while it runs; and if you are root here, files get the owners that the guest gives them."},
	{"system", COLUMN("hostname", TEXT, hostname, "", .check = grammar_hostname), .effect = FIELD_NEW_ONLY,
	 .title = "Host name", .help = "The machine's host name. Empty: its name."},
	{"system", COLUMN("user", TEXT, user, "build", .check = grammar_user), .effect = FIELD_NEW_ONLY, .always = true,
	 .title = "User", .help = "The account to log in with; it may use sudo."},
	{"system", COLUMN("password_hash", TEXT, password_hash, "", .check = grammar_password_hash),
	 .effect = FIELD_NEW_ONLY, .secret = true, .title = "Password",
	 .help = "The hash that mkpasswd prints; the file must not be readable by others then. "
		 "Empty: no password; the serial console logs in automatically, sudo requires "
		 "none, ssh accepts keys only, root is locked."},
	{"system", COLUMN("ssh_key", LIST, ssh_keys, NULL, .check = grammar_path), .effect = FIELD_NEW_ONLY,
	 .title = "SSH public keys",
	 .help = "Files of public keys that may log in, one per line. Default: yours, and one "
		 "that debwiz creates for this machine."},
	{"system", COLUMN("locale", TEXT, locale, "C.UTF-8", .check = grammar_locale), .effect = FIELD_NEW_ONLY,
	 .title = "Language", .help = "The locale of the machine, like C.UTF-8 or de_DE.UTF-8."},
	{"system", COLUMN("timezone", TEXT, timezone, "Etc/UTC", .check = grammar_timezone), .effect = FIELD_NEW_ONLY,
	 .title = "Time zone", .help = "Like Etc/UTC or Europe/Berlin."},
	{"system", COLUMN("keyboard", TEXT, keyboard, "us", .check = grammar_keyboard), .effect = FIELD_NEW_ONLY,
	 .title = "Keyboard layout", .help = "For a display; the serial console uses the layout of your terminal."},
	{"system", COLUMN("profile", TEXT, profile, "build", .check = grammar_word), .effect = FIELD_NEW_ONLY,
	 .title = "Set of packages", .help = "build: compiler, packaging tools and ssh."},
	{"system", COLUMN("packages", LIST, packages, NULL, .check = grammar_package), .effect = FIELD_NEW_ONLY,
	 .title = "Further packages",
	 .help = "Names of Debian packages to install in addition to the profile's, one per line."},
	{"boot", COLUMN("cmdline", TEXT, cmdline, "", .check = grammar_cmdline), .effect = FIELD_NEXT_BOOT,
	 .title = "Kernel command line", .help = "Words added to the kernel's command line of a direct boot."},
	{"boot", COLUMN("timeout", DURATION, timeout, "10m", .min = 10000, .max = 86400000), .effect = FIELD_NEXT_BOOT,
	 .title = "Time limit of a boot", .help = "How long a boot may take until the login prompt, in s or m."},
	{"boot", COLUMN("warm", CHOICE, warm, "auto", .choices = WORDS("auto", "yes", "no")), .effect = FIELD_NEW_ONLY,
	 .title = "Warm start",
	 .help = "yes: the first start resumes a copy of a saved guest of the same shape, which is "
		 "made once, instead of booting. Copies share what their kernels drew at random "
		 "before that. auto: only for `run` and `build`."},
	{"build", COLUMN("jobs", UINT, build_jobs, "auto", .zero = "auto", .min = 1, .max = 512),
	 .effect = FIELD_NEXT_BOOT, .title = "Jobs of a build",
	 .help = "For \"debwiz build\": parallel jobs. auto: as DEB_BUILD_OPTIONS says, else one for each CPU of the "
		 "machine."},
	{"build", COLUMN("profiles", LIST, build_profiles, NULL, .check = grammar_build_profile),
	 .effect = FIELD_NEXT_BOOT, .title = "Build profiles",
	 .help = "For \"debwiz build\": profiles like nocheck, one per line. DEB_BUILD_PROFILES takes their place."},
	{"build", COLUMN("network", BOOL, build_network, "no"), .effect = FIELD_NEXT_BOOT,
	 .title = "Network for builds",
	 .help = "For \"debwiz build\": whether the build may use the network. The build dependencies need none."},
	{"build", COLUMN("silence", DURATION, build_silence, "150m", .zero = "never", .min = 10000, .max = 604800000),
	 .effect = FIELD_NEXT_BOOT, .title = "Silence of a build",
	 .help = "For \"debwiz build\": a build that prints nothing for so long, in s or m, is killed; never: it may "
		 "take as long as it likes."},
	{"build", COLUMN("distcc", BOOL, build_distcc, "yes"), .effect = FIELD_NEXT_BOOT,
	 .title = "Compiling by distcc",
	 .help = "For \"debwiz build\" of emulated machines: C and C++ are compiled by this host's cross compiler, "
		 "an installed one or one of debwiz's own, through distcc. no: in the machine."},
	{"build", COLUMN("distcc_hosts", LIST, build_distcc_hosts, NULL, .check = grammar_distcc_host),
	 .effect = FIELD_NEXT_BOOT, .title = "Hosts that compile",
	 .help = "For \"debwiz build\": further hosts whose distccd compiles, HOST[:PORT][/JOBS], one per line. They "
		 "receive the source; the build itself reaches their distccd alone."},
	{"build", COLUMN("ccache", BOOL, build_ccache, "no"), .effect = FIELD_NEXT_BOOT, .title = "Compiler cache",
	 .help = "For \"debwiz build\": ccache keeps what the compiler made, for later builds of the same source "
		 "package on this architecture and release. Not with --reproducible and --in."},
	{"build", COLUMN("ccache_size", SIZE, build_ccache_size, "2G", .min = 64ull << 20, .max = 24ull << 30),
	 .effect = FIELD_NEXT_BOOT, .title = "Compiler cache size",
	 .help = "For \"debwiz build\": how much is kept for an architecture and release."},
	{"build", COLUMN("out", TEXT, build_out, "", .check = grammar_path_or_none), .effect = FIELD_NEXT_BOOT,
	 .title = "Folder of the results",
	 .help = "For \"debwiz build\": packages and log are written there; a relative path counts from this file. "
		 "Empty: the current folder. --out takes its place."},
	{"qemu", COLUMN("binary", TEXT, qemu_binary, "auto", .check = grammar_binary), .effect = FIELD_NEXT_BOOT,
	 .title = "QEMU program", .help = "auto: the architecture's emulator in PATH; or a path."},
	{"qemu", COLUMN("extra", LIST, qemu_extra, NULL, .check = grammar_qemu_extra), .effect = FIELD_NEXT_BOOT,
	 .title = "Arguments for QEMU",
	 .help = "One argument a line, put at the end: -device and usb-mouse are two. Those that "
		 "could start programs or open files and ports of this host are refused."},
};
const size_t field_count = ARRAY_SIZE(field_table);

const char *const field_later[][2] = {
	{"network", "bridge"},
	{"network", "tap"},
	{NULL, NULL},
};
