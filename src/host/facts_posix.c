/* SPDX-License-Identifier: MIT */
/*
 * facts_posix: user, time zone, ports, shares and places of files as POSIX systems have them; apt_sources.c reads
 * mirrors.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "apt_sources.h"
#include "base/mem.h"
#include "facts_priv.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/paths.h"

#define SHARE_ITEMS 1000 /* that are examined */

/* Uses the environment first: glibc's user database does not survive a lack of memory. */
char *facts_user_name(void)
{
	struct passwd pw, *found = NULL;
	char text[4096];
	const char *env = getenv("USER");

	if (env && *env)
		return xstrdup(env);
	if (getpwuid_r(geteuid(), &pw, text, sizeof(text), &found) == 0 && found)
		return xstrdup(found->pw_name);
	return xstrdup("");
}

char *facts_system_name(const char *sysname)
{
	return xstrdup(sysname);
}

static char *facts_zone_of_link(void)
{
	static const char mark[] = "/zoneinfo/";
	char path[4096];
	ssize_t n = readlink("/etc/localtime", path, sizeof(path) - 1);
	char *at;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	at = strstr(path, mark);
	return at ? facts_zone_or_null(xstrdup(at + sizeof(mark) - 1)) : NULL;
}

static char *facts_zone_of_file(const char *path)
{
	struct buf text;
	char *name;

	if (file_read(path, 256, &text, NULL) < 0)
		return NULL;
	name = xstrndup(text.data, strcspn(text.data, " \t\r\n"));
	buf_fini(&text);
	return facts_zone_or_null(name);
}

char *facts_host_zone(void)
{
	char *name = facts_zone_of_link();

	if (!name)
		name = facts_zone_of_file("/etc/timezone");
	return name ? name : facts_zone_of_file("/var/db/zoneinfo"); /* tzsetup(8) of FreeBSD */
}

int host_free_space(const char *path, uint64_t *bytes, struct err *e)
{
	char *at = file_absolute(path);
	struct statvfs st;
	int r;

	while ((r = statvfs(at, &st)) < 0 && (errno == ENOENT || errno == ENOTDIR) && strcmp(at, "/") != 0) {
		char *up = file_dirname(at);

		free(at);
		at = up;
	}
	if (r < 0)
		r = err_errno(e, errno, "free-space", "cannot read the free space at %s", at);
	else
		*bytes = (uint64_t)st.f_bavail * (st.f_frsize ? st.f_frsize : st.f_bsize);
	free(at);
	return r;
}

/* Binds a TCP port briefly; returns the port, or 0 on failure. */
uint16_t facts_try_port(const char *ip, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;
	uint16_t got = 0;

	if (fd < 0)
		return 0;
	/* as QEMU does: recently closed connections do not prevent it */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (inet_pton(AF_INET, ip, &addr.sin_addr) == 1 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&addr, &len) == 0)
		got = ntohs(addr.sin_port);
	close(fd);
	return got;
}

intptr_t host_open_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

bool host_is_root(void)
{
	return geteuid() == 0;
}

void host_mirrors(struct strv *archive, struct strv *security)
{
	apt_sources_read("/etc/apt", archive, security);
}

char *host_debian_keyring(void)
{
	static const char *const places[] = {
		"/usr/share/keyrings/debian-archive-keyring.gpg",
		"/usr/share/keyrings/debian-archive-keyring.pgp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (access(places[i], R_OK) == 0)
			return xstrdup(places[i]);
	}
	return NULL;
}

char *host_find_virtiofsd(void)
{
	/* Debian 13; Debian 12, for root alone */
	static const char *const places[] = {"/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"};
	char *found = host_which("virtiofsd");

	for (size_t i = 0; !found && i < (host_is_root() ? 2u : 1u); i++)
		found = host_which(places[i]);
	return found;
}

bool host_share_is_mapped(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	bool found = false;

	for (int n = 0; dir && !found && n < SHARE_ITEMS && (item = readdir(dir)); n++) {
		AUTO_FREE char *path = file_join(folder, item->d_name);

		found = facts_has_attribute(path, "user.virtfs.mode");
	}
	if (dir)
		closedir(dir);
	return found;
}
