/* SPDX-License-Identifier: MIT */
/* password: a salt, and the hash (include/host/password.h). */
#include "host/password.h"

#include "base/mem.h"
#include "base/sha_crypt.h"
#include "host/random.h"
#include "password_priv.h"

int host_password_hash(const char *password, char **hash, struct err *e)
{
	static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	AUTO_FREE char *setting = NULL;
	unsigned char bytes[SHA_CRYPT_SALT];
	char salt[SHA_CRYPT_SALT + 1] = "";

	if (host_random(bytes, sizeof(bytes), e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		salt[i] = digits[bytes[i] & 63];
	setting = xasprintf("$6$%s$", salt);
	*hash = password_by_system(password, setting);
	if (!*hash)
		*hash = sha_crypt(password, salt, SHA_CRYPT_ROUNDS);
	return 0;
}
