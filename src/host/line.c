/* SPDX-License-Identifier: MIT */
/* line: the one table of QEMU's lines (include/host/line.h). */
#include "host/line.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/fifo.h"
#include "host/file.h"

static const struct {
	const char *name;
	bool pipes;
} lines[] = {
	{"serial", true},
	{"progress", false},
	{"host", false},
	{"qmp", false},
};

bool host_line_is_pipes(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strcmp(lines[i].name, name))
			return lines[i].pipes;
	return false;
}

char *host_line_chardev(const char *name, const char *path)
{
	bool pipes = host_line_is_pipes(name);

	return xasprintf("%s,id=%s,path=%s%s", pipes ? "pipe" : "socket", name, path,
			 pipes ? "" : ",server=on,wait=off");
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
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_FREE char *path = file_join(dir, lines[i].name);

		if ((lines[i].pipes ? host_fifo_remove(path, e) : line_remove_socket(path, e)) < 0)
			r = -1;
	}
	return r;
}

int host_lines_create(const char *dir, struct err *e)
{
	if (host_lines_remove(dir, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_FREE char *path = file_join(dir, lines[i].name);

		if (lines[i].pipes && host_fifo_make(path, e) < 0)
			return -1;
	}
	return 0;
}
