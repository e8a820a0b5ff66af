/* SPDX-License-Identifier: MIT */
/* hostfwd: reads and edits the forwarded ports of -netdev (include/qemu/hostfwd.h). */
#include "qemu/hostfwd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define NETDEV "user,id=net" /* see src/qemu/argv_devices.c */
#define RULE ",hostfwd="

static bool hostfwd_is_number(const char *s, size_t n)
{
	return n && n <= 5 && strspn(s, "0123456789") >= n && strtoul(s, NULL, 10) <= 65535;
}

bool vm_forward_ok(const char *rule)
{
	const char *host = !strncmp(rule, "tcp:", 4) || !strncmp(rule, "udp:", 4) ? rule + 4 : "";
	size_t host_len = strspn(host, "0123456789.");
	const char *port = host + host_len + 1;
	size_t port_len = host_len && host[host_len] == ':' ? strspn(port, "0123456789") : 0;
	const char *guest = port + port_len;

	return port_len && hostfwd_is_number(port, port_len) && !strncmp(guest, "-:", 2) &&
	       hostfwd_is_number(guest + 2, strlen(guest + 2));
}

/* Returns the value of its -netdev, or NULL. */
static char **hostfwd_netdev(const struct strv *argv)
{
	for (size_t i = 0; i + 1 < argv->len; i++)
		if (!strcmp(argv->items[i], "-netdev") && !strncmp(argv->items[i + 1], NETDEV, strlen(NETDEV)))
			return &argv->items[i + 1];
	return NULL;
}

bool vm_forward_rules(const struct strv *argv, struct strv *out)
{
	char **value = hostfwd_netdev(argv);
	const char *at = value ? *value : "";

	while ((at = strstr(at, RULE))) {
		at += strlen(RULE);
		strv_take(out, xstrndup(at, strcspn(at, ",")));
	}
	return value;
}

void vm_forward_put(struct strv *argv, const char *rule, bool on)
{
	char **value = hostfwd_netdev(argv);
	AUTO_STRV struct strv rules = STRV_INIT;
	struct buf b;

	if (!value)
		return;
	vm_forward_rules(argv, &rules);
	if (on && !strv_has(&rules, rule))
		strv_add(&rules, rule);
	buf_init(&b, 0);
	buf_add(&b, *value, strstr(*value, RULE) ? (size_t)(strstr(*value, RULE) - *value) : strlen(*value));
	for (size_t i = 0; i < rules.len; i++)
		if (on || strcmp(rules.items[i], rule) != 0)
			buf_addf(&b, RULE "%s", rules.items[i]);
	free(*value);
	*value = buf_steal(&b);
}
