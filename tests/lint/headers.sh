#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers: each header (but those for Windows) compiles alone, by C11 as it is and with the build's config.h before it.
# Inputs: CC, CPPFLAGS and CFLAGS of the build in the environment; srcdir; config.h in the current folder.
set -u
top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
failed=0
for path in $(cd "$top" && find include src -name '*.h' ! -name win.h ! -name '*_win.h' | LC_ALL=C sort); do
	for config in '-D_GNU_SOURCE' '-include config.h'; do
		# shellcheck disable=SC2086 # flags are words
		if ! printf '#include "%s"\n#include "%s"\ntypedef int not_empty;\n' "$top/$path" "$top/$path" |
			${CC:-cc} -x c -std=c11 -fsyntax-only -Wall -Wextra -Werror $config ${CPPFLAGS:-} \
				-I"$top/include" -I"$top/$(dirname "$path")" -; then
			echo "$path:1: does not compile alone ($config)"
			failed=1
		fi
	done
done
exit $failed
