/* SPDX-License-Identifier: MIT */
/* psk: TLS 1.2 by OpenSSL over two buffers in memory (include/base/psk.h). */
#include "base/psk.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define PSK_RECORD 16384 /* bytes that one record holds */
/* Of TLS 1.2: with 1.3 a server can choose a certificate instead of the key. */
#define PSK_CIPHERS "PSK-AES256-GCM-SHA384:PSK-AES128-GCM-SHA256:PSK-CHACHA20-POLY1305"

struct psk {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* of ssl, which owns them */
	uint8_t key[HASH_SIZE];
};

int psk_key(char hex[HASH_HEX], struct err *e)
{
	uint8_t bytes[HASH_SIZE];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return err_set(e, ERR_FAILED, "no-random", "this host gives no random numbers");
	hash_hex(bytes, hex);
	return 0;
}

static unsigned psk_give(SSL *ssl, const char *hint, char *user, unsigned user_max, unsigned char *key,
			 unsigned key_max)
{
	const struct psk *k = SSL_get_app_data(ssl);

	(void)hint;
	if (user_max <= strlen(PSK_USER) || key_max < sizeof(k->key))
		return 0;
	memcpy(user, PSK_USER, strlen(PSK_USER) + 1);
	memcpy(key, k->key, sizeof(k->key));
	return sizeof(k->key);
}

struct psk *psk_new(const char *hex)
{
	struct psk *k = xcalloc(1, sizeof(*k));

	if (!hash_from_hex(hex, k->key)) {
		free(k);
		return NULL;
	}
	k->ctx = SSL_CTX_new(TLS_client_method());
	if (!k->ctx || !SSL_CTX_set_max_proto_version(k->ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set_cipher_list(k->ctx, PSK_CIPHERS) || !(k->ssl = SSL_new(k->ctx)))
		mem_end("TLS cannot be used");
	SSL_set_psk_client_callback(k->ssl, psk_give);
	SSL_set_app_data(k->ssl, k);
	k->in = BIO_new(BIO_s_mem());
	k->out = BIO_new(BIO_s_mem());
	if (!k->in || !k->out)
		mem_end("TLS cannot be used");
	SSL_set_bio(k->ssl, k->in, k->out);
	SSL_set_connect_state(k->ssl);
	return k;
}

static void psk_pull(struct psk *k, struct buf *out)
{
	char *bytes;
	long n = BIO_get_mem_data(k->out, &bytes);

	if (n > 0)
		buf_add(out, bytes, (size_t)n);
	(void)BIO_reset(k->out);
}

/* Returns whether the result of an SSL function means that more bytes of the peer are needed. */
static bool psk_waits(struct psk *k, int result)
{
	bool waits = SSL_get_error(k->ssl, result) == SSL_ERROR_WANT_READ;

	ERR_clear_error();
	return waits;
}

int psk_feed(struct psk *k, const void *p, size_t n, struct buf *plain, struct buf *out)
{
	char bytes[PSK_RECORD];
	int r = 1;

	ERR_clear_error();
	if (n)
		BIO_write(k->in, p, (int)n);
	if (!psk_is_ready(k))
		r = SSL_do_handshake(k->ssl);
	while (r > 0) {
		r = SSL_read(k->ssl, bytes, sizeof(bytes));
		if (r > 0)
			buf_add(plain, bytes, (size_t)r);
	}
	r = psk_waits(k, r) ? 0 : -1;
	psk_pull(k, out);
	return r;
}

bool psk_is_ready(const struct psk *k)
{
	return SSL_is_init_finished(k->ssl);
}

int psk_write(struct psk *k, const void *p, size_t n, struct buf *out)
{
	if (!psk_is_ready(k))
		return -1;
	for (const char *at = p; n; at++, n--)
		if (SSL_write(k->ssl, at, 1) != 1)
			return -1;
	psk_pull(k, out);
	return 0;
}

void psk_free(struct psk *k)
{
	if (!k)
		return;
	SSL_free(k->ssl);
	SSL_CTX_free(k->ctx);
	OPENSSL_cleanse(k->key, sizeof(k->key));
	free(k);
}
