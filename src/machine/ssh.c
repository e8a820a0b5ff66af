/* SPDX-License-Identifier: MIT */
/* ssh: writes the settings by which OpenSSH's programs connect to a machine. */
#include "machine/ssh.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine/forward.h"

#define BLOCK "ssh_config"
#define CONFIG_MAX (1 << 20)

static void ssh_add_setting(struct strv *out, const char *name, char *value)
{
	strv_add(out, name);
	strv_take(out, value);
}

/* Quotes the path, so that no character of it ends the quotes or begins a token: ssh refuses a whole file for one
 * line that is wrong. */
static void ssh_add_path(struct strv *out, const char *name, const char *path)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addc(&b, '"');
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			buf_addc(&b, '\\');
		else if (*path == '%')
			buf_addc(&b, '%');
		buf_addc(&b, *path);
	}
	buf_addc(&b, '"');
	ssh_add_setting(out, name, buf_steal(&b));
}

/* The private half of a key that the file names, where it lies beside it; else the public one, whose other half
 * an agent may hold. */
static void ssh_add_own_key(const struct spec *s, const char *item, struct strv *out)
{
	AUTO_FREE char *path = spec_path(s, item);
	size_t n = strlen(path);
	AUTO_FREE char *half = n > 4 && !strcmp(path + n - 4, ".pub") ? xstrndup(path, n - 4) : NULL;

	ssh_add_path(out, "IdentityFile", half && file_exists(half) ? half : path);
}

int ssh_settings(const struct spec *s, const char *dir, struct strv *out, struct err *e)
{
	char address[64];
	uint16_t port = forwards_ssh_port(s, dir, address, e);
	char *key, *known;
	bool image; /* without cloud-init: has neither the machine's key nor its host keys */

	if (!port)
		return -1;
	key = file_join(dir, "id_ed25519");
	image = spec_is_foreign(s) && !file_exists(key);
	known = file_join(dir, "known_hosts");
	ssh_add_setting(out, "HostName", xstrdup(address));
	ssh_add_setting(out, "Port", xasprintf("%u", port));
	ssh_add_setting(out, "User", xstrdup(s->user));
	if (!image) {
		/* an agent may hold more keys than a server lets one try */
		ssh_add_setting(out, "IdentitiesOnly", xstrdup("yes"));
		ssh_add_path(out, "IdentityFile", key);
	}
	for (size_t i = 0; i < s->ssh_keys.len; i++)
		ssh_add_own_key(s, s->ssh_keys.items[i], out);
	ssh_add_setting(out, "HostKeyAlias", xstrdup(s->name));
	/* the host keys of an image are not known before the first connection; from then on they are */
	ssh_add_setting(out, "StrictHostKeyChecking", xstrdup(image ? "accept-new" : "yes"));
	ssh_add_path(out, "UserKnownHostsFile", known);
	ssh_add_setting(out, "GlobalKnownHostsFile", xstrdup("/dev/null"));
	ssh_add_setting(out, "LogLevel", xstrdup("ERROR"));
	free(key);
	free(known);
	return 0;
}

static bool ssh_was_started(const char *dir)
{
	AUTO_FREE char *ports = file_join(dir, "ports.json");
	bool was = file_exists(ports);

	return was;
}

int ssh_config(const struct spec *s, const char *dir, struct buf *out, struct err *e)
{
	AUTO_STRV struct strv settings = STRV_INIT;
	int r = ssh_settings(s, dir, &settings, e);

	if (!r && !ssh_was_started(dir)) {
		r = err_set(e, ERR_FAILED, "never-started",
			    "%s was never started: its port and its keys are not known yet", s->name);
		err_hint(e, "debwiz up %s", s->name);
	}
	if (!r)
		buf_addf(out, "Host %s\n", s->name);
	for (size_t i = 0; !r && i < settings.len; i += 2)
		buf_addf(out, "    %s %s\n", settings.items[i], settings.items[i + 1]);
	return r;
}

static int ssh_write_block(const struct spec *s, const char *dir, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, BLOCK);
	struct buf text;
	int r;

	buf_init(&text, 0);
	buf_addf(&text, "# written by debwiz at each boot of %s\n", s->name);
	r = ssh_config(s, dir, &text, e);
	if (!r)
		r = file_write(path, text.data, text.len, 0600, e);
	buf_fini(&text);
	return r;
}

int ssh_config_refresh(const struct spec *s, const char *dir, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, BLOCK);
	int r = file_exists(path) ? ssh_write_block(s, dir, e) : 0;

	return r;
}

static bool ssh_has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at += n)
		if ((at == text || at[-1] == '\n') && (!at[n] || at[n] == '\n'))
			return true;
	return false;
}

/* The file itself, where ~/.ssh/config is a link: a folder of settings that are kept elsewhere. */
static char *ssh_own_config(struct err *e)
{
	AUTO_FREE char *home = host_home(e);
	AUTO_FREE char *dir = home ? file_join(home, ".ssh") : NULL;
	char *path = dir ? file_join(dir, "config") : NULL;
	char *whole = path ? realpath(path, NULL) : NULL;

	if (path && !whole && errno == ENOENT && file_mkdirs(dir, e) == 0) {
		whole = path;
		path = NULL;
	} else if (path && !whole && e && !e->kind) {
		err_errno(e, errno, "file-read", "cannot read %s", path);
	}
	free(path);
	return whole;
}

/* Before everything else: behind a Host line it would count for those hosts alone. */
static int ssh_include_blocks(const char *dir, const char *path, struct err *e)
{
	AUTO_FREE char *machines = file_dirname(dir);
	AUTO_FREE char *line = xasprintf("Include \"%s/*/" BLOCK "\"", machines);
	struct stat st = {.st_mode = 0600};
	struct buf old, text;
	int r = 0;

	buf_init(&old, 0);
	buf_init(&text, 0);
	if (stat(path, &st) == 0)
		r = file_read(path, CONFIG_MAX, &old, e);
	if (!r && !ssh_has_line(old.data, line)) {
		buf_addf(&text, "# machines of debwiz, by `debwiz ssh-config --install`\n%s\n\n", line);
		buf_add(&text, old.data, old.len);
		r = file_write(path, text.data, text.len, st.st_mode & 0777, e);
	}
	buf_fini(&text);
	buf_fini(&old);
	return r;
}

int ssh_config_install(const struct spec *s, const char *dir, char **path, struct err *e)
{
	char *config = ssh_own_config(e);
	int r = config ? ssh_write_block(s, dir, e) : -1;

	if (!r)
		r = ssh_include_blocks(dir, config, e);
	if (r < 0)
		free(config);
	else
		*path = config;
	return r;
}
