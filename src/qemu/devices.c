/* SPDX-License-Identifier: MIT */
/* devices: disks, network and the rest of a machine's devices; see devices.h. */
#include "devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "opt.h"

json_t *argv_virtio(const struct argv_in *in, const char *name)
{
	return json_sprintf("%s-%s", name, in->arch->virtio);
}

void argv_device(const struct argv_in *in, struct qemu_argv *v, const char *key, const char *why, json_t *device)
{
	(void)in;
	opt_pair(v, "-device", opt_json(device), key, why);
}

int argv_bad_path(struct err *e, const char *key, const char *path)
{
	AUTO_FREE char *words = text_clean(path, strlen(path), false);

	err_set(e, ERR_USAGE, "path-bad", "%s: %s is not valid UTF-8, which QEMU's options need", key, words);
	return -1;
}

/* The path= of an item, whole, for QEMU runs in another folder; owned. NULL: it has none. */
static char *devices_item_path(const struct argv_in *in, const char *item)
{
	AUTO_FREE char *written = spec_item_get(item, "path");
	char *path = written ? spec_path(in->s, written) : NULL;

	return path;
}

/* A block device: a driver named, never guessed, over a file. NULL when the path is not UTF-8. */
static json_t *devices_block(const char *name, const char *format, const char *path, bool read_only,
			     enum spec_cache cache)
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

static void devices_attach(const struct argv_in *in, struct qemu_argv *v, const char *node, bool first, const char *key,
			   const char *why)
{
	json_t *o = in->s->bus == SPEC_BUS_SCSI
			    ? json_pack("{s:s, s:s, s:s}", "driver", "scsi-hd", "bus", "scsi.0", "drive", node)
			    : json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-blk"), "drive", node);

	json_object_set_new(o, "id", json_sprintf("%s-device", node));
	if (first)
		json_object_set_new(o, "bootindex", json_integer(1));
	argv_device(in, v, key, why, o);
}

static int devices_add_block(struct qemu_argv *v, json_t *o, const char *key, const char *why, const char *path,
			     struct err *e)
{
	if (!o)
		return argv_bad_path(e, key, path);
	opt_pair(v, "-blockdev", opt_json(o), key, why);
	return 0;
}

int argv_disk(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct qemu_files *f = in->files;
	/* a base that is being configured is thrown away when it does not get there */
	enum spec_cache cache = f->configuring ? SPEC_CACHE_UNSAFE : in->s->cache;

	if (in->s->bus == SPEC_BUS_SCSI)
		argv_device(in, v, "disk.bus", "the disks' controller",
			    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-scsi"), "id", "scsi"));
	if (devices_add_block(v, devices_block("disk", f->disk_format, f->disk, false, cache), "disk.cache",
			      "the machine's disk; freed blocks are given back to this host", f->disk, e) < 0)
		return -1;
	devices_attach(in, v, "disk", true, "disk.bus", "where the guest sees it");
	if (!f->seed)
		return 0;
	if (devices_add_block(v, devices_block("seed", "raw", f->seed, true, SPEC_CACHE_WRITEBACK), "system.user",
			      "personal settings, until the guest has applied them", f->seed, e) < 0)
		return -1;
	devices_attach(in, v, "seed", false, "system.user", "where the guest sees them");
	return 0;
}

int argv_drives(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct strv *items = &in->s->drives;
	int r = 0;

	for (size_t i = 0; !r && i < items->len; i++) {
		AUTO_FREE char *path = devices_item_path(in, items->items[i]);
		AUTO_FREE char *format = spec_item_get(items->items[i], "format");
		AUTO_FREE char *mode = spec_item_get(items->items[i], "readonly");
		AUTO_FREE char *node = xasprintf("drive%zu", i);
		bool read_only = mode && !strcmp(mode, "on");

		r = !path || !format ? err_set(e, ERR_USAGE, "drive-bad", "devices.drive: path= and format= are needed")
				     : devices_add_block(v, devices_block(node, format, path, read_only, in->s->cache),
							 "devices.drive", "a further drive", path, e);
		if (!r)
			devices_attach(in, v, node, false, "devices.drive", "where the guest sees it");
	}
	return r;
}

/* A locally administered address of QEMU's range, the same at every boot of this machine. */
static json_t *devices_mac_address(const struct spec *s)
{
	uint8_t digest[HASH_SIZE];

	hash_bytes(s->name, strlen(s->name), digest);
	return json_sprintf("52:54:00:%02x:%02x:%02x", digest[0], digest[1], digest[2]);
}

int argv_network(const struct argv_in *in, struct qemu_argv *v, struct err *e)
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
	for (size_t i = 0; i < s->forwards.len; i++) {
		if (spec_forward_parse(s->forwards.items[i], &f, e) < 0) {
			buf_fini(&b);
			return err_prefix(e, "network.forward: %s", s->forwards.items[i]);
		}
		buf_addf(&b, ",hostfwd=%s:%s:%u-:%u", f.udp ? "udp" : "tcp", f.host,
			 (unsigned)(f.host_port ? f.host_port : in->files->forward_ports[i]), (unsigned)f.guest_port);
	}
	opt_pair(v, "-netdev", buf_steal(&b), "network.forward",
		 s->restrict_net ? "reached by the forwarded ports alone, reaches nothing"
				 : "user networking through this host; forwarded ports of this host lead to it");
	card = json_pack("{s:o, s:s, s:o}", "driver", argv_virtio(in, "virtio-net"), "netdev", "net", "mac",
			 devices_mac_address(s));
	if (!strcmp(in->arch->virtio, "pci"))
		json_object_set_new(card, "romfile", json_string(""));
	argv_device(in, v, "network.mode", "the network card, without a boot ROM", card);
	return 0;
}

