/* SPDX-License-Identifier: MIT */
/* facts_darwin: accelerators and extended attributes of macOS. */
#include <sys/types.h>

#include <string.h>
#include <sys/sysctl.h>
#include <sys/xattr.h>

#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"

void host_accelerators(struct strv *out)
{
	strv_add(out, "hvf");
}

/* QEMU also needs the entitlement com.apple.security.hypervisor, which a trial shows. */
bool host_accelerator_usable(const char *accel, char **why)
{
	int has = 0;
	size_t n = sizeof(has);

	*why = NULL;
	if (!strcmp(accel, "tcg"))
		return true;
	if (strcmp(accel, "hvf") != 0)
		*why = xasprintf("%s is not an accelerator of macOS", accel);
	else if (sysctlbyname("kern.hv_support", &has, &n, NULL, 0) < 0 || !has)
		*why = xstrdup(
			"this Mac has no Hypervisor.framework (sysctl kern.hv_support), or it is itself a virtual "
			"machine without it");
	return !*why;
}

bool facts_has_attribute(const char *path, const char *name)
{
	return getxattr(path, name, NULL, 0, 0, XATTR_NOFOLLOW) > 0;
}
