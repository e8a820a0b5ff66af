/* SPDX-License-Identifier: MIT */
/* folder: packages as files of this host. */
#include "image/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strv.h"
#include "deb.h"
#include "host/file.h"

#define CHUNK 65536

struct folder {
	const char *to;
	struct strv hard, symbolic; /* pairs: path and target */
};

static bool folder_is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

/* Returns where an entry goes, below `to`; owned, NULL: it is left out. */
static char *folder_place(const char *path)
{
	static const char *const merged[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
	static const char *const left_out[] = {"usr/share", "usr/include", "usr/games"};

	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (folder_is_below(path, merged[i]))
			return xasprintf("usr/%s", path);
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (folder_is_below(path, left_out[i]))
			return NULL;
	return folder_is_below(path, "usr") ? xstrdup(path) : NULL;
}

/* Copies the content of the entry. */
static int folder_write(struct deb *d, const struct deb_entry *entry, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = file_open(path, FILE_WRITE | FILE_NEW);
	char data[CHUNK];
	ssize_t n;

	if (fd < 0)
		return err_errno(e, errno, "folder", "cannot create %s", path);
	while ((n = deb_read(d, data, sizeof(data), e)) > 0)
		if (file_write_all(fd, data, (size_t)n, path, e) < 0)
			return -1;
	if (n < 0)
		return -1;
	if (fchmod(fd, entry->mode & 0111 ? 0755 : 0644) < 0)
		return err_errno(e, errno, "folder", "cannot change the mode of %s", path);
	return 0;
}

static int folder_add(struct folder *f, struct deb *d, const struct deb_entry *entry, struct err *e)
{
	AUTO_FREE char *place = folder_place(entry->path);
	AUTO_FREE char *path = place ? file_join(f->to, place) : NULL;
	AUTO_FREE char *dir = path ? file_dirname(path) : NULL;
	AUTO_FREE char *target = NULL;

	if (!path)
		return 0;
	switch (entry->type) {
	case DEB_DIR:
		return file_mkdirs(path, e);
	case DEB_FILE:
		return file_mkdirs(dir, e) < 0 ? -1 : folder_write(d, entry, path, e);
	case DEB_SYMLINK:
		strv_add(&f->symbolic, place);
		strv_add(&f->symbolic, entry->link);
		return 0;
	case DEB_HARDLINK:
		target = folder_place(entry->link);
		if (target) {
			strv_add(&f->hard, place);
			strv_add(&f->hard, target);
		}
		return 0;
	default: /* devices: no program needs them */
		return 0;
	}
}

static int folder_unpack_one(struct folder *f, const struct root_deb *deb, struct err *e)
{
	AUTO_CLOSE int fd = file_open(deb->path, FILE_READ);
	struct deb *d = fd < 0 ? NULL : deb_open(fd, deb->name, e);
	uint8_t sha256[HASH_SIZE];
	struct deb_entry entry;
	uint64_t size;
	int r;

	if (fd < 0)
		return err_errno(e, errno, "folder", "cannot read %s", deb->path);
	if (!d)
		return -1;
	r = deb_enter(d, DEB_DATA, e);
	while (!r && (r = deb_next(d, &entry, e)) > 0)
		r = folder_add(f, d, &entry, e);
	if (!r)
		r = deb_finish(d, sha256, &size, e);
	if (!r && (size != deb->size || memcmp(sha256, deb->sha256, HASH_SIZE) != 0))
		r = err_set(e, ERR_VERIFY, "folder", "%s is not the package that the archive signed", deb->name);
	deb_free(d);
	return r;
}

/* Creates the links of one kind; what a package has at that path already stays. */
static int folder_link(const struct folder *f, const struct strv *pairs, bool symbolic, struct err *e)
{
	for (size_t i = 0; i + 1 < pairs->len; i += 2) {
		AUTO_FREE char *path = file_join(f->to, pairs->items[i]);
		AUTO_FREE char *dir = file_dirname(path);
		AUTO_FREE char *from = symbolic ? xstrdup(pairs->items[i + 1]) : file_join(f->to, pairs->items[i + 1]);

		if (file_mkdirs(dir, e) < 0)
			return -1;
		if ((symbolic ? symlink(from, path) : link(from, path)) < 0 && errno != EEXIST)
			return err_errno(e, errno, "folder", "cannot create %s", path);
	}
	return 0;
}

int folder_unpack(const char *to, const struct root_deb *debs, size_t count, struct err *e)
{
	struct folder f = {.to = to};
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = folder_unpack_one(&f, &debs[i], e);
	if (!r)
		r = folder_link(&f, &f.hard, false, e);
	if (!r)
		r = folder_link(&f, &f.symbolic, true, e);
	strv_fini(&f.hard);
	strv_fini(&f.symbolic);
	return r;
}
