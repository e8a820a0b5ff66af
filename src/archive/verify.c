/* SPDX-License-Identifier: MIT */
/*
 * verify: checks signatures by librnp. The result of its execute call proves nothing (it is a success for an
 * unsigned literal), and its output buffer is filled also if a signature is bad: both are used only together with
 * the verdict on each signature.
 */
#include "verify.h"

#include <fcntl.h>
#include <rnp/rnp.h>
#include <rnp/rnp_err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "host/file.h"
#include "release.h"
#include "ring.h"

enum verdict { /* in rising order of what they reveal */
	       V_UNKNOWN_KEY,
	       V_NOT_PINNED,
	       V_LIBRARY,
	       V_MALFORMED,
	       V_WEAK_DIGEST,
	       V_SIGNATURE_EXPIRED,
	       V_SIGNATURE_FUTURE,
	       V_KEY_EXPIRED,
	       V_KEY_REVOKED,
	       V_BAD,
	       V_GOOD,
};

/* The two parts of the sentence around the key's name; they are not formats, so that compilers can check the one
 * format. */
static const struct {
	const char *id, *before, *after, *hint;
} verdicts[] = {
	[V_UNKNOWN_KEY] = {"inrelease-unknown-key", "the release file is signed by an unknown key: ", "",
			   "where that key is to be trusted, name its ring: mirror.keyring"},
	[V_NOT_PINNED] = {"inrelease-not-pinned", "the release file is signed by a key that does not count for it: ",
			  "", "where that key is to be trusted, name its ring: mirror.keyring"},
	[V_LIBRARY] = {"inrelease-library", "the signature by ", " could not be checked",
		       "try again later or name another mirror"},
	[V_MALFORMED] = {"inrelease-malformed", "the signature by ", " is malformed",
			 "try again later or name another mirror"},
	[V_WEAK_DIGEST] = {"inrelease-weak-digest", "the signature by ", " uses a digest weaker than SHA-256",
			   "name another mirror: this one serves an archive that is no longer safe"},
	[V_SIGNATURE_EXPIRED] = {"inrelease-signature-expired", "the signature by ", " has expired",
				 "check this host's clock; else name another mirror"},
	[V_SIGNATURE_FUTURE] = {"inrelease-signature-future", "the signature by ",
				" was made after now by this host's clock", "set this host's clock"},
	[V_KEY_EXPIRED] = {"inrelease-key-expired", "the release file is signed by a key that has expired: ", "",
			   "check this host's clock; a newer debian-archive-keyring may know the key"},
	[V_KEY_REVOKED] = {"inrelease-key-revoked", "the release file is signed by a key that was revoked: ", "",
			   "name another mirror"},
	[V_BAD] = {"inrelease-bad-signature", "the release file was changed after it was signed by ", "",
		   "try again later or name another mirror"},
};

static bool verify_digest_is_strong(const char *name)
{
	static const char *const strong[] = {"SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"};

	for (size_t i = 0; i < ARRAY_SIZE(strong); i++)
		if (!strcmp(name, strong[i]))
			return true;
	return false;
}

static enum verdict verify_judge(const struct verify_signature *s, const struct strv *pinned, time_t now)
{
	if (s->status == RNP_ERROR_SIGNATURE_UNKNOWN)
		return V_MALFORMED;
	if (!s->known || s->status == RNP_ERROR_KEY_NOT_FOUND)
		return V_UNKNOWN_KEY;
	if (!strv_has(pinned, s->key))
		return V_NOT_PINNED;
	if (!verify_digest_is_strong(s->hash))
		return V_WEAK_DIGEST;
	if (s->revoked)
		return V_KEY_REVOKED;
	if (s->made > now && s->status != RNP_SUCCESS) /* librnp has no tolerance either */
		return V_SIGNATURE_FUTURE;
	if (s->status == RNP_ERROR_SIGNATURE_EXPIRED)
		return V_SIGNATURE_EXPIRED;
	if (s->expired)
		return V_KEY_EXPIRED;
	if (s->status == RNP_ERROR_SIGNATURE_INVALID)
		return V_BAD;
	return s->status == RNP_SUCCESS ? V_GOOD : V_LIBRARY;
}

