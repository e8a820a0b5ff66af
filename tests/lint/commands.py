# SPDX-License-Identifier: MIT
"""commands: writes compile_commands.json: SRCDIR BUILDDIR COMMAND, where COMMAND is the compiler with its
options; one entry for each C file of src and tests (clang's JSON Compilation Database)."""
import json
import shlex
import sys

import tree

if __name__ == '__main__':
    srcdir, builddir, command = sys.argv[1:]
    rows = [{'directory': builddir, 'file': '%s/%s' % (srcdir, path),
             'arguments': shlex.split(command) + ['-c', '%s/%s' % (srcdir, path)]}
            for path in tree.Tree(srcdir).files('.c', under=('src', 'tests'))]
    json.dump(rows, sys.stdout, indent=1)
