/* SPDX-License-Identifier: MIT */
/*
 * libvirt: writes a machine as libvirt's domain XML (https://libvirt.org/formatdomain.html). What libvirt has no
 * element for is passed to QEMU by <qemu:commandline>, taken from the command line that debwiz itself would use.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "export/export.h"
#include "note.h"

#define LETTERS ('z' - 'a' + 1) /* disks: vda to vdz */
/* What virtiofsd can reach. */
#define LIBVIRT_SHARED_MEMORY                                                                                          \
	"  <memoryBacking>\n    <source type='memfd'/>\n    <access mode='shared'/>\n  </memoryBacking>\n"

struct libvirt {
	const struct export_machine *m;
	struct strv *notes;
	struct qemu_argv v; /* the command line without a supervisor */
	struct strv args;   /* for <qemu:commandline> */
	unsigned disks;
	struct buf out;
};

/* ---- XML ---- */

/* Appends a text as the value of an attribute or element. The spec has no control characters but in qemu.extra, where
 * XML has no form for them. */
static void libvirt_add_text(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			buf_adds(b, "&amp;");
		else if (*s == '<')
			buf_adds(b, "&lt;");
		else if (*s == '>')
			buf_adds(b, "&gt;");
		else if (*s == '\'')
			buf_adds(b, "&apos;");
		else
			buf_addc(b, *s);
	}
}

/* Appends BEFORE, the text and AFTER. */
static void libvirt_add(struct libvirt *x, const char *before, const char *text, const char *after)
{
	buf_adds(&x->out, before);
	libvirt_add_text(&x->out, text);
	buf_adds(&x->out, after);
}

/* ---- the command line ---- */

/* Returns the value of the first such option whose key is `key` (NULL: any); borrowed, NULL: none. */
static const char *libvirt_option(const struct libvirt *x, const char *option, const char *key)
{
	for (size_t i = 0; i + 1 < x->v.len; i++)
		if (!strcmp(x->v.items[i].text, option) && (!key || !strcmp(x->v.items[i].key, key)))
			return x->v.items[i + 1].text;
	return NULL;
}

/* Passes on the arguments that come from a field. */
static void libvirt_pass(struct libvirt *x, const char *key)
{
	for (size_t i = 0; i < x->v.len; i++)
		if (!strcmp(x->v.items[i].key, key))
			strv_add(&x->args, x->v.items[i].text);
}

/* ---- the machine ---- */

static void libvirt_add_os(struct libvirt *x)
{
	const struct qemu_files *f = &x->m->files;

	buf_addf(&x->out, "  <os>\n    <type arch='%s' machine='%s'>hvm</type>\n", x->m->arch->libvirt,
		 x->m->arch->machine);
	if (f->pflash_code) {
		buf_addf(&x->out, "    <loader readonly='yes'%s type='pflash'>",
			 qemu_has_smm(x->m->s, x->m->arch, f) ? " secure='yes'" : "");
		libvirt_add(x, "", f->pflash_code, "</loader>\n");
		libvirt_add(x, "    <nvram>", f->pflash_vars, "</nvram>\n");
	}
	if (f->kernel) {
		libvirt_add(x, "    <kernel>", f->kernel, "</kernel>\n");
		libvirt_add(x, "    <initrd>", f->initrd, "</initrd>\n");
		libvirt_add(x, "    <cmdline>", f->append, "</cmdline>\n");
	}
	buf_adds(&x->out, "  </os>\n");
}

/* Passes on the options of -machine that libvirt does not write itself. */
static void libvirt_pass_machine(struct libvirt *x)
{
	static const char *const own[] = {"smm=", "pflash0=", "pflash1="};
	AUTO_STRV struct strv options = STRV_INIT, rest = STRV_INIT;
	const char *value = libvirt_option(x, "-machine", NULL);

	strv_split(&options, value, ",");
	for (size_t i = 1; i < options.len; i++) {
		bool is_own = false;

		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			is_own = is_own || !strncmp(options.items[i], own[k], strlen(own[k]));
		if (!is_own)
			strv_add(&rest, options.items[i]);
	}
	if (rest.len) {
		strv_add(&x->args, "-machine");
		strv_take(&x->args, strv_join(&rest, ","));
	}
}

