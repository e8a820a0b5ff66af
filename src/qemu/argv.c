/* SPDX-License-Identifier: MIT */
/*
 * argv: builds QEMU's command line (include/qemu/argv.h). Block devices and virtio devices are given as JSON, which
 * needs no escaping; what has no JSON form goes through argv_value. No argument may start a program, open the monitor
 * or a port to others, or let QEMU guess a format.
 */
#include "qemu/argv.h"

#include <stdlib.h>
#include <string.h>

#include "argv_value.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/size.h"
#include "base/text.h"
#include "host/file.h"
#include "host/line.h"
#include "host/proc.h"

#define MIB (1024 * 1024ULL)
#define TB_MIN 64
#define TB_MAX 1024
#define AUTO_CPUS_MAX 8
#define GIB (1ULL << 30)
#define CPU_MEMORY (GIB / 2) /* enough for a compiler or two */
#define LARGE_HOST (15 * GIB)
/* Of each speed; two are for keyboard and tablet, and one stays free: there QEMU would put a hub, which is slow. */
#define USB_PORTS (SPEC_USB_DEVICES_MAX + 3)
#define LAN_PORT_FIRST 20000u
#define LAN_PORTS 12000u /* below the ports that Linux gives out */

struct argv_in {
	const struct spec *s;
	const struct catalog_arch *arch;
	const struct qemu_facts *facts;
	const struct qemu_files *files;
};

/* ---- elements ---- */

char *argv_value(const char *s)
{
	struct buf b;

	buf_init(&b, 0);
	for (; *s; s++) {
		if (*s == ',')
			buf_addc(&b, ',');
		buf_addc(&b, *s);
	}
	return buf_steal(&b);
}

