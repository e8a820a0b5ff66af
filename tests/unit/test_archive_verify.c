/* SPDX-License-Identifier: MIT */
/* archive/verify: every way a release file can be signed or damaged, against recorded files. */
#include "tests/lib/check.h"

#include "archive/ring.h"
#include "archive/verify.h"
#include "base/base64.h"
#include "base/hash.h"
#include "tests/unit/archive_signed.h"

#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n"

/* librnp's codes, as the seam of verify_verdict sees them. */
#define OK 0x00000000
#define INVALID 0x12000002
#define NOT_FOUND 0x12000005
#define EXPIRED 0x1200000b
#define UNKNOWN 0x1200000d
#define GENERIC 0x10000000

struct rings {
	struct verify_keys *keys;
	struct strv pinned;
};

static int rings_new(void **state)
{
	static const char *const rings[] = {signed_key_good, signed_key_weak, signed_key_revoked, signed_key_expired,
					    signed_key_late};
	struct rings *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->keys = verify_keys_new();
	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++)
		assert_int_equal(verify_keys_add(r->keys, rings[i], strlen(rings[i]), "ring", &r->pinned, NULL), 0);
	*state = r;
	return 0;
}

static int rings_free(void **state)
{
	struct rings *r = *state;

	verify_keys_free(r->keys);
	strv_fini(&r->pinned);
	free(r);
	return 0;
}

/* "" when it is accepted, else the error's id. */
static const char *verdict_on(struct rings *r, const struct strv *pinned, const char *p, size_t n)
{
	static char id[32];
	struct verified out;
	struct err e = ERR_INIT;

	id[0] = '\0';
	if (verify_bytes(p, n, r->keys, pinned, SIGNED_NOW, &out, &e) < 0) {
		assert_int_equal(e.kind, ERR_VERIFY);
		assert_non_null(e.hint);
		snprintf(id, sizeof(id), "%s", e.id);
		err_fini(&e);
	} else {
		/* Only what was signed comes out, but for blanks at line ends. */
		assert_int_equal(out.text.len, strlen(signed_text));
		assert_memory_equal(out.text.data, signed_text, out.text.len);
		assert_int_equal(out.signers.len, 1);
		assert_string_equal(out.signers.items[0], SIGNED_FPRINT_GOOD);
		verified_fini(&out);
	}
	return id;
}

static void signatures(void **state)
{
	static const struct {
		const char *file, *id;
	} rows[] = {
		{signed_good, ""},
		{signed_sha512, ""},
		{signed_good_other, ""},
		{signed_other_good, ""},
		{signed_other, "inrelease-unknown-key"},
		{signed_expired_key, "inrelease-key-expired"},
		{signed_late_key, "inrelease-key-expired"},
		{signed_revoked_key, "inrelease-key-revoked"},
		{signed_expired_signature, "inrelease-signature-expired"},
		{signed_future, "inrelease-signature-future"},
		{signed_sha1, "inrelease-weak-digest"},
		{signed_md5, "inrelease-weak-digest"},
		{signed_literal, "inrelease-unsigned"},
		{signed_binary, "inrelease-unsigned"},
		{signed_text, "inrelease-unsigned"},
	};
	struct rings *r = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(verdict_on(r, &r->pinned, rows[i].file, strlen(rows[i].file)), rows[i].id);
}

static void pins(void **state)
{
	struct rings *r = *state;
	struct strv none = STRV_INIT;
	struct strv weak = STRV_INIT;

	assert_int_equal(r->pinned.len, 5);
	assert_true(strv_has(&r->pinned, SIGNED_FPRINT_GOOD));
	strv_add(&weak, SIGNED_FPRINT_WEAK);
	assert_string_equal(verdict_on(r, &none, signed_good, strlen(signed_good)), "inrelease-not-pinned");
	assert_string_equal(verdict_on(r, &weak, signed_good, strlen(signed_good)), "inrelease-not-pinned");
	strv_fini(&weak);
}