static void libvirt_add_features(struct libvirt *x)
{
	const struct catalog_arch *a = x->m->arch;
	const char *tb = strstr(libvirt_option(x, "-accel", NULL), "tb-size=");
	bool acpi = !strcmp(a->libvirt_acpi, "always") || (!strcmp(a->libvirt_acpi, "uefi") && x->m->files.pflash_code);
	bool smm = qemu_has_smm(x->m->s, a, &x->m->files);

	if (!acpi && !smm && !tb)
		return;
	buf_addf(&x->out, "  <features>\n%s%s", acpi ? "    <acpi/>\n" : "", smm ? "    <smm state='on'/>\n" : "");
	if (tb)
		libvirt_add(x, "    <tcg>\n      <tb-cache unit='MiB'>", tb + strlen("tb-size="),
			    "</tb-cache>\n    </tcg>\n");
	buf_adds(&x->out, "  </features>\n");
}

/* Appends the model with its features, "avx2=off". False: one of them has no form. */
static bool libvirt_add_model(struct libvirt *x, const struct strv *words)
{
	struct buf features;

	buf_init(&features, 0);
	for (size_t i = 1; i < words->len; i++) {
		const char *word = words->items[i], *equals = strchr(word, '=');

		if (!equals || (strcmp(equals, "=on") && strcmp(equals, "=off"))) {
			buf_fini(&features);
			return false;
		}
		buf_addf(&features, "    <feature policy='%s' name='%.*s'/>\n",
			 equals[2] == 'n' ? "require" : "disable", (int)(equals - word), word);
	}
	libvirt_add(x, "  <cpu mode='custom' match='exact' check='none'>\n    <model fallback='forbid'>",
		    words->items[0], "</model>\n");
	buf_add(&x->out, features.data, features.len);
	buf_adds(&x->out, "  </cpu>\n");
	buf_fini(&features);
	return true;
}

static void libvirt_add_cpu(struct libvirt *x)
{
	AUTO_STRV struct strv words = STRV_INIT;
	const char *value = libvirt_option(x, "-cpu", NULL);

	strv_split(&words, value, ",");
	if (!strcmp(value, "host")) {
		buf_adds(&x->out, "  <cpu mode='host-passthrough'/>\n");
	} else if (!strcmp(value, "max")) {
		buf_adds(&x->out, "  <cpu mode='maximum'/>\n");
	} else if (!strcmp(words.items[0], "host") || !strcmp(words.items[0], "max") || !libvirt_add_model(x, &words)) {
		strv_add(&x->args, "-cpu");
		strv_add(&x->args, value);
	}
}

/* ---- disks ---- */

static void libvirt_add_disk(struct libvirt *x, const char *format, const char *path, bool read_only, bool first)
{
	static const char *const caches[] = {
		[SPEC_CACHE_WRITEBACK] = "writeback",
		[SPEC_CACHE_NONE] = "none",
		[SPEC_CACHE_UNSAFE] = "unsafe",
	};
	bool scsi = x->m->s->bus == SPEC_BUS_SCSI;

	buf_addf(&x->out,
		 "    <disk type='file' device='disk'>\n"
		 "      <driver name='qemu' type='%s' cache='%s' discard='%s'/>\n",
		 format, caches[x->m->s->cache], read_only ? "ignore" : "unmap");
	libvirt_add(x, "      <source file='", path, "'/>\n");
	buf_addf(&x->out, "      <target dev='%s%c' bus='%s'/>\n%s%s    </disk>\n", scsi ? "sd" : "vd",
		 (char)('a' + x->disks), scsi ? "scsi" : "virtio", read_only ? "      <readonly/>\n" : "",
		 first ? "      <boot order='1'/>\n" : "");
	x->disks++;
}

static void libvirt_add_drive(struct libvirt *x, const char *item)
{
	AUTO_FREE char *written = spec_item_get(item, "path"), *format = spec_item_get(item, "format");
	AUTO_FREE char *mode = spec_item_get(item, "readonly"), *path = spec_path(x->m->s, written ? written : "");

	if (x->disks == LETTERS)
		strv_addf(x->notes, "devices.drive: more than %d disks; left out: %s", LETTERS, path);
	else
		libvirt_add_disk(x, format ? format : "raw", path, mode && !strcmp(mode, "on"), false);
}

static void libvirt_add_disks(struct libvirt *x)
{
	const struct qemu_files *f = &x->m->files;

	libvirt_add_disk(x, f->disk_format, f->disk, false, true);
	if (f->seed)
		libvirt_add_disk(x, "raw", f->seed, true, false);
	for (size_t i = 0; i < x->m->s->drives.len; i++)
		libvirt_add_drive(x, x->m->s->drives.items[i]);
	if (x->m->s->bus == SPEC_BUS_SCSI)
		buf_adds(&x->out, "    <controller type='scsi' model='virtio-scsi'/>\n");
}

/* ---- other devices ---- */