/* Returns a JSON object as an argument, keys in the order given; takes `o`. Owned. */
static char *argv_json(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

/* Appends an element and takes `text`. `why` (or NULL) is copied, `key` static. */
static void argv_add(struct qemu_argv *v, char *text, const char *key, const char *why)
{
	v->items = xreallocarray(v->items, v->len + 1, sizeof(*v->items));
	v->items[v->len++] = (struct qemu_arg){.text = text, .key = key, .why = xstrdup(why)};
}

/* Appends an option and its value, which is taken. */
static void argv_pair(struct qemu_argv *v, const char *option, char *value, const char *key, const char *why)
{
	argv_add(v, xstrdup(option), key, why);
	argv_add(v, value, key, NULL);
}

/* Returns "virtio-blk-pci" for "virtio-blk", the architecture's kind of the device, as a JSON string. */
static json_t *argv_virtio(const struct argv_in *in, const char *name)
{
	return json_sprintf("%s-%s", name, in->arch->virtio);
}

/* Appends -device with that object, which is taken. */
static void argv_device(struct qemu_argv *v, const char *key, const char *why, json_t *device)
{
	argv_pair(v, "-device", argv_json(device), key, why);
}

/* Sets the error for a path that JSON cannot hold. Returns -1. */
static int argv_bad_path(struct err *e, const char *key, const char *path)
{
	AUTO_FREE char *words = text_clean(path, strlen(path), false);

	err_set(e, ERR_USAGE, "path-bad", "%s: %s is not valid UTF-8, which QEMU's options need", key, words);
	return -1;
}

/* ---- the machine ---- */

static bool argv_is_tcg(const struct argv_in *in)
{
	return !strcmp(in->facts->accel, "tcg");
}

static void argv_add_basics(const struct argv_in *in, struct qemu_argv *v)
{
	argv_add(v, xstrdup(in->facts->binary), "qemu.binary", "the emulator for this architecture");
	argv_add(v, xstrdup("-no-user-config"), "", "nothing comes from configuration files");
	argv_add(v, xstrdup("-nodefaults"), "", "no device that is not named here");
	argv_pair(v, "-name", xasprintf("guest=%s", in->s->name), "machine.name", "shown in the process's messages");
	argv_pair(v, "-msg", xstrdup("guest-name=on"), "", "QEMU's messages say which machine they are of");
	if (in->facts->sandbox && in->s->display == SPEC_DISPLAY_NONE)
		argv_pair(v, "-sandbox",
			  xstrdup("on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
				  "resourcecontrol=deny"),
			  "", "QEMU may not start programs or gain rights, whatever a guest makes of it");
}

static uint64_t argv_memory(const struct argv_in *in)
{
	return qemu_memory(in->s, in->arch, in->facts->host_cpus, in->facts->host_memory);
}

bool qemu_has_smm(const struct spec *s, const struct catalog_arch *arch, const struct qemu_files *files)
{
	return files->pflash_code && (arch->firmware_smm || (s->secure_boot && arch->secure_smm));
}

static void argv_add_machine(const struct argv_in *in, struct qemu_argv *v)
{
	bool flash = in->files->pflash_code != NULL;
	bool small = argv_memory(in) <= in->arch->small_memory;

	argv_pair(v, "-machine",
		  xasprintf("%s%s%s%s%s", in->arch->machine, in->arch->machine_opts, small ? in->arch->small_opts : "",
			    qemu_has_smm(in->s, in->arch, in->files) ? ",smm=on" : "",
			    flash ? ",pflash0=code,pflash1=vars" : ""),
		  "machine.arch",
		  flash ? "the board; its two flash chips hold the firmware and its variables" : "the board");
}

unsigned qemu_auto_cpus(unsigned host_cpus, const struct catalog_arch *arch)
{
	unsigned n = host_cpus < AUTO_CPUS_MAX ? host_cpus : AUTO_CPUS_MAX;

	if (arch && n > arch->max_cpus)
		n = arch->max_cpus;
	return n ? n : 1;
}

uint64_t qemu_memory(const struct spec *s, const struct catalog_arch *arch, unsigned host_cpus, uint64_t host_memory)
{
	unsigned cpus = s->cpu_count ? s->cpu_count : qemu_auto_cpus(host_cpus, arch);
	uint64_t least = host_memory >= LARGE_HOST ? 2 * GIB : GIB;
	uint64_t size = cpus * CPU_MEMORY;
	uint64_t half = host_memory / 2 / CPU_MEMORY * CPU_MEMORY;

	if (s->memory)
		return s->memory;
	if (size < least)
		size = least;
	if (host_memory && size > half)
		size = half > CPU_MEMORY ? half : CPU_MEMORY;
	if (arch && arch->max_memory && size > arch->max_memory)
		size = arch->max_memory;
	if (arch && s->firmware == SPEC_UEFI && arch->firmware_max_memory && size > arch->firmware_max_memory)
		size = arch->firmware_max_memory;
	return size;
}

static int argv_add_processor(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct spec *s = in->s;
	const char *model = s->cpu_model;
	unsigned count = s->cpu_count;
	uint64_t buffer;
	char *why;

	if (!strcmp(model, "auto"))
		model = argv_is_tcg(in) ? in->arch->cpu_tcg : in->arch->cpu_native;
	if (argv_is_tcg(in) && (!strcmp(model, "host") || !strncmp(model, "host,", 5)))
		return err_set(e, ERR_USAGE, "cpu-host",
			       "cpu.model: host is this host's own CPU, which emulation does not have "
			       "(%s); write auto or max",
			       in->facts->accel_why);
	argv_pair(v, "-cpu", xstrdup(model), "cpu.model",
		  strcmp(s->cpu_model, "auto") ? "the model asked for" : "the model that works best here");
	if (argv_is_tcg(in)) {
		buffer = in->facts->host_memory / 16 / MIB;
		buffer = buffer < TB_MIN ? TB_MIN : buffer > TB_MAX ? TB_MAX : buffer;
		/* QEMU itself chooses whether CPUs get threads of their own: thread=multi would be an error for a
		 * 64-bit guest on a 32-bit host, and wrong for a PC on hosts with weaker memory ordering. */
		why = xasprintf("emulation: %s", in->facts->accel_why);
		argv_pair(v, "-accel", xasprintf("tcg,tb-size=%llu", (unsigned long long)buffer), "cpu.accel", why);
	} else {
		why = xstrdup(in->facts->accel_why);
		argv_pair(v, "-accel", xstrdup(in->facts->accel), "cpu.accel", why);
	}
	free(why);
	if (!count)
		count = qemu_auto_cpus(in->facts->host_cpus, in->arch);
	argv_pair(v, "-smp", xasprintf("%u", count), "cpu.count",
		  s->cpu_count ? "as many as asked for" : "as many as this host has, at most 8");
	argv_pair(v, "-m", xasprintf("%lluM", (unsigned long long)(argv_memory(in) / MIB)), "cpu.memory",
		  s->memory ? "memory of the machine" : "by the number of CPUs, at most half of this host's");
	if (!in->files->configuring && !in->files->alone && spec_count_virtiofs(s)) {
		argv_pair(v, "-object",
			  argv_json(json_pack("{s:s, s:s, s:I, s:b}", "qom-type", "memory-backend-memfd", "id",
					      "memory", "size", (json_int_t)argv_memory(in), "share", 1)),
			  "devices.share", "memory that virtiofsd can reach");
		argv_pair(v, "-machine", xstrdup("memory-backend=memory"), "devices.share", "in place of its own");
	}
	return 0;
}

static char *argv_flash(const char *name, const char *path, bool read_only)
{
	return argv_json(json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "driver", "raw", "node-name", name, "read-only",
				   (int)read_only, "file", "driver", "file", "filename", path));
}