static void rings(void **state)
{
	struct rings *r = *state;
	struct err e = ERR_INIT;

	assert_int_equal(verify_keys_add(r->keys, "", 0, "empty", NULL, &e), -1);
	assert_string_equal(e.id, "keyring-empty");
	assert_int_equal(verify_keys_add(r->keys, "hello\n", 6, "text", NULL, &e), -1);
	assert_string_equal(e.id, "keyring-bad");
	err_fini(&e);
}

/* The revoked key as it was before: its packets are key, revocation (tag 2, 120 bytes), user id, … */
static void before_revocation(struct buf *out)
{
	const char *line = strstr(signed_key_revoked, "\n\n") + 2;
	struct buf text;

	buf_init(&text, 0);
	buf_init(out, 0);
	for (; *line != '='; line = strchr(line, '\n') + 1)
		buf_add(&text, line, strcspn(line, "\n"));
	assert_int_equal(base64_decode(out, text.data, text.len), 0);
	buf_fini(&text);
	assert_int_equal((unsigned char)out->data[53], 0x88);
	assert_int_equal(out->data[54], 120);
	memmove(out->data + 53, out->data + 53 + 122, out->len - 53 - 122);
	out->len -= 122;
}

/* An existing keyring is skipped with its primaries told; what adds a packet is not. */
static void rings_that_overlap(void **state)
{
	struct rings r = {.keys = verify_keys_new()};
	struct strv again = STRV_INIT;
	struct ring older, newer;
	struct verified out;
	struct buf ring;

	(void)state;
	before_revocation(&ring);
	assert_int_equal(verify_keys_add(r.keys, signed_key_good, strlen(signed_key_good), "good", &r.pinned, NULL), 0);
	assert_int_equal(verify_keys_add(r.keys, ring.data, ring.len, "older", &r.pinned, NULL), 0);
	assert_int_equal(r.pinned.len, 2);
	assert_int_equal(verify_keys_add(r.keys, signed_key_good, strlen(signed_key_good), "good", &again, NULL), 0);
	assert_int_equal(again.len, 1);
	assert_string_equal(again.items[0], SIGNED_FPRINT_GOOD);
	assert_string_equal(verdict_on(&r, &r.pinned, signed_good, strlen(signed_good)), "");
	assert_int_equal(
		verify_bytes(signed_revoked_key, strlen(signed_revoked_key), r.keys, &r.pinned, SIGNED_NOW, &out, NULL),
		0);
	verified_fini(&out);

	assert_int_equal(ring_read(ring.data, ring.len, &older), 0);
	assert_int_equal(ring_read(signed_key_revoked, strlen(signed_key_revoked), &newer), 0);
	assert_int_equal(older.packets.len + 1, newer.packets.len);
	assert_true(ring_is_within(&older, &newer.packets));
	assert_false(ring_is_within(&newer, &older.packets));
	assert_int_equal(
		verify_keys_add(r.keys, signed_key_revoked, strlen(signed_key_revoked), "newer", &r.pinned, NULL), 0);
	assert_int_equal(r.pinned.len, 2);
	assert_string_equal(verdict_on(&r, &r.pinned, signed_revoked_key, strlen(signed_revoked_key)),
			    "inrelease-key-revoked");
	ring_fini(&older);
	ring_fini(&newer);
	buf_fini(&ring);
	verify_keys_free(r.keys);
	strv_fini(&r.pinned);
	strv_fini(&again);
}

/* `from` of the good file replaced by `to` of n bytes. */
static void replaced(struct buf *b, const char *from, const char *to, size_t n)
{
	const char *at = strstr(signed_good, from);

	assert_non_null(at);
	buf_init(b, 0);
	buf_add(b, signed_good, (size_t)(at - signed_good));
	buf_add(b, to, n);
	buf_adds(b, at + strlen(from));
}

