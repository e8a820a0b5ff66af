/* SPDX-License-Identifier: MIT */
/* job_drives: looks at the further drives of a machine's file before QEMU opens them. */
#include <stdlib.h>

#include "base/ini.h"
#include "base/mem.h"
#include "host/file.h"
#include "image/disk.h"
#include "prepare/job.h"

int job_check_drives(const struct spec *s, bool needed, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->drives.len && !r; i++) {
		unsigned line = s->doc ? ini_doc_line(s->doc, "devices", "drive", i) : 0;
		char *written = spec_item_get(s->drives.items[i], "path");
		char *format = spec_item_get(s->drives.items[i], "format");
		char *path = spec_path(s, written ? written : "");

		if (needed || file_exists(path))
			r = disk_check_drive(path, format ? format : "", e);
		if (r < 0 && e && e->kind == ERR_FAILED)
			e->kind = ERR_USAGE; /* the file says what cannot be used */
		if (r < 0 && line)
			err_prefix(e, "%s:%u: devices.drive", s->shown ? s->shown : s->name, line);
		else if (r < 0)
			err_prefix(e, "devices.drive");
		free(path);
		free(format);
		free(written);
	}
	return r;
}
