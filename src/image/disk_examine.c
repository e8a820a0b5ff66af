/* SPDX-License-Identifier: MIT */
/* disk_examine: qemu-img check, its exit status and its counts; see include/image/disk.h. */
#include "base/json.h"
#include "host/proc.h"
#include "image/disk.h"

#define OUTPUT_MAX (1024 * 1024)

/* qemu-img(1): 0 well, 1 not checked, 2 corrupt, 3 leaks alone, 63 no check for this format. */
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
