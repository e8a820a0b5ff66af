/* SPDX-License-Identifier: MIT */
/* base64: encodes and decodes base64 by OpenSSL's libcrypto. */
#include "base/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"

void base64_encode(struct buf *out, const char *p, size_t n)
{
	AUTO_FREE char *text = xmalloc(n / 3 * 4 + 5);
	int len = n < INT_MAX / 2 ? EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)p, (int)n) : 0;

	buf_add(out, text, (size_t)len);
}

int base64_decode(struct buf *out, const char *p, size_t n)
{
	size_t pad = n && p[n - 1] == '=' ? 1 + (n > 1 && p[n - 2] == '=') : 0;
	char *bytes = xmalloc(n + 1);
	int len = n % 4 || n > INT_MAX ? -1 : EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)p, (int)n);

	/* padding is decoded, too; a shorter result had white space */
	if (len < 0 || (size_t)len != n / 4 * 3) {
		free(bytes);
		return -1;
	}
	buf_add(out, bytes, (size_t)len - pad);
	free(bytes);
	return 0;
}
