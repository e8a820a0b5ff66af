/* SPDX-License-Identifier: MIT */
/*
 * disk_original: a base whose disk is the user's image itself, by a hard link. A record beside the disk has what the
 * file was like, because nothing but its user keeps it from being changed. A machine's link to such a base is always a
 * symbolic one (disk_base.c): so it leads to the record, and the hard links of the file are all its user's.
 */
#include "disk_original.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "host/file.h"
#include "image/disk.h"

#define RECORD "original.json"

static char *disk_original_record_path(const char *base_disk)
{
	AUTO_FREE char *dir = file_dirname(base_disk);

	return file_join(dir, RECORD);
}

bool disk_is_original(const char *base_disk)
{
	AUTO_FREE char *path = disk_original_record_path(base_disk);

	return file_exists(path);
}

int disk_original_record(const char *base_disk, const char *path, const struct stat *st, struct err *e)
{
	AUTO_FREE char *record = disk_original_record_path(base_disk);
	json_t *o = json_pack("{s:I, s:I, s:I}", "size", (json_int_t)st->st_size, "seconds",
			      (json_int_t)st->st_mtim.tv_sec, "nanoseconds", (json_int_t)st->st_mtim.tv_nsec);
	json_t *name = json_string(path);
	int r;

	if (name) /* a name that is not UTF-8 is only missing in messages */
		json_object_set_new(o, "path", name);
	r = json_write(record, o, e);
	json_decref(o);
	return r;
}

static char *disk_original_time(int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return xstrdup(text);
}

/* Sets the error for a file that is not as it was. Returns -1. */
static int disk_original_changed(const char *disk, const json_t *was, const struct stat *st, struct err *e)
{
	AUTO_FREE char *then = disk_original_time(json_int(was, "seconds", 0));
	AUTO_FREE char *now = disk_original_time(st->st_mtim.tv_sec);
	struct buf hint;

	err_set(e, ERR_FAILED, "image-changed",
		"the image %s has changed since the machine's disk was created over it (image_copy = no): it had %lld "
		"bytes, written %s, and has %lld bytes, written %s",
		json_str(was, "path", disk), (long long)json_int(was, "size", 0), then, (long long)st->st_size, now);
	buf_init(&hint, 0);
	buf_addf(&hint,
		 "begin again with the image as it is now: debwiz recreate; or, if only its time differs: touch -d "
		 "@%lld.%09lld ",
		 (long long)json_int(was, "seconds", 0), (long long)json_int(was, "nanoseconds", 0));
	quote_word(&hint, disk);
	err_hint(e, "%s", hint.data);
	buf_fini(&hint);
	return -1;
}

static int disk_original_check(const char *disk, struct err *e)
{
	AUTO_FREE char *record = disk_original_record_path(disk);
	json_t *was = json_read(record, e);
	struct stat st;
	int r = 0;

	if (!was)
		return -1;
	if (stat(disk, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_FAILED, "disk-base", "the base image %s of the disk is missing", disk);
		r = err_hint(e, "put the base image back, or create the disk again: debwiz recreate");
	} else if (json_int(was, "size", -1) != (json_int_t)st.st_size ||
		   json_int(was, "seconds", -1) != (json_int_t)st.st_mtim.tv_sec ||
		   json_int(was, "nanoseconds", -1) != (json_int_t)st.st_mtim.tv_nsec) {
		r = disk_original_changed(disk, was, &st, e);
	}
	json_decref(was);
	return r;
}

int disk_check_original(const char *link, struct err *e)
{
	char disk[PATH_MAX];
	ssize_t n = readlink(link, disk, sizeof(disk) - 1);

	if (n < 0)
		return 0; /* a hard link, or none */
	disk[n] = '\0';
	return disk_is_original(disk) ? disk_original_check(disk, e) : 0;
}
