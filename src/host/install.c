/* SPDX-License-Identifier: MIT */
/* install: the exact command that installs a program on this host. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"

enum manager { APT, DNF, PACMAN, APK, BREW, PKG, MANAGERS };

static const struct {
	const char *name, *program, *command;
} managers[MANAGERS] = {
	[APT] = {"apt", "apt-get", "apt install"},    [DNF] = {"dnf", "dnf", "dnf install"},
	[PACMAN] = {"pacman", "pacman", "pacman -S"}, [APK] = {"apk", "apk", "apk add"},
	[BREW] = {"brew", "brew", "brew install"},    [PKG] = {"pkg", "pkg", "pkg install"},
};

/* The packages of a program. */
static const struct {
	const char *program;
	const char *package[MANAGERS];
} packages[] = {
#define QEMU(program, apt, dnf, pacman, apk)                                                                           \
	{                                                                                                              \
		program,                                                                                               \
		{                                                                                                      \
			[APT] = apt, [DNF] = dnf, [PACMAN] = pacman, [APK] = apk, [BREW] = "qemu", [PKG] = "qemu"      \
		}                                                                                                      \
	}
	QEMU("qemu-system-arm", "qemu-system-arm", "qemu-system-arm", "qemu-system-arm", "qemu-system-arm"),
	QEMU("qemu-system-aarch64", "qemu-system-arm", "qemu-system-aarch64", "qemu-system-aarch64",
	     "qemu-system-aarch64"),
	QEMU("qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86", "qemu-system-x86", "qemu-system-x86_64"),
	QEMU("qemu-system-i386", "qemu-system-x86", "qemu-system-x86", "qemu-system-x86", "qemu-system-i386"),
	QEMU("qemu-system-riscv64", "qemu-system-misc", "qemu-system-riscv", "qemu-system-riscv",
	     "qemu-system-riscv64"),
	QEMU("qemu-system-ppc64", "qemu-system-ppc", "qemu-system-ppc", "qemu-system-ppc", "qemu-system-ppc64"),
	QEMU("qemu-system-s390x", "qemu-system-misc", "qemu-system-s390x", "qemu-system-s390x", "qemu-system-s390x"),
	QEMU("qemu-system-mips64el", "qemu-system-mips", "qemu-system-mips", "qemu-system-mips",
	     "qemu-system-mips64el"),
	QEMU("qemu-img", "qemu-utils", "qemu-img", "qemu-img", "qemu-img"),
#undef QEMU
	{"distccd",
	 {[APT] = "distcc",
	  [DNF] = "distcc-server",
	  [PACMAN] = "distcc",
	  [APK] = "distcc",
	  [BREW] = "distcc",
	  [PKG] = "distcc"}},
	{"ssh",
	 {[APT] = "openssh-client",
	  [DNF] = "openssh-clients",
	  [PACMAN] = "openssh",
	  [APK] = "openssh-client",
	  [BREW] = "openssh",
	  [PKG] = "openssh-portable"}},
	{"ssh-keygen",
	 {[APT] = "openssh-client",
	  [DNF] = "openssh",
	  [PACMAN] = "openssh",
	  [APK] = "openssh-keygen",
	  [BREW] = "openssh",
	  [PKG] = "openssh-portable"}},
};

static int install_find_manager(void)
{
	for (int i = 0; i < MANAGERS; i++) {
		char *path = host_which(managers[i].program);

		free(path);
		if (path)
			return i;
	}
	return -1;
}

const char *facts_package_manager(void)
{
	int m = install_find_manager();

	return m < 0 ? "" : managers[m].name;
}

static bool install_has(const char *program)
{
	char *path = host_which(program);

	free(path);
	return path != NULL;
}

static char *install_as_root(const char *command, const char *package, int manager)
{
	if (host_is_root() || manager == BREW)
		return xasprintf("%s %s", command, package);
	if (install_has("sudo"))
		return xasprintf("sudo %s %s", command, package);
	if (install_has("doas"))
		return xasprintf("doas %s %s", command, package);
	return xasprintf("su -c '%s %s'", command, package);
}

char *host_install_hint(const char *program)
{
	const char *name = file_basename(program);
	int m = install_find_manager();

	for (size_t i = 0; m >= 0 && i < ARRAY_SIZE(packages); i++) {
		if (!strcmp(packages[i].program, name) && packages[i].package[m])
			return install_as_root(managers[m].command, packages[i].package[m], m);
	}
	return NULL;
}
