/* SPDX-License-Identifier: MIT */
/*
 * facts: properties of this host as far as libuv and the environment report them. facts_posix.c and facts_win.c have
 * the rest, facts_linux.c and its like accelerators, install.c commands to install packages.
 */
#include "host/facts.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/mem.h"
#include "facts_priv.h"

static bool facts_is_plain(const char *s, const char *more)
{
	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

		if (!plain && !strchr(more, *s))
			return false;
	}
	return true;
}

char *facts_zone_or_null(char *name)
{
	if (name && *name && *name != '/' && !strstr(name, "..") && facts_is_plain(name, "_+-/"))
		return name;
	free(name);
	return NULL;
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
		name = facts_host_zone();
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

uint64_t host_free_memory(void)
{
	return uv_get_free_memory();
}

void host_facts_get(struct host_facts *f)
{
	uv_utsname_t uts = {.sysname = "", .machine = "", .release = ""};

	uv_os_uname(&uts);
	*f = (struct host_facts){
		.os = facts_system_name(uts.sysname),
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

bool host_port_free(const char *ip, uint16_t port)
{
	return port && facts_try_port(ip, port) == port;
}

uint16_t host_address_port(const void *address)
{
	const struct sockaddr *a = address;

	if (a->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	return a->sa_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port) : 0;
}

uint16_t host_free_port(uint16_t wanted)
{
	uint16_t got = wanted ? facts_try_port("127.0.0.1", wanted) : 0;

	return got ? got : facts_try_port("127.0.0.1", 0);
}
