/* SPDX-License-Identifier: MIT */
/* reason: explains why a build failed. */
#include "build/reason.h"

#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"

/* Returns the rest of the line behind the word, without what a terminal would obey, owned; NULL if it has another word.
 */
static char *reason_rest(const char *line, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(line, word, n) != 0 || (line[n] && !strchr(" \n", line[n])))
		return NULL;
	line += n + strspn(line + n, " ");
	return text_plain(line, strcspn(line, "\n"));
}

int reason_explain(const char *line, const char *name, const struct spec *s, struct err *e)
{
	AUTO_FREE char *program = reason_rest(line, "memory");
	AUTO_FREE char *command = reason_rest(line, "silence");
	AUTO_FREE char *full = reason_rest(line, "full");
	char size[SIZE_TEXT];

	if (program) {
		err_set(e, ERR_FAILED, "build-memory",
			"the build of %s ran out of memory: the guest's kernel killed %s (cpu.memory is %s)", name,
			*program ? program : "a process", s->memory ? size_format(s->memory, size) : "auto");
		return err_hint(e, "give the machine more, --set cpu.memory=4G, or lower --jobs");
	}
	if (full) {
		err_set(e, ERR_FAILED, "build-full", "the build of %s filled the guest's disk (disk.size is %s)", name,
			size_format(s->disk_size, size));
		return err_hint(e, "give the machine a larger one: --set disk.size=64G");
	}
	if (command) {
		err_set(e, ERR_FAILED, "build-silent",
			"the build of %s printed nothing for %s and was killed; it ran %s", name,
			duration_format(s->build_silence, size), *command ? command : "no program");
		return err_hint(e, "allow it more time by --silence, or --silence=never");
	}
	return 0;
}
