/* SPDX-License-Identifier: MIT */
/* disk: creates, checks, grows and flattens a machine's disk. */
#include "image/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/size.h"
#include "disk_tool.h"
#include "host/file.h"
#include "host/proc.h"
#include "qcow2.h"

/* ---- qemu-img check */

#define OUTPUT_MAX (1024 * 1024)

/* Exit status of qemu-img check (qemu-img(1)): 0 ok, 1 not checked, 2 corrupt, 3 only leaks, 63 format without
 * checks. */
enum { CHECK_WELL = 0, CHECK_CORRUPT = 2, CHECK_LEAKS = 3, CHECK_NONE = 63 };

int disk_examine(const char *path, enum disk_health *out, uint64_t *count, struct err *e)
{
	char *argv[] = {"qemu-img", "check", "-f", "qcow2", "--output=json", (char *)path, NULL};
	struct buf text;
	json_t *o;
	int status;

	*count = 0;
	if (proc_run_status(argv, OUTPUT_MAX, &text, &status, e) < 0)
		return -1;
	o = json_parse(text.data, text.len, "qemu-img", NULL);
	buf_fini(&text);
	if (status == CHECK_CORRUPT) {
		*out = DISK_CORRUPT;
		*count = (uint64_t)json_int(o, "corruptions", 0) + (uint64_t)json_int(o, "check-errors", 0);
	} else if (status == CHECK_LEAKS) {
		*out = DISK_LEAKS;
		*count = (uint64_t)json_int(o, "leaks", 0);
	} else {
		*out = DISK_WELL;
	}
	json_decref(o);
	if (status != CHECK_WELL && status != CHECK_CORRUPT && status != CHECK_LEAKS && status != CHECK_NONE)
		return err_set(e, ERR_FAILED, "disk-check", "qemu-img could not check %s (status %d)", path, status);
	return 0;
}

/* ---- Examining a disk */

enum disk_place { DISK_TOP, DISK_LAYER };

static int disk_check_fd(const char *path, int fd, enum disk_place place, struct disk_info *out, struct err *e);

/* Checks the layer below a disk: an overlay of the base in the same folder. Gets its size. */
static int disk_check_layer(const char *path, uint64_t *size, struct err *e)
{
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	struct disk_info info = {.size = 0};
	struct stat st;
	int r = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		r = disk_check_fd(path, fd, DISK_LAYER, &info, e);
	} else {
		err_set(e, ERR_FAILED, "disk-base", "the layer %s of the disk is missing", path);
		err_hint(e, "create the disk again: debwiz recreate");
	}
	if (fd >= 0)
		close(fd);
	*size = info.size;
	return r;
}

static int disk_check_base(const char *path, const struct qcow2 *q, enum disk_place place, struct err *e)
{
	bool layer = place == DISK_TOP && !strcmp(q->backing, DISK_LAYER_NAME);
	AUTO_FREE char *dir = file_dirname(path);
	AUTO_FREE char *base = file_join(dir, q->backing);
	uint64_t size = 0;
	struct stat st;
	int r = 0;

	if (strcmp(q->backing, layer ? DISK_LAYER_NAME : DISK_BASE_NAME) ||
	    strcmp(q->backing_format, layer ? "qcow2" : "raw"))
		return err_set(e, ERR_FAILED, "disk-foreign",
			       "%s was not created by debwiz: its backing file is \"%s\"", path, q->backing);
	if (layer) {
		r = disk_check_layer(base, &size, e);
	} else if (stat(base, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		err_set(e, ERR_FAILED, "disk-base", "the base image %s of the disk is missing", base);
		r = err_hint(e, "put the base image back, or create the disk again: debwiz recreate");
	} else {
		size = (uint64_t)st.st_size;
		r = disk_check_original(base, e);
	}
	if (!r && size > q->size)
		r = err_set(e, ERR_FAILED, "disk-base", "the base image %s is larger than the disk over it", base);
	return r;
}

static int disk_check_fd(const char *path, int fd, enum disk_place place, struct disk_info *out, struct err *e)
{
	uint64_t clusters;
	struct stat st;
	struct qcow2 q;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_FAILED, "disk-foreign", "%s is not a regular file", path);
	if (qcow2_open(&q, fd, path, e) < 0)
		return -1;
	r = *q.backing ? disk_check_base(path, &q, place, e) : 0;
	if (!r && place == DISK_LAYER && !*q.backing)
		r = err_set(e, ERR_FAILED, "disk-foreign", "%s is not an overlay of a base image", path);
	if (!r)
		r = qcow2_check(&q, &clusters, e);
	if (!r)
		*out = (struct disk_info){
			.size = q.size,
			.allocated = (uint64_t)st.st_blocks * 512,
			.snapshots = q.snapshots,
			.standalone = !*q.backing,
			.untouched = *q.backing && !clusters && !q.snapshots,
		};
	qcow2_fini(&q);
	return r;
}

