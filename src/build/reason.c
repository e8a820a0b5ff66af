/* SPDX-License-Identifier: MIT */
/* reason: explains why a build failed. */
#include "build/reason.h"

#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"

#define REASON_DIFFERS "differs "
#define REASON_COUNT_MAX 1000000

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

bool reason_read_count(const char *line, const char *word, uint64_t *count, const char **rest)
{
	size_t n = strlen(word), digits;
	AUTO_FREE char *number = NULL;

	if (strncmp(line, word, n) != 0 || line[n] != ' ')
		return false;
	line += n + 1;
	digits = strspn(line, "0123456789");
	number = xstrndup(line, digits);
	*rest = line + digits + (line[digits] == ' ');
	return number_parse(number, 0, REASON_COUNT_MAX, count, NULL) == 0;
}

void reason_differing(const char *text, struct strv *names, struct strv *members)
{
	for (const char *at = text; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		size_t n = strlen(REASON_DIFFERS), end;

		if (strncmp(at, REASON_DIFFERS, n) != 0)
			continue;
		at += n;
		end = strcspn(at, " \n");
		strv_take(names, text_plain(at, end));
		at += end + (at[end] == ' ');
		strv_take(members, text_plain(at, strcspn(at, "\n")));
	}
}

int reason_explain(const char *line, const char *name, const struct spec *s, struct err *e)
{
	AUTO_FREE char *program = reason_rest(line, "memory");
	AUTO_FREE char *command = reason_rest(line, "silence");
	AUTO_FREE char *full = reason_rest(line, "full");
	AUTO_FREE char *second = reason_rest(line, "second");
	AUTO_FREE char *busy = reason_rest(line, "busy");
	AUTO_FREE char *taken = reason_rest(line, "taken");
	AUTO_FREE char *dependencies = reason_rest(line, "dependencies");
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
	if (!strncmp(line, REASON_DIFFERS, strlen(REASON_DIFFERS))) {
		err_set(e, ERR_FAILED, "build-differs", "%s is not reproducible: a second build made other files",
			name);
		return err_hint(e, "the log names what differs in them; the second files are in a folder beside it");
	}
	if (second) {
		err_set(e, ERR_FAILED, "build-second", "%s was built once; in another environment it cannot be built",
			name);
		return err_hint(e, "the log shows why, after the line that begins the second build");
	}
	if (busy)
		return err_set(e, ERR_BUSY, "build-busy", "another build runs in the machine that was to build %s",
			       name);
	if (taken) {
		err_set(e, ERR_FAILED, "build-taken", "%s was not built: %s in the machine does not belong to a build",
			name, taken);
		return err_hint(e, "move it away there, or build in another machine");
	}
	if (dependencies) {
		err_set(e, ERR_FAILED, "build-depends", "the machine's apt cannot install what %s needs", name);
		return err_hint(e, "the log shows why");
	}
	return 0;
}
