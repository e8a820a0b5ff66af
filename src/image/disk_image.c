/* SPDX-License-Identifier: MIT */
/*
 * disk_image: makes the base of machines of a disk image of any origin, by a copy or a link, and examines it
 * (include/image/disk.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "disk_original.h"
#include "disk_tool.h"
#include "elf.h"
#include "host/file.h"
#include "image/disk.h"
#include "image/extfs.h"
#include "image/gpt.h"
#include "qcow2.h"
#include "vdisk.h"

#define QCOW2_MAGIC "QFI\373"
#define SHELL_MAX (16u << 20)

/* Reads which format it has, by its first bytes, and the size that a guest sees. */
static int disk_image_probe(const char *path, int fd, bool *qcow2, uint64_t *size, struct err *e)
{
	char magic[4];
	struct stat st;
	struct qcow2 q;

	if (fstat(fd, &st) < 0 || file_read_at(fd, magic, sizeof(magic), 0) < 0)
		return err_errno(e, errno, "drive-bad", "cannot read %s", path);
	*qcow2 = !memcmp(magic, QCOW2_MAGIC, sizeof(magic));
	*size = (uint64_t)st.st_size;
	if (!*qcow2)
		return 0;
	if (qcow2_open_header(&q, fd, path, e) < 0)
		return -1;
	*size = q.size;
	qcow2_fini(&q);
	return 0;
}

static int disk_image_too_large(const char *path, uint64_t size, uint64_t most, struct err *e)
{
	char has[SIZE_TEXT], asked[SIZE_TEXT];

	err_set(e, ERR_USAGE, "image-large", "disk.size: the image %s has %s, and the disk is to have %s", path,
		size_human(size, has), size_human(most, asked));
	return err_hint(e, "write a size that is not smaller in [disk]");
}

/* Reads what is known of the system on the disk. */
static void disk_image_look(struct extfs *fs, struct disk_image *out)
{
	struct buf shell;

	out->root = extfs_uuid(fs);
	out->cloud_init = extfs_has(fs, "/usr/bin/cloud-init");
	if (extfs_read(fs, EXTFS_SHELL, SHELL_MAX, &shell, NULL) < 0)
		return;
	out->elf = elf_kind(shell.data, shell.len);
	buf_fini(&shell);
}

int disk_image_examine(const char *path, const char *format, struct disk_image *out, struct err *e)
{
	struct vdisk *d = vdisk_open(path, format, e);
	uint64_t start, length;
	struct extfs *fs;

	*out = (struct disk_image){.efi = false};
	if (!d)
		return -1;
	out->efi = vdisk_find_type(d, GPT_TYPE_ESP, &start, &length, NULL) == 0;
	vdisk_close(d);
	fs = extfs_open_root(path, format, NULL);
	if (fs)
		disk_image_look(fs, out);
	extfs_close(fs);
	return 0;
}

void disk_image_fini(struct disk_image *i)
{
	free(i->elf);
	free(i->root);
	*i = (struct disk_image){.efi = false};
}

int disk_create_empty(const char *path, uint64_t size, struct err *e)
{
	int fd;

	if (file_begin(path, 0600, &fd, e) < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0)
		return file_commit(path, fd, e);
	err_errno(e, errno, "file-write", "cannot write %s", path);
	file_abandon(path, fd);
	return -1;
}

int disk_copy_image(const char *path, const char *to, uint64_t most, const atomic_bool *cancel,
		    void (*progress)(double percent, void *arg), void *arg, struct err *e)
{
	char *argv[] = {"qemu-img", "convert", "-p", "-f", NULL, "-O", "raw", (char *)path, (char *)to, NULL};
	AUTO_CLOSE int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	uint64_t size = 0;
	bool qcow2 = false;
	int r = fd < 0 ? err_errno(e, errno, errno == ENOENT ? "drive-missing" : "drive-bad", "cannot read %s", path)
		       : disk_image_probe(path, fd, &qcow2, &size, e);

	argv[4] = qcow2 ? "qcow2" : "raw";
	if (!r)
		r = disk_check_drive(path, argv[4], e); /* before qemu-img opens it, and whatever it names */
	if (!r && size > most)
		r = disk_image_too_large(path, size, most, e);
	if (r < 0)
		return r;
	r = disk_tool_run(argv, cancel, progress, arg, e);
	if (r < 0)
		unlink(to);
	return r;
}

static int disk_image_not_raw(const char *path, const char *is, struct err *e)
{
	err_set(e, ERR_USAGE, "image-format",
		"disk.image_copy: %s is %s, and only a raw image can be the base of machines", path, is);
	return err_hint(e, "write image_copy = yes in [disk], or make a raw image of it: qemu-img convert -O raw");
}

static int disk_image_no_link(const char *path, const char *to, struct err *e)
{
	int why = errno;

	if (why == EXDEV) {
		err_set(e, ERR_USAGE, "image-link", "disk.image_copy: %s is on another file system than %s", path, to);
		return err_hint(e, "write image_copy = yes in [disk], or move the image to that file system");
	}
	err_errno(e, why, "image-link", "disk.image_copy: cannot make a hard link to %s at %s", path, to);
	return err_hint(e, "write image_copy = yes in [disk]%s",
			why == EPERM ? "; this host links only to files that are yours, or that you may write to" : "");
}

/* Links it to the new name, and records what it is like. `fd`: the file that was examined. */
static int disk_image_link(const char *path, int fd, const char *to, struct err *e)
{
	AUTO_FREE char *real = realpath(path, NULL); /* of a symbolic link, link() would make another one */
	struct stat st, linked;

	if (unlink(to) < 0 && errno != ENOENT)
		return err_errno(e, errno, "file-remove", "cannot remove the old %s", to);
	if (!real || link(real, to) < 0)
		return disk_image_no_link(path, to, e);
	if (fstat(fd, &st) < 0 || lstat(to, &linked) < 0 || !file_is_same(&st, &linked))
		err_set(e, ERR_FAILED, "drive-bad", "%s was replaced by another file just now; run the command again",
			path);
	else if (disk_original_record(to, path, &st, e) == 0)
		return 0;
	unlink(to);
	return -1;
}

int disk_link_image(const char *path, const char *to, uint64_t most, struct err *e)
{
	AUTO_CLOSE int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	uint64_t size = 0;
	bool qcow2 = false;
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "drive-missing" : "drive-bad", "cannot read %s", path);
	if (disk_image_probe(path, fd, &qcow2, &size, e) < 0 || disk_check_drive(path, qcow2 ? "qcow2" : "raw", e) < 0)
		return -1;
	if (qcow2)
		return disk_image_not_raw(path, "a qcow2 image", e);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return disk_image_not_raw(path, "a device", e);
	if (size > most)
		return disk_image_too_large(path, size, most, e);
	return disk_image_link(path, fd, to, e);
}
