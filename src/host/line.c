/* SPDX-License-Identifier: MIT */
/* line: the one table of QEMU's lines (include/host/line.h). */
#include "host/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/psk.h"
#include "base/size.h"
#include "host/facts.h"
#include "host/fifo.h"
#include "host/file.h"
#include "line_priv.h"

#define KEYS "keys.psk" /* the name that QEMU's tls-creds-psk reads */
#define SMALL 256

static const struct {
	const char *name;
	bool pipes;
} lines[] = {
	{"serial", true},
	{"progress", false},
	{"host", false},
	{"qmp", false},
};

static bool line_is_pipes(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strcmp(lines[i].name, name))
			return lines[i].pipes;
	return false;
}

/* Returns the value of -chardev for a TCP line. Port 0 is replaced when QEMU is started: a command line that is
 * recorded starts a later QEMU, too. Without nodelay every answer of the monitor would wait for an acknowledgement. */
static char *line_tcp(const char *name, unsigned port)
{
	return xasprintf("socket,id=%s,host=127.0.0.1,port=%u,server=on,wait=off,nodelay=on,tls-creds=lines", name,
			 port);
}

char *host_line_chardev(const char *name, const char *path)
{
	bool pipes = line_is_pipes(name);

	if (line_is_tcp())
		return line_tcp(name, 0);
	return xasprintf("%s,id=%s,path=%s%s", pipes ? "pipe" : "socket", name, path,
			 pipes ? "" : ",server=on,wait=off");
}

char *host_lines_object(const char *dir)
{
	return line_is_tcp() ? xasprintf("tls-creds-psk,id=lines,endpoint=server,dir=%s/", dir) : NULL;
}

static char *line_port_path(const char *dir, const char *name)
{
	AUTO_FREE char *file = xasprintf("%s.port", name);

	return file_join(dir, file);
}

static int line_remove_file(const char *path, struct err *e)
{
	return unlink(path) < 0 && errno != ENOENT ? err_errno(e, errno, "line-remove", "cannot remove %s", path) : 0;
}

static int line_remove_socket(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(e, ERR_FAILED, "socket-planted", "%s exists and is not a socket", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, errno, "socket-remove", "cannot remove %s", path);
	return 0;
}

int host_lines_remove(const char *dir, struct err *e)
{
	AUTO_FREE char *keys = file_join(dir, KEYS);
	int r = line_remove_file(keys, e);

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_FREE char *path = file_join(dir, lines[i].name);
		AUTO_FREE char *port = line_port_path(dir, lines[i].name);

		if ((lines[i].pipes ? host_fifo_remove(path, e) : line_remove_socket(path, e)) < 0 ||
		    line_remove_file(port, e) < 0)
			r = -1;
	}
	return r;
}

static int line_create_keys(const char *dir, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, KEYS), *text = NULL;
	char key[HASH_HEX];

	if (psk_key(key, e) < 0)
		return -1;
	text = xasprintf(PSK_USER ":%s\n", key);
	return file_write(path, text, strlen(text), 0600, e);
}

/* Returns a free port that is not among `ports`, where it is added; 0: this host gives none. */
static uint16_t line_free_port(uint16_t ports[ARRAY_SIZE(lines)])
{
	uint16_t port;
	size_t i;

	do {
		port = host_free_port(0);
		for (i = 0; i < ARRAY_SIZE(lines) && ports[i] && ports[i] != port; i++)
			;
	} while (port && i < ARRAY_SIZE(lines) && ports[i]);
	if (port)
		ports[i] = port;
	return port;
}

/* Chooses the port of the line if its -chardev is TCP. Returns -1 with e, 0 if it is not, 1 if it is. */
static int line_create_tcp(const char *dir, const char *name, struct strv *argv, uint16_t ports[ARRAY_SIZE(lines)],
			   struct err *e)
{
	AUTO_FREE char *open = line_tcp(name, 0), *path = line_port_path(dir, name), *text = NULL;
	uint16_t port;
	size_t i = 0;

	while (i < argv->len && strcmp(argv->items[i], open) != 0)
		i++;
	if (i == argv->len)
		return 0;
	port = line_free_port(ports);
	if (!port)
		return err_set(e, ERR_FAILED, "no-port", "this host gives no free TCP port");
	text = xasprintf("%u\n", (unsigned)port);
	if (file_write(path, text, strlen(text), 0600, e) < 0)
		return -1;
	free(argv->items[i]);
	argv->items[i] = line_tcp(name, port);
	return 1;
}

int host_lines_create(const char *dir, struct strv *argv, struct err *e)
{
	uint16_t ports[ARRAY_SIZE(lines)] = {0};

	if (host_lines_remove(dir, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_FREE char *path = file_join(dir, lines[i].name);
		int tcp = line_create_tcp(dir, lines[i].name, argv, ports, e);

		if (tcp < 0 || (!tcp && lines[i].pipes && host_fifo_make(path, e) < 0))
			return -1;
	}
	return ports[0] ? line_create_keys(dir, e) : 0;
}

/* Reads the first word after `start` of a small file of the folder. Owned; NULL with e. */
static char *line_read(const char *path, const char *start, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	size_t skip = strlen(start);

	if (file_read(path, SMALL, &text, e) < 0)
		return NULL;
	if (text.len > skip && !strncmp(text.data, start, skip))
		return xstrndup(text.data + skip, strcspn(text.data + skip, "\n"));
	err_set(e, ERR_FAILED, "line-bad", "%s is not what was written there", path);
	return NULL;
}

int host_line_find(const char *dir, const char *name, struct host_line *out, struct err *e)
{
	AUTO_FREE char *port_path = line_port_path(dir, name), *keys_path = file_join(dir, KEYS);
	AUTO_FREE char *port = NULL, *key = NULL;
	uint64_t number;

	*out = (struct host_line){.kind = line_is_pipes(name) ? HOST_LINE_PIPES : HOST_LINE_SOCKET};
	if (!file_exists(port_path))
		return 0;
	out->kind = HOST_LINE_TCP;
	port = line_read(port_path, "", e);
	key = port ? line_read(keys_path, PSK_USER ":", e) : NULL;
	if (!key || number_parse(port, 1, 65535, &number, e) < 0)
		return -1;
	if (strlen(key) >= sizeof(out->key))
		return err_set(e, ERR_FAILED, "line-bad", "%s is not what was written there", keys_path);
	out->port = (uint16_t)number;
	memcpy(out->key, key, strlen(key) + 1);
	return 0;
}

bool host_lines_are_taken(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct host_line line;

		if (host_line_find(dir, lines[i].name, &line, NULL) == 0 && line.kind == HOST_LINE_TCP &&
		    !host_port_free("127.0.0.1", line.port))
			return true;
	}
	return false;
}