static int verify_say(enum verdict v, const char *key, struct err *e)
{
	err_set(e, ERR_VERIFY, verdicts[v].id, "%s%s%s", verdicts[v].before, *key ? key : "an unnamed key",
		verdicts[v].after);
	return err_hint(e, "%s", verdicts[v].hint);
}

int verify_verdict(uint32_t executed, const struct verify_signature *sigs, size_t count, const struct strv *pinned,
		   time_t now, struct strv *signers, struct err *e)
{
	enum verdict worst = V_UNKNOWN_KEY;
	const struct verify_signature *shown = &sigs[0];
	bool good = false;

	if (!count) {
		if (executed != RNP_SUCCESS)
			return verify_say(V_LIBRARY, "", e);
		err_set(e, ERR_VERIFY, "inrelease-unsigned", "the release file has no signature");
		return err_hint(e, "try again later or name another mirror");
	}
	for (size_t i = 0; i < count; i++) {
		enum verdict v = verify_judge(&sigs[i], pinned, now);

		if (v == V_GOOD)
			good = true;
		else if (v >= worst) {
			worst = v;
			shown = &sigs[i];
		}
	}
	if (good && executed == RNP_SUCCESS) {
		for (size_t i = 0; i < count; i++)
			if (verify_judge(&sigs[i], pinned, now) == V_GOOD && !strv_has(signers, sigs[i].key))
				strv_add(signers, sigs[i].key);
		return 0;
	}
	verify_say(good ? V_LIBRARY : worst, shown->key, e);
	if (!good && worst == V_SIGNATURE_FUTURE && e) {
		char made[RELEASE_TIME];
		char here[RELEASE_TIME];
		char *text = xasprintf("%s: made %s, the clock says %s", e->text, release_time(shown->made, made),
				       release_time(now, here));

		free(e->text);
		e->text = text;
	}
	return -1;
}

struct verify_keys {
	rnp_ffi_t ffi;
	struct strv packets; /* of its rings */
};

/* Redirects stderr to nothing; returns the argument of hush_end. */
static int verify_hush(void)
{
	int saved = file_dup(STDERR_FILENO, 3);
	int null = saved < 0 ? -1 : file_open_null(FILE_WRITE);

	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
	return saved;
}

static void verify_hush_end(int saved)
{
	if (saved < 0)
		return;
	dup2(saved, STDERR_FILENO);
	close(saved);
}

struct verify_keys *verify_keys_new(void)
{
	struct verify_keys *k = xcalloc(1, sizeof(*k));

	hash_hold_algorithms();
	if (rnp_ffi_create(&k->ffi, "GPG", "GPG") != RNP_SUCCESS)
		mem_end("librnp cannot be used");
	return k;
}

void verify_keys_free(struct verify_keys *k)
{
	if (!k)
		return;
	rnp_ffi_destroy(k->ffi);
	strv_fini(&k->packets);
	free(k);
}

/* Returns the fingerprint of the primary key that `key` is or belongs to. */
static bool verify_primary_fingerprint(rnp_key_handle_t key, char out[VERIFY_FPRINT])
{
	bool primary = false;
	char *text = NULL;
	bool ok = false;

	if (rnp_key_is_primary(key, &primary) == RNP_SUCCESS &&
	    (primary ? rnp_key_get_fprint(key, &text) : rnp_key_get_primary_fprint(key, &text)) == RNP_SUCCESS &&
	    strlen(text) == VERIFY_FPRINT - 1) {
		memcpy(out, text, VERIFY_FPRINT);
		ok = true;
	}
	rnp_buffer_destroy(text);
	return ok;
}

/* Reads the result of the import: {"keys": [{"fingerprint": "…", …}, …]}, subkeys included. */
static size_t verify_take_primaries(rnp_ffi_t ffi, const char *report, struct strv *out)
{
	json_t *o = json_parse(report, strlen(report), "key ring", NULL);
	json_t *row;
	size_t count = 0;
	size_t i;

	json_array_foreach (json_object_get(o, "keys"), i, row) {
		const char *name = json_str(row, "fingerprint", "");
		rnp_key_handle_t key = NULL;
		char fprint[VERIFY_FPRINT];

		if (rnp_locate_key(ffi, "fingerprint", name, &key) != RNP_SUCCESS || !key)
			continue;
		count++;
		if (out && verify_primary_fingerprint(key, fprint) && !strv_has(out, fprint))
			strv_add(out, fprint);
		rnp_key_handle_destroy(key);
	}
	json_decref(o);
	return count;
}

