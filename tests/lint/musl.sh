#!/bin/sh
# SPDX-License-Identifier: MIT
#
# musl: each source file that is not for another kind of host alone compiles with the headers of musl and those of the
# libraries: those of Linux with all that musl has, the others with POSIX's names and the few below alone, which macOS and
# the BSDs have, too.
# Skipped without musl's headers (Debian: musl-dev).
# Inputs: CC, CPPFLAGS of the build in the environment; srcdir; config.h in the current folder.
set -u
top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
musl=$(find /usr/include -maxdepth 1 -name '*-linux-musl' 2>/dev/null | head -n 1)
if [ -z "$musl" ]; then
	echo 'musl: skipped, no headers (Debian: musl-dev)'
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The headers of everything but the C library and the kernel: links to what the installed libraries have.
for path in curl archive.h archive_entry.h ini.h uv.h uv rnp lzma.h lzma solv et ext2fs com_err.h jansson.h jansson_config.h \
	curses.h ncurses_dll.h unctrl.h termcap.h vterm.h vterm_keycodes.h zlib.h zconf.h; do
	for folder in /usr/include /usr/include/*-linux-gnu; do
		[ -e "$folder/$path" ] && ln -sfn "$folder/$path" "$work/$path"
	done
done
mkdir "$work/openssl"
for header in /usr/include/openssl/*.h /usr/include/*-linux-gnu/openssl/*.h; do
	[ -e "$header" ] && ln -sfn "$header" "$work/openssl"
done
sed '/HAVE_CRYPT_H/d' config.h >"$work/linux.h" # Debian's musl declares crypt in unistd.h alone
{
	sed '/HAVE_CRYPT_H/d; /^# *define _/d' config.h
	cat <<'NAMES'
#define _XOPEN_SOURCE 700
#include <stddef.h>
char *strcasestr(const char *, const char *);
void *memmem(const void *, size_t, const void *, size_t);
int getentropy(void *, size_t);
NAMES
} >"$work/posix.h"
own=$(${CC:-cc} -print-file-name=include)
failed=0
for path in $(cd "$top" && find src -name '*.c' ! -name assets.c | grep -Ev '_(win|darwin|bsd|kqueue)\.c$' | LC_ALL=C sort); do
	names=posix
	[ "${path%_linux.c}" = "$path" ] || names=linux
	# other warnings: the headers of musl and glibc differ in attributes
	${CC:-cc} -std=c11 -fsyntax-only -Werror=implicit-function-declaration -nostdinc -isystem "$own" -isystem "$musl" \
		-isystem "$work" -isystem "$work/ext2fs" -include "$work/$names.h" -I. -I"$top/include" \
		-I"$top/src" "$top/$path" 2>"$work/said" || { cat "$work/said"; failed=1; }
done
exit $failed
