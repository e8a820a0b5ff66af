/* SPDX-License-Identifier: MIT */
/* password_win: Windows has no crypt(3). */
#include "host/password.h"

int host_password_hash(const char *password, char **hash, struct err *e)
{
	(void)password;
	(void)hash;
	err_set(e, ERR_MISSING, "no-crypt", "this host cannot make a SHA-512 password hash");
	return err_hint(e, "make one elsewhere (mkpasswd -m sha-512) and write it to system.password_hash");
}
