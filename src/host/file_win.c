/* SPDX-License-Identifier: MIT */
/*
 * file_win: what file.c needs of Windows. Files are opened so that others may rename and remove them at any time, as
 * POSIX allows; what another program opened without that (a virus scanner, an indexer) is retried for a while.
 */
#include <stdlib.h>

#include <windows.h>

#include <winioctl.h>

#include "base/mem.h"
#include "file_priv.h"
#include "host/file.h"
#include "win.h"

#define SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define BUSY_ATTEMPTS 20
#define BUSY_MS 25
/* One byte beyond every text: a lock of Windows keeps others from reading what it covers. */
#define LOCK_LOW 0u
#define LOCK_HIGH 0x7fffffffu

/* Without translation of line ends, whatever opens a file; the program's own streams, too. */
__attribute__((constructor)) static void file_win_binary(void)
{
	_set_fmode(_O_BINARY);
	for (int fd = 0; fd < 3; fd++)
		_setmode(fd, _O_BINARY);
}

/* Returns whether it is worth waiting for another program that has the file. */
static bool file_win_is_busy(int attempt)
{
	DWORD code = GetLastError();

	if ((code != ERROR_SHARING_VIOLATION && code != ERROR_ACCESS_DENIED) || attempt >= BUSY_ATTEMPTS)
		return false;
	Sleep(BUSY_MS);
	return true;
}

static DWORD file_win_disposition(unsigned intent)
{
	if ((intent & FILE_NEW) == FILE_NEW)
		return CREATE_NEW;
	if ((intent & FILE_ENSURE) == FILE_ENSURE)
		return (intent & FILE_TRUNCATE) == FILE_TRUNCATE ? CREATE_ALWAYS : OPEN_ALWAYS;
	return (intent & FILE_TRUNCATE) == FILE_TRUNCATE ? TRUNCATE_EXISTING : OPEN_EXISTING;
}

/* Makes a descriptor of the handle, which it owns from then on; -1 with errno. */
static int file_win_descriptor(HANDLE h, int flags)
{
	int fd = _open_osfhandle((intptr_t)h, flags | _O_BINARY | _O_NOINHERIT);

	if (fd < 0)
		CloseHandle(h);
	return fd;
}

