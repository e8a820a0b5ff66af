/* SPDX-License-Identifier: MIT */
/* base64: see include/base/base64.h. */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		size_t some = n - i < 3 ? n - i : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < some ? (unsigned char)p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_addc(out, k <= some ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
}

int base64_decode(struct buf *out, const char *p, size_t n)
{
	size_t pad = n && p[n - 1] == '=' ? 1 + (n > 1 && p[n - 2] == '=') : 0;
	uint32_t v = 0;

	if (n % 4)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *at = i < n - pad && p[i] ? strchr(digits, p[i]) : NULL;

		if (!at && i < n - pad)
			return -1;
		v = v << 6 | (at ? (uint32_t)(at - digits) : 0);
		if (i % 4 != 3)
			continue;
		for (size_t k = 0; k < (i + 1 == n ? 3 - pad : 3); k++)
			buf_addc(out, (char)(v >> (16 - 8 * k)));
	}
	return 0;
}
