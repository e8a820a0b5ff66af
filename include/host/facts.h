/* SPDX-License-Identifier: MIT */
/*
 * facts: properties of this host.
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

/* Lists accelerators that this OS could have, best first, without trying them ("kvm"). */
void host_accelerators(struct strv *out);
/* Returns NULL if the device or service of an accelerator is available, else why not and what to do about it (the
 * caller frees it). */
bool host_accelerator_usable(const char *accel, char **why);

/* Returns whether a guest wrote to that folder by QEMU's mapped-xattr model: one of the first items has its
 * attributes. */
bool host_share_is_mapped(const char *folder);

/* Appends the base URLs that this host's apt uses for Debian's archive and for debian-security, from sources.list
 * and deb822 .sources. Only http and https; a line with credentials is omitted. */
void host_mirrors(struct strv *archive, struct strv *security);
/* Appends paths of the user's public SSH keys, best first. */
void host_ssh_keys(struct strv *out);
/* Reads a file that must contain only public SSH keys and comments. `out` (or NULL) is as file_read returns it. Ids:
 * "key-private", "key-bad" (both ERR_USAGE), and those of file_read. */
int host_ssh_key_read(const char *path, struct buf *out, struct err *e);
/* Appends the names of the time zone database of this host, sorted; none if it has no such file. */
void host_timezones(struct strv *out);
/* Returns whether this host has that time zone. */
bool host_timezone_known(const char *name);
/* Appends locales that Debian can generate, as far as this host lists them ("de_DE.UTF-8"), sorted. */
void host_locales(struct strv *out);
/* Returns the free bytes for this user on the file system of `path` (or its nearest existing parent). */
int host_free_space(const char *path, uint64_t *bytes, struct err *e);
/* Returns the bytes of memory that programs can still get. */
uint64_t host_free_memory(void);
/* Returns a free TCP port on 127.0.0.1: `wanted` if it is free, otherwise a port that the system chooses. */
uint16_t host_free_port(uint16_t wanted);
/* Opens a socket that programs started later do not inherit. Returns it, or -1. */
intptr_t host_open_socket(int family, int type, int protocol);
/* Returns the port of an address of the Internet (struct sockaddr), or 0. */
uint16_t host_address_port(const void *address);
bool host_port_free(const char *ip, uint16_t port);
/* Returns the path of Debian's archive keyring on this host, or NULL; the caller frees it. */
char *host_debian_keyring(void);
/* Returns the path of a virtiofsd that this user may run, also one that packages keep outside PATH; NULL: there is
 * none. The caller frees it. */
char *host_find_virtiofsd(void);
/* Returns the exact command that installs the package of `program` here ("sudo apt install qemu-utils"), or NULL;
 * the caller frees it. */
char *host_install_hint(const char *program);

#endif
