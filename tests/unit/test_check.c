/* SPDX-License-Identifier: MIT */
/* spec_check: rules between fields and against the catalogue, and the examples. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "spec/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct catalog *c;

static int open_catalog(void **state)
{
	(void)state;
	c = catalog_new(NULL);
	return c ? 0 : -1;
}

static int close_catalog(void **state)
{
	(void)state;
	catalog_free(c);
	return 0;
}

/* want NULL: nothing is wrong. */
static void check(const char *text, const char *want)
{
	struct err e = ERR_INIT;
	struct spec s;
	int r;

	if (spec_read_text(&s, "box.ini", text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
	r = spec_check(&s, c, &e);
	if (!want && r < 0)
		fail_msg("%s\n%s", text, e.text);
	if (want) {
		if (!r)
			fail_msg("nothing wrong with\n%s", text);
		assert_int_equal(e.kind, ERR_USAGE);
		if (!strstr(e.text, want))
			fail_msg("\"%s\" is not in \"%s\"", want, e.text);
	}
	err_fini(&e);
	spec_fini(&s);
}

#define INSTALLER "[machine]\nmethod = installer\n"
#define DIRECT "[firmware]\nmode = direct\n"

static void rules(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"", NULL},
		/* architectures and releases */
		{"[machine]\narch = arm64\n", NULL},
		{"[machine]\narch = amd64\nrelease = bookworm\n", NULL},
		{"[machine]\narch = x86\n", "box.ini:2: machine.arch: \"x86\" is not an architecture "
					    "of Debian; did you mean i386? Choose armhf, arm64, amd64, i386"},
		{"[machine]\narch = vax\n", "machine.arch: \"vax\" is not an architecture of Debian; choose armhf"},
		{"[machine]\narch = x86_64\n",
		 "box.ini:2: machine.arch: \"x86_64\" is not an architecture of Debian; did you mean amd64? "
		 "Choose armhf, arm64, amd64"},
		{"[machine]\narch = aarch64\n", "did you mean arm64?"},
		{"[machine]\narch = armv7l\n", "did you mean armhf?"},
		{"[machine]\narch = arnhf\n", "did you mean armhf?"},
		{"[machine]\nrelease = 12\n", "did you mean bookworm?"},
		{"[machine]\nrelease = stable\n", "did you mean trixie?"},
		{"[machine]\nrelease = bookwurm\n", "did you mean bookworm?"},
		{"[system]\nprofile = built\n", "did you mean build?"},
		{"[machine]\narch = loong64\n", "box.ini:2: machine.arch: \"loong64\" is not tried"},
		{"[machine]\narch = alpha\n", "\"alpha\" is not tried: it is only in the ports archive"},
		{"[machine]\nrelease = sid\n", "box.ini:2: machine.release: \"sid\" is not supported yet"},
		{"[machine]\nrelease = buster\n", "choose trixie, bookworm"},
		{"[system]\nprofile = base\n", NULL},
		{"[system]\nprofile = desktop\n", "system.profile: \"desktop\" is not a set of packages"},
		{"[system]\nprofile = locales\n", "system.profile: \"locales\" is not a set"}, /* hidden */
		/* CPUs and memory */
		{"[cpu]\ncount = 8\n", NULL},
		{"[cpu]\ncount = 9\n", "box.ini:2: cpu.count: 9 CPUs are too many for armhf: at "
				       "most 8, the virt machine"},
		{"[machine]\narch = arm64\n[cpu]\ncount = 9\n", NULL},
		{"[machine]\narch = amd64\n[cpu]\ncount = 256\n", "at most 255"},
		{"[cpu]\nmemory = 3071M\n", NULL},
		{"[cpu]\nmemory = 3G\n",
		 "cpu.memory: 3G is too much for armhf with mode = uefi: at most 3071M, the 32-bit "
		 "firmware hangs when memory reaches the 4G line; mode = direct takes 16G"},
		{DIRECT "[cpu]\nmemory = 16G\n", NULL},
		{DIRECT "[cpu]\nmemory = 16385M\n", "box.ini:4: cpu.memory: 16385M is too much for "
						    "armhf: at most 16G, the 32-bit LPAE kernel"},
		{"[machine]\narch = arm64\n[cpu]\nmemory = 64G\n", NULL},
		{"[cpu]\naccel = kvm\n", NULL},
		{"[cpu]\naccel = hvf\n", "cpu.accel: hvf cannot run armhf; write auto, tcg, kvm"},
		{"[cpu]\nmodel = cortex-a7\n", NULL},
		{"[cpu]\nmodel = cortex-a57\n", "\"cortex-a57\" is not a CPU model of QEMU's virt machine"},
		{"[machine]\narch = arm64\n[cpu]\nmodel = max,pauth-impdef=on\n", NULL},
		{"[machine]\narch = amd64\n[cpu]\nmodel = host\n", NULL},
		{"[machine]\narch = amd64\n[cpu]\nmodel = host\naccel = tcg\n", "emulation"},
		{"[devices]\nconsole = virtio\n", NULL},
		{"[machine]\narch = ppc64el\n[firmware]\nmode = direct\n[devices]\nconsole = virtio\n",
		 "box.ini:6: devices.console: the console of ppc64el has that name already, hvc0; write serial"},
		/* start-up */
		{"[firmware]\ninitrd = guest\n", "box.ini:2: firmware.initrd: with mode = uefi"},
		{"[firmware]\ninitrd = own\n", "box.ini:2: firmware.initrd: with mode = uefi"},
		{"[firmware]\nmode = direct\ninitrd = guest\n", NULL},
		{"[machine]\nmethod = image\n",
		 "box.ini: disk.image: method = image needs the image; write image = FILE in [disk]"},
		{"[disk]\nimage = /i\n", "box.ini:2: disk.image: only used with method = image in [machine]"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\n[firmware]\nmode = direct\n", NULL},
		{"[disk]\nimage_digest = "
		 "0000000000000000000000000000000000000000000000000000000000000000\n",
		 "box.ini:2: disk.image_digest: only used with method = image in [machine]"},
		{"[disk]\nimage_copy = no\n", "box.ini:2: disk.image_copy: only used with method = image in [machine]"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\nimage_copy = no\n", NULL},
		{"[machine]\nmethod = image\n[disk]\nimage = https://h/i\nimage_copy = no\n",
		 "box.ini:5: disk.image_copy: a download is always copied; write yes, or image = FILE of this host"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\nimage_copy = no\nstandalone = yes\n",
		 "box.ini:5: disk.image_copy: a stand-alone disk is a copy; write yes, or standalone = no"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\n[firmware]\nmode = direct\ninitrd = own\n",
		 "box.ini:7: firmware.initrd: an image starts with its own initrd; write guest, or remove this key"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\n[system]\npackages = git\n",
		 "box.ini:6: system.packages: an image has its own packages; install others in the machine"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\n[boot]\nwarm = yes\n",
		 "box.ini:6: boot.warm: not supported with method = image; write no"},
		{"[machine]\nmethod = image\n[disk]\nimage = /i\n", NULL},
		{INSTALLER, NULL},
		{INSTALLER "installer = manual\n", NULL},
		{"[machine]\ninstaller = manual\n", "box.ini:2: machine.installer: only used with method = installer"},
		{INSTALLER "arch = s390x\n[firmware]\nmode = direct\n",
		 "box.ini:2: machine.method: debwiz knows no installer of Debian trixie for s390x; write bootstrap"},
		{INSTALLER "[network]\nmode = none\n", "box.ini:4: network.mode: the installer downloads packages"},
		{INSTALLER "[network]\nrestrict = yes\n",
		 "box.ini:4: network.restrict: the installer downloads packages"},
		{INSTALLER "[mirror]\nsnapshot = 20250801T120000Z\n",
		 "box.ini:4: mirror.snapshot: not supported with method = installer"},
		{INSTALLER "arch = amd64\n[firmware]\nsecure_boot = yes\n",
		 "box.ini:5: firmware.secure_boot: not supported with method = installer"},
		{INSTALLER "[boot]\nwarm = yes\n", "box.ini:4: boot.warm: not supported with method = installer"},
		{INSTALLER "[boot]\nwarm = no\n", NULL},
		{INSTALLER "[system]\npackages = git\n", NULL},
		{INSTALLER "installer = manual\n[system]\npackages = git\n",
		 "box.ini:5: system.packages: you choose the packages in the installer"},
		{INSTALLER "[firmware]\nmode = direct\ninitrd = own\n", NULL},
		{INSTALLER "installer = manual\n[firmware]\nmode = direct\ninitrd = own\n",
		 "box.ini:6: firmware.initrd: a system installed by hand starts with its own initrd"},
		{"[firmware]\nsecure_boot = yes\n",
		 "box.ini:2: firmware.secure_boot: Debian signs no boot loader for armhf; write no"},
		{"[machine]\narch = amd64\n[firmware]\nmode = direct\nsecure_boot = yes\n",
		 "box.ini:5: firmware.secure_boot: with mode = direct QEMU loads the kernel without a firmware"},
		{"[machine]\narch = amd64\n[firmware]\nsecure_boot = yes\ntpm = yes\n", NULL},
		{"[machine]\narch = arm64\n[firmware]\nsecure_boot = yes\n", NULL},
		{"[machine]\narch = arm64\n[firmware]\ntpm = yes\n",
		 "box.ini:4: firmware.tpm: Debian's kernel for arm64 has no driver for a TPM of QEMU; write no"},
		{"[boot]\ncmdline = quiet\n", "box.ini:2: boot.cmdline: with mode = uefi GRUB"},
		{DIRECT "[boot]\ncmdline = quiet\n", NULL},
		/* network */
		{"[network]\nforward = 127.0.0.1:auto:22\nforward = 127.0.0.1:auto:22\n",
		 "box.ini:3: network.forward: 127.0.0.1:auto:22 is given twice"},
		{"[network]\nforward = 127.0.0.1:auto:22\nforward = 127.0.0.1:auto:23\n", NULL},
		{"[network]\nforward = 127.0.0.1:80:22\nforward = 127.0.0.1:80:23\n",
		 "box.ini:3: network.forward: port 80 of this host is forwarded twice (also by "
		 "127.0.0.1:80:22)"},
		{"[network]\nforward = 127.0.0.1:80:22\nforward = 127.0.0.2:80:22\n", NULL},
		{"[machine]\nrelease = trixie\n[system]\ntimezone = US/Eastern\n",
		 "box.ini:4: system.timezone: US/Eastern is an old name, which tzdata of Debian trixie does "
		 "not have; write America/New_York, or add packages = tzdata-legacy"},
		{"[machine]\nrelease = trixie\n[system]\ntimezone = US/Eastern\npackages = tzdata-legacy\n", NULL},
		{"[machine]\nrelease = bookworm\n[system]\ntimezone = US/Eastern\n", NULL},
		{"[machine]\nrelease = trixie\n[system]\ntimezone = Etc/GMT+5\n", NULL},
		{"[machine]\nrelease = trixie\n[system]\ntimezone = America/New_York\n", NULL},
		{"[system]\ntimezone = Europe/Berlim\n",
		 "box.ini:2: system.timezone: \"Europe/Berlim\" is not a time zone of Debian's tzdata; did you "
		 "mean Europe/Berlin?"},
		{"[system]\ntimezone = Xqz/Phobos\n", "tzdata; write one like Europe/Berlin or Etc/UTC"},
		{"[system]\nuser = docker\n", NULL},
		{"[system]\nuser = docker\npackages = docker.io\n",
		 "box.ini:2: system.user: package docker.io creates a user or group docker; choose"},
		{"[system]\nuser = incus-admin\npackages = incus-base\n", "box.ini:2: system.user: package incus-base"},
		{"[network]\nforward = 127.0.0.1:80:22\nforward = 127.0.0.1:80:22/udp\n", NULL},
		{"[network]\nforward = 127.0.0.1:80:22\n\nforward = 0.0.0.0:80:22\n",
		 "box.ini:4: network.forward: port 80"},
		{"[network]\nmode = none\n", NULL},
		{"[network]\nmode = none\nforward = 127.0.0.1:auto:22\n",
		 "box.ini:3: network.forward: there is nothing to forward to"},
		{"[network]\nmode = none\nrestrict = yes\n", "network.restrict: there is no network"},
		{"[network]\nrestrict = yes\n", NULL},
		/* mirror */
		{"[mirror]\nsecurity = no\n", NULL},
		{"[mirror]\nsecurity = no\nsecurity_url = http://h/s\n", "mirror.security_url: has no effect"},
		{"[mirror]\nsnapshot = 20250801T000000Z\nurl = http://h/d\n", "mirror.snapshot: comes"},
		{"[mirror]\ncomponents = contrib\n", "mirror.components: main is missing"},
		{"[mirror]\ncomponents = contrib\ncomponents = main\n", NULL},
		/* devices, system */
		{"[devices]\ndrive = path=/a,format=raw\ndrive = format=qcow2,path=/a\n",
		 "box.ini:3: devices.drive: path=/a is given twice"},
		{"[devices]\nshare = path=/a,tag=x\nshare = path=/b,tag=x\n",
		 "box.ini:3: devices.share: tag=x is given twice"},
		{"[devices]\nshare = path=/a,tag=x\nshare = path=/a,tag=y\n", NULL},
		{"[devices]\nshare = path=/a,tag=x,driver=virtiofs\n", NULL},
		{"[devices]\nshare = path=/a,tag=x,driver=virtiofs,readonly=on\n",
		 "box.ini:2: devices.share: virtiofs has no readonly"},
		{"[devices]\nshare = path=/a,tag=x,security_model=none,driver=virtiofs\n",
		 "box.ini:2: devices.share: virtiofs has no security_model"},
		{"[devices]\nshare = path=/a,,b,tag=x,driver=virtiofs\n",
		 "box.ini:2: devices.share: virtiofsd takes no folder with a comma"},
		{"[devices]\nusb_device = 0403:600a\nusb_device = 0403:600A\n",
		 "box.ini:3: devices.usb_device: 0403:600A is given twice"},
		{"[devices]\nusb_device = 0403:6001\nusb_device = 1-4.2\n", NULL},
		{"[devices]\nusb_device = 1-1\nusb_device = 1-2\nusb_device = 1-3\nusb_device = 1-4\nusb_device = 1-5\n"
		 "usb_device = 1-6\nusb_device = 1-7\nusb_device = 1-8\nusb_device = 1-9\nusb_device = 2-1\n"
		 "usb_device = 2-2\nusb_device = 2-3\nusb_device = 2-4\nusb_device = 2-5\n",
		 "devices.usb_device: the USB controller has ports for 12 devices of this host"},
		{"[machine]\nname = a-\n", "system.hostname: \"a-\""},
		{"[machine]\nname = a-\n[system]\nhostname = a\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].text, cases[i].want);
}

/* The arguments, a line each, and what is said of them; NULL: allowed. */
static void extra_arguments(void **state)
{
	static const struct {
		const char *items; /* separated by | */
		unsigned line;
		const char *want;
	} rows[] = {
		{"-device|usb-tablet", 0, NULL},
		{"-device|usb-mouse,bus=usb.0,id=m", 0, NULL},
		{"--device|usb-mouse", 0, NULL},
		{"-device|virtio-balloon-pci,deflate-on-oom=on|-rtc|base=2026-01-02T03:04:05,clock=vm", 0, NULL},
		{"-smp|sockets=1,cores=2,threads=1", 0, NULL},
		{"-smbios|type=1,manufacturer=A Company,serial=x-1", 0, NULL},
		{"-fw_cfg|name=opt/org.example,string=a b", 0, NULL},
		{"-uuid|5a0c6d2e-0000-4000-8000-000000000001", 0, NULL},
		{"-no-reboot|-mem-prealloc", 0, NULL},
		{"-boot|menu=on", 0, NULL},
		{"-machine|mem-merge=off", 0, NULL},
		{"-global|ICH9-LPC.disable_s3=1", 0, NULL},
		/* what runs programs, opens files or ports, or takes the machine from its supervisor */
		{"-plugin|/x.so", 2, "-plugin is not allowed; allowed are, with a leading -: device, action"},
		{"-sandbox|off", 2, "-sandbox is not allowed"},
		{"-netdev|tap,id=n,script=/x", 2, "-netdev is not allowed; use network.forward for that"},
		{"-nic|user,smb=/", 2, "use network.forward"},
		{"-net|user,guestfwd=tcp:10.0.2.1:1-cmd:x", 2, "use network.forward"},
		{"-chardev|socket,id=m,port=1,host=0.0.0.0,server=on", 2, "-chardev is not allowed"},
		{"-mon|chardev=m", 2, "-mon is not allowed"},
		{"-monitor|stdio", 2, "-monitor is not allowed"},
		{"-qmp|tcp:0.0.0.0:1,server", 2, "-qmp is not allowed"},
		{"-serial|tcp::1", 2, "-serial is not allowed"},
		{"-gdb|tcp::1", 2, "-gdb is not allowed"},
		{"-s", 2, "-s is not allowed"},
		{"-S", 2, "-S is not allowed"},
		{"-D|/home/me/.profile", 2, "-D is not allowed"},
		{"-d|exec", 2, "-d is not allowed"},
		{"-trace|file=/x", 2, "-trace is not allowed"},
		{"-daemonize", 2, "-daemonize is not allowed"},
		{"-pidfile|/x", 2, "-pidfile is not allowed"},
		{"-readconfig|/x", 2, "-readconfig is not allowed"},
		{"-set|device.disk.x=y", 2, "-set is not allowed"},
		{"-incoming|exec:x", 2, "-incoming is not allowed"},
		{"-runas|root", 2, "-runas is not allowed"},
		{"-add-fd|fd=3,set=1", 2, "-add-fd is not allowed"},
		{"-semihosting-config|enable=on,target=native", 2, "-semihosting-config is not allowed"},
		{"-L|/x", 2, "-L is not allowed"},
		{"-bios|/x", 2, "-bios is not allowed"},
		{"-dtb|/x", 2, "-dtb is not allowed"},
		{"-drive|file=/etc/shadow", 2, "use devices.drive"},
		{"-virtfs|local,path=/,mount_tag=x,security_model=none", 2, "use devices.share"},
		{"-vnc|:0", 2, "use devices.display"},
		{"-object|memory-backend-file,id=m,mem-path=/x,size=1M", 2, "-object is not allowed"},
		{"-device.usb-kbd|id=x", 2, "-device.usb-kbd is not allowed"},
		{"-snapshot", 2, "-snapshot is not allowed"},
		/* allowed options with what is not allowed in them */
		{"-device|vfio-pci,host=01:00.0", 3, "-device vfio-pci is not allowed; allowed are usb-kbd,"},
		{"-device|usb-host,hostbus=1", 3, "-device usb-host is not allowed"},
		{"-device|vhost-vsock-pci,guest-cid=3", 3, "-device vhost-vsock-pci is not allowed"},
		{"-device|usb-tablet,romfile=/x", 3,
		 "usb-tablet: \"romfile\" is not allowed; allowed are "
		 "NAME=VALUE of id, bus, port"},
		{"-device|virtio-balloon-pci,romfile=/x", 3, "\"romfile\" is not allowed"},
		{"-device|{\"driver\":\"usb-tablet\"}", 3, "is not allowed; allowed are usb-kbd,"},
		{"-device|usb-tablet,", 3, "is not allowed"},
		{"-device|usb-tablet,,bus=x", 3, "is not allowed"},
		{"-device|usb-tablet,bus", 3, "\"bus\" is not allowed"},
		{"-device|usb-tablet,bus=a=b", 3, "has characters that are not allowed"},
		{"-machine|type=virt,dumpdtb=/x", 3, "\"type\" is not allowed"},
		{"-machine|dumpdtb=/x", 3, "\"dumpdtb\" is not allowed"},
		{"-machine|virt", 3, "\"virt\" is not allowed"},
		{"-smbios|type=11,path=/x", 3, "\"path\" is not allowed"},
		{"-smbios|file=/x", 3, "\"file\" is not allowed"},
		{"-fw_cfg|name=opt/x,file=/etc/shadow", 3, "\"file\" is not allowed"},
		{"-boot|splash=/x", 3, "\"splash\" is not allowed"},
		{"-global|virtio-blk-pci.romfile=/x", 3, "is not allowed"},
		{"-vga|a b", 3, "takes one word"},
		{"-no-reboot|x", 3, "takes no value"},
		{"-device", 2, "-device requires a value"},
		{"-rtc|-no-reboot", 2, "-rtc requires a value"},
		{"/etc/shadow", 2, "follows no option"},
		{"-no-reboot|-device usb-tablet", 3, "contains a blank"},
		{"-m|8G", 2, "-m is not allowed; use cpu.memory for that"},
		{"-append|quiet", 2, "use boot.cmdline"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strv items = STRV_INIT;
		struct buf text;
		char *want = rows[i].want ? xasprintf("box.ini:%u: qemu.extra: ", rows[i].line) : NULL;

		strv_split(&items, rows[i].items, "|");
		buf_init(&text, 0);
		buf_adds(&text, "[qemu]\n");
		for (size_t n = 0; n < items.len; n++)
			buf_addf(&text, "extra = %s\n", items.items[n]);
		check(text.data, rows[i].want);
		if (want)
			check(text.data, want);
		free(want);
		buf_fini(&text);
		strv_fini(&items);
	}
}

static void all_at_once(void **state)
{
	const char text[] = "[cpu]\ncount = 9\nmemory = 17G\n[machine]\nrelease = x\n";
	struct err e = ERR_INIT;
	struct spec s;

	(void)state;
	assert_int_equal(spec_read_text(&s, "d/box.ini", text, strlen(text), &e), 0);
	assert_int_equal(spec_set(&s, "network.mode=none", &e), 0);
	assert_int_equal(spec_set(&s, "network.forward=127.0.0.1:1:1", &e), 0);
	assert_int_equal(spec_check(&s, c, &e), -1);
	/* By line; what was not in the file comes last and claims no line. */
	assert_int_equal(strncmp(e.text, "d/box.ini:2: cpu.count", 22), 0);
	assert_non_null(strstr(e.text, "\nd/box.ini:3: cpu.memory"));
	assert_non_null(strstr(strstr(e.text, "cpu.memory"), "\nd/box.ini:5: machine.release"));
	assert_non_null(strstr(strstr(e.text, "machine.release"), "\nd/box.ini: network.forward"));
	err_fini(&e);
	spec_fini(&s);
}

/* What a row that is offered later would meet: each is offered for the length of its case. */
static void lacking_rows(void **state)
{
	char *forky = catalog_release_find(c, "forky")->not_offered;
	char *i386 = catalog_arch_find(c, "i386")->not_offered;
	char *ppc64el = catalog_arch_find(c, "ppc64el")->not_offered;
	const struct {
		char *reason;
		const char *text;
		const char *want;
	} cases[] = {
		{forky, "[machine]\nrelease = forky\n",
		 "box.ini: firmware.mode: Debian forky has no UEFI firmware for armhf"},
		{forky, "[machine]\nrelease = forky\n" DIRECT, NULL},
		{forky, "[machine]\nrelease = forky\narch = arm64\n", NULL},
		{i386, "[machine]\narch = i386\nrelease = trixie\n",
		 "box.ini:3: machine.release: Debian trixie has no kernel for i386; choose one of "
		 "bullseye, bookworm"},
		{i386, "[machine]\narch = i386\nrelease = bookworm\n", NULL},
		{ppc64el, "[machine]\narch = ppc64el\n",
		 "box.ini: firmware.mode: Debian has no UEFI firmware for ppc64el; write direct"},
		{ppc64el, "[machine]\narch = ppc64el\n" DIRECT, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char first = *cases[i].reason;

		*cases[i].reason = '\0';
		check(cases[i].text, cases[i].want);
		*cases[i].reason = first;
	}
}

/* Every example is right, is a machine of its own, and is written back to the byte. */
static void examples(void **state)
{
	const char *top = getenv("srcdir");
	char *dir = file_join(top ? top : ".", "assets/examples");
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct err e = ERR_INIT;
	size_t n = 0;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d))) {
		char *path = file_join(dir, entry->d_name);
		struct buf text;
		struct spec s;
		char *out;

		if (strlen(entry->d_name) > 4 && !strcmp(entry->d_name + strlen(entry->d_name) - 4, ".ini")) {
			if (spec_read(&s, path, &e) < 0 || spec_check(&s, c, &e) < 0)
				fail_msg("%s", e.text);
			assert_int_equal(s.warnings.len, 0);
			assert_int_equal(strncmp(entry->d_name, s.name, strlen(s.name)), 0);
			assert_string_equal(entry->d_name + strlen(s.name), ".ini");
			assert_int_equal(s.firmware == SPEC_DIRECT, !!strstr(s.name, "-direct"));
			assert_string_equal(s.forwards.items[0], "127.0.0.1:auto:22");
			out = spec_text(&s, &e);
			assert_int_equal(file_read(path, INI_FILE_MAX, &text, &e), 0);
			assert_string_equal(out, text.data);
			buf_fini(&text);
			free(out);
			spec_fini(&s);
			n++;
		}
		free(path);
	}
	closedir(d);
	free(dir);
	assert_int_equal(n, 9);
}

/* What is commented out in the long example is right too. */
static void commented_keys(void **state)
{
	const char *top = getenv("srcdir");
	char *path = file_join(top ? top : ".", "assets/examples/armhf-bookworm.ini");
	struct err e = ERR_INIT;
	struct buf text;
	struct buf live;
	struct spec s;

	(void)state;
	assert_int_equal(file_read(path, INI_FILE_MAX, &text, &e), 0);
	buf_init(&live, 0);
	for (char *line = text.data, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		buf_addf(&live, "%s\n", line[0] == ';' && line[1] >= 'a' ? line + 1 : line);
	}
	if (spec_read_text(&s, path, live.data, live.len, &e) < 0 || spec_check(&s, c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(s.warnings.len, 0);
	assert_int_equal(s.packages.len, 2);
	spec_fini(&s);
	buf_fini(&live);
	buf_fini(&text);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),	cmocka_unit_test(all_at_once), cmocka_unit_test(extra_arguments),
		cmocka_unit_test(lacking_rows), cmocka_unit_test(examples),    cmocka_unit_test(commented_keys),
	};

	return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
