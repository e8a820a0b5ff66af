/* SPDX-License-Identifier: MIT */
/* facts_linux: accelerators and extended attributes of Linux. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/facts.h"

#define SHARE_ITEMS 1000 /* that are examined */

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

bool host_share_is_mapped(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	bool found = false;

	for (int n = 0; dir && !found && n < SHARE_ITEMS && (item = readdir(dir)); n++) {
		char *path = xasprintf("%s/%s", folder, item->d_name);

		found = lgetxattr(path, "user.virtfs.mode", NULL, 0) > 0;
		free(path);
	}
	if (dir)
		closedir(dir);
	return found;
}
