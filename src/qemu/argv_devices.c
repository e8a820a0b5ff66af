/* SPDX-License-Identifier: MIT */
/* argv_devices: the guest's devices, in the order in which QEMU gets them. */
#include "argv_devices.h"

#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/file.h"
#include "host/line.h"
#include "host/proc.h"

/* Of each speed; two are for keyboard and tablet, and one stays free: there QEMU would put a hub, which is slow. */
#define USB_PORTS (SPEC_USB_DEVICES_MAX + 3)
#define LAN_PORT_FIRST 20000u
#define LAN_PORTS 12000u /* below the ports that Linux gives out */

/* ---- lines and screen ---- */

static char *argv_line(const struct argv_in *in, const char *name)
{
	AUTO_FREE char *path = file_join(in->files->runtime_dir, name);
	AUTO_FREE char *value = argv_value(path);

	return host_line_chardev(name, value);
}

static bool argv_has_virtio_console(const struct argv_in *in)
{
	return in->s->console == SPEC_CONSOLE_VIRTIO && !in->files->configuring;
}

static void argv_add_serial(const struct argv_in *in, struct qemu_argv *v)
{
	if (argv_has_virtio_console(in))
		argv_pair(v, "-serial", xstrdup("null"), "devices.console", "the serial port, which leads nowhere");
	else
		argv_pair(v, "-serial", xstrdup("chardev:serial"), "", "the machine's console");
}

