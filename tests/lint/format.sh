#!/bin/sh
# SPDX-License-Identifier: MIT
#
# format: every C source is as .clang-format says. Versions of clang-format differ in details: that of
# Debian 12 counts. Inputs: srcdir; CLANG_FORMAT (default: clang-format-14, or a clang-format of that version).
set -u
top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
tool=${CLANG_FORMAT:-$(command -v clang-format-14 || command -v clang-format)}
if ! "${tool:-clang-format}" --version | grep -q 'version 14\.'; then
	echo 'lint: format: clang-format 14 is required (Debian 12 has it)'
	exit 1
fi
find "$top/src" "$top/include" "$top/tests" -name '*.[ch]' ! -path '*/src/assets.c' |
	LC_ALL=C sort | xargs "$tool" --dry-run -Werror
