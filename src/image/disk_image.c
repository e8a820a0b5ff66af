/* SPDX-License-Identifier: MIT */
/* disk_image: copies a disk image of any origin, to be the base of machines (include/image/disk.h). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "disk_tool.h"
#include "host/file.h"
#include "image/disk.h"
#include "image/gpt.h"
#include "qcow2.h"
#include "vdisk.h"

#define QCOW2_MAGIC "QFI\373"

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

static int disk_image_check_efi(const char *path, const char *raw, struct err *e)
{
	struct vdisk *d = vdisk_open(raw, "raw", e);
	uint64_t start, length;
	AUTO_ERR struct err why = ERR_INIT;
	int r = d ? vdisk_find_type(d, GPT_TYPE_ESP, &start, &length, &why) : -1;

	vdisk_close(d);
	if (d && r < 0) {
		err_set(e, ERR_FAILED, "image-no-efi", "%s does not start by UEFI: it has no EFI system partition",
			path);
		err_hint(e, "choose an image with a GPT partition table and an EFI system partition");
	}
	return r;
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
	if (!r)
		r = disk_image_check_efi(path, to, e);
	if (r < 0)
		unlink(to);
	return r;
}