int file_open_mode(const char *path, unsigned intent, mode_t mode)
{
	AUTO_FREE wchar_t *wide = win_wide(path);
	bool append = (intent & FILE_APPEND) == FILE_APPEND;
	DWORD access = (intent & FILE_READ || !(intent & FILE_WRITE) ? GENERIC_READ : 0) |
		       (intent & FILE_WRITE ? GENERIC_WRITE : 0);
	DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | (intent & FILE_FOLLOW ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
	FILE_ATTRIBUTE_TAG_INFO tag = {.ReparseTag = 0};
	DWORD ignored;
	HANDLE h;

	(void)mode;
	for (int attempt = 0;; attempt++) {
		h = CreateFileW(wide, access, SHARE, NULL, file_win_disposition(intent), FILE_ATTRIBUTE_NORMAL | flags,
				NULL);
		if (h != INVALID_HANDLE_VALUE)
			break;
		if (GetLastError() == ERROR_ACCESS_DENIED || !file_win_is_busy(attempt))
			return win_fail();
	}
	if (!(intent & FILE_FOLLOW) && GetFileInformationByHandleEx(h, FileAttributeTagInfo, &tag, sizeof(tag)) &&
	    tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT && tag.ReparseTag == IO_REPARSE_TAG_SYMLINK) {
		CloseHandle(h);
		errno = ELOOP;
		return -1;
	}
	if ((intent & FILE_NEW) == FILE_NEW) /* so that holes cost nothing; a file system without them ignores it */
		DeviceIoControl(h, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &ignored, NULL);
	return file_win_descriptor(h, (append ? _O_APPEND : 0) | (intent & FILE_WRITE ? 0 : _O_RDONLY));
}

int file_open_nameless(const char *dir)
{
	unsigned char mark[8] = {0};
	AUTO_FREE char *path = NULL;
	AUTO_FREE wchar_t *wide = NULL;
	DWORD ignored;
	HANDLE h;

	if (win_random(mark, sizeof(mark)) < 0)
		return -1;
	path = xasprintf("%s/unpack-%02x%02x%02x%02x%02x%02x%02x%02x", dir, mark[0], mark[1], mark[2], mark[3], mark[4],
			 mark[5], mark[6], mark[7]);
	wide = win_wide(path);
	h = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE | DELETE, SHARE, NULL, CREATE_NEW,
			FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return win_fail();
	DeviceIoControl(h, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &ignored, NULL);
	return file_win_descriptor(h, 0);
}

/* Reads or writes at an offset; the descriptor's own position changes, which no caller of this uses. */
static DWORD file_win_at(int fd, void *data, size_t n, uint64_t at, bool writes)
{
	HANDLE h = (HANDLE)_get_osfhandle(fd);
	OVERLAPPED where = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
	DWORD part = n > (1u << 30) ? 1u << 30 : (DWORD)n, done = 0;
	BOOL ok = writes ? WriteFile(h, data, part, &done, &where) : ReadFile(h, data, part, &done, &where);

	errno = 0;
	if (!ok && GetLastError() != ERROR_HANDLE_EOF)
		win_fail();
	return ok ? done : 0;
}

int file_write_at(int fd, const void *data, size_t n, uint64_t at)
{
	const char *p = data;

	while (n) {
		size_t done = file_win_at(fd, (void *)p, n, at, true);

		if (!done)
			return -1;
		p += done;
		at += done;
		n -= done;
	}
	return 0;
}

ssize_t file_read_at(int fd, void *data, size_t n, uint64_t at)
{
	char *p = data;
	size_t done = 0, now;

	while (done < n && (now = file_win_at(fd, p + done, n - done, at + done, false)))
		done += now;
	return done < n && errno ? -1 : (ssize_t)done;
}

int file_sync(int fd)
{
	return FlushFileBuffers((HANDLE)_get_osfhandle(fd)) || GetLastError() == ERROR_ACCESS_DENIED ||
			       GetLastError() == ERROR_INVALID_HANDLE
		       ? 0
		       : win_fail();
}

void file_sync_all(void)
{
	/* Windows flushes a volume for administrators alone */
}

int file_lock(int fd, bool exclusive)
{
	OVERLAPPED where = {.Offset = LOCK_LOW, .OffsetHigh = LOCK_HIGH};
	DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
	HANDLE h = (HANDLE)_get_osfhandle(fd);

	return LockFileEx(h, flags, 0, 1, 0, &where) ? 0 : win_errno(GetLastError());
}

bool file_is_still(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && file_is_same(&a, &b);
}

bool file_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int file_move(const char *from, const char *to)
{
	AUTO_FREE wchar_t *a = win_wide(from), *b = win_wide(to);

	for (int attempt = 0; !MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH); attempt++)
		if (!file_win_is_busy(attempt))
			return win_fail();
	return 0;
}

int file_mkdir_one(const char *path, bool last, struct err *e)
{
	struct stat st;

	(void)last;
	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : file_not_folder(path, e);
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return err_errno(e, errno, "folder-create", "cannot create the folder %s", path);
}

static int file_win_remove(const wchar_t *path, bool folder)
{
	BOOL ok = FALSE;

	for (int attempt = 0; !ok; attempt++) {
		ok = folder ? RemoveDirectoryW(path) : win_delete(path);
		if (!ok && GetLastError() == ERROR_ACCESS_DENIED && SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL))
			ok = folder ? RemoveDirectoryW(path) : win_delete(path);
		if (!ok && (GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND))
			ok = TRUE;
		if (!ok && !file_win_is_busy(attempt))
			return win_fail();
	}
	return 0;
}

int file_remove_tree(const char *path, struct err *e)
{
	AUTO_FREE wchar_t *wide = win_wide(path);
	DWORD what = GetFileAttributesW(wide);
	bool folder = what != INVALID_FILE_ATTRIBUTES && what & FILE_ATTRIBUTE_DIRECTORY;
	WIN32_FIND_DATAW found;
	HANDLE list = INVALID_HANDLE_VALUE;
	int r = 0;

	if (folder && !(what & FILE_ATTRIBUTE_REPARSE_POINT)) {
		AUTO_FREE char *all = xasprintf("%s/*", path);
		AUTO_FREE wchar_t *pattern = win_wide(all);

		list = FindFirstFileW(pattern, &found);
	}
	for (BOOL more = list != INVALID_HANDLE_VALUE; more && !r; more = FindNextFileW(list, &found)) {
		AUTO_FREE char *name = win_narrow(found.cFileName);
		AUTO_FREE char *item = file_join(path, name);

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = file_remove_tree(item, e);
	}
	if (list != INVALID_HANDLE_VALUE)
		FindClose(list);
	if (!r && file_win_remove(wide, folder) < 0)
		r = err_errno(e, errno, "remove", "cannot remove %s", path);
	return r;
}

