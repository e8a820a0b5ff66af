/* SPDX-License-Identifier: MIT */
/* password_win: Windows has no crypt(3). */
#include <stddef.h>

#include "password_priv.h"

char *password_by_system(const char *password, const char *setting)
{
	(void)password, (void)setting;
	return NULL;
}
