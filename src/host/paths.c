/* SPDX-License-Identifier: MIT */
/* paths: what does not differ by host about where debwiz keeps files. */
#include "host/paths.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "paths_priv.h"

char *host_home(struct err *e)
{
	char *dir = paths_home();

	if (!dir) {
		err_set(e, ERR_FAILED, "home-missing", "this user has no home folder");
		err_hint(e, "set HOME to a folder that you may write to");
	}
	return dir;
}

char *host_short(const char *path)
{
	char *dir = paths_home();
	size_t n = dir ? strlen(dir) : 0;
	char *text = n > 1 && !strncmp(path, dir, n) && path[n] == '/' ? xasprintf("~%s", path + n) : xstrdup(path);

	free(dir);
	return text;
}

char *host_expand(const char *path)
{
	char *dir, *whole;

	if (path[0] != '~' || (path[1] != '/' && path[1] != '\0'))
		return xstrdup(path);
	dir = paths_home();
	whole = xasprintf("%s%s", dir ? dir : "/nonexistent", path + 1);
	free(dir);
	return whole;
}

char *host_self(struct err *e)
{
	char path[4096];
	size_t n = sizeof(path);
	int r = uv_exepath(path, &n);

	if (r < 0 || access(path, X_OK) < 0) {
		err_set(e, ERR_FAILED, "self-missing", "debwiz cannot find its own program file");
		err_hint(e, "it was replaced or removed while running: start it again");
		return NULL;
	}
	return xstrdup(path);
}