int disk_check(const char *path, struct disk_info *out, struct err *e)
{
	int fd = file_open(path, FILE_READ);
	int r;

	if (fd < 0 && errno == ELOOP)
		return err_set(e, ERR_FAILED, "disk-foreign", "%s is a symbolic link", path);
	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "disk-missing" : "disk-read", "cannot read the disk %s",
				 path);
	r = disk_check_fd(path, fd, DISK_TOP, out, e);
	close(fd);
	return r;
}

static int disk_check_drive_fd(const char *path, int fd, bool qcow2, struct err *e)
{
	struct stat st;
	struct qcow2 q;
	int r = 0;

	if (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || (S_ISBLK(st.st_mode) && !qcow2)))
		return err_set(e, ERR_FAILED, "drive-bad", "%s is not a regular file", path);
	if (!qcow2)
		return 0;
	if (qcow2_open_header(&q, fd, path, e) < 0)
		return -1;
	if (*q.backing) {
		r = err_set(e, ERR_FAILED, "drive-backing",
			    "%s has a backing file, \"%s\", which QEMU would open as well", path, q.backing);
		err_hint(e, "if you want that, merge both into one file: qemu-img convert -O qcow2 %s NEW", path);
	}
	qcow2_fini(&q);
	return r;
}

int disk_check_drive(const char *path, const char *format, struct err *e)
{
	int fd = file_open(path, FILE_READ | FILE_FOLLOW);
	int r;

	if (fd < 0)
		return err_errno(e, errno, errno == ENOENT ? "drive-missing" : "drive-bad", "cannot read %s", path);
	r = disk_check_drive_fd(path, fd, !strcmp(format, "qcow2"), e);
	close(fd);
	return r;
}

/* ---- making and changing one */

static int disk_sync_and_rename(const char *part, const char *path, struct err *e)
{
	if (file_sync_path(part, e) < 0)
		return -1;
	return file_rename(part, path, e);
}

/* Removes the leftover of a killed run, so that qemu-img cannot write through anything planted. */
static int disk_clear_part(const char *part, struct err *e)
{
	if (unlink(part) < 0 && errno != ENOENT)
		return err_errno(e, errno, "file-part", "cannot remove the old %s", part);
	return 0;
}

int disk_create(const char *path, const char *over, uint64_t size, struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", path);
	AUTO_FREE char *bytes = xasprintf("%llu", (unsigned long long)size);
	char *format = strcmp(over, DISK_LAYER_NAME) ? "raw" : "qcow2";
	char *argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b", (char *)over, part, bytes, NULL};
	struct disk_info info;
	int r = -1;

	if (file_exists(path)) {
		err_set(e, ERR_FAILED, "disk-exists", "a disk already exists at %s", path);
		err_hint(e, "only debwiz recreate replaces one");
	} else if (disk_clear_part(part, e) == 0) {
		r = disk_tool_run(argv, NULL, NULL, NULL, e);
		if (!r && chmod(part, 0600) < 0)
			r = err_errno(e, errno, "file-write", "cannot change the mode of %s", part);
		if (!r)
			r = disk_check(part, &info, e);
		if (!r && info.size != size)
			r = err_set(e, ERR_FAILED, "disk-tool", "qemu-img created a disk of a different size");
		if (!r)
			r = disk_sync_and_rename(part, path, e);
		if (r < 0)
			unlink(part);
	}
	return r;
}