static bool file_win_is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Returns the length of "C:/" or "//host/share/", or of a leading slash, or 0. */
static size_t file_win_root(const char *path)
{
	bool letter = (path[0] | 32) >= 'a' && (path[0] | 32) <= 'z' && path[1] == ':';

	if (letter)
		return file_win_is_slash(path[2]) ? 3 : 2;
	if (!file_win_is_slash(path[0]))
		return 0;
	if (file_win_is_slash(path[1])) {
		size_t n = 2 + strcspn(path + 2, "/\\");

		n += path[n] ? 1 + strcspn(path + n + 1, "/\\") : 0;
		return n + (path[n] != '\0');
	}
	return 1;
}

const char *file_basename(const char *path)
{
	const char *base = path + file_win_root(path);

	for (const char *p = base; *p; p++)
		if (file_win_is_slash(*p))
			base = p + 1;
	return base;
}

char *file_dirname(const char *path)
{
	size_t root = file_win_root(path), n = (size_t)(file_basename(path) - path);

	if (!n)
		return xstrdup(".");
	return xstrndup(path, n > root ? n - 1 : root);
}

/* Pipes have a list of their own, with no folders and without difference of case. */
char *file_socket_name(const char *path)
{
	AUTO_FREE char *whole = file_absolute(path);
	char *name = xasprintf("\\\\.\\pipe\\debwiz%s%s", *whole == '/' ? "" : "/", whole);

	for (char *p = name + strlen("\\\\.\\pipe\\"); *p; p++)
		if (*p == '/' || *p == ':')
			*p = '-';
	return name;
}

bool file_is_absolute(const char *path)
{
	size_t root = file_win_root(path);

	return root > 2 || (root && file_win_is_slash(path[0]));
}

/* A path that begins with one slash stays as it is: it is of the current drive, and means the same on other hosts. */
char *file_absolute(const char *path)
{
	AUTO_FREE wchar_t *wide = win_wide(path), *whole = NULL;
	DWORD n = GetFullPathNameW(wide, 0, NULL, NULL);

	if (file_win_root(path) == 1)
		return win_slashes(xstrdup(path));
	whole = xcalloc((size_t)n + 1, sizeof(*whole));
	GetFullPathNameW(wide, n, whole, NULL);
	return win_slashes(win_narrow(whole));
}

int file_open_null(unsigned intent)
{
	return file_open_mode("NUL", intent | FILE_FOLLOW, 0);
}

int file_dup(int fd, int lowest)
{
	int copy = dup(fd), r;

	if (copy < 0 || copy >= lowest)
		return copy;
	r = file_dup(fd, lowest);
	close(copy);
	return r;
}

/* Returns whether the set after `[` has the character; moves the pattern behind its end. */
static bool file_win_in_set(const char **pattern, char c)
{
	const char *p = *pattern;
	bool inverted = *p == '!' || *p == '^', in = false;

	for (p += inverted; *p && (*p != ']' || p == *pattern + inverted); p++) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			in |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			in |= c == *p;
		}
	}
	*pattern = *p ? p + 1 : p;
	return in != inverted;
}

bool file_name_matches(const char *pattern, const char *name)
{
	for (; *pattern; name++) {
		char c = *pattern++;

		if (c == '*') {
			do
				if (file_name_matches(pattern, name))
					return true;
			while (*name++);
			return false;
		}
		if (c == '\\' && *pattern)
			c = *pattern++;
		else if (c == '[' && *name) {
			if (!file_win_in_set(&pattern, *name))
				return false;
			continue;
		}
		if (!*name || (c != '?' && c != *name))
			return false;
	}
	return !*name;
}
