/* SPDX-License-Identifier: MIT */
/* installing: the record of an installation that runs (include/machine/installing.h). */
#include "machine/installing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/paths.h"
#include "machine/run.h"

#define PATH_BYTES_MAX 4096

static char *installing_file(const char *dir)
{
	return file_join(dir, "installing");
}

int installing_begin(const char *dir, const char *where, struct err *e)
{
	AUTO_FREE char *path = installing_file(dir);
	AUTO_FREE char *text = xasprintf("%s\n", where);

	return file_write(path, text, strlen(text), 0600, e);
}

void installing_end(const char *dir)
{
	AUTO_FREE char *path = installing_file(dir);

	unlink(path);
}

/* Returns the recorded folder; owned, NULL: none. */
static char *installing_read(const char *dir)
{
	AUTO_FREE char *path = installing_file(dir);
	struct buf text;
	char *where = NULL;

	if (file_read(path, PATH_BYTES_MAX, &text, NULL) == 0) {
		if (text.len && text.data[text.len - 1] == '\n')
			where = xstrndup(text.data, text.len - 1);
		buf_fini(&text);
	}
	return where;
}

void installing_place(const char *dir, const char *name, char **where, char **runtime)
{
	struct vm_run run;
	char *other = vm_run_alive(dir) ? NULL : installing_read(dir);

	if (other && vm_run_read(other, &run, NULL) == 0) {
		if (run.alive) {
			*where = other;
			*runtime = host_runtime_dir(run.name, NULL);
			vm_run_fini(&run);
			return;
		}
		vm_run_fini(&run);
	}
	free(other);
	*where = xstrdup(dir);
	*runtime = host_runtime_dir(name, NULL);
}
