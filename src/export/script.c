/* SPDX-License-Identifier: MIT */
/* script: writes scripts that start a machine in QEMU without debwiz, for sh and for Windows' cmd.exe. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/quote.h"
#include "export/export.h"

#include "note.h"

#define BAT_LINE_MAX 8191 /* characters that cmd.exe takes of a line, with its continuations */

/* Returns the part of the path below the machine's folder, or the path. */
static const char *script_relative(const struct export_machine *m, const char *path)
{
	size_t n = strlen(m->dir);

	return path && !strncmp(path, m->dir, n) && path[n] == '/' ? path + n + 1 : path;
}

/* Builds the command line of `s` on a host with these facts, with the machine's files relative to its folder. */
static int script_argv(const struct export_machine *m, const struct spec *s, const struct qemu_facts *facts,
		       struct qemu_argv *out, struct err *e)
{
	struct qemu_files f = m->files;

	f.disk = script_relative(m, f.disk);
	f.seed = script_relative(m, f.seed);
	f.kernel = script_relative(m, f.kernel);
	f.initrd = script_relative(m, f.initrd);
	f.pflash_code = script_relative(m, f.pflash_code);
	f.pflash_vars = script_relative(m, f.pflash_vars);
	f.alone = true;
	return qemu_argv_build(s, m->arch, facts, &f, out, e);
}

void export_note_seed(const struct export_machine *m, struct strv *notes)
{
	if (m->files.seed)
		strv_addf(notes,
			  "%s was not booted yet, and has the disk of its first boot: export it again afterwards",
			  m->s->name);
}

static void script_note(const struct export_machine *m, struct strv *notes)
{
	export_note_seed(m, notes);
	if (m->s->tpm)
		strv_add(notes, "firmware.tpm: left out: these scripts do not start swtpm");
}

/* ---- sh ---- */

#define SCRIPT_SH_HEAD                                                                                                 \
	"#!/bin/sh\n"                                                                                                  \
	"# Starts the machine %s in QEMU, without debwiz. Written by `debwiz export %s --as script`.\n"                \
	"# Its console is this terminal: log in there, and end the machine by `sudo poweroff`. Ctrl-A X ends QEMU\n"   \
	"# like pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.\n"         \
	"# Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the two below.\n"             \
	"set -eu\n"                                                                                                    \
	"machine="

char *export_sh(const struct export_machine *m, struct strv *notes, struct err *e)
{
	struct qemu_argv v;
	struct buf b;

	script_note(m, notes);
	for (size_t i = 0; i < m->s->shares.len; i++)
		if (spec_share_is_virtiofs(m->s->shares.items[i]))
			strv_addf(notes, "devices.share: left out: this script does not start virtiofsd: %s",
				  m->s->shares.items[i]);
	if (script_argv(m, m->s, &m->facts, &v, e) < 0)
		return NULL;
	buf_init(&b, 0);
	buf_addf(&b, SCRIPT_SH_HEAD, m->s->name, m->s->name);
	quote_word(&b, m->dir);
	buf_adds(&b, "\nqemu=");
	quote_word(&b, v.items[0].text);
	buf_addf(&b,
		 "\ncd \"${MACHINE:-$machine}\"\n"
		 "if [ -e suspend.json ]; then\n"
		 "	echo '%s is suspended: resume it and stop it by debwiz first' >&2\n"
		 "	exit 7\n"
		 "fi\n"
		 "# The lock of debwiz, so that it neither starts nor changes the machine in the meantime.\n"
		 "if command -v flock >/dev/null; then\n"
		 "	exec 9>>lock\n"
		 "	flock -n 9 || { echo '%s is in use' >&2; exit 7; }\n"
		 "fi\n"
		 "exec \"${QEMU:-$qemu}\"",
		 m->s->name, m->s->name);
	for (size_t i = 1; i < v.len; i++) {
		buf_adds(&b, v.items[i].why ? " \\\n\t" : " ");
		quote_word(&b, v.items[i].text);
	}
	buf_adds(&b, " \\\n\t\"$@\"\n");
	qemu_argv_fini(&v);
	return buf_steal(&b);
}

/* ---- cmd.exe ---- */

/* Appends the word as a program's argument on Windows (CommandLineToArgvW), so that it passes cmd.exe unchanged:
 * every character with a meaning there is escaped, and so are quotation marks: cmd.exe does not know \" and would see
 * the end of the quotes. */
static void script_bat_word(struct buf *b, const char *word)
{
	bool quotes = !*word || word[strcspn(word, " \t\"")];
	size_t backslashes = 0;

	if (quotes)
		buf_adds(b, "^\"");
	for (; *word; word++) {
		if (*word == '"')
			for (size_t i = 0; i <= backslashes; i++)
				buf_addc(b, '\\');
		if (strchr("\"&|<>^()", *word))
			buf_addc(b, '^');
		if (*word == '%')
			buf_addc(b, '%');
		buf_addc(b, *word);
		backslashes = *word == '\\' ? backslashes + 1 : 0;
	}
	for (size_t i = 0; quotes && i < backslashes; i++)
		buf_addc(b, '\\');
	if (quotes)
		buf_adds(b, "^\"");
}

