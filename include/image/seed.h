/* SPDX-License-Identifier: MIT */
/*
 * seed: the small disk (ISO 9660 with Rock Ridge, label DEBWIZ) that sets up a new machine for its owner. The guest
 * applies it once (assets/guest: firstboot); afterwards it is removed, since it contains private keys and may
 * contain the hash of a password.
 */
#ifndef IMAGE_SEED_H
#define IMAGE_SEED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"

/* A host key of the guest's ssh server: "ed25519", and the content of its two files. */
struct seed_host_key {
	const char *type;
	const char *private_key, *public_key;
};

#define SEED_STEP (512u << 10) /* each seed has a multiple of these bytes, and nearly all have as many */

/* All borrowed; "" sets nothing. */
struct seed {
	const char *hostname;
	const char *user;
	const char *password_hash; /* crypt(5); "": no password */
	const char *locale;
	const char *timezone;
	const char *proxy;    /* of apt, as the guest can connect to it: seed_guest_proxy */
	const char *keyboard; /* LAYOUT or LAYOUT:VARIANT */
	const char *term;     /* terminal at the other end of the console */
	unsigned rows;	      /* 0: unknown */
	unsigned columns;
	const char *authorized_keys; /* content of the file */
	const char *sources;	     /* text of seed_sources */
	bool deb822;		     /* its style */
	const struct seed_host_key *host_keys;
	size_t host_key_count;
};

/* Writes the disk to `path` atomically, mode 0600. A value with NUL, CR or LF is refused (id "seed-value"), except
 * keys and sources. Blocks. */
int seed_write(const char *path, const struct seed *s, struct err *e);
/* Writes a disk for cloud-init (NoCloud, label CIDATA) with account, ssh keys, host name, time zone and locale of the
 * seed, in the same way. `instance` names the machine: cloud-init applies what it has not applied yet. `console`: where
 * its first boot shows a login prompt in any case; without a password serial and virtio consoles log in
 * automatically. */
int seed_write_cloud(const char *path, const struct seed *s, const char *instance, const char *console, struct err *e);
/* Writes the disk, of SEED_STEP bytes, that makes the guest wait for a seed of its own (machine/template.h). */
int seed_write_template(const char *path, struct err *e);

struct seed_archive {
	const char *mirror;	    /* as the guest can connect to it: seed_guest_url */
	const char *security;	    /* of the security suites, "": none */
	const char *release;	    /* "bookworm" */
	const char *updates_suite;  /* "bookworm-updates", "": none */
	const char *security_suite; /* "bookworm-security", "": none */
	const struct strv *components;
	bool deb822;  /* style of the text: deb822 or one line an entry */
	bool undated; /* snapshots: their Valid-Until is past (sources.list(5): check-valid-until) */
};

/* Returns the guest's apt sources, with source packages; the caller frees it. */
char *seed_sources(const struct seed_archive *a);

/* Returns the URL by which the guest can connect to a mirror of the host: a loopback host becomes 10.0.2.2 (QEMU's
 * user network), user and password are removed, and a URL that is not http or https becomes `fallback`. The caller
 * frees it. */
char *seed_guest_url(const char *url, const char *fallback);

/* Does the same for a proxy, which may be socks5 or socks5h and may lack a scheme; returns "" if it has no host. */
char *seed_guest_proxy(const char *proxy);

#endif
