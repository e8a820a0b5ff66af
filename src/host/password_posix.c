/* SPDX-License-Identifier: MIT */
/* password: hashes passwords by crypt(3). */
#include "host/password.h"

#include <string.h>
#include <unistd.h>
#include <uv.h>
#ifdef HAVE_CRYPT_H
#include <crypt.h>
#endif

#include "base/mem.h"

#define SALT_LEN 16

int host_password_hash(const char *password, char **hash, struct err *e)
{
	static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[SALT_LEN];
	char salt[3 + SALT_LEN + 2] = "$6$";
	const char *made;

	if (uv_random(NULL, NULL, bytes, sizeof(bytes), 0, NULL) != 0)
		return err_set(e, ERR_FAILED, "no-random", "this host gives no random numbers");
	for (size_t i = 0; i < SALT_LEN; i++)
		salt[3 + i] = digits[bytes[i] & 63];
	salt[3 + SALT_LEN] = '$';
	made = crypt(password, salt);
	if (!made || strncmp(made, "$6$", 3) != 0) {
		err_set(e, ERR_MISSING, "no-crypt", "this host cannot make a SHA-512 password hash");
		return err_hint(e, "make one elsewhere (mkpasswd -m sha-512) and write it to system.password_hash");
	}
	*hash = xstrdup(made);
	return 0;
}
