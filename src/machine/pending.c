/* SPDX-License-Identifier: MIT */
/* pending: reads and writes DIR/updates-pending (include/machine/pending.h). */
#include "machine/pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"
#include "host/file.h"

#define SUITES_MAX 200 /* bytes */

bool vm_pending_ok(const char *suites)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-. ";

	return strlen(suites) <= SUITES_MAX && !suites[strspn(suites, allowed)];
}

char *vm_pending_read(const char *dir)
{
	AUTO_FREE char *path = file_join(dir, VM_PENDING_NAME);
	AUTO_FREE char *suites = NULL;
	struct buf text;

	if (file_read(path, SUITES_MAX + 1, &text, NULL) == 0) {
		suites = xstrndup(text.data, strcspn(text.data, "\n"));
		buf_fini(&text);
	}
	if (suites && *suites && vm_pending_ok(suites))
		return mem_take(&suites);
	return NULL;
}

int vm_pending_write(const char *dir, const char *suites, struct err *e)
{
	AUTO_FREE char *path = file_join(dir, VM_PENDING_NAME);
	char *line;
	int r;

	if (!suites || !*suites) {
		r = file_remove_tree(path, e);
	} else {
		line = xasprintf("%s\n", suites);
		r = file_write(path, line, strlen(line), 0600, e);
		free(line);
	}
	return r;
}

char *vm_pending_text(const char *suites)
{
	AUTO_STRV struct strv names = STRV_INIT;
	AUTO_FREE char *joined = NULL;
	char *text;

	strv_split(&names, suites, " ");
	joined = strv_join(&names, " and ");
	text = xasprintf("without the updates of %s so far", joined);
	return text;
}