static int argv_add_firmware(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct qemu_files *f = in->files;
	char *code, *vars;

	if (!f->pflash_code)
		return 0;
	code = argv_flash("code", f->pflash_code, true);
	vars = argv_flash("vars", f->pflash_vars, false);
	if (!code || !vars) {
		free(code);
		free(vars);
		return argv_bad_path(e, "firmware.mode", f->pflash_code);
	}
	argv_pair(v, "-blockdev", code, "firmware.mode", "the firmware, read-only");
	argv_pair(v, "-blockdev", vars, "firmware.mode", "this machine's own firmware variables");
	if (qemu_has_smm(in->s, in->arch, in->files))
		argv_pair(v, "-global", xstrdup("driver=cfi.pflash01,property=secure,value=on"), "firmware.mode",
			  "only the firmware's system management mode writes the variables, which it requires");
	return 0;
}

static void argv_add_kernel(const struct argv_in *in, struct qemu_argv *v)
{
	const struct qemu_files *f = in->files;

	if (!f->kernel)
		return;
	argv_pair(v, "-kernel", xstrdup(f->kernel), "firmware.mode", "the kernel that the disk holds");
	if (f->initrd)
		argv_pair(v, "-initrd", xstrdup(f->initrd), "firmware.initrd",
			  "what finds the disk and starts the system on it");
	if (f->append)
		argv_pair(v, "-append", xstrdup(f->append), "boot.cmdline",
			  "console, root file system and the configured words");
}

static char *argv_line(const struct argv_in *in, const char *name)
{
	AUTO_FREE char *path = file_join(in->files->runtime_dir, name);
	AUTO_FREE char *value = argv_value(path);

	return host_line_chardev(name, value);
}

/* Appends the lines to the supervisor: pipes and sockets in a private folder. The guest writes its console byte by
 * byte, and a socket has space for few of such writes only. */
