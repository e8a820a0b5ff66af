/* SPDX-License-Identifier: MIT */
/*
 * facts: what this host is and has.
 */
#ifndef HOST_FACTS_H
#define HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct host_facts {
	char *os;      /* "Linux" */
	char *machine; /* uname -m: "x86_64" */
	char *kernel;  /* uname -r: "6.1.0-50-amd64" */
	unsigned cpus;
	uint64_t memory; /* bytes */
	char *user;
	char *timezone;	       /* "Europe/Berlin", "Etc/UTC" */
	char *locale;	       /* "C.UTF-8" */
	char *package_manager; /* apt dnf pacman apk brew pkg or "" */
};

/* Returns whether this process has root's rights. */
bool host_is_root(void);
void host_facts_get(struct host_facts *f);
void host_facts_fini(struct host_facts *f);

/* Accelerators that this OS could have, best first, without trying them ("kvm"). */
void host_accelerators(struct strv *out);
/* Whether the device or service behind one is there and may be used; else why not, in words and
 * with the remedy (owned by the caller). */
bool host_accelerator_usable(const char *accel, char **why);

/* Whether a guest wrote to that folder through QEMU's mapped-xattr model: one of the first items has its attributes. */
bool host_share_is_mapped(const char *folder);

/* Base URLs that this host's own apt uses for Debian's archive and for debian-security (from
 * sources.list and deb822 .sources; http and https alone; credentials left out with their line). */
void host_mirrors(struct strv *archive, struct strv *security);
/* Public SSH keys of the user, best first: paths. */
void host_ssh_keys(struct strv *out);
/* Reads a file that must hold public SSH keys and comments alone. `out` (or NULL) is as file_read gives
 * it. Ids: "key-private", "key-bad" (both ERR_USAGE), and those of file_read. */
int host_ssh_key_read(const char *path, struct buf *out, struct err *e);
/* Names of the time zone database that this host has, sorted; none where it has no such file. */
void host_timezones(struct strv *out);
/* Whether this host has that one (a name by the database's rules). */
bool host_timezone_known(const char *name);
/* Locales that Debian could make, as far as this host lists them ("de_DE.UTF-8"), sorted. */
void host_locales(struct strv *out);
/* Free bytes for this user on the file system that holds `path` (or its nearest parent). */
int host_free_space(const char *path, uint64_t *bytes, struct err *e);
/* A free TCP port on 127.0.0.1: `wanted` if it is free, else one that the system picks. */
uint16_t host_free_port(uint16_t wanted);
bool host_port_free(const char *ip, uint16_t port);
/* Path of Debian's own archive keyring where installed, else NULL. Owned. */
char *host_debian_keyring(void);
/* The exact command that installs what provides `program` here ("sudo apt install qemu-utils"), or
 * NULL when unknown. Owned. */
char *host_install_hint(const char *program);

#endif
