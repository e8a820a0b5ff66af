/* SPDX-License-Identifier: MIT */
/* wait_posix: by poll(2). */
#include <poll.h>

#include "host/clock.h"

void host_wait(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}
