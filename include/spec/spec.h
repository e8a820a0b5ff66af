/* SPDX-License-Identifier: MIT */
/*
 * spec: the record of a machine, as in its INI file.
 *
 * The table of fields (include/spec/field.h) is used for defaults, reading, writing, checks, --set, help and the man
 * page. Reading a written file gives the identical record.
 */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ini.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "host/lock.h"

enum spec_method { SPEC_BOOTSTRAP, SPEC_INSTALLER, SPEC_IMAGE };
enum spec_installer { SPEC_AUTOMATIC, SPEC_MANUAL };
enum spec_firmware { SPEC_UEFI, SPEC_DIRECT };
enum spec_initrd { SPEC_INITRD_OWN, SPEC_INITRD_GUEST };
enum spec_warm { SPEC_WARM_AUTO, SPEC_WARM_YES, SPEC_WARM_NO };
enum spec_bus { SPEC_BUS_VIRTIO, SPEC_BUS_SCSI };
enum spec_net { SPEC_NET_USER, SPEC_NET_NONE };
enum spec_cache { SPEC_CACHE_WRITEBACK, SPEC_CACHE_NONE, SPEC_CACHE_UNSAFE };
enum spec_console { SPEC_CONSOLE_SERIAL, SPEC_CONSOLE_VIRTIO };
enum spec_display { SPEC_DISPLAY_NONE, SPEC_DISPLAY_GTK, SPEC_DISPLAY_VNC, SPEC_DISPLAY_SPICE };

/* The guest's name of its first virtio console. */
#define SPEC_VIRTIO_CONSOLE "hvc0"

/* A parsed `forward =` item. */
struct spec_forward {
	char host[64];	    /* address on this host: "127.0.0.1" */
	uint16_t host_port; /* 0: auto */
	uint16_t guest_port;
	bool udp;
};

/* A parsed `distcc_hosts =` item. */
struct spec_distcc_host {
	char host[256];
	uint16_t port; /* 3632 unless given */
	unsigned jobs; /* at the same time; 4 unless given */
};

#define SPEC_USB_DEVICES_MAX 12
#define SPEC_VIRTIOFS_MAX 12 /* shares of that kind */

/* A parsed `usb_device =` item. */
struct spec_usb_device {
	uint16_t vendor, product; /* 0: the device at `port` of `bus` */
	unsigned bus;
	char port[32]; /* "4.2": of the hub at port 4 the port 2 */
};

/* The base image's size: a disk is never smaller. */
#define SPEC_DISK_MIN (8ULL << 30)
/* Debian and its package manager require it to configure. */
#define SPEC_MEMORY_MIN (256ULL << 20)

struct spec {
	/* machine */
	unsigned format;
	char *name; /* identity; default: the file's stem */
	char *arch;
	char *release;
	enum spec_method method;
	enum spec_installer installer; /* with SPEC_INSTALLER */
	/* mirror */
	char *mirror; /* "auto" or a URL */
	bool security;
	bool updates;
	char *security_mirror; /* "auto" or a URL */
	char *snapshot;	       /* "" or YYYYMMDDTHHMMSSZ */
	char *keyring;	       /* "" or a path */
	char *proxy;	       /* "" or a URL */
	struct strv components;
	/* firmware */
	enum spec_firmware firmware;
	enum spec_initrd initrd;
	bool secure_boot;
	bool tpm;
	/* cpu */
	char *accel;	    /* auto tcg kvm hvf whpx nvmm */
	char *cpu_model;    /* "auto" or a model */
	unsigned cpu_count; /* 0: auto */
	uint64_t memory;    /* bytes */
	/* disk */
	uint64_t disk_size; /* bytes */
	char *disk_format;  /* "qcow2" */
	char *image;	    /* "" or a path or URL, with SPEC_IMAGE */
	char *image_digest; /* "" or SHA-256 or SHA-512 of that file, in hexadecimal digits */
	bool image_copy;    /* no: the image itself is the base's disk */
	bool standalone;
	enum spec_bus bus;
	enum spec_cache cache;
	/* network */
	enum spec_net net;
	bool restrict_net;    /* only forwarded ports work */
	char *lan;	      /* network shared with other machines, "": none */
	struct strv forwards; /* as written; see spec_forward_parse */
	/* devices */
	enum spec_display display;
	enum spec_console console;
	bool rng;
	bool usb;
	struct strv usb_devices;
	bool audio;
	struct strv drives; /* "path=...,format=raw,readonly=on" */
	struct strv shares; /* "path=...,tag=..." (9p) */
	/* system */
	char *hostname; /* "": the name; use spec_hostname */
	char *user;
	char *password_hash;  /* "" or crypt(5) string */
	struct strv ssh_keys; /* paths; `~` is the home folder */
	char *locale;
	char *timezone;
	char *keyboard;
	char *profile;
	struct strv packages;
	/* boot */
	char *cmdline;
	uint64_t timeout;    /* ms a boot may take until login */
	enum spec_warm warm; /* a new machine resumes a copy of a template */
	/* build */
	unsigned build_jobs; /* 0: auto */
	struct strv build_profiles;
	bool build_network;
	uint64_t build_silence; /* ms, 0: never */
	bool build_distcc;
	struct strv build_distcc_hosts;
	bool build_ccache;
	uint64_t build_ccache_size; /* bytes */
	char *build_out;	    /* folder of the results; "": the current one */
	/* qemu */
	char *qemu_binary;	/* "auto" or a path */
	struct strv qemu_extra; /* arguments, one a line */

