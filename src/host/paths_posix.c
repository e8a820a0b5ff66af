/* SPDX-License-Identifier: MIT */
/*
 * paths_posix: folders by the XDG specification. The folder for sockets is examined part by part, without following
 * links: who may write there could replace our socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "paths_priv.h"

/* The smallest sun_path of all hosts (macOS, the BSDs), and the longest name of our sockets. */
#define SOCKET_PATH_MAX 104
#define SOCKET_NAME_MAX 9 /* "/progress" */

/* Returns NULL if neither HOME nor the user database has it. */
char *paths_home(void)
{
	const char *env = getenv("HOME");
	struct passwd pw, *found = NULL;
	char text[4096];

	if (env && *env == '/')
		return xstrdup(env);
	if (getpwuid_r(geteuid(), &pw, text, sizeof(text), &found) == 0 && found && found->pw_dir &&
	    *found->pw_dir == '/')
		return xstrdup(found->pw_dir);
	return NULL;
}

/* The XDG specification: a value that is not absolute is ignored. */
static char *paths_xdg_dir(const char *variable, const char *below_home)
{
	const char *env = getenv(variable);
	char *dir, *path;

	if (env && *env == '/')
		return file_join(env, "debwiz");
	dir = paths_home();
	/* creating a folder there fails with a message that names the path */
	path = xasprintf("%s/%s/debwiz", dir ? dir : "/nonexistent", below_home);
	free(dir);
	return path;
}

char *host_config_dir(void)
{
	return paths_xdg_dir("XDG_CONFIG_HOME", ".config");
}

char *host_data_dir(void)
{
	return paths_xdg_dir("XDG_DATA_HOME", ".local/share");
}

char *host_cache_dir(void)
{
	return paths_xdg_dir("XDG_CACHE_HOME", ".cache");
}

/* Returns whether only we (and root) can rename or replace the content of the folder. */
static bool paths_is_trusted_parent(const char *path, bool private)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (private)
		return st.st_uid == geteuid() && !(st.st_mode & 077);
	return (st.st_uid == geteuid() || st.st_uid == 0) && (!(st.st_mode & 022) || (st.st_mode & S_ISVTX));
}

/* Creates the folder, or accepts an existing one to which no other user has access. */
static int paths_private_dir(const char *path, struct err *e)
{
	bool made = mkdir(path, 0700) == 0;
	struct stat st;
	int fd;

	if (!made && errno != EEXIST)
		return err_errno(e, errno, "runtime-dir", "cannot create the folder %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOTDIR && errno != ELOOP)
		return err_errno(e, errno, "runtime-dir", "cannot open the folder %s", path);
	if (fd >= 0 && made)
		fchmod(fd, 0700); /* in case the umask removed bits */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 0777) != 0700) {
		if (fd >= 0)
			close(fd);
		err_set(e, ERR_FAILED, "runtime-unsafe",
			"%s is not a folder of yours with mode 0700: sockets there would not be safe", path);
		return err_hint(e, "remove it, or set XDG_RUNTIME_DIR to a private folder");
	}
	close(fd);
	return 0;
}

static bool paths_fits(const char *dir)
{
	return strlen(dir) + SOCKET_NAME_MAX < SOCKET_PATH_MAX;
}

/* Creates PARENT/TOP/NAME with mode 0700. Returns NULL without an error if the name of a socket would be too long. */
static char *paths_make_below(const char *parent, const char *top, const char *name, struct err *e)
{
	AUTO_FREE char *middle = file_join(parent, top);
	char *dir = file_join(middle, name);

	if (!paths_fits(dir) || paths_private_dir(middle, e) < 0 || paths_private_dir(dir, e) < 0) {
		free(dir);
		dir = NULL;
	}
	return dir;
}

char *host_runtime_dir(const char *name, struct err *e)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	const char *tmp = getenv("TMPDIR");
	struct err why = ERR_INIT;
	char *top, *dir = NULL;

	if (xdg && *xdg == '/' && paths_is_trusted_parent(xdg, true)) {
		dir = paths_make_below(xdg, "debwiz", name, &why);
		if (dir || why.kind) {
			if (!dir)
				err_move(e, &why);
			return dir;
		}
	}
	top = xasprintf("debwiz-%lu", (unsigned long)geteuid());
	if (tmp && *tmp == '/' && paths_is_trusted_parent(tmp, false))
		dir = paths_make_below(tmp, top, name, &why);
	if (!dir && !why.kind)
		dir = paths_make_below("/tmp", top, name, &why);
	free(top);
	if (!dir && !why.kind)
		err_set(&why, ERR_FAILED, "runtime-long", "the name %s is too long for a socket", name);
	if (!dir)
		err_move(e, &why);
	return dir;
}

static bool paths_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *host_which(const char *program)
{
	const char *path = getenv("PATH");
	const char *end;

	if (strchr(program, '/'))
		return paths_is_program(program) ? file_absolute(program) : NULL;
	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (; *program; path = end + 1) {
		end = path + strcspn(path, ":");
		/* a relative part would run programs of any current folder */
		if (*path == '/') {
			char *whole = xasprintf("%.*s/%s", (int)(end - path), path, program);

			if (paths_is_program(whole))
				return whole;
			free(whole);
		}
		if (!*end)
			break;
	}
	return NULL;
}