/* Adds the network card. libvirt forwards ports only by passt, and has no network that reaches nothing; so such a card
 * is QEMU's alone. */
static void libvirt_add_network(struct libvirt *x)
{
	const struct spec *s = x->m->s;
	const char *device = libvirt_option(x, "-device", "network.mode");
	json_t *card;

	libvirt_pass(x, "network.lan");
	if (s->net != SPEC_NET_USER)
		return;
	if (s->forwards.len || s->restrict_net) {
		libvirt_pass(x, "network.forward");
		libvirt_pass(x, "network.mode");
		return;
	}
	card = json_parse(device, strlen(device), "network.mode", NULL);
	libvirt_add(x, "    <interface type='user'>\n      <mac address='", json_str(card, "mac", ""),
		    "'/>\n      <model type='virtio'/>\n    </interface>\n");
	json_decref(card);
}

static void libvirt_add_share(struct libvirt *x, const char *item)
{
	static const struct {
		const char *model, *mode;
	} modes[] = {{"mapped-xattr", "mapped"}, {"passthrough", "passthrough"}, {"none", "squash"}};
	AUTO_FREE char *written = spec_item_get(item, "path"), *tag = spec_item_get(item, "tag");
	AUTO_FREE char *model = spec_item_get(item, "security_model"), *only = spec_item_get(item, "readonly");
	AUTO_FREE char *path = spec_path(x->m->s, written ? written : "");
	const char *usual = x->m->facts.root ? "mapped" : "squash", *mode = model ? NULL : usual;

	for (size_t i = 0; model && i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].model, model))
			mode = modes[i].mode;
	if (!mode) {
		strv_addf(x->notes, "devices.share: libvirt has no security_model=%s; left out: %s", model, path);
		return;
	}
	if (spec_share_is_virtiofs(item))
		buf_adds(&x->out, "    <filesystem type='mount'>\n      <driver type='virtiofs'/>\n");
	else
		buf_addf(&x->out, "    <filesystem type='mount' accessmode='%s'>\n", mode);
	libvirt_add(x, "      <source dir='", path, "'/>\n");
	libvirt_add(x, "      <target dir='", tag ? tag : "", "'/>\n");
	buf_addf(&x->out, "%s    </filesystem>\n", only && !strcmp(only, "on") ? "      <readonly/>\n" : "");
}

static void libvirt_add_usb_device(struct libvirt *x, const char *item)
{
	struct spec_usb_device d;

	(void)spec_usb_device_parse(item, &d, NULL); /* checked when it was read */
	if (d.vendor)
		buf_addf(&x->out,
			 "    <hostdev mode='subsystem' type='usb' managed='no'>\n"
			 "      <source startupPolicy='optional'>\n"
			 "        <vendor id='0x%04x'/>\n        <product id='0x%04x'/>\n"
			 "      </source>\n    </hostdev>\n",
			 (unsigned)d.vendor, (unsigned)d.product);
	else
		strv_addf(x->notes, "devices.usb_device: libvirt finds no device by its port; left out: %s", item);
}

/* Adds the screen, by VNC on a socket of libvirt's own, with the keyboard and the pointer. */
static void libvirt_add_screen(struct libvirt *x)
{
	const struct spec *s = x->m->s;
	bool screen = s->display != SPEC_DISPLAY_NONE;

	buf_addf(&x->out, "    <controller type='usb' model='%s'/>\n",
		 s->usb || screen || s->usb_devices.len ? "qemu-xhci" : "none");
	for (size_t i = 0; i < s->usb_devices.len; i++)
		libvirt_add_usb_device(x, s->usb_devices.items[i]);
	if (s->usb || screen)
		buf_adds(&x->out, "    <input type='keyboard' bus='usb'/>\n    <input type='tablet' bus='usb'/>\n");
	if (screen)
		buf_adds(&x->out, "    <graphics type='vnc'>\n      <listen type='socket'/>\n    </graphics>\n"
				  "    <video>\n      <model type='virtio'/>\n    </video>\n");
	if (s->display == SPEC_DISPLAY_SPICE)
		strv_add(x->notes, "devices.display: VNC in place of SPICE");
	if (s->display == SPEC_DISPLAY_GTK)
		strv_addf(x->notes, "devices.display: libvirt opens no window of QEMU; see it by virt-viewer %s",
			  s->name);
}

static void libvirt_add_tpm(struct libvirt *x)
{
	buf_addf(&x->out, "    <tpm model='%s'>\n      <backend type='emulator' version='2.0'/>\n    </tpm>\n",
		 x->m->arch->tpm);
	strv_addf(x->notes, "firmware.tpm: libvirt makes a TPM of its own, without the keys in that of %s",
		  x->m->s->name);
}

