/* SPDX-License-Identifier: MIT */
/*
 * file: opens, reads, writes, replaces, syncs and locks files; nothing else does (src/README, Folders). A kill at
 * any moment leaves the old file or the new one. Nothing here follows a symbolic link in the last part of a path
 * that it writes, and a FIFO or device in place of a file is refused without blocking.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* What a file is opened for; combined by |. */
enum file_intent {
	FILE_READ = 1,
	FILE_WRITE = 2,
	FILE_APPEND = 4 | FILE_WRITE,	 /* every write goes to the end */
	FILE_ENSURE = 8 | FILE_WRITE,	 /* creates the file if it is missing, with mode 0600 */
	FILE_NEW = 16 | FILE_ENSURE,	 /* EEXIST if anything has that name */
	FILE_TRUNCATE = 32 | FILE_WRITE, /* empties an existing file */
	FILE_FOLLOW = 64,		 /* follows a symbolic link in the last part of the path, else ELOOP */
};

/* Opens without waiting for the other end of a FIFO; programs started later do not inherit the descriptor.
 * Returns it, or -1 with errno. The caller closes it, and checks what kind of file it is. */
int file_open(const char *path, unsigned intent);
/* Opens the file that is always empty and takes everything. -1 with errno. */
int file_open_null(unsigned intent);
/* Returns another descriptor of the same open file, not below `lowest`, that later programs do not inherit. -1 with
 * errno. */
int file_dup(int fd, int lowest);
/* Creates a file without a name in the folder, for reading and writing. -1 with errno. */
int file_open_nameless(const char *dir);

/* Reads a whole regular file; more than `cap` bytes are an error. Initializes `out`, which the caller frees on
 * success. ENOENT is error id "file-missing". */
int file_read(const char *path, size_t cap, struct buf *out, struct err *e);

/* Locks an open file without waiting, until its last descriptor is closed: by flock, or by record locks on file
 * systems without flock. Returns 0, EWOULDBLOCK if another process has the lock, or the errno. */
int file_lock(int fd, bool exclusive);
/* Returns whether the path still names the open file. */
bool file_is_still(int fd, const char *path);
/* Returns whether a name matches a pattern of the shell (`*`, `?`, `[...]`). */
bool file_name_matches(const char *pattern, const char *name);
/* Returns whether both are the same file. */
bool file_is_same(const struct stat *a, const struct stat *b);

/* Writes PATH.part with `mode`, syncs it, renames it over `path` and syncs the folder. Concurrent writers each have
 * a part file of their own, and the last one to finish wins. Blocks. */
int file_write(const char *path, const void *data, size_t n, mode_t mode, struct err *e);

/* Opens a new part file for writing: PATH.part, or PATH.2.part and so on while other writers use those. Part files
 * of killed writers are removed. *fd is owned by the caller, who calls file_commit or file_abandon. */
int file_begin(const char *path, mode_t mode, int *fd, struct err *e);
/* Syncs and closes fd, renames the part file to path and syncs the folder. On error the part file is removed. */
int file_commit(const char *path, int fd, struct err *e);
void file_abandon(const char *path, int fd);

/* Writes all n bytes; continues after short writes and EINTR. */
int file_write_all(int fd, const void *data, size_t n, const char *name, struct err *e);
/* Writes at an offset. Returns 0, or -1 with errno: the caller knows better what could not be written. */
int file_write_at(int fd, const void *data, size_t n, uint64_t at);
/* Reads at an offset until n bytes are read or the file ends. Returns the number of bytes, or -1 with errno. */
ssize_t file_read_at(int fd, void *data, size_t n, uint64_t at);
/* Writes to the disk what was written to fd. -1 with errno; a file system without that function is not an error. */
int file_sync(int fd);
/* Syncs a folder or file by path; a file system without that function is not an error. */
int file_sync_path(const char *path, struct err *e);
/* Syncs everything that was written before, of all files: for a folder with many of them. Blocks. */
void file_sync_all(void);
/* Renames over `to` within a file system. -1 with errno. */
int file_move(const char *from, const char *to);
/* Renames over `to` and syncs its folder. */
int file_rename(const char *from, const char *to, struct err *e);

/* Copies a regular file atomically; runs of zeros become holes. Blocks: for small or sparse files. */
int file_copy_sparse(const char *from, const char *to, mode_t mode, struct err *e);
/* Does the same for large files: calls `step` after each piece of at most 64 KiB with its number of bytes; -1 from
 * it, with e filled, ends the copy. */
int file_copy_watched(const char *from, const char *to, mode_t mode,
		      int (*step)(uint64_t bytes, void *arg, struct err *e), void *arg, struct err *e);

/* Creates the folder and missing parents, each with mode 0700. An existing one must be a folder; the last one must
 * be ours and not writable by others. */
int file_mkdirs(const char *path, struct err *e);
/* Removes a folder and its content, also if its folders have no permissions. Does not follow links. A missing path
 * is not an error. */
int file_remove_tree(const char *path, struct err *e);
/* Returns the bytes that a file, or a folder with everything in it, takes on the disk; what cannot be read counts as 0,
 * a file of several hard links by its part. Does not follow links. */
uint64_t file_usage(const char *path);
/* Closes a local descriptor when its scope is left, if it is not -1. */
#define AUTO_CLOSE __attribute__((cleanup(file_auto_close)))
void file_auto_close(int *fd);

/* Returns the name by which libuv listens on and connects to the local socket of a path: itself, or a named pipe. The
 * caller frees it. */
char *file_socket_name(const char *path);

bool file_exists(const char *path);
/* Return a path that the caller frees. */
char *file_join(const char *dir, const char *name);
char *file_dirname(const char *path);
const char *file_basename(const char *path);
/* Returns whether the path needs no current folder: "/x"; on Windows also "C:/x" and "\\host\share\x". */
bool file_is_absolute(const char *path);
/* Returns the path, made absolute by the current folder, with slashes; the caller frees it. */
char *file_absolute(const char *path);

#endif
