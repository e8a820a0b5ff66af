/* SPDX-License-Identifier: MIT */
/*
 * facts: properties of this host as far as POSIX and libuv report them. Accelerators are in facts_linux.c, install
 * commands in install.c, apt's sources in apt_sources.c.
 */
#include "host/facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <uv.h>

#include "apt_sources.h"
#include "base/mem.h"
#include "facts_priv.h"
#include "host/file.h"

/* Uses the environment first: glibc's user database does not survive a lack of memory. */
static char *facts_user_name(void)
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

static bool facts_is_plain(const char *s, const char *more)
{
	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

		if (!plain && !strchr(more, *s))
			return false;
	}
	return true;
}

/* Returns the name of a time zone, or NULL; takes the text. */
static char *facts_zone_or_null(char *name)
{
	if (name && *name && *name != '/' && !strstr(name, "..") && facts_is_plain(name, "_+-/"))
		return name;
	free(name);
	return NULL;
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

static char *facts_zone_of_file(void)
{
	struct buf text;
	char *name;

	if (file_read("/etc/timezone", 256, &text, NULL) < 0)
		return NULL;
	name = xstrndup(text.data, strcspn(text.data, " \t\r\n"));
	buf_fini(&text);
	return facts_zone_or_null(name);
}

static char *facts_timezone_name(void)
{
	const char *env = getenv("TZ");
	char *name = env ? facts_zone_or_null(xstrdup(*env == ':' ? env + 1 : env)) : NULL;

	/* a TZ such as CET-1CEST is a rule, not a name: names contain a slash */
	if (name && !strchr(name, '/') && strcmp(name, "UTC") != 0) {
		free(name);
		name = NULL;
	}
	if (!name)
		name = facts_zone_of_link();
	if (!name)
		name = facts_zone_of_file();
	return name ? name : xstrdup("Etc/UTC");
}

/* Returns the user's locale if a guest can have it: with UTF-8. */
static char *facts_locale_name(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (!value || !*value)
			continue;
		if (facts_is_plain(value, "_.@-") && strstr(value, "UTF-8"))
			return xstrdup(value);
		break;
	}
	return xstrdup("C.UTF-8");
}

static uint64_t facts_memory_size(void)
{
	uint64_t total = uv_get_total_memory();
	uint64_t limit = uv_get_constrained_memory(); /* 0: unknown */

	return limit && limit < total ? limit : total;
}

void host_facts_get(struct host_facts *f)
{
	uv_utsname_t uts = {.sysname = "", .machine = "", .release = ""};

	uv_os_uname(&uts);
	*f = (struct host_facts){
		.os = xstrdup(uts.sysname),
		.machine = xstrdup(uts.machine),
		.kernel = xstrdup(uts.release),
		.cpus = uv_available_parallelism(),
		.memory = facts_memory_size(),
		.user = facts_user_name(),
		.timezone = facts_timezone_name(),
		.locale = facts_locale_name(),
		.package_manager = xstrdup(facts_package_manager()),
	};
}

void host_facts_fini(struct host_facts *f)
{
	if (!f)
		return;
	free(f->os);
	free(f->machine);
	free(f->kernel);
	free(f->user);
	free(f->timezone);
	free(f->locale);
	free(f->package_manager);
	*f = (struct host_facts){0};
}

void host_mirrors(struct strv *archive, struct strv *security)
{
	apt_sources_read("/etc/apt", archive, security);
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
static uint16_t facts_try_port(const char *ip, uint16_t port)
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

bool host_is_root(void)
{
	return geteuid() == 0;
}

bool host_port_free(const char *ip, uint16_t port)
{
	return port && facts_try_port(ip, port) == port;
}

uint16_t host_free_port(uint16_t wanted)
{
	uint16_t got = wanted ? facts_try_port("127.0.0.1", wanted) : 0;

	return got ? got : facts_try_port("127.0.0.1", 0);
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
