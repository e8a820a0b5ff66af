/* SPDX-License-Identifier: MIT */
/* facts_win: user, time zone, free space, ports and accelerators of Windows. */
#include <winsock2.h>

#include <windows.h>

#include <string.h>
#include <uv.h>
#include <ws2tcpip.h>

#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"
#include "host/file.h"
#include "win.h"

char *facts_user_name(void)
{
	const wchar_t *name = _wgetenv(L"USERNAME");

	return name ? win_narrow(name) : xstrdup("");
}

/* libuv's name is that of its compiler's environment, MINGW32_NT-10.0. */
char *facts_system_name(const char *sysname)
{
	(void)sysname;
	return xstrdup("Windows");
}

/* ICU, which Windows 10 has since 1703, knows the name in the time zone database. */
char *facts_host_zone(void)
{
	HMODULE icu = LoadLibraryExW(L"icu.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	int32_t (*get)(wchar_t * out, int32_t size, int *status) = NULL;
	FARPROC address = icu ? GetProcAddress(icu, "ucal_getHostTimeZone") : NULL;
	wchar_t name[128] = L"";
	int status = 0;

	if (icu && !address)
		address = GetProcAddress(icu, "ucal_getDefaultTimeZone");
	if (address)
		memcpy(&get, &address, sizeof(get));
	if (!get || get(name, ARRAY_SIZE(name) - 1, &status) <= 0 || status > 0)
		return NULL;
	return facts_zone_or_null(win_narrow(name));
}

int host_free_space(const char *path, uint64_t *bytes, struct err *e)
{
	char *at = file_absolute(path);
	ULARGE_INTEGER available;
	bool known;

	for (;;) {
		AUTO_FREE wchar_t *wide = win_wide(at);
		char *up = file_dirname(at);
		bool last = !strcmp(up, at);

		known = GetDiskFreeSpaceExW(wide, &available, NULL, NULL);
		if (known || last) {
			free(up);
			break;
		}
		free(at);
		at = up;
	}
	if (known)
		*bytes = available.QuadPart;
	else
		err_errno(e, win_errno(GetLastError()), "free-space", "cannot read the free space at %s", at);
	free(at);
	return known ? 0 : -1;
}

static bool facts_win_sockets(void)
{
	static bool started;
	WSADATA data;

	if (!started)
		started = WSAStartup(MAKEWORD(2, 2), &data) == 0;
	return started;
}

uint16_t facts_try_port(const char *ip, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	int len = sizeof(addr);
	SOCKET s = facts_win_sockets() ? socket(AF_INET, SOCK_STREAM, 0) : INVALID_SOCKET;
	BOOL on = TRUE;
	uint16_t got = 0;

	if (s == INVALID_SOCKET)
		return 0;
	/* what SO_REUSEADDR of POSIX means is the default; another program must not take the port over */
	setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof(on));
	if (inet_pton(AF_INET, ip, &addr.sin_addr) == 1 && bind(s, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(s, 1) == 0 && getsockname(s, (struct sockaddr *)&addr, &len) == 0)
		got = ntohs(addr.sin_port);
	closesocket(s);
	return got;
}

intptr_t host_open_socket(int family, int type, int protocol)
{
	SOCKET s = facts_win_sockets() ? WSASocketW(family, type, protocol, NULL, 0,
						    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT)
				       : INVALID_SOCKET;

	return s == INVALID_SOCKET ? -1 : (intptr_t)s;
}

bool host_is_root(void)
{
	return false;
}

void host_mirrors(struct strv *archive, struct strv *security)
{
	(void)archive;
	(void)security;
}

char *host_debian_keyring(void)
{
	return NULL;
}

char *host_find_virtiofsd(void)
{
	return NULL; /* it exists for Linux alone */
}

void host_accelerators(struct strv *out)
{
	strv_add(out, "whpx");
}

bool host_accelerator_usable(const char *accel, char **why)
{
	HMODULE platform;

	*why = NULL;
	if (!strcmp(accel, "tcg"))
		return true;
	if (strcmp(accel, "whpx") != 0) {
		*why = xasprintf("%s is not an accelerator of Windows", accel);
		return false;
	}
	platform = LoadLibraryExW(L"WinHvPlatform.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	if (!platform) {
		*why = xstrdup("Windows Hypervisor Platform is not installed (Windows features, then restart)");
		return false;
	}
	FreeLibrary(platform);
	return true;
}

bool host_share_is_mapped(const char *folder)
{
	(void)folder;
	return false;
}
