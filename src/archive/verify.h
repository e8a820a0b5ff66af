/* SPDX-License-Identifier: MIT */
/*
 * verify: checks whether an InRelease is signed by a pinned key. A pure function over bytes; the only user of
 * librnp for signatures. It fails closed: what is not known to be good is bad.
 *
 * Accepted is one clear-signed block (RFC 4880, section 7) with nothing around it, only `Hash:` as armour headers,
 * no control characters, and at least one signature that is good by a pinned primary key (or a subkey of it),
 * neither expired nor revoked, with SHA-256 or better. Only the bytes that the library verified are returned.
 */
#ifndef ARCHIVE_VERIFY_H
#define ARCHIVE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#define VERIFY_CAP (4 * 1024 * 1024) /* largest accepted InRelease */
#define VERIFY_FPRINT 41	     /* 40 hex digits, upper case, and NUL */

/* Public keys, loaded once (which takes some 70 ms) and used for many files, by one thread at a
 * time. */
struct verify_keys;
struct verify_keys *verify_keys_new(void);
void verify_keys_free(struct verify_keys *k);
/* Adds an OpenPGP key ring, binary or armoured; takes next to no time if earlier rings contain all of it. Appends
 * the fingerprints of its primary keys to `primaries` (unless NULL). Error ids: keyring-bad (not a ring),
 * keyring-empty. `name` is for the message. */
int verify_keys_add(struct verify_keys *k, const void *ring, size_t n, const char *name, struct strv *primaries,
		    struct err *e);

/* The library's result for one signature. */
struct verify_signature {
	uint32_t status;	 /* librnp's code, 0: good */
	time_t made;		 /* when it was created, as it says */
	char hash[16];		 /* "SHA256" */
	char key[VERIFY_FPRINT]; /* primary fingerprint, or the key id if the key is unknown */
	bool known;		 /* the key is in a ring */
	bool expired, revoked;	 /* the key, or its primary */
};

struct verified {
	struct buf text;     /* the signed text, as verified */
	struct strv signers; /* fingerprints of pinned primary keys with a good signature */
};
void verified_fini(struct verified *v);

/* Verifies an InRelease. `pinned`: fingerprints of the valid primary keys, upper case; `now`: the time for checking
 * keys. Error ids, all ERR_VERIFY: inrelease-empty, -large, -html, -unsigned, -characters, -line, -armor, -junk
 * (text around the block), -truncated, -bad-signature, -unknown-key, -not-pinned, -key-expired, -key-revoked,
 * -signature-expired, -signature-future, -weak-digest, -malformed, -library. Takes some ms. Call it on the loop's
 * thread, which alone prints and starts programs: librnp as Debian builds it always writes diagnostics to stderr, so
 * descriptor 2 is redirected during the call. */
int verify_bytes(const void *p, size_t n, struct verify_keys *k, const struct strv *pinned, time_t now,
		 struct verified *out, struct err *e);

/* Its two halves, separate for the tests: the form of the file, and the verdict on the library's results
 * (`executed`: result of its execute call). */
int verify_form(const char *p, size_t n, struct err *e);
int verify_verdict(uint32_t executed, const struct verify_signature *sigs, size_t count, const struct strv *pinned,
		   time_t now, struct strv *signers, struct err *e);

#endif
