#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tidy: cppcheck, then clang-tidy over src/, two files at once; .clang-tidy says what is looked for.
# Inputs: CPPFLAGS of the build in the environment; srcdir; config.h in the current folder. Arguments:
# files to look at instead of all of src/. A tool that is not installed is an error.
set -u
top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
failed=0

if command -v cppcheck >/dev/null; then
	# missingInclude*: headers of the system are not read. uninitvar: it does not know that an
	# err_ function returns -1; clang's analyzer is told so and looks for the same.
	# FOR_*, json_array_foreach: loops of libsolv and jansson.
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude --suppress=missingIncludeSystem --suppress=uninitvar \
		-D_GNU_SOURCE -D'FOR_PROVIDES(v,vp,d)=while ((vp = v = d))' \
		-D'FOR_REPOS(i,r)=while ((r = pool->repos[i = 1]))' \
		-D'json_array_foreach(a,i,v)=while ((v = json_array_get(a, i = 1)))' -I"$top/include" "${@:-$top/src}" || failed=1
else
	echo 'lint: cppcheck is not installed'
	failed=1
fi

# One file; base/err.c defines what analyze.h redefines.
# shellcheck disable=SC2016 # for the inner shell
one='case $1 in */base/err.c) told= ;; *) told="-include $srcdir/tests/lint/analyze.h" ;; esac
exec clang-tidy --quiet "$1" -- -std=c11 -include config.h $CPPFLAGS -I"$srcdir/include" $told 2>/dev/null'
if command -v clang-tidy >/dev/null; then
	export CPPFLAGS="${CPPFLAGS:-}" srcdir="$top"
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@"
	else
		find "$top/src" -name '*.c' ! -name assets.c | grep -Ev '_(win|darwin|bsd|kqueue)\.c$'
	fi |
		LC_ALL=C sort | xargs -n 1 -P 2 sh -c "$one" tidy || failed=1
else
	echo 'lint: clang-tidy is not installed'
	failed=1
fi
exit $failed