/* Appends the bus of the ports, and the console on it; QEMU keeps its first port for a console. */
static void argv_add_bus(const struct argv_in *in, struct qemu_argv *v)
{
	bool console = argv_has_virtio_console(in);

	if (!console && in->files->alone)
		return;
	argv_device(v, console ? "devices.console" : "",
		    console ? "carries the console and the ports" : "carries the progress port",
		    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-serial"), "id", "ports"));
	if (console)
		argv_device(
			v, "devices.console", "the machine's console, " SPEC_VIRTIO_CONSOLE " in the guest",
			json_pack("{s:s, s:s, s:s}", "driver", "virtconsole", "bus", "ports.0", "chardev", "serial"));
}

/* Appends the lines to the supervisor: pipes and sockets in a private folder. The guest writes its console byte by
 * byte, and a socket has space for few of such writes only. */
static void argv_add_lines(const struct argv_in *in, struct qemu_argv *v)
{
	AUTO_FREE char *dir = argv_value(in->files->runtime_dir);
	char *object = host_lines_object(dir);

	if (object)
		argv_pair(v, "-object", object, "", "the key of the lines below, which this folder alone holds");
	argv_pair(v, "-chardev", argv_line(in, "serial"), "", "the console's line, drained by the supervisor");
	argv_add_serial(in, v);
	argv_pair(v, "-chardev", argv_line(in, "progress"), "", "what the guest reports about itself");
	argv_add_bus(in, v);
	argv_device(v, "", "the port debwiz.progress in the guest",
		    json_pack("{s:s, s:s, s:s, s:s}", "driver", "virtserialport", "bus", "ports.0", "chardev",
			      "progress", "name", "debwiz.progress"));
	if (!in->files->configuring) {
		argv_pair(v, "-chardev", argv_line(in, "host"), "", "the current time, sent to the guest");
		argv_device(v, "", "the port debwiz.host in the guest",
			    json_pack("{s:s, s:s, s:s, s:s}", "driver", "virtserialport", "bus", "ports.0", "chardev",
				      "host", "name", "debwiz.host"));
	}
	argv_pair(v, "-chardev", argv_line(in, "qmp"), "", "QEMU's monitor, for the supervisor alone");
	argv_pair(v, "-mon", xstrdup("chardev=qmp,mode=control"), "", "speaks QMP there");
	argv_add(v, xstrdup("-S"), "", "waits until the supervisor listens to everything");
}

/* Appends the console and the monitor on the terminal, Ctrl-A C changes between them, for a machine that runs without a
 * supervisor. There are no ports: without a reader they would make the guest wait. */
static void argv_add_terminal(const struct argv_in *in, struct qemu_argv *v)
{
	argv_pair(v, "-chardev", xstrdup("stdio,id=serial,mux=on,signal=off"), "",
		  "the console's line, on this terminal");
	argv_add_serial(in, v);
	argv_add_bus(in, v);
	argv_pair(v, "-mon", xstrdup("chardev=serial,mode=readline"), "", "QEMU's monitor, there too");
}

/* Returns the socket of a viewer as a value: in the folder of sockets, without a supervisor in the current one. Owned.
 */
static char *argv_viewer_socket(const struct argv_in *in, const char *name)
{
	AUTO_FREE char *path =
		in->files->alone ? xasprintf("%s.socket", name) : file_join(in->files->runtime_dir, name);
	char *value = argv_value(path);

	return value;
}

static void argv_add_vnc(const struct argv_in *in, struct qemu_argv *v)
{
	AUTO_FREE char *path = argv_viewer_socket(in, "vnc");

	argv_pair(v, "-display", xasprintf("vnc=unix:%s", path), "devices.display",
		  "a screen for a VNC viewer of this user alone");
}

static void argv_add_spice(const struct argv_in *in, struct qemu_argv *v)
{
	AUTO_FREE char *path = argv_viewer_socket(in, "spice");

	argv_pair(v, "-display", xstrdup("none"), "devices.display", "no window of QEMU");
	argv_pair(v, "-spice", xasprintf("addr=%s,unix=on,disable-ticketing=on", path), "devices.display",
		  "a screen for a SPICE viewer of this user alone");
	if (in->files->alone)
		return; /* it has no ports */
	argv_pair(v, "-chardev", xstrdup("spicevmc,id=spice,name=vdagent"), "devices.display",
		  "clipboard and size of the screen");
	argv_device(v, "devices.display", "the port of spice-vdagent in the guest",
		    json_pack("{s:s, s:s, s:s, s:s}", "driver", "virtserialport", "bus", "ports.0", "chardev", "spice",
			      "name", "com.redhat.spice.0"));
}

static void argv_add_display(const struct argv_in *in, struct qemu_argv *v)
{
	static const char *const none = "the serial line is all there is";

	if (in->s->display == SPEC_DISPLAY_NONE || in->files->configuring) {
		argv_pair(v, "-display", xstrdup("none"), "devices.display", none);
		return;
	}
	if (in->s->display == SPEC_DISPLAY_GTK)
		argv_pair(v, "-display", xstrdup("gtk"), "devices.display", "a window");
	else if (in->s->display == SPEC_DISPLAY_SPICE)
		argv_add_spice(in, v);
	else
		argv_add_vnc(in, v);
	argv_device(v, "devices.display", "the screen's hardware",
		    json_pack("{s:o}", "driver", argv_virtio(in, "virtio-gpu")));
}

/* ---- disks, network and other devices ---- */

/* Returns the path= of an item, absolute, for QEMU runs in another folder; owned. NULL: it has none. */
static char *argv_item_path(const struct argv_in *in, const char *item)
{
	AUTO_FREE char *written = spec_item_get(item, "path");

	return written ? spec_path(in->s, written) : NULL;
}

/* Returns a block device: a driver, named and never guessed, over a file. NULL if the path is not UTF-8. */
static json_t *argv_block(const char *name, const char *format, const char *path, bool read_only, enum spec_cache cache)
{
	json_t *modes =
		json_pack("{s:b, s:b}", "direct", cache == SPEC_CACHE_NONE, "no-flush", cache == SPEC_CACHE_UNSAFE);
	json_t *o = json_pack("{s:s, s:s, s:b, s:s, s:O, s:{s:s, s:s, s:s, s:O}}", "driver", format, "node-name", name,
			      "read-only", (int)read_only, "discard", read_only ? "ignore" : "unmap", "cache", modes,
			      "file", "driver", "file", "filename", path, "discard", read_only ? "ignore" : "unmap",
			      "cache", modes);

	json_decref(modes);
	return o;
}

/* Returns the device of a block node. */
static json_t *argv_block_device(const struct argv_in *in, const char *node)
{
	json_t *o = in->s->bus == SPEC_BUS_SCSI
			    ? json_pack("{s:s, s:s, s:s}", "driver", "scsi-hd", "bus", "scsi.0", "drive", node)
			    : json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-blk"), "drive", node);

	json_object_set_new(o, "id", json_sprintf("%s-device", node));
	return o;
}

static void argv_attach(const struct argv_in *in, struct qemu_argv *v, const char *node, bool first, const char *key,
			const char *why)
{
	json_t *o = argv_block_device(in, node);

	if (first)
		json_object_set_new(o, "bootindex", json_integer(1));
	argv_device(v, key, why, o);
}

static int argv_add_block(struct qemu_argv *v, json_t *o, const char *key, const char *why, const char *path,
			  struct err *e)
{
	if (!o)
		return argv_bad_path(e, key, path);
	argv_pair(v, "-blockdev", argv_json(o), key, why);
	return 0;
}

/* Appends the volume: a cache, which is made again if this host's end damages it. */
static int argv_volume(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const char *path = in->files->volume;
	json_t *o;

	if (argv_add_block(v, argv_block("volume", "raw", path, false, SPEC_CACHE_UNSAFE), "build.ccache",
			   "results of the compiler that later builds use again", path, e) < 0)
		return -1;
	o = argv_block_device(in, "volume");
	json_object_set_new(o, "serial", json_string(QEMU_VOLUME_SERIAL));
	argv_device(v, "build.ccache", "where the guest sees them", o);
	return 0;
}

/* Appends the disk and the seed. */
static int argv_disk(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct qemu_files *f = in->files;
	/* a base that cannot be configured is thrown away */
	enum spec_cache cache = f->configuring ? SPEC_CACHE_UNSAFE : in->s->cache;

	if (in->s->bus == SPEC_BUS_SCSI)
		argv_device(v, "disk.bus", "the disks' controller",
			    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-scsi"), "id", "scsi"));
	if (argv_add_block(v, argv_block("disk", f->disk_format, f->disk, false, cache), "disk.cache",
			   "the machine's disk; freed blocks are given back to this host", f->disk, e) < 0)
		return -1;
	argv_attach(in, v, "disk", true, "disk.bus", "where the guest sees it");
	if (!f->seed)
		return 0;
	if (argv_add_block(v, argv_block("seed", "raw", f->seed, true, SPEC_CACHE_WRITEBACK), "system.user",
			   "personal settings, until the guest has applied them", f->seed, e) < 0)
		return -1;
	argv_attach(in, v, "seed", false, "system.user", "where the guest sees them");
	return 0;
}

static int argv_drives(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct strv *items = &in->s->drives;
	int r = 0;

	for (size_t i = 0; !r && i < items->len; i++) {
		AUTO_FREE char *path = argv_item_path(in, items->items[i]);
		AUTO_FREE char *format = spec_item_get(items->items[i], "format");
		AUTO_FREE char *mode = spec_item_get(items->items[i], "readonly");
		AUTO_FREE char *node = xasprintf("drive%zu", i);
		bool read_only = mode && !strcmp(mode, "on");

		r = !path || !format ? err_set(e, ERR_USAGE, "drive-bad", "devices.drive: path= and format= are needed")
				     : argv_add_block(v, argv_block(node, format, path, read_only, in->s->cache),
						      "devices.drive", "a further drive", path, e);
		if (!r)
			argv_attach(in, v, node, false, "devices.drive", "where the guest sees it");
	}
	return r;
}

/* Returns a locally administered address of QEMU's range, the same at every boot of this machine. */
static json_t *argv_mac_address(const struct spec *s)
{
	uint8_t digest[HASH_SIZE];

	hash_bytes(s->name, strlen(s->name), digest);
	return json_sprintf("52:54:00:%02x:%02x:%02x", digest[0], digest[1], digest[2]);
}

static int argv_network(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct spec *s = in->s;
	struct spec_forward f;
	struct buf b;
	json_t *card;

	if (s->net != SPEC_NET_USER)
		return 0;
	buf_init(&b, 0);
	buf_adds(&b, "user,id=net");
	if (s->restrict_net)
		buf_adds(&b, ",restrict=on");
	for (size_t i = 0; i < s->forwards.len && !in->files->installing; i++) {
		if (spec_forward_parse(s->forwards.items[i], &f, e) < 0) {
			buf_fini(&b);
			return err_prefix(e, "network.forward: %s", s->forwards.items[i]);
		}
		buf_addf(&b, ",hostfwd=%s:%s:%u-:%u", f.udp ? "udp" : "tcp", f.host,
			 (unsigned)(f.host_port ? f.host_port : in->files->forward_ports[i]), (unsigned)f.guest_port);
	}
	argv_pair(v, "-netdev", buf_steal(&b), "network.forward",
		  s->restrict_net ? "reached by the forwarded ports alone, reaches nothing"
				  : "user networking through this host; forwarded ports of this host lead to it");
	card = json_pack("{s:o, s:s, s:o}", "driver", argv_virtio(in, "virtio-net"), "netdev", "net", "mac",
			 argv_mac_address(s));
	if (!strcmp(in->arch->virtio, "pci"))
		json_object_set_new(card, "romfile", json_string(""));
	argv_device(v, "network.mode", "the network card, without a boot ROM", card);
	return 0;
}

/* Returns a value that names the user's network: the address of a multicast group (RFC 2365, local scope) and its port,
 * on the loopback. Owned. */
static char *argv_lan_group(const struct argv_in *in)
{
	AUTO_FREE char *key = xasprintf("%s %s", in->facts->user ? in->facts->user : "", in->s->lan);
	uint8_t d[HASH_SIZE];

	hash_bytes(key, strlen(key), d);
	return xasprintf("mcast=239.255.%u.%u:%u,localaddr=127.0.0.1", d[0], d[1],
			 LAN_PORT_FIRST + (d[2] | (unsigned)d[3] << 8) % LAN_PORTS);
}

/* Adds the card of the network that machines share. */
static void argv_lan(const struct argv_in *in, struct qemu_argv *v)
{
	AUTO_FREE char *group = NULL;
	uint8_t d[HASH_SIZE];
	json_t *card;

	if (!*in->s->lan)
		return;
	group = argv_lan_group(in);
	hash_bytes(in->s->name, strlen(in->s->name), d);
	argv_pair(v, "-netdev", xasprintf("socket,id=lan,%s", group), "network.lan",
		  "a network of your machines, on this host's loopback");
	card = json_pack("{s:o, s:s, s:o}", "driver", argv_virtio(in, "virtio-net"), "netdev", "lan", "mac",
			 json_sprintf("52:54:00:%02x:%02x:%02x", d[3], d[4], d[5]));
	if (!strcmp(in->arch->virtio, "pci"))
		json_object_set_new(card, "romfile", json_string(""));
	argv_device(v, "network.lan", "its network card, without a boot ROM", card);
}

static void argv_rng(const struct argv_in *in, struct qemu_argv *v)
{
	if (!in->s->rng && !in->files->configuring)
		return;
	argv_pair(v, "-object", xstrdup("{\"qom-type\":\"rng-builtin\",\"id\":\"rng\"}"), "devices.rng",
		  "random numbers of this host");
	argv_device(v, "devices.rng", "so that the guest's keys are made without waiting",
		    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-rng"), "rng", "rng"));
}

static int argv_add_audio(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	if (!in->facts->audio || !*in->facts->audio)
		return err_set(e, ERR_MISSING, "audio-missing",
			       "devices.audio: this host's QEMU has no sound driver; write audio = no");
	argv_pair(v, "-audiodev", xasprintf("driver=%s,id=audio", in->facts->audio), "devices.audio",
		  "plays on this host");
	argv_device(v, "devices.audio", "the sound card",
		    json_pack("{s:s, s:s}", "driver", "intel-hda", "id", "sound"));
	argv_device(v, "devices.audio", "its output",
		    json_pack("{s:s, s:s, s:s}", "driver", "hda-output", "bus", "sound.0", "audiodev", "audio"));
	return 0;
}

static void argv_add_usb_device(struct qemu_argv *v, const char *item)
{
	struct spec_usb_device d;

	(void)spec_usb_device_parse(item, &d, NULL); /* checked when it was read */
	argv_device(v, "devices.usb_device", "a USB device of this host, as soon as it is plugged in",
		    d.vendor ? json_pack("{s:s, s:s, s:i, s:i}", "driver", "usb-host", "bus", "usb.0", "vendorid",
					 (int)d.vendor, "productid", (int)d.product)
			     : json_pack("{s:s, s:s, s:i, s:s}", "driver", "usb-host", "bus", "usb.0", "hostbus",
					 (int)d.bus, "hostport", d.port));
}

static void argv_add_usb(const struct argv_in *in, struct qemu_argv *v)
{
	static const char *const input[] = {"usb-kbd", "usb-tablet"};
	const struct spec *s = in->s;
	bool screen = s->display != SPEC_DISPLAY_NONE;
	const char *key = s->usb ? "devices.usb" : screen ? "devices.display" : "devices.usb_device";

	if (!s->usb && !screen && !s->usb_devices.len)
		return;
	argv_device(v, key, "the USB controller",
		    s->usb_devices.len ? json_pack("{s:s, s:s, s:i, s:i}", "driver", "qemu-xhci", "id", "usb", "p2",
						   USB_PORTS, "p3", USB_PORTS)
				       : json_pack("{s:s, s:s}", "driver", "qemu-xhci", "id", "usb"));
	for (size_t i = 0; i < ARRAY_SIZE(input) && (s->usb || screen); i++)
		argv_device(v, key, i ? "pointer" : "keyboard",
			    json_pack("{s:s, s:s}", "driver", input[i], "bus", "usb.0"));
	for (size_t i = 0; i < s->usb_devices.len; i++)
		argv_add_usb_device(v, s->usb_devices.items[i]);
}

/* Appends USB and sound. */
static int argv_extras(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	argv_add_usb(in, v);
	return in->s->audio ? argv_add_audio(in, v, e) : 0;
}

static int argv_add_tpm(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	if (!in->facts->tpm || !*in->facts->tpm)
		return qemu_tpm_missing(e);
	argv_pair(v, "-chardev", xasprintf("socket,id=tpm,fd=%d", PROC_INHERITED), "firmware.tpm",
		  "to swtpm, which is started before QEMU and ends with it");
	argv_pair(v, "-tpmdev", xstrdup("emulator,id=swtpm,chardev=tpm"), "firmware.tpm", "the emulated TPM");
	argv_pair(v, "-device", argv_json(json_pack("{s:s, s:s}", "driver", in->arch->tpm, "tpmdev", "swtpm")),
		  "firmware.tpm", "where the guest sees it");
	return 0;
}

int qemu_virtiofsd_missing(struct err *e)
{
	err_set(e, ERR_MISSING, "virtiofsd-missing",
		"devices.share: driver=virtiofs requires a virtiofsd that this user may run, and this host has none");
	return err_hint(
		e, "install virtiofsd (Debian 13: apt install virtiofsd), or remove driver=virtiofs: 9p needs none");
}

int qemu_tpm_missing(struct err *e)
{
	err_set(e, ERR_MISSING, "tpm-missing", "firmware.tpm: this host has no swtpm, which emulates the TPM");
	return err_hint(e, "install swtpm (apt install swtpm), or write tpm = no");
}

/* A share by virtiofs, the number `index` of them: virtiofsd and QEMU inherit the ends of a connection (host/proc.h).
 */
static int argv_add_virtiofs(const struct argv_in *in, struct qemu_argv *v, const char *tag, unsigned index,
			     struct err *e)
{
	if (in->files->alone)
		return 0;
	if (!in->facts->virtiofsd || !*in->facts->virtiofsd)
		return qemu_virtiofsd_missing(e);
	argv_pair(v, "-chardev",
		  xasprintf("socket,id=virtiofs%u,fd=%u", index, PROC_INHERITED + (in->s->tpm ? 1 : 0) + index),
		  "devices.share", "to virtiofsd, which is started before QEMU and ends with it");
	argv_device(v, "devices.share", "how the guest mounts it",
		    json_pack("{s:o, s:o, s:s}", "driver", argv_virtio(in, "vhost-user-fs"), "chardev",
			      json_sprintf("virtiofs%u", index), "tag", tag));
	return 0;
}

static int argv_shares(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct strv *items = &in->s->shares;
	/* The mapped models turn the guest's links into files, and every mode into 0600. With none, a guest of root
	 * could create set-user-ID programs of root and device nodes. */
	const char *usual = in->facts->root ? "mapped-xattr" : "none";
	unsigned count = 0;

	for (size_t i = 0; i < items->len; i++) {
		AUTO_FREE char *path = argv_item_path(in, items->items[i]);
		AUTO_FREE char *tag = spec_item_get(items->items[i], "tag");
		AUTO_FREE char *mode = spec_item_get(items->items[i], "readonly");
		AUTO_FREE char *model = spec_item_get(items->items[i], "security_model");
		AUTO_FREE char *value = argv_value(path ? path : "");
		bool read_only = mode && !strcmp(mode, "on");
		int r = path && tag ? 0
				    : err_set(e, ERR_USAGE, "share-bad", "devices.share: path= and tag= are needed");

		if (!r && spec_share_is_virtiofs(items->items[i])) {
			r = argv_add_virtiofs(in, v, tag, count++, e);
		} else if (!r) {
			argv_pair(v, "-fsdev",
				  xasprintf("local,id=share%zu,path=%s,security_model=%s%s", i, value,
					    model ? model : usual, read_only ? ",readonly=on" : ""),
				  "devices.share", "a folder of this host");
			argv_device(v, "devices.share", "how the guest mounts it",
				    json_pack("{s:o, s:o, s:s}", "driver", argv_virtio(in, "virtio-9p"), "fsdev",
					      json_sprintf("share%zu", i), "mount_tag", tag));
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int argv_add_devices(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	bool personal = !in->files->configuring;

	if (argv_disk(in, v, e) < 0 || (in->files->volume && argv_volume(in, v, e) < 0) ||
	    (personal && argv_drives(in, v, e) < 0) ||
	    ((personal || in->files->installing) && argv_network(in, v, e) < 0))
		return -1;
	if (personal)
		argv_lan(in, v);
	argv_rng(in, v);
	if (in->files->alone)
		argv_add_terminal(in, v);
	else
		argv_add_lines(in, v);
	argv_add_display(in, v);
	if (personal && (argv_extras(in, v, e) < 0 || argv_shares(in, v, e) < 0 ||
			 (in->s->tpm && !in->files->alone && argv_add_tpm(in, v, e) < 0)))
		return -1;
	return 0;
}