	/* the file */
	char *path;		       /* absolute path of the file, or NULL */
	char *shown;		       /* the path as given, for messages, or NULL */
	struct ini_doc *doc;	       /* the file's lines, for writing back */
	struct strv warnings;	       /* "FILE:LINE: section.key: ignored; did you mean section.key?" */
	struct strv from_file, agreed; /* see spec/risk.h */
	unsigned *lines;	       /* by field index: line of the value, 0: default or --set */
};

/* Fills defaults. */
void spec_init(struct spec *s);
/* Frees the members; the record may be freed again, or be passed to spec_init, spec_read and spec_read_text. */
void spec_fini(struct spec *s);

/* Reads a text into an uninitialized record (calls spec_init; on error the record is freed). `path` (for messages and
 * the stem) may be relative. Reports all errors of the file: e's text has one `FILE:LINE: section.key: message` per
 * line, sorted by line, kind ERR_USAGE. `name` is never empty afterwards. */
int spec_read_text(struct spec *s, const char *path, const char *text, size_t n, struct err *e);
/* Fails with the warnings of the file, if there are any ("spec-unknown"). */
int spec_strict(const struct spec *s, struct err *e);
/* Reads the bytes of a file (at most 1 MiB) into an uninitialized buffer, which the caller frees on success. Errors
 * have kind ERR_USAGE; without a file, id "ini-missing". */
int spec_read_file(const char *path, struct buf *text, struct err *e);
/* Reads and parses a file. Refuses a file with a password hash that other users may read. */
int spec_read(struct spec *s, const char *path, struct err *e);

/* Copies fields, path and agreements of `from` into the uninitialized `to`, without document and lines. */
void spec_copy(struct spec *to, const struct spec *from);
/* Restores the default and removes the lines of the key from the document. */
void spec_unset(struct spec *s, const char *section, const char *key);

/* Applies `section.key=value`, `section.key+=value` (lists) or `section.key=` (--set). The last form empties a list or
 * a text that may be empty, and sets other fields to their default. */
int spec_set(struct spec *s, const char *assignment, struct err *e);

/* Returns the INI text: the document with the changed fields; of a new record the fields that differ from their default
 * and those that are always written. NULL on error, for example if a value would not be read back unchanged. Owned by
 * the caller. */
char *spec_text(struct spec *s, struct err *e);
/* Locks a machine's file, for a short time while it is read, changed and written back. Waits up to one second for
 * another holder ("busy"). Release it with lock_remove. */
struct lock *spec_lock(const char *path, struct err *e);
/* Writes the file atomically; call it under spec_lock. Mode 0600 with a password hash, else 0644. */
int spec_write(struct spec *s, const char *path, struct err *e);

/* Checks the rules between fields and against the catalogue. Reports each violation as a line as above, with the reason
 * and what is allowed. Uses no facts about this host. */
int spec_check(const struct spec *s, const struct catalog *c, struct err *e);
/* The same with one call for each violation, for forms. Line 0: not from the file. The texts are valid during the call.
 */
typedef void (*spec_fault_fn)(unsigned line, const char *section, const char *key, const char *message, void *arg);
void spec_check_each(const struct spec *s, const struct catalog *c, spec_fault_fn fn, void *arg);

/* Returns a package that `has` reports as installed and that creates a user or group with the name of the machine's
 * user; NULL: none known. Borrowed from the catalogue. */
const struct catalog_account *spec_user_taken(const struct spec *s, const struct catalog *c,
					      bool (*has)(const char *package, const void *arg), const void *arg);

bool spec_equal(const struct spec *a, const struct spec *b); /* only the fields */

/* Returns system.hostname, or the machine's name if that is empty. Borrowed. */
const char *spec_hostname(const struct spec *s);
/* Whether the locale must be generated, as not every system has it. */
bool spec_has_locale(const struct spec *s);
/* Whether the keyboard layout is not the default one. */
bool spec_has_keyboard(const struct spec *s);
/* Whether the machine's system is not set up by debwiz: it is of an image, or was installed by hand. */
bool spec_is_foreign(const struct spec *s);
/* Whether disk.image is a URL, and not a file of this host. */
bool spec_image_is_url(const struct spec *s);
/* Returns the absolute path of a value: `~/` is the home folder, a relative path begins at the folder of the INI file
 * (without a file: the current folder). Owned by the caller. */
char *spec_path(const struct spec *s, const char *value);
/* Parses `ADDRESS:PORT|auto:PORT[/udp]`. */
int spec_forward_parse(const char *item, struct spec_forward *out, struct err *e);
/* Parses `HOST[:PORT][/JOBS]`; brackets around an IPv6 address are kept. */
int spec_distcc_host_parse(const char *item, struct spec_distcc_host *out, struct err *e);
/* Parses `VENDOR:PRODUCT` (four hexadecimal digits each, as lsusb shows them) or `BUS-PORT[.PORT…]` (as the kernel
 * names the place). */
int spec_usb_device_parse(const char *item, struct spec_usb_device *out, struct err *e);
/* Whether a port of this host is forwarded to the guest's ssh port. */
bool spec_forwards_ssh(const struct spec *s);
/* Whether a share is by virtiofs. */
bool spec_share_is_virtiofs(const char *item);
size_t spec_count_virtiofs(const struct spec *s);
/* Returns the value of `key` in a structured item (spec/item.h), owned; NULL: absent. */
char *spec_item_get(const char *item, const char *key);
/* Whether a name matches `[a-z0-9][a-z0-9-]{0,30}`. */
bool spec_name_ok(const char *name);

#endif