static void changed(void **state)
{
	static char absurd[1 << 20];
	static const struct {
		const char *from, *to;
		size_t n; /* 0: strlen(to) */
		const char *id;
	} rows[] = {
		{BEGIN, "Origin: Evil\n" BEGIN, 0, "inrelease-junk"},
		{BEGIN, "\n" BEGIN, 0, "inrelease-junk"},
		{BEGIN, BEGIN "Origin: Evil\n", 0, "inrelease-armor"},
		{BEGIN, BEGIN "Hash: SHA256\n\nOrigin: Evil\n" BEGIN, 0, "inrelease-armor"},
		{"Hash: SHA256\n", "Hash: SHA1\n", 0, "inrelease-bad-signature"},
		{"Hash: SHA256\n", "Comment: x\n", 0, "inrelease-armor"},
		{"Hash: SHA256\n", "Hash:\n", 0, "inrelease-armor"},
		{"Origin: Debian\n", "Origin: Debina\n", 0, "inrelease-bad-signature"},
		{"Origin: Debian\n", "", 0, "inrelease-bad-signature"},
		{"Origin: Debian\n", "Origin: Debian\nX: y\n", 0, "inrelease-bad-signature"},
		{"Origin: Debian\n", "Origin: Debian \t\n", 0, ""},
		{"Origin: Debian\n", "- Origin: Debian\n", 0, ""},
		{"Origin: Debian\n", "-Origin: Debian\n", 0, "inrelease-armor"},
		{"Origin: Debian\n", "Origin: Debian\r\n", 0, "inrelease-characters"},
		{"Origin: Debian\n", "Origin: Deb\0ian\n", 16, "inrelease-characters"},
		{"Suite:", "\fSuite: evil\nSuite:", 0, "inrelease-characters"},
		{"Suite:", absurd, sizeof(absurd), "inrelease-line"},
		{SIGNATURE, SIGNATURE "Version: x\n", 0, "inrelease-armor"},
		{SIGNATURE, "", 0, "inrelease-armor"},
		{"-----END PGP SIGNATURE-----\n", "", 0, "inrelease-truncated"},
		{"-----END PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----", 0, "inrelease-truncated"},
		{"-----END PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\n\n", 0, "inrelease-junk"},
		{"-----END PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\nOrigin: Evil\n", 0, "inrelease-junk"},
	};
	struct rings *r = *state;
	struct buf b;

	memset(absurd, 'a', sizeof(absurd));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		replaced(&b, rows[i].from, rows[i].to, rows[i].n ? rows[i].n : strlen(rows[i].to));
		assert_string_equal(verdict_on(r, &r->pinned, b.data, b.len), rows[i].id);
		buf_fini(&b);
	}
}

static void whole_files(void **state)
{
	struct rings *r = *state;
	size_t huge = VERIFY_CAP + 1;
	char *p = calloc(1, huge);
	struct buf two;

	assert_non_null(p);
	memset(p, '\n', huge);
	assert_string_equal(verdict_on(r, &r->pinned, p, huge), "inrelease-large");
	free(p);
	assert_string_equal(verdict_on(r, &r->pinned, "", 0), "inrelease-empty");
	assert_string_equal(verdict_on(r, &r->pinned, " <html>\n", 8), "inrelease-html");
	buf_init(&two, 0);
	buf_adds(&two, signed_good);
	buf_adds(&two, signed_good);
	assert_string_equal(verdict_on(r, &r->pinned, two.data, two.len), "inrelease-junk");
	buf_fini(&two);
}

/* Cut anywhere it is refused; with one byte changed anywhere it is refused too, or what comes out
 * is the signed text all the same (the armour's checksum is not looked at). */
static void every_byte(void **state)
{
	struct rings *r = *state;
	size_t n = strlen(signed_good);
	char *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		assert_string_not_equal(verdict_on(r, &r->pinned, signed_good, i), "");
	for (size_t i = 0; i < n; i += 7) {
		memcpy(p, signed_good, n + 1);
		p[i] = p[i] == 'x' ? 'y' : 'x';
		verdict_on(r, &r->pinned, p, n); /* asserts that what comes out is the signed text */
	}
	free(p);
}