void argv_rng(const struct argv_in *in, struct qemu_argv *v)
{
	if (!in->s->rng && !in->files->configuring)
		return;
	opt_pair(v, "-object", xstrdup("{\"qom-type\":\"rng-builtin\",\"id\":\"rng\"}"), "devices.rng",
		 "random numbers of this host");
	argv_device(in, v, "devices.rng", "so that the guest's keys are made without waiting",
		    json_pack("{s:o, s:s}", "driver", argv_virtio(in, "virtio-rng"), "rng", "rng"));
}

static int devices_add_audio(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	if (!in->facts->audio || !*in->facts->audio)
		return err_set(e, ERR_MISSING, "audio-missing",
			       "devices.audio: this host's QEMU has no sound driver; write audio = no");
	opt_pair(v, "-audiodev", xasprintf("driver=%s,id=audio", in->facts->audio), "devices.audio",
		 "plays on this host");
	argv_device(in, v, "devices.audio", "the sound card",
		    json_pack("{s:s, s:s}", "driver", "intel-hda", "id", "sound"));
	argv_device(in, v, "devices.audio", "its output",
		    json_pack("{s:s, s:s, s:s}", "driver", "hda-output", "bus", "sound.0", "audiodev", "audio"));
	return 0;
}

int argv_extras(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	static const char *const usb[] = {"usb-kbd", "usb-tablet"};

	if (in->s->usb || in->s->display != SPEC_DISPLAY_NONE) {
		const char *key = in->s->usb ? "devices.usb" : "devices.display";

		argv_device(in, v, key, "the USB controller",
			    json_pack("{s:s, s:s}", "driver", "qemu-xhci", "id", "usb"));
		for (size_t i = 0; i < sizeof(usb) / sizeof(*usb); i++)
			argv_device(in, v, key, i ? "pointer" : "keyboard",
				    json_pack("{s:s, s:s}", "driver", usb[i], "bus", "usb.0"));
	}
	return in->s->audio ? devices_add_audio(in, v, e) : 0;
}

int argv_shares(const struct argv_in *in, struct qemu_argv *v, struct err *e)
{
	const struct strv *items = &in->s->shares;
	/* The mapped ones make the guest's links files, and every mode 0600. With none, a guest of root
	 * could create set-user-ID programs of root and device nodes. */
	const char *usual = in->facts->root ? "mapped-xattr" : "none";

	for (size_t i = 0; i < items->len; i++) {
		char *path = devices_item_path(in, items->items[i]);
		char *tag = spec_item_get(items->items[i], "tag");
		char *mode = spec_item_get(items->items[i], "readonly");
		char *model = spec_item_get(items->items[i], "security_model");
		char *value = opt_value(path ? path : "");
		bool read_only = mode && !strcmp(mode, "on");
		int r = path && tag ? 0
				    : err_set(e, ERR_USAGE, "share-bad", "devices.share: path= and tag= are needed");

		if (!r) {
			opt_pair(v, "-fsdev",
				 xasprintf("local,id=share%zu,path=%s,security_model=%s%s", i, value,
					   model ? model : usual, read_only ? ",readonly=on" : ""),
				 "devices.share", "a folder of this host");
			argv_device(in, v, "devices.share", "how the guest mounts it",
				    json_pack("{s:o, s:o, s:s}", "driver", argv_virtio(in, "virtio-9p"), "fsdev",
					      json_sprintf("share%zu", i), "mount_tag", tag));
		}
		free(value);
		free(model);
		free(mode);
		free(tag);
		free(path);
		if (r < 0)
			return r;
	}
	return 0;
}
