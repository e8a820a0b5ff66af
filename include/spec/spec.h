/* SPDX-License-Identifier: MIT */
/*
 * spec: the record of a machine, as an INI file says it.
 *
 * One table of fields (include/spec/field.h) drives defaults, reading, writing, checking, --set,
 * help and the man page. Reading what was written gives the identical record.
 */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ini.h"
#include "base/strv.h"
#include "catalog/catalog.h"
#include "host/lock.h"

enum spec_firmware { SPEC_UEFI, SPEC_DIRECT };
enum spec_initrd { SPEC_INITRD_OWN, SPEC_INITRD_GUEST };
enum spec_bus { SPEC_BUS_VIRTIO, SPEC_BUS_SCSI };
enum spec_net { SPEC_NET_USER, SPEC_NET_NONE };
enum spec_cache { SPEC_CACHE_WRITEBACK, SPEC_CACHE_NONE, SPEC_CACHE_UNSAFE };
enum spec_display { SPEC_DISPLAY_NONE, SPEC_DISPLAY_GTK, SPEC_DISPLAY_VNC };

/* A parsed `forward =` item. */
struct spec_forward {
	char host[64];	    /* address on this host: "127.0.0.1" */
	uint16_t host_port; /* 0: auto */
	uint16_t guest_port;
	bool udp;
};

/* The base image's size: a disk is never smaller. */
#define SPEC_DISK_MIN (8ULL << 30)
/* What Debian and its package manager need to configure. */
#define SPEC_MEMORY_MIN (256ULL << 20)

struct spec {
	/* machine */
	unsigned format;
	char *name; /* identity; default: the file's stem */
	char *arch;
	char *release;
	char *method; /* "bootstrap" */
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
	bool secure_boot; /* always false: not offered yet */
	bool tpm;	  /* always false: not offered yet */
	/* cpu */
	char *accel;	    /* auto tcg kvm hvf whpx nvmm */
	char *cpu_model;    /* "auto" or a model */
	unsigned cpu_count; /* 0: auto */
	uint64_t memory;    /* bytes */
	/* disk */
	uint64_t disk_size; /* bytes */
	char *disk_format;  /* "qcow2" */
	bool standalone;
	enum spec_bus bus;
	enum spec_cache cache;
	/* network */
	enum spec_net net;
	bool restrict_net;    /* guest reaches nothing but what is forwarded to it */
	struct strv forwards; /* as written; spec_forward_parse takes one apart */
	/* devices */
	enum spec_display display;
	bool rng;
	bool usb;
	bool audio;
	struct strv drives; /* "path=...,format=raw,readonly=on" */
	struct strv shares; /* "path=...,tag=..." (9p) */
	/* system */
	char *hostname; /* "" means name: use spec_hostname */
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
	uint64_t timeout; /* ms a boot may take until login */
	/* qemu */
	char *qemu_binary;	/* "auto" or a path */
	struct strv qemu_extra; /* arguments, one a line */

	/* Where it came from */
	char *path;		  /* absolute path of the file, or NULL */
	char *shown;		  /* the path as it was given, for messages, or NULL */
	struct ini_doc *doc;	  /* the file's lines, for writing back */
	struct strv warnings;	  /* "FILE:LINE: section.key: ignored; did you mean section.key?" */
	struct strv said, agreed; /* see spec/risk.h */
	unsigned *lines;	  /* by field index: line where it was set, 0: default or --set */
};

/* Fills defaults. */
void spec_init(struct spec *s);
/* Frees; the record may be freed again or used by spec_init, spec_read and spec_read_text. */
void spec_fini(struct spec *s);

/* Reads a text into a record that holds nothing (spec_init is called here; on error the record is
 * empty again). `path` (for messages and the stem) may be relative. All errors of the file are
 * gathered: e's text holds one `FILE:LINE: section.key: message` a line, sorted by line, kind
 * ERR_USAGE. `name` is never empty afterwards. */
int spec_read_text(struct spec *s, const char *path, const char *text, size_t n, struct err *e);
/* Fails with the warnings of the file, for those who want none ("spec-unknown"). */
int spec_strict(const struct spec *s, struct err *e);
/* Reads a file (at most 1 MiB); refuses one with a password hash that others may read. */
int spec_read(struct spec *s, const char *path, struct err *e);

/* Fills `to`, which holds nothing, with the fields and the path of `from`; no document, no lines. */
void spec_copy(struct spec *to, const struct spec *from);
/* Back to the default as if the file had never said it: its lines go from the document. */
void spec_unset(struct spec *s, const char *section, const char *key);

/* Applies `section.key=value`, `section.key+=value` (lists) or `section.key=` (--set). The last
 * empties a list or a text that may be empty, and sets any other field to its default. */
int spec_set(struct spec *s, const char *assignment, struct err *e);

/* The INI text: the document it was read from with what has changed; for a new record the fields
 * that differ from their default and the ones that are always written. A value that a reader would
 * not get back as it is fails by name. Owned by the caller; NULL on error. */
char *spec_text(struct spec *s, struct err *e);
/* The lock of a machine's file, for whoever reads it, changes it and writes it back: held for a moment; waits up
 * to a second for another ("busy"). To be released by lock_remove. */
struct lock *spec_lock(const char *path, struct err *e);
/* Writes it atomically, under spec_lock; 0600 where it holds a password hash, else 0644. */
int spec_write(struct spec *s, const char *path, struct err *e);

/* Cross-field rules against the catalogue: every violation a line as above, with the reason and
 * what is allowed. Facts about this host are not used. */
int spec_check(const struct spec *s, const struct catalog *c, struct err *e);
/* The same, one call for each violation, for a form that shows it at its field: line 0 where no file
 * says it; texts are lent for the call. */
typedef void (*spec_fault_fn)(unsigned line, const char *section, const char *key, const char *message, void *arg);
void spec_check_each(const struct spec *s, const struct catalog *c, spec_fault_fn fn, void *arg);

/* The package that makes a user or group of the machine's user's name, among those that `has` says are
 * installed; NULL: none that is known. Borrowed from the catalogue. */
const struct catalog_account *spec_user_taken(const struct spec *s, const struct catalog *c,
					      bool (*has)(const char *package, const void *arg), const void *arg);

bool spec_equal(const struct spec *a, const struct spec *b); /* fields alone */

/* The machine's host name: system.hostname, or its name where that is empty. Borrowed. */
const char *spec_hostname(const struct spec *s);
/* Its locale is none that every system has, so that it must be made. */
bool spec_has_locale(const struct spec *s);
/* Its keyboard layout is none that every system has. */
bool spec_has_keyboard(const struct spec *s);
/* The path that a value means: `~/` is the home folder, a relative one counts from the folder of
 * the INI file (without a file: from the current folder). Owned by the caller. */
char *spec_path(const struct spec *s, const char *value);
/* Takes `ADDRESS:PORT|auto:PORT[/udp]` apart. */
int spec_forward_parse(const char *item, struct spec_forward *out, struct err *e);
/* A port of this host is forwarded to the guest's ssh port. */
bool spec_forwards_ssh(const struct spec *s);
/* Structured items `a=b,c=d` with doubled commas: value of `key` (owned) or NULL when absent. */
char *spec_item_get(const char *item, const char *key);
/* `[a-z0-9][a-z0-9-]{0,30}` */
bool spec_name_ok(const char *name);

#endif
