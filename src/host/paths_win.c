/* SPDX-License-Identifier: MIT */
/*
 * paths_win: settings are in %APPDATA%, which may follow the user to another computer; machines, packages and what a
 * session needs are in %LOCALAPPDATA%. Both are the user's alone by the rights that they inherit from the profile. The
 * variables of the XDG specification come first, as elsewhere. Every path has slashes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "paths_priv.h"
#include "win.h"

/* Returns the folder that the variable names, or NULL. */
static char *paths_win_variable(const char *name)
{
	AUTO_FREE wchar_t *wide = win_wide(name);
	const wchar_t *value = _wgetenv(wide);
	char *path = value && *value ? win_slashes(win_narrow(value)) : NULL;

	if (path && !file_is_absolute(path)) {
		free(path);
		path = NULL;
	}
	return path;
}

char *paths_home(void)
{
	char *home = paths_win_variable("HOME");

	return home ? home : paths_win_variable("USERPROFILE");
}

static char *paths_win_dir(const char *xdg, const char *own, const char *below)
{
	AUTO_FREE char *dir = paths_win_variable(xdg);
	AUTO_FREE char *middle = NULL;

	if (dir)
		return file_join(dir, "debwiz");
	dir = paths_win_variable(own);
	middle = file_join(dir ? dir : "C:/nonexistent", "debwiz");
	return *below ? file_join(middle, below) : xstrdup(middle);
}

char *host_config_dir(void)
{
	return paths_win_dir("XDG_CONFIG_HOME", "APPDATA", "");
}

char *host_data_dir(void)
{
	return paths_win_dir("XDG_DATA_HOME", "LOCALAPPDATA", "data");
}

char *host_cache_dir(void)
{
	return paths_win_dir("XDG_CACHE_HOME", "LOCALAPPDATA", "cache");
}

char *host_runtime_dir(const char *name, struct err *e)
{
	AUTO_FREE char *top = paths_win_dir("XDG_RUNTIME_DIR", "LOCALAPPDATA", "run");
	char *dir = file_join(top, name);

	if (file_mkdirs(dir, e) == 0)
		return dir;
	free(dir);
	return NULL;
}

/* Returns the program of that path, with .exe if the path has none, or NULL. */
static char *paths_win_program(const char *path)
{
	AUTO_FREE char *with = xasprintf("%s.exe", path);
	struct stat st;

	if (stat(with, &st) == 0 && S_ISREG(st.st_mode))
		return file_absolute(with);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? file_absolute(path) : NULL;
}

char *host_which(const char *program)
{
	AUTO_FREE char *path = NULL;
	const wchar_t *wide = _wgetenv(L"PATH");
	const char *end;
	char *found = NULL;

	if (!*program)
		return NULL;
	if (strpbrk(program, "/\\"))
		return paths_win_program(program);
	path = wide ? win_narrow(wide) : xstrdup("");
	for (const char *at = path; !found; at = end + 1) {
		AUTO_FREE char *dir = NULL;

		end = at + strcspn(at, ";");
		dir = xstrndup(at, (size_t)(end - at));
		/* a relative part would run programs of any current folder */
		if (file_is_absolute(dir)) {
			AUTO_FREE char *whole = file_join(dir, program);

			found = paths_win_program(whole);
		}
		if (!*end)
			break;
	}
	return found;
}
