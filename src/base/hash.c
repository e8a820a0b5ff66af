/* SPDX-License-Identifier: MIT */
/* hash: SHA-256 by OpenSSL's libcrypto. */
#include "base/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

struct hash {
	EVP_MD_CTX *ctx;
};

/* These calls fail only without memory or when SHA-256 is not compiled in. */
static void hash_must(int ok)
{
	if (ok != 1)
		mem_end("SHA-256 cannot be computed");
}

/* OpenSSL 3.0 crashes if the first allocations of its initialization fail. */
static void *hash_ssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return xmalloc(n);
}

static void *hash_ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return xrealloc(p, n);
}

static void hash_ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void hash_guard_memory(void)
{
	CRYPTO_set_mem_functions(hash_ssl_malloc, hash_ssl_realloc, hash_ssl_free);
}

void hash_hold_algorithms(void)
{
	static OSSL_PROVIDER *held;

	if (!held)
		held = OSSL_PROVIDER_load(NULL, "default");
}

struct hash *hash_new(void)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	hash_must(h->ctx && EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL));
	return h;
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	if (n)
		hash_must(EVP_DigestUpdate(h->ctx, p, n));
}

void hash_end(struct hash *h, uint8_t out[HASH_SIZE])
{
	hash_must(EVP_DigestFinal_ex(h->ctx, out, NULL));
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hash_free(struct hash *h)
{
	uint8_t unused[HASH_SIZE];

	if (h)
		hash_end(h, unused);
}

void hash_bytes(const void *p, size_t n, uint8_t out[HASH_SIZE])
{
	struct hash *h = hash_new();

	hash_add(h, p, n);
	hash_end(h, out);
}

/* Adds the whole file. */
static int hash_add_file(int fd, EVP_MD_CTX *ctx, uint64_t *size, struct err *e)
{
	const size_t chunk = 256 * 1024;
	AUTO_FREE char *p = xmalloc(chunk);
	uint64_t total = 0;
	ssize_t n = -1;

	if (lseek(fd, 0, SEEK_SET) == 0) {
		while ((n = read(fd, p, chunk)) != 0) {
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				break;
			hash_must(EVP_DigestUpdate(ctx, p, (size_t)n));
			total += (uint64_t)n;
		}
	}
	if (n < 0)
		return err_errno(e, errno, "file-read", "cannot read a file to check it");
	if (size)
		*size = total;
	return 0;
}

int hash_fd(int fd, uint8_t out[HASH_SIZE], uint64_t *size, struct err *e)
{
	struct hash *h = hash_new();

	if (hash_add_file(fd, h->ctx, size, e) < 0) {
		hash_free(h);
		return -1;
	}
	hash_end(h, out);
	return 0;
}

int hash_check_fd(int fd, const char *hex, bool *same, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int r;

	hash_must(ctx && EVP_DigestInit_ex(ctx, strlen(hex) == HASH_HEX - 1 ? EVP_sha256() : EVP_sha512(), NULL));
	r = hash_add_file(fd, ctx, NULL, e);
	hash_must(EVP_DigestFinal_ex(ctx, digest, &n));
	EVP_MD_CTX_free(ctx);
	*same = !r && strlen(hex) == 2 * (size_t)n;
	for (size_t i = 0; *same && i < n; i++)
		*same = text_hex_digit(hex[2 * i]) == digest[i] >> 4 &&
			text_hex_digit(hex[2 * i + 1]) == (digest[i] & 15);
	return r;
}

void hash_hex(const uint8_t in[HASH_SIZE], char out[HASH_HEX])
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_SIZE; i++) {
		out[2 * i] = digit[in[i] >> 4];
		out[2 * i + 1] = digit[in[i] & 15];
	}
	out[2 * HASH_SIZE] = '\0';
}

bool hash_from_hex(const char *hex, uint8_t out[HASH_SIZE])
{
	uint8_t bytes[HASH_SIZE];

	for (size_t i = 0; i < HASH_SIZE; i++) {
		int high = text_hex_digit(hex[2 * i]);
		int low = high < 0 ? -1 : text_hex_digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (hex[2 * HASH_SIZE])
		return false;
	memcpy(out, bytes, HASH_SIZE);
	return true;
}