/* Returns whether the bytes begin with a packet's tag (RFC 4880, section 4.2) or armour: librnp would complain on
 * stderr about anything else. */
static bool verify_looks_like_ring(const void *ring, size_t n)
{
	static const char armor[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
	const unsigned char *p = ring;

	return (p[0] & 0x80) || (n > sizeof(armor) && !memcmp(p, armor, sizeof(armor) - 1));
}

static int verify_import(struct verify_keys *k, const void *ring, size_t n, const char *name, struct strv *primaries,
			 struct err *e)
{
	rnp_input_t in = NULL;
	char *report = NULL;
	int r = -1;

	if (rnp_input_from_memory(&in, ring, n, false) != RNP_SUCCESS ||
	    rnp_import_keys(k->ffi, in, RNP_LOAD_SAVE_PUBLIC_KEYS, &report) != RNP_SUCCESS)
		err_set(e, ERR_VERIFY, "keyring-bad", "%s is not an OpenPGP key ring", name);
	else if (!verify_take_primaries(k->ffi, report, primaries))
		err_set(e, ERR_VERIFY, "keyring-empty", "the key ring %s holds no key", name);
	else
		r = 0;
	rnp_buffer_destroy(report);
	rnp_input_destroy(in);
	return r;
}

int verify_keys_add(struct verify_keys *k, const void *ring, size_t n, const char *name, struct strv *primaries,
		    struct err *e)
{
	struct ring packets;
	int r = 0;

	if (!n)
		return err_set(e, ERR_VERIFY, "keyring-empty", "the key ring %s holds no key", name);
	if (!verify_looks_like_ring(ring, n))
		return err_set(e, ERR_VERIFY, "keyring-bad", "%s is not an OpenPGP key ring", name);
	if (ring_read(ring, n, &packets) < 0 || !ring_is_within(&packets, &k->packets)) {
		r = verify_import(k, ring, n, name, primaries, e);
		for (size_t i = 0; !r && i < packets.packets.len; i++)
			strv_add(&k->packets, packets.packets.items[i]);
		strv_sort(&k->packets);
	} else {
		for (size_t i = 0; primaries && i < packets.primaries.len; i++)
			if (!strv_has(primaries, packets.primaries.items[i]))
				strv_add(primaries, packets.primaries.items[i]);
	}
	ring_fini(&packets);
	return r;
}

void verified_fini(struct verified *v)
{
	buf_fini(&v->text);
	strv_fini(&v->signers);
}

static bool verify_key_is(rnp_key_handle_t key, rnp_result_t (*question)(rnp_key_handle_t, bool *))
{
	bool yes = true;

	return question(key, &yes) != RNP_SUCCESS || yes;
}

/* Checks expiry by `now`, which librnp's own check does not use. */
static bool verify_key_has_expired(rnp_key_handle_t key, time_t now)
{
	uint32_t created = 0;
	uint32_t lifetime = 0;

	if (rnp_key_get_creation(key, &created) != RNP_SUCCESS || rnp_key_get_expiration(key, &lifetime) != RNP_SUCCESS)
		return true;
	return lifetime && (uint64_t)created + lifetime <= (uint64_t)now;
}

static void verify_look_at_key(rnp_ffi_t ffi, rnp_key_handle_t key, time_t now, struct verify_signature *s)
{
	rnp_key_handle_t primary = NULL;

	s->known = verify_primary_fingerprint(key, s->key);
	s->expired = verify_key_has_expired(key, now);
	s->revoked = verify_key_is(key, rnp_key_is_revoked);
	if (!s->known || rnp_locate_key(ffi, "fingerprint", s->key, &primary) != RNP_SUCCESS || !primary) {
		s->known = false;
		return;
	}
	s->expired = s->expired || verify_key_has_expired(primary, now);
	s->revoked = s->revoked || verify_key_is(primary, rnp_key_is_revoked);
	rnp_key_handle_destroy(primary);
}

static void verify_look_at_signature(rnp_ffi_t ffi, rnp_op_verify_signature_t sig, time_t now,
				     struct verify_signature *s)
{
	rnp_key_handle_t key = NULL;
	rnp_signature_handle_t handle = NULL;
	char *text = NULL;
	uint32_t made = 0;

	*s = (struct verify_signature){.status = rnp_op_verify_signature_get_status(sig)};
	if (rnp_op_verify_signature_get_times(sig, &made, NULL) == RNP_SUCCESS)
		s->made = (time_t)made;
	if (rnp_op_verify_signature_get_hash(sig, &text) == RNP_SUCCESS) {
		size_t n = strlen(text) < sizeof(s->hash) ? strlen(text) : 0;

		memcpy(s->hash, text, n);
	}
	rnp_buffer_destroy(text);
	text = NULL;
	if (rnp_op_verify_signature_get_key(sig, &key) == RNP_SUCCESS && key) {
		verify_look_at_key(ffi, key, now, s);
		rnp_key_handle_destroy(key);
	} else if (s->made && rnp_op_verify_signature_get_handle(sig, &handle) == RNP_SUCCESS && handle) {
		/* librnp crashes on a signature that it read only partially for lack of memory: it has no time */
		if (rnp_signature_get_keyid(handle, &text) == RNP_SUCCESS && text && strlen(text) < sizeof(s->key))
			memcpy(s->key, text, strlen(text));
		rnp_buffer_destroy(text);
		rnp_signature_handle_destroy(handle);
	}
}

static int verify_op(rnp_ffi_t ffi, rnp_op_verify_t op, rnp_output_t output, const struct strv *pinned, time_t now,
		     struct verified *out, struct err *e)
{
	rnp_result_t executed = rnp_op_verify_execute(op);
	struct verify_signature *sigs = NULL;
	size_t count = 0;
	uint8_t *text = NULL;
	size_t n = 0;
	int r;

	if (rnp_op_verify_get_signature_count(op, &count) != RNP_SUCCESS)
		count = 0;
	sigs = xcalloc(count + 1, sizeof(*sigs));
	for (size_t i = 0; i < count; i++) {
		rnp_op_verify_signature_t sig;

		sigs[i].status = RNP_ERROR_GENERIC;
		if (rnp_op_verify_get_signature_at(op, i, &sig) == RNP_SUCCESS)
			verify_look_at_signature(ffi, sig, now, &sigs[i]);
	}
	r = verify_verdict(executed, sigs, count, pinned, now, &out->signers, e);
	free(sigs);
	if (r < 0)
		return -1;
	if (rnp_output_memory_get_buf(output, &text, &n, false) != RNP_SUCCESS || !n)
		return verify_say(V_LIBRARY, "", e);
	buf_add(&out->text, text, n);
	return 0;
}

int verify_bytes(const void *p, size_t n, struct verify_keys *k, const struct strv *pinned, time_t now,
		 struct verified *out, struct err *e)
{
	rnp_input_t in = NULL;
	rnp_output_t output = NULL;
	rnp_op_verify_t op = NULL;
	int saved;
	int r = -1;

	*out = (struct verified){0};
	buf_init(&out->text, VERIFY_CAP);
	if (verify_form(p, n, e) < 0)
		return -1;
	saved = verify_hush();
	if (rnp_set_timestamp(k->ffi, (uint64_t)now) != RNP_SUCCESS ||
	    rnp_input_from_memory(&in, p, n, false) != RNP_SUCCESS ||
	    rnp_output_to_memory(&output, VERIFY_CAP) != RNP_SUCCESS ||
	    rnp_op_verify_create(&op, k->ffi, in, output) != RNP_SUCCESS)
		verify_say(V_LIBRARY, "", e);
	else
		r = verify_op(k->ffi, op, output, pinned, now, out, e);
	rnp_op_verify_destroy(op);
	rnp_output_destroy(output);
	rnp_input_destroy(in);
	verify_hush_end(saved);
	if (r < 0)
		verified_fini(out);
	return r;
}