/* Makes of the record one for a QEMU on Windows. */
static void script_bat_spec(const struct spec *s, struct spec *out, struct strv *notes)
{
	spec_copy(out, s);
	for (size_t i = 0; i < s->shares.len; i++)
		strv_addf(notes, "devices.share: QEMU on Windows shares no folders; left out: %s", s->shares.items[i]);
	for (size_t i = 0; i < s->drives.len; i++)
		strv_addf(notes, "devices.drive: a path of this host; left out: %s", s->drives.items[i]);
	strv_fini(&out->shares);
	strv_fini(&out->drives);
	if (s->display == SPEC_DISPLAY_VNC || s->display == SPEC_DISPLAY_SPICE) {
		strv_add(notes, "devices.display: a window in place of VNC or SPICE");
		out->display = SPEC_DISPLAY_GTK;
	}
}

static int script_bat_command(const struct export_machine *m, const struct qemu_argv *v, struct buf *b, struct err *e)
{
	size_t start = b->len;

	buf_adds(b, "\"%QEMU%\"");
	for (size_t i = 1; i < v->len; i++) {
		if (strpbrk(v->items[i].text, "\r\n"))
			return err_set(e, ERR_USAGE, "export-line",
				       "%s: an argument of several lines has no form in a "
				       "batch file: %s",
				       m->s->name, v->items[i].key);
		buf_adds(b, v->items[i].why ? " ^\r\n " : " ");
		script_bat_word(b, v->items[i].text);
	}
	buf_adds(b, " %*\r\n");
	if (b->len - start > BAT_LINE_MAX)
		return err_set(e, ERR_USAGE, "export-line",
			       "%s: QEMU's command line is longer than the %d characters that cmd.exe takes",
			       m->s->name, BAT_LINE_MAX);
	return 0;
}

#define SCRIPT_BAT_HEAD                                                                                                \
	"@echo off\r\n"                                                                                                \
	"rem Starts the machine %s in QEMU on Windows, without debwiz. Written by\r\n"                                 \
	"rem `debwiz export %s --as bat`. It lies in a copy of the machine's folder; the disk is first made\r\n"       \
	"rem independent of its base image by `debwiz flatten %s`, or base.raw is copied as well.\r\n"                 \
	"rem Its console is this window: end the machine by `sudo poweroff`. Ctrl-A X ends QEMU like\r\n"              \
	"rem pulling the plug, Ctrl-A C changes to QEMU's monitor and back, Ctrl-A H lists further keys.\r\n"          \
	"rem Further arguments are passed to QEMU. MACHINE=FOLDER and QEMU=PROGRAM replace the usual ones.\r\n"        \
	"setlocal DisableDelayedExpansion\r\n"                                                                         \
	"chcp 65001 >nul\r\n"                                                                                          \
	"set \"ARCH_QEMU=%s.exe\"\r\n"                                                                                 \
	"if not defined MACHINE set \"MACHINE=%%~dp0\"\r\n"                                                            \
	"cd /d \"%%MACHINE%%\" || exit /b 1\r\n"                                                                       \
	"if not exist disk.qcow2 >&2 echo There is no disk.qcow2 in this folder& exit /b 1\r\n"                        \
	"if exist suspend.json >&2 echo %s is suspended: resume and stop it by debwiz first& exit /b 7\r\n"            \
	"if defined QEMU goto start\r\n"                                                                               \
	"set \"QEMU=%%ProgramFiles%%\\qemu\\%%ARCH_QEMU%%\"\r\n"                                                       \
	"if not exist \"%%QEMU%%\" set \"QEMU=%%ARCH_QEMU%%\"\r\n"                                                     \
	":start\r\n"

static int script_bat_text(const struct export_machine *m, const struct qemu_argv *v, struct buf *b, struct err *e)
{
	buf_addf(b, SCRIPT_BAT_HEAD, m->s->name, m->s->name, m->s->name, m->arch->qemu, m->s->name);
	if (script_bat_command(m, v, b, e) < 0)
		return -1;
	buf_adds(b, "exit /b %ERRORLEVEL%\r\n");
	return 0;
}

char *export_bat(const struct export_machine *m, struct strv *notes, struct err *e)
{
	struct qemu_facts facts = m->facts;
	struct qemu_argv v;
	struct spec s;
	struct buf b;
	int r;

	facts.accel = "tcg"; /* what that host has is not known */
	facts.accel_why = "another host";
	facts.sandbox = false;
	facts.audio = "dsound";
	facts.root = false;
	script_note(m, notes);
	script_bat_spec(m->s, &s, notes);
	buf_init(&b, 0);
	r = script_argv(m, &s, &facts, &v, e);
	if (!r) {
		r = script_bat_text(m, &v, &b, e);
		qemu_argv_fini(&v);
	}
	spec_fini(&s);
	if (!r)
		return buf_steal(&b);
	buf_fini(&b);
	return NULL;
}
