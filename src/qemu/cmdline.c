/* SPDX-License-Identifier: MIT */
/* cmdline: the kernel's command lines. */
#include "qemu/cmdline.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Returns whether it is one word of the kernel's command line: anything else could add further words. */
static bool cmdline_is_term(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._";

	return s && *s && strlen(s) < 64 && !s[strspn(s, plain)];
}

const char *qemu_console(const struct spec *s, const struct catalog_arch *arch)
{
	return s->console == SPEC_CONSOLE_VIRTIO ? SPEC_VIRTIO_CONSOLE : arch->console;
}

char *qemu_cmdline(const struct spec *s, const struct catalog_arch *arch, const char *root, bool configuring,
		   unsigned columns, unsigned rows, const char *term)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "console=%s", arch->console);
	/* the last one counts; until its driver is loaded the first process would have no console without the other */
	if (!configuring && s->console == SPEC_CONSOLE_VIRTIO)
		buf_adds(&b, " console=" SPEC_VIRTIO_CONSOLE);
	buf_addf(&b, " root=%s", root ? root : "PARTLABEL=debwiz-root");
	if (configuring) {
		buf_adds(&b, " debwiz.configure panic=-1");
		return buf_steal(&b);
	}
	buf_adds(&b, " ro");
	if (cmdline_is_term(term))
		buf_addf(&b, " TERM=%s", term);
	if (columns && rows)
		buf_addf(&b, " debwiz.rows=%u debwiz.columns=%u", rows, columns);
	if (*s->cmdline)
		buf_addf(&b, " %s", s->cmdline);
	return buf_steal(&b);
}

char *qemu_installer_cmdline(const struct catalog_arch *arch, bool manual, const char *term)
{
	struct buf b;

	buf_init(&b, 0);
	buf_addf(&b, "console=%s", arch->console);
	if (manual && cmdline_is_term(term))
		buf_addf(&b, " TERM=%s", term);
	if (!manual) /* a dumb terminal has no GNU screen in between */
		buf_adds(&b, " TERM=dumb auto=true priority=critical DEBIAN_FRONTEND=text");
	/* what follows --- is for the installed system */
	buf_addf(&b, " --- console=%s", arch->console);
	return buf_steal(&b);
}

char *qemu_console_elsewhere(const struct spec *s, const struct catalog_arch *arch)
{
	const char *word = s->cmdline, *last = NULL;
	char *name;

	while (*word) {
		word += strspn(word, " ");
		if (!strncmp(word, "console=", 8))
			last = word + 8;
		word += strcspn(word, " ");
	}
	name = last ? xstrndup(last, strcspn(last, " ,")) : NULL;
	if (name && (!*name || !strcmp(name, qemu_console(s, arch)))) {
		free(name);
		name = NULL;
	}
	return name;
}

bool qemu_may_have_virtio_console(const struct spec *s, const struct catalog_arch *arch)
{
	return spec_is_foreign(s) && strcmp(qemu_console(s, arch), SPEC_VIRTIO_CONSOLE) != 0;
}
