/* SPDX-License-Identifier: MIT */
/* facts_linux: accelerators and extended attributes of Linux. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"

void host_accelerators(struct strv *out)
{
	strv_add(out, "kvm");
}

static char *facts_linux_why_not_kvm(int failed)
{
	if (failed == ENOENT || failed == ENXIO || failed == ENODEV)
		return xstrdup("there is no /dev/kvm: the CPU's virtualisation is off in the firmware "
			       "set-up, or this host is itself a virtual machine without it");
	if (failed == EACCES || failed == EPERM)
		return xstrdup("this user may not open /dev/kvm (sudo usermod -aG kvm $USER, then log in "
			       "again)");
	return xasprintf("/dev/kvm cannot be opened: %s", strerror(failed));
}

bool host_accelerator_usable(const char *accel, char **why)
{
	int fd;

	*why = NULL;
	if (!strcmp(accel, "tcg"))
		return true;
	if (strcmp(accel, "kvm") != 0) {
		*why = xasprintf("%s is not an accelerator of Linux", accel);
		return false;
	}
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		*why = facts_linux_why_not_kvm(errno);
		return false;
	}
	close(fd);
	return true;
}

bool facts_has_attribute(const char *path, const char *name)
{
	return lgetxattr(path, name, NULL, 0) > 0;
}