static void verdicts(void **state)
{
	static const struct {
		uint32_t executed;
		size_t count;
		struct verify_signature sigs[2];
		const char *id;
	} rows[] = {
		{OK, 1, {{.hash = "SHA256", .key = "A", .known = true}}, ""},
		{OK, 0, {{0}}, "inrelease-unsigned"},
		{GENERIC, 0, {{0}}, "inrelease-library"},
		{GENERIC, 1, {{.hash = "SHA256", .key = "A", .known = true}}, "inrelease-library"},
		{OK, 1, {{.status = GENERIC, .hash = "SHA256", .key = "A", .known = true}}, "inrelease-library"},
		{OK, 1, {{.status = UNKNOWN}}, "inrelease-malformed"},
		{OK, 1, {{.status = NOT_FOUND, .key = "A"}}, "inrelease-unknown-key"},
		{OK, 1, {{.hash = "SHA256", .key = "A"}}, "inrelease-unknown-key"},
		{OK, 1, {{.hash = "SHA256", .key = "B", .known = true}}, "inrelease-not-pinned"},
		{OK, 1, {{.hash = "SHA1", .key = "A", .known = true}}, "inrelease-weak-digest"},
		{OK, 1, {{.hash = "", .key = "A", .known = true}}, "inrelease-weak-digest"},
		{OK, 1, {{.hash = "SHA256", .key = "A", .known = true, .expired = true}}, "inrelease-key-expired"},
		{OK, 1, {{.hash = "SHA256", .key = "A", .known = true, .revoked = true}}, "inrelease-key-revoked"},
		{OK,
		 1,
		 {{.status = EXPIRED, .hash = "SHA256", .key = "A", .known = true}},
		 "inrelease-signature-expired"},
		{OK, 1, {{.status = INVALID, .hash = "SHA256", .key = "A", .known = true}}, "inrelease-bad-signature"},
		{OK, 1, {{.status = 1, .hash = "SHA256", .key = "A", .known = true}}, "inrelease-library"},
		{OK, 2, {{.status = NOT_FOUND, .key = "B"}, {.hash = "SHA512", .key = "A", .known = true}}, ""},
		{OK,
		 2,
		 {{.status = INVALID, .hash = "SHA256", .key = "A", .known = true}, {.status = NOT_FOUND, .key = "B"}},
		 "inrelease-bad-signature"},
	};
	struct strv pinned = STRV_INIT;

	(void)state;
	strv_add(&pinned, "A");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strv signers = STRV_INIT;
		struct err e = ERR_INIT;
		int r = verify_verdict(rows[i].executed, rows[i].sigs, rows[i].count, &pinned, SIGNED_NOW, &signers,
				       &e);

		assert_string_equal(e.id, rows[i].id);
		assert_int_equal(r, *rows[i].id ? -1 : 0);
		assert_int_equal(signers.len, *rows[i].id ? 0 : 1);
		strv_fini(&signers);
		err_fini(&e);
	}
	strv_fini(&pinned);
}

/* A librnp that is built with OpenSSL (Windows) takes OpenSSL's algorithms with it when it ends, if it was the first to
 * use them. */
static void digest_after_the_last_ring(void **state)
{
	uint8_t digest[HASH_SIZE];

	(void)state;
	verify_keys_free(verify_keys_new());
	hash_bytes("abc", 3, digest);
	assert_int_equal(digest[0], 0xba);
}

int main(void)
{
	const struct CMUnitTest first[] = {cmocka_unit_test(digest_after_the_last_ring)};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures),	      cmocka_unit_test(pins),	  cmocka_unit_test(rings),
		cmocka_unit_test(rings_that_overlap), cmocka_unit_test(changed),  cmocka_unit_test(whole_files),
		cmocka_unit_test(every_byte),	      cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(first, NULL, NULL) + cmocka_run_group_tests(tests, rings_new, rings_free);
}
