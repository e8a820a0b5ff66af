/* SPDX-License-Identifier: MIT */
/* posix_win: see posix_win.h. Paths are UTF-8. */
#include <stdlib.h>
#include <wchar.h>

#include <windows.h>
#include <winioctl.h>

#include "base/mem.h"
#include "win.h"

#define EPOCH 116444736000000000u /* 1970 in FILETIME's 100 ns since 1601 */

wchar_t *win_wide(const char *text)
{
	int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
	wchar_t *wide = xcalloc((size_t)n + 1, sizeof(*wide));

	MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, n);
	return wide;
}

char *win_narrow(const wchar_t *wide)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	char *text = xcalloc((size_t)n + 1, 1);

	WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, n, NULL, NULL);
	return text;
}

char *win_slashes(char *path)
{
	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	return path;
}

int win_errno(unsigned long code)
{
	static const struct {
		unsigned long code;
		int number;
	} table[] = {
		{ERROR_FILE_NOT_FOUND, ENOENT},	     {ERROR_PATH_NOT_FOUND, ENOENT},
		{ERROR_INVALID_NAME, ENOENT},	     {ERROR_BAD_PATHNAME, ENOENT},
		{ERROR_INVALID_DRIVE, ENOENT},	     {ERROR_BAD_NETPATH, ENOENT},
		{ERROR_ACCESS_DENIED, EACCES},	     {ERROR_SHARING_VIOLATION, EACCES},
		{ERROR_LOCK_VIOLATION, EWOULDBLOCK}, {ERROR_IO_PENDING, EWOULDBLOCK},
		{ERROR_FILE_EXISTS, EEXIST},	     {ERROR_ALREADY_EXISTS, EEXIST},
		{ERROR_DISK_FULL, ENOSPC},	     {ERROR_HANDLE_DISK_FULL, ENOSPC},
		{ERROR_DIR_NOT_EMPTY, ENOTEMPTY},    {ERROR_DIRECTORY, ENOTDIR},
		{ERROR_NOT_SAME_DEVICE, EXDEV},	     {ERROR_NOT_SUPPORTED, ENOTSUP},
		{ERROR_INVALID_FUNCTION, ENOTSUP},   {ERROR_PRIVILEGE_NOT_HELD, EPERM},
		{ERROR_INVALID_HANDLE, EBADF},	     {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
		{ERROR_BROKEN_PIPE, EPIPE},	     {ERROR_NO_DATA, EPIPE},
		{ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_BAD_EXE_FORMAT, ENOEXEC},
		{ERROR_WRITE_PROTECT, EROFS},	     {ERROR_INVALID_PARAMETER, EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return table[i].number;
	return EIO;
}

int win_fail(void)
{
	errno = win_errno(GetLastError());
	return -1;
}

static struct timespec posix_win_time(FILETIME t)
{
	uint64_t ticks = ((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) - EPOCH;

	return (struct timespec){.tv_sec = (time_t)(ticks / 10000000), .tv_nsec = (long)(ticks % 10000000) * 100};
}

/* Fills in the type of a console, a pipe or NUL. */
static int posix_win_stat_device(HANDLE h, struct stat *out)
{
	*out = (struct stat){.st_mode = (GetFileType(h) == FILE_TYPE_PIPE ? S_IFIFO : S_IFCHR) | 0600, .st_nlink = 1};
	return 0;
}

static int posix_win_stat_handle(HANDLE h, struct stat *out)
{
	BY_HANDLE_FILE_INFORMATION info;
	FILE_STANDARD_INFO standard = {.AllocationSize.QuadPart = 0};
	FILE_ATTRIBUTE_TAG_INFO tag = {.ReparseTag = 0};
	mode_t mode = S_IFREG | 0600;

	if (GetFileType(h) != FILE_TYPE_DISK)
		return posix_win_stat_device(h, out);
	if (!GetFileInformationByHandle(h, &info))
		return win_fail();
	GetFileInformationByHandleEx(h, FileStandardInfo, &standard, sizeof(standard));
	if (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT &&
	    GetFileInformationByHandleEx(h, FileAttributeTagInfo, &tag, sizeof(tag)) &&
	    tag.ReparseTag == IO_REPARSE_TAG_SYMLINK)
		mode = S_IFLNK | 0700;
	else if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		mode = S_IFDIR | 0700;
	*out = (struct stat){
		.st_dev = info.dwVolumeSerialNumber,
		.st_ino = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow,
		.st_mode = mode,
		.st_nlink = info.nNumberOfLinks,
		.st_size = (off_t)((uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow),
		.st_blocks = (uint64_t)standard.AllocationSize.QuadPart / 512,
		.st_mtim = posix_win_time(info.ftLastWriteTime),
	};
	return 0;
}

static int posix_win_stat_path(const char *path, DWORD flags, struct stat *out)
{
	AUTO_FREE wchar_t *wide = win_wide(path);
	HANDLE h = CreateFileW(wide, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
			       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
	int r;

	if (h == INVALID_HANDLE_VALUE)
		return win_fail();
	r = posix_win_stat_handle(h, out);
	CloseHandle(h);
	return r;
}

int posix_win_stat(const char *path, struct stat *out)
{
	return posix_win_stat_path(path, 0, out);
}

int posix_win_lstat(const char *path, struct stat *out)
{
	return posix_win_stat_path(path, FILE_FLAG_OPEN_REPARSE_POINT, out);
}

int posix_win_fstat(int fd, struct stat *out)
{
	HANDLE h = (HANDLE)_get_osfhandle(fd);

	if (h == INVALID_HANDLE_VALUE) {
		errno = EBADF;
		return -1;
	}
	return posix_win_stat_handle(h, out);
}

int posix_win_truncate(int fd, off_t size)
{
	HANDLE h = (HANDLE)_get_osfhandle(fd);
	FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = size};

	return SetFileInformationByHandle(h, FileEndOfFileInfo, &end, sizeof(end)) ? 0 : win_fail();
}

int posix_win_mkdir(const char *path)
{
	AUTO_FREE wchar_t *wide = win_wide(path);

	return CreateDirectoryW(wide, NULL) ? 0 : win_fail();
}

int posix_win_chmod(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

int win_delete(const wchar_t *path)
{
	/* FILE_DISPOSITION_DELETE, POSIX_SEMANTICS, IGNORE_READONLY_ATTRIBUTE: Windows 10 1809, not in all headers */
	struct {
		ULONG flags;
	} how = {0x13};
	HANDLE h = CreateFileW(path, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
			       OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
	BOOL ok;

	if (h == INVALID_HANDLE_VALUE)
		return DeleteFileW(path);
	ok = SetFileInformationByHandle(h, (FILE_INFO_BY_HANDLE_CLASS)21, &how, sizeof(how));
	CloseHandle(h);
	return ok || DeleteFileW(path);
}

int posix_win_unlink(const char *path)
{
	AUTO_FREE wchar_t *wide = win_wide(path);
	DWORD what = GetFileAttributesW(wide);

	if (what != INVALID_FILE_ATTRIBUTES && what & FILE_ATTRIBUTE_DIRECTORY &&
	    !(what & FILE_ATTRIBUTE_REPARSE_POINT)) {
		errno = EISDIR;
		return -1;
	}
	return win_delete(wide) ? 0 : win_fail();
}

int link(const char *from, const char *to)
{
	AUTO_FREE wchar_t *a = win_wide(from), *b = win_wide(to);

	return CreateHardLinkW(b, a, NULL) ? 0 : win_fail();
}

int symlink(const char *target, const char *path)
{
	AUTO_FREE wchar_t *a = win_wide(target), *b = win_wide(path);

	return CreateSymbolicLinkW(b, a, SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE) ? 0 : win_fail();
}

ssize_t readlink(const char *path, char *out, size_t size)
{
	AUTO_FREE char *target = realpath(path, NULL);
	struct stat st;
	size_t n;

	if (!target || lstat(path, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	n = strlen(target) < size ? strlen(target) : size;
	memcpy(out, target, n);
	return (ssize_t)n;
}

char *realpath(const char *path, char *unused)
{
	AUTO_FREE wchar_t *wide = win_wide(path), *found = NULL;
	HANDLE h = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
			       FILE_FLAG_BACKUP_SEMANTICS, NULL);
	const wchar_t *start;
	DWORD n;

	(void)unused;
	if (h == INVALID_HANDLE_VALUE) {
		win_fail();
		return NULL;
	}
	n = GetFinalPathNameByHandleW(h, NULL, 0, FILE_NAME_NORMALIZED);
	found = xcalloc((size_t)n + 1, sizeof(*found));
	GetFinalPathNameByHandleW(h, found, n, FILE_NAME_NORMALIZED);
	CloseHandle(h);
	start = wcsncmp(found, L"\\\\?\\", 4) == 0 && wcsncmp(found, L"\\\\?\\UNC", 7) != 0 ? found + 4 : found;
	return win_slashes(win_narrow(start));
}

char *mkdtemp(char *pattern)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char *end = pattern + strlen(pattern) - 6;

	for (int attempts = 0; attempts < 100; attempts++) {
		for (int i = 0; i < 6; i++) {
			unsigned char byte = 0;

			win_random(&byte, 1);
			end[i] = digits[byte % 36];
		}
		if (mkdir(pattern, 0700) == 0)
			return pattern;
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

/* NULL: now. */
static int posix_win_set_time(HANDLE h, const struct timespec *t)
{
	FILETIME to;
	uint64_t ticks;

	if (t) {
		ticks = (uint64_t)t->tv_sec * 10000000 + (uint64_t)t->tv_nsec / 100 + EPOCH;
		to = (FILETIME){.dwHighDateTime = (DWORD)(ticks >> 32), .dwLowDateTime = (DWORD)ticks};
	} else {
		GetSystemTimeAsFileTime(&to);
	}
	return SetFileTime(h, NULL, NULL, &to) ? 0 : win_fail();
}

int utimensat(int at, const char *path, const struct timespec times[2], int flags)
{
	AUTO_FREE wchar_t *wide = win_wide(path);
	HANDLE h = CreateFileW(wide, FILE_WRITE_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			       NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	int r;

	(void)at;
	(void)flags;
	if (h == INVALID_HANDLE_VALUE)
		return win_fail();
	r = posix_win_set_time(h, times ? &times[1] : NULL);
	CloseHandle(h);
	return r;
}

int futimens(int fd, const struct timespec times[2])
{
	return posix_win_set_time((HANDLE)_get_osfhandle(fd), times ? &times[1] : NULL);
}

unsigned geteuid(void)
{
	return 0;
}

int setenv(const char *name, const char *value, int overwrite)
{
	AUTO_FREE wchar_t *a = win_wide(name), *b = win_wide(value);

	return !overwrite && _wgetenv(a) ? 0 : _wputenv_s(a, b);
}

int unsetenv(const char *name)
{
	return setenv(name, "", 1);
}

char *posix_win_strcasestr(const char *s, const char *part)
{
	size_t n = strlen(part);

	for (; *s || !n; s++)
		if (!_strnicmp(s, part, n))
			return (char *)s;
	return NULL;
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

void *memmem(const void *p, size_t n, const void *part, size_t length)
{
	const char *at = p;

	for (; n >= length; at++, n--)
		if (!memcmp(at, part, length))
			return (void *)at;
	return NULL;
}
