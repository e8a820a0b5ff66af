/* SPDX-License-Identifier: MIT */
/* sha_crypt: SHA-512 crypt over OpenSSL's digests (include/base/sha_crypt.h). */
#include "base/sha_crypt.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define SIZE 64	 /* of a digest */
#define THIRD 21 /* whole groups of three bytes in it */

/* These calls fail only without memory, or if SHA-512 is not compiled in. */
static void sha_crypt_must(int ok)
{
	if (ok != 1)
		mem_end("SHA-512 cannot be computed");
}

static void sha_crypt_begin(EVP_MD_CTX *c)
{
	sha_crypt_must(EVP_DigestInit_ex(c, EVP_sha512(), NULL));
}

static void sha_crypt_add(EVP_MD_CTX *c, const void *p, size_t n)
{
	sha_crypt_must(EVP_DigestUpdate(c, p, n));
}

static void sha_crypt_end(EVP_MD_CTX *c, uint8_t out[SIZE])
{
	sha_crypt_must(EVP_DigestFinal_ex(c, out, NULL));
}

/* Adds the first n bytes of a digest that is repeated as often as needed. */
static void sha_crypt_add_repeated(EVP_MD_CTX *c, const uint8_t digest[SIZE], size_t n)
{
	for (; n > SIZE; n -= SIZE)
		sha_crypt_add(c, digest, SIZE);
	sha_crypt_add(c, digest, n);
}

/* Writes the digest of n bytes, added `times` times, repeated to n bytes; the caller wipes and frees it. */
static uint8_t *sha_crypt_sequence(EVP_MD_CTX *c, const char *p, size_t n, size_t times)
{
	uint8_t *out = xmalloc(n + 1);
	uint8_t digest[SIZE];

	sha_crypt_begin(c);
	for (size_t i = 0; i < times; i++)
		sha_crypt_add(c, p, n);
	sha_crypt_end(c, digest);
	for (size_t i = 0; i < n; i++)
		out[i] = digest[i % SIZE];
	mem_wipe(digest, sizeof(digest));
	return out;
}

/* Steps 1 to 12 of the specification. */
static void sha_crypt_first(EVP_MD_CTX *c, const char *password, size_t n, const char *salt, size_t salt_len,
			    uint8_t out[SIZE])
{
	sha_crypt_begin(c);
	sha_crypt_add(c, password, n);
	sha_crypt_add(c, salt, salt_len);
	sha_crypt_add(c, password, n);
	sha_crypt_end(c, out);
	sha_crypt_begin(c);
	sha_crypt_add(c, password, n);
	sha_crypt_add(c, salt, salt_len);
	sha_crypt_add_repeated(c, out, n);
	for (size_t bits = n; bits; bits >>= 1) {
		if (bits & 1)
			sha_crypt_add(c, out, SIZE);
		else
			sha_crypt_add(c, password, n);
	}
	sha_crypt_end(c, out);
}

/* Appends `count` characters of the method's own base64: six bits each, the lowest first. */
static void sha_crypt_encode(struct buf *out, unsigned value, int count)
{
	static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (; count; count--, value >>= 6)
		buf_addc(out, digits[value & 63]);
}

/* Appends the digest: each group has one byte of each third, and the third that comes first rotates. */
static void sha_crypt_put(struct buf *out, const uint8_t digest[SIZE])
{
	for (unsigned i = 0; i < THIRD; i++) {
		unsigned group = 0;

		for (unsigned k = 0; k < 3; k++)
			group = group << 8 | digest[i + THIRD * ((i + k) % 3)];
		sha_crypt_encode(out, group, 4);
	}
	sha_crypt_encode(out, digest[SIZE - 1], 2);
}

char *sha_crypt(const char *password, const char *salt, unsigned rounds)
{
	size_t n = strlen(password), salt_len = strnlen(salt, SHA_CRYPT_SALT);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t digest[SIZE], *p, *s;
	struct buf out;

	sha_crypt_must(c != NULL);
	sha_crypt_first(c, password, n, salt, salt_len, digest);
	p = sha_crypt_sequence(c, password, n, n);
	s = sha_crypt_sequence(c, salt, salt_len, 16u + digest[0]);
	for (unsigned i = 0; i < rounds; i++) {
		sha_crypt_begin(c);
		sha_crypt_add(c, i & 1 ? p : digest, i & 1 ? n : SIZE);
		if (i % 3)
			sha_crypt_add(c, s, salt_len);
		if (i % 7)
			sha_crypt_add(c, p, n);
		sha_crypt_add(c, i & 1 ? digest : p, i & 1 ? SIZE : n);
		sha_crypt_end(c, digest);
	}
	EVP_MD_CTX_free(c);
	buf_init(&out, 0);
	buf_adds(&out, "$6$");
	if (rounds != SHA_CRYPT_ROUNDS)
		buf_addf(&out, "rounds=%u$", rounds);
	buf_add(&out, salt, salt_len);
	buf_addc(&out, '$');
	sha_crypt_put(&out, digest);
	mem_wipe(digest, sizeof(digest));
	mem_wipe(p, n);
	mem_wipe(s, salt_len);
	free(p);
	free(s);
	return buf_steal(&out);
}