static void argv_add_lines(const struct argv_in *in, struct qemu_argv *v)
{
	AUTO_FREE char *dir = argv_value(in->files->runtime_dir);
	char *object = host_lines_object(dir);

	if (object)
		argv_pair(v, "-object", object, "", "the key of the lines below, which this folder alone holds");
	argv_pair(v, "-chardev", argv_line(in, "serial"), "", "the serial line, drained by the supervisor");
	argv_pair(v, "-serial", xstrdup("chardev:serial"), "", "the machine's console");
	argv_pair(v, "-chardev", argv_line(in, "progress"), "", "what the guest reports about itself");
	argv_device(v, "", "carries the progress port",
		    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-serial"), "id", "ports"));
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
static void argv_add_terminal(struct qemu_argv *v)
{
	argv_pair(v, "-chardev", xstrdup("stdio,id=serial,mux=on,signal=off"), "", "the serial line, on this terminal");
	argv_pair(v, "-serial", xstrdup("chardev:serial"), "", "the machine's console");
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

/* ---- the whole ---- */

static int argv_build(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	bool personal = !in->files->configuring;

	argv_add_basics(in, v);
	argv_add_machine(in, v);
	if (argv_add_processor(in, v, e) < 0 || argv_add_firmware(in, v, e) < 0)
		return -1;
	argv_add_kernel(in, v);
	if (argv_disk(in, v, e) < 0 || (in->files->volume && argv_volume(in, v, e) < 0) ||
	    (personal && argv_drives(in, v, e) < 0) ||
	    ((personal || in->files->installing) && argv_network(in, v, e) < 0))
		return -1;
	if (personal)
		argv_lan(in, v);
	argv_rng(in, v);
	if (in->files->alone)
		argv_add_terminal(v);
	else
		argv_add_lines(in, v);
	argv_add_display(in, v);
	if (personal && (argv_extras(in, v, e) < 0 || argv_shares(in, v, e) < 0 ||
			 (in->s->tpm && !in->files->alone && argv_add_tpm(in, v, e) < 0)))
		return -1;
	if (in->files->configuring)
		argv_add(v, xstrdup("-no-reboot"), "",
			 in->files->installing ? "the installation ends by a reset" : "a guest that resets has failed");
	for (size_t i = 0; personal && i < in->s->qemu_extra.len; i++)
		argv_add(v, xstrdup(in->s->qemu_extra.items[i]), "qemu.extra",
			 in->s->qemu_extra.items[i][0] == '-' ? "asked for" : NULL);
	return 0;
}

int qemu_argv_build(const struct spec *s, const struct catalog_arch *arch, const struct qemu_facts *facts,
		    const struct qemu_files *files, struct qemu_argv *out, struct err *e)
{
	struct argv_in in = {.s = s, .arch = arch, .facts = facts, .files = files};
	struct qemu_argv v = {.items = NULL};

	if (argv_build(&in, &v, e) < 0) {
		qemu_argv_fini(&v);
		return -1;
	}
	*out = v;
	return 0;
}

void qemu_argv_memory(const struct catalog_arch *arch, uint64_t bytes, const char *path, bool shared, struct strv *out)
{
	strv_add(out, "-object");
	strv_take(out, argv_json(json_pack("{s:s, s:s, s:I, s:s, s:b, s:b}", "qom-type", "memory-backend-file", "id",
					   arch->ram, "size", (json_int_t)bytes, "mem-path", path, "share", (int)shared,
					   "x-use-canonical-path-for-ramblock-id", 0)));
	strv_add(out, "-machine");
	strv_take(out, xasprintf("memory-backend=%s", arch->ram));
}

/* Returns whether it is one word of the kernel's command line: anything else could add further words. */
static bool argv_is_term(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._";

	return s && *s && strlen(s) < 64 && !s[strspn(s, plain)];
}

char *qemu_cmdline(const struct spec *s, const struct catalog_arch *arch, const char *root, bool configuring,
		   unsigned columns, unsigned rows, const char *term)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "console=%s root=%s", arch->console, root ? root : "PARTLABEL=debwiz-root");
	if (configuring) {
		buf_adds(&b, " debwiz.configure panic=-1");
		return buf_steal(&b);
	}
	buf_adds(&b, " ro");
	if (argv_is_term(term))
		buf_addf(&b, " TERM=%s", term);
	if (columns && rows)
		buf_addf(&b, " debwiz.rows=%u debwiz.columns=%u", rows, columns);
	if (*s->cmdline)
		buf_addf(&b, " %s", s->cmdline);
	return buf_steal(&b);
}

char *qemu_installer_cmdline(const struct catalog_arch *arch, bool manual, const char *term)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "console=%s", arch->console);
	if (manual && argv_is_term(term))
		buf_addf(&b, " TERM=%s", term);
	if (!manual) /* a dumb terminal has no GNU screen in between */
		buf_adds(&b, " TERM=dumb auto=true priority=critical DEBIAN_FRONTEND=text");
	/* what follows --- is for the installed system */
	buf_addf(&b, " --- console=%s", arch->console);
	return buf_steal(&b);
}

char *qemu_console_elsewhere(const struct spec *s, const struct catalog_arch *arch)
{
	const char *word = s->cmdline, *last = NULL;
	char *name;

	while (*word) {
		word += strspn(word, " ");
		if (!strncmp(word, "console=", 8))
			last = word + 8;
		word += strcspn(word, " ");
	}
	name = last ? xstrndup(last, strcspn(last, " ,")) : NULL;
	if (name && (!*name || !strcmp(name, arch->console))) {
		free(name);
		name = NULL;
	}
	return name;
}

/* ---- the forms in which it is handed out ---- */

void qemu_argv_fini(struct qemu_argv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->len; i++) {
		free(v->items[i].text);
		free(v->items[i].why);
	}
	free(v->items);
	*v = (struct qemu_argv){.items = NULL};
}

void qemu_argv_strv(const struct qemu_argv *v, struct strv *out)
{
	for (size_t i = 0; i < v->len; i++)
		strv_add(out, v->items[i].text);
}

char *qemu_argv_shell(const struct qemu_argv *v)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < v->len; i++) {
		if (i)
			buf_adds(&b, v->items[i].why ? " \\\n\t" : " ");
		quote_word(&b, v->items[i].text);
	}
	return buf_steal(&b);
}
