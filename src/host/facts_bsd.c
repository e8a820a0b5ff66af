/* SPDX-License-Identifier: MIT */
/* facts_bsd: accelerators of the BSDs: QEMU uses NVMM of NetBSD, but no hypervisor of FreeBSD or OpenBSD. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"

#define NVMM "/dev/nvmm"

void host_accelerators(struct strv *out)
{
#ifdef __NetBSD__
	strv_add(out, "nvmm");
#else
	(void)out;
#endif
}

bool host_accelerator_usable(const char *accel, char **why)
{
	int fd;

	*why = NULL;
	if (!strcmp(accel, "tcg"))
		return true;
	if (strcmp(accel, "nvmm") != 0) {
		*why = xasprintf("%s is not an accelerator of the BSDs", accel);
		return false;
	}
	fd = open(NVMM, O_RDONLY | O_CLOEXEC); /* as libnvmm does */
	if (fd < 0) {
		*why = xasprintf(NVMM " cannot be opened: %s (on NetBSD: sudo modload nvmm, and the group nvmm)",
				 strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

/* QEMU 7.2 shares no folders on these hosts, so no guest has left attributes. */
bool facts_has_attribute(const char *path, const char *name)
{
	(void)path;
	(void)name;
	return false;
}
