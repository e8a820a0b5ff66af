/* SPDX-License-Identifier: MIT */
/* password_posix: crypt(3), whose methods differ between hosts. */
#include <string.h>
#include <unistd.h>
#ifdef HAVE_CRYPT_H
#include <crypt.h>
#endif

#include "base/mem.h"
#include "password_priv.h"

char *password_by_system(const char *password, const char *setting)
{
#ifdef HAVE_CRYPT
	const char *made = crypt(password, setting);

	return made && !strncmp(made, "$6$", 3) ? xstrdup(made) : NULL;
#else
	(void)password, (void)setting;
	return NULL;
#endif
}