static void libvirt_add_devices(struct libvirt *x)
{
	const struct spec *s = x->m->s;

	buf_adds(&x->out, "  <devices>\n");
	libvirt_add(x, "    <emulator>", x->m->facts.binary, "</emulator>\n");
	libvirt_add_disks(x);
	libvirt_add_network(x);
	for (size_t i = 0; i < s->shares.len; i++)
		libvirt_add_share(x, s->shares.items[i]);
	/* libvirt puts a console for the serial port before it */
	buf_adds(&x->out, s->console == SPEC_CONSOLE_VIRTIO
				  ? "    <serial type='null'/>\n"
				    "    <console type='pty'>\n      <target type='virtio'/>\n    </console>\n"
				  : "    <console type='pty'/>\n");
	libvirt_add_screen(x);
	if (s->rng)
		buf_adds(&x->out, "    <rng model='virtio'>\n      <backend model='builtin'/>\n    </rng>\n");
	if (s->tpm)
		libvirt_add_tpm(x);
	if (s->audio)
		libvirt_pass(x, "devices.audio");
	buf_adds(&x->out, "    <memballoon model='none'/>\n  </devices>\n");
}

static void libvirt_add_commandline(struct libvirt *x)
{
	if (!x->args.len)
		return;
	buf_adds(&x->out, "  <qemu:commandline>\n");
	for (size_t i = 0; i < x->args.len; i++)
		libvirt_add(x, "    <qemu:arg value='", x->args.items[i], "'/>\n");
	buf_adds(&x->out, "  </qemu:commandline>\n");
}

/* ---- the whole ---- */

static void libvirt_add_domain(struct libvirt *x)
{
	const struct export_machine *m = x->m;
	const char *type = m->facts.accel;
	const char *memory = libvirt_option(x, "-m", NULL);
	AUTO_FREE char *start =
		m->s->console == SPEC_CONSOLE_VIRTIO
			? xasprintf("virsh start %s; virsh console --devname console1 %s", m->s->name, m->s->name)
			: xasprintf("virsh start --console %s", m->s->name);

	if (!strcmp(type, "tcg"))
		type = "qemu";
	if (strcmp(type, "qemu") && strcmp(type, "kvm") && strcmp(type, "hvf")) {
		strv_addf(x->notes, "cpu.accel: libvirt has no %s; the machine is emulated", type);
		type = "qemu";
	}
	buf_addf(&x->out,
		 "<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
		 "  <name>%s</name>\n"
		 "  <description>Written by `debwiz export %s --as libvirt`. Debwiz must not run it at the same time.\n"
		 "virsh define %s.xml; %s</description>\n"
		 "  <memory unit='MiB'>%.*s</memory>\n"
		 "%s"
		 "  <vcpu>%s</vcpu>\n",
		 type, m->s->name, m->s->name, m->s->name, start, (int)strcspn(memory, "M"), memory,
		 spec_count_virtiofs(m->s) ? LIBVIRT_SHARED_MEMORY : "", libvirt_option(x, "-smp", NULL));
	libvirt_add_os(x);
	libvirt_pass_machine(x);
	libvirt_add_features(x);
	libvirt_add_cpu(x);
	buf_adds(&x->out, "  <clock offset='utc'/>\n"
			  "  <on_poweroff>destroy</on_poweroff>\n"
			  "  <on_reboot>restart</on_reboot>\n"
			  "  <on_crash>destroy</on_crash>\n");
	libvirt_add_devices(x);
	libvirt_pass(x, "qemu.extra");
	libvirt_add_commandline(x);
	buf_adds(&x->out, "</domain>\n");
}

char *export_libvirt(const struct export_machine *m, struct strv *notes, struct err *e)
{
	struct libvirt x = {.m = m, .notes = notes};
	struct qemu_files f = m->files;

	f.alone = true;
	if (!*m->arch->libvirt) {
		err_set(e, ERR_USAGE, "export-arch", "machine.arch: libvirt has no name for %s that debwiz knows",
			m->arch->name);
		err_hint(e, "a script starts it as well: --as script");
		return NULL;
	}
	if (qemu_argv_build(m->s, m->arch, &m->facts, &f, &x.v, e) < 0)
		return NULL;
	export_note_seed(m, notes);
	buf_init(&x.out, 0);
	libvirt_add_domain(&x);
	strv_fini(&x.args);
	qemu_argv_fini(&x.v);
	return buf_steal(&x.out);
}