static int disk_refuse_snapshots(const struct disk_info *info, const char *path, struct err *e)
{
	if (!info->snapshots)
		return 0;
	err_set(e, ERR_FAILED, "disk-snapshots", "%s holds snapshots or a suspended state", path);
	return err_hint(e, "delete the snapshots, or resume and shut down the machine, first");
}

int disk_grow(const char *path, uint64_t size, struct err *e)
{
	struct disk_info info;
	char *bytes;
	int r;

	if (disk_check(path, &info, e))
		return -1;
	if (size == info.size)
		return 0;
	if (size < info.size) {
		char now[SIZE_TEXT], wanted[SIZE_TEXT];

		err_set(e, ERR_USAGE, "disk-shrink", "a disk can only grow: it has %s, %s was requested",
			size_human(info.size, now), size_human(size, wanted));
		return err_hint(e, "debwiz recreate creates a new, smaller one");
	}
	if (disk_refuse_snapshots(&info, path, e) < 0)
		return -1;
	bytes = xasprintf("%llu", (unsigned long long)size);
	char *argv[] = {"qemu-img", "resize", "-q", "-f", "qcow2", (char *)path, bytes, NULL};
	r = disk_change_run(argv, path, "grow", true, e);
	free(bytes);
	return r;
}

/* Writes what the disk holds to the new file `part`, which needs no base. On an error there is none. */
static int disk_convert(const char *path, uint64_t size, const char *part, const atomic_bool *cancel,
			void (*progress)(double percent, void *arg), void *arg, struct err *e)
{
	char *argv[] = {"qemu-img", "convert", "-p", "-f", "qcow2", "-O", "qcow2", (char *)path, (char *)part, NULL};
	struct disk_info made;
	int r = disk_clear_part(part, e);

	if (r < 0)
		return r;
	r = disk_tool_run(argv, cancel, progress, arg, e);
	if (!r && chmod(part, 0600) < 0)
		r = err_errno(e, errno, "file-write", "cannot change the mode of %s", part);
	if (!r)
		r = disk_check(part, &made, e);
	if (!r && (!made.standalone || made.size != size))
		r = err_set(e, ERR_FAILED, "disk-tool", "qemu-img created a different disk than requested");
	if (r < 0)
		unlink(part);
	return r;
}

int disk_flatten(const char *path, const atomic_bool *cancel, void (*progress)(double percent, void *arg), void *arg,
		 struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", path);
	struct disk_info info;
	int r = disk_check(path, &info, e);

	if (!r)
		r = disk_refuse_snapshots(&info, path, e);
	if (!r)
		r = disk_check_change(path, e);
	if (!r && !info.standalone) {
		r = disk_convert(path, info.size, part, cancel, progress, arg, e);
		if (!r && disk_sync_and_rename(part, path, e) < 0) {
			unlink(part);
			r = -1;
		}
	}
	return r;
}

int disk_copy_whole(const char *path, const char *to, const atomic_bool *cancel,
		    void (*progress)(double percent, void *arg), void *arg, struct err *e)
{
	struct disk_info info;
	int r = disk_check(path, &info, e);

	return r ? r : disk_convert(path, info.size, to, cancel, progress, arg, e);
}

int disk_measure_whole(const char *path, uint64_t *bytes, struct err *e)
{
	char *argv[] = {"qemu-img", "measure", "--output=json", "-f", "qcow2", "-O", "qcow2", (char *)path, NULL};
	struct disk_info info;
	struct buf text;
	json_t *o;

	/* examined first: qemu-img would open any file that it names */
	if (disk_check(path, &info, e) < 0 || proc_run(argv, OUTPUT_MAX, &text, e) < 0)
		return -1;
	o = json_parse(text.data, text.len, "qemu-img", NULL);
	buf_fini(&text);
	*bytes = (uint64_t)json_int(o, "required", 0);
	json_decref(o);
	return *bytes ? 0 : err_set(e, ERR_FAILED, "disk-tool", "qemu-img measured nothing of %s", path);
}
