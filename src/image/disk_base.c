/* SPDX-License-Identifier: MIT */
/*
 * disk_base: which machines use a base image. A hard link keeps the base's data by itself. If a file system has
 * none, or the base's disk is a user's file, the machine gets a symbolic link, and the base a file used-by-N with the
 * path of that link.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"

#define REFERENCE "used-by-"
#define REFERENCE_MAX 8192

static bool disk_base_leads_to(const char *path, const struct stat *base)
{
	struct stat st;

	return stat(path, &st) == 0 && file_is_same(&st, base);
}

/* Writes the reference, named by the link's path, so that a second run writes the same file. */
static int disk_base_write_reference(const char *base_disk, const char *link_path, struct err *e)
{
	uint8_t digest[HASH_SIZE];
	char hex[HASH_HEX];
	AUTO_FREE char *dir = file_dirname(base_disk);
	char *path;
	int r;

	hash_bytes(link_path, strlen(link_path), digest);
	hash_hex(digest, hex);
	path = xasprintf("%s/" REFERENCE "%.16s", dir, hex);
	r = file_write(path, link_path, strlen(link_path), 0600, e);
	free(path);
	return r;
}

int disk_link_base(const char *base_disk, const char *link_path, struct err *e)
{
	AUTO_FREE char *target = file_absolute(base_disk);
	AUTO_FREE char *where = file_absolute(link_path);
	AUTO_FREE char *part = xasprintf("%s.part", where);
	struct stat base;
	int r = 0;

	if (lstat(target, &base) < 0 || !S_ISREG(base.st_mode)) {
		r = err_set(e, ERR_FAILED, "disk-base", "there is no base image %s", target);
	} else if (!disk_base_leads_to(where, &base)) {
		if (unlink(part) < 0 && errno != ENOENT)
			r = err_errno(e, errno, "disk-base", "cannot remove the old %s", part);
		else if (disk_is_original(target) || link(target, part) < 0) {
			/* the reference first: a link without one would not protect the base */
			r = disk_base_write_reference(target, where, e);
			if (!r && symlink(target, part) < 0)
				r = err_errno(e, errno, "disk-base", "cannot link to the base image at %s", part);
		}
		if (!r)
			r = file_rename(part, where, e);
	}
	return r;
}

int disk_move_base(const char *from, const char *to, struct err *e)
{
	char base[PATH_MAX];
	ssize_t n = readlink(from, base, sizeof(base) - 1);
	char *where;
	int r;

	if (n < 0)
		return errno == ENOENT || errno == EINVAL /* a hard link */
			       ? 0
			       : err_errno(e, errno, "disk-base", "cannot read the link %s", from);
	base[n] = '\0';
	if (!file_exists(base))
		return 0;
	where = file_absolute(to);
	r = disk_base_write_reference(base, where, e);
	free(where);
	return r;
}

static bool disk_base_holds(const char *dir, const char *name, const struct stat *base)
{
	AUTO_FREE char *path = file_join(dir, name);
	struct buf text;
	bool in_use = false;

	if (file_read(path, REFERENCE_MAX, &text, NULL) == 0) {
		in_use = disk_base_leads_to(text.data, base);
		buf_fini(&text);
	}
	return in_use;
}

int disk_base_users(const char *base_disk, uint64_t *users, struct err *e)
{
	char *dir_path = file_dirname(base_disk);
	struct dirent *entry;
	struct stat base;
	uint64_t n = 0;
	DIR *dir;

	if (lstat(base_disk, &base) < 0 || !(dir = opendir(dir_path))) {
		err_errno(e, errno, "disk-base", "cannot examine the base image %s", base_disk);
		free(dir_path);
		return -1;
	}
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, REFERENCE, strlen(REFERENCE)) && !strstr(entry->d_name, ".part") &&
		    disk_base_holds(dir_path, entry->d_name, &base))
			n++;
	closedir(dir);
	free(dir_path);
	if (!disk_is_original(base_disk) && base.st_nlink > 1)
		n += (uint64_t)base.st_nlink - 1;
	*users = n;
	return 0;
}
