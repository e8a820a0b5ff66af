/* SPDX-License-Identifier: MIT */
/* wait_win: by Sleep. */
#include <windows.h>

#include "host/clock.h"

void host_wait(unsigned ms)
{
	Sleep(ms);
}
