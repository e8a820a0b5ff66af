# SPDX-License-Identifier: MIT
"""names: a macro never shares its name with an enumerator that the same file may see. The macro
replaces the enumerator silently, and a `case` or an assignment then means another value."""
import re

import tree

MACRO = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)', re.M)
ENUM = re.compile(r'\benum\b\s*\w*\s*\{([^{}]*)\}')
ENUMERATOR = re.compile(r'(?:^|,)\s*(\w+)')


def macros(code):
    return {m.group(1): m.start() for m in MACRO.finditer(code)}


def enumerators(code):
    return {n for m in ENUM.finditer(code) for n in ENUMERATOR.findall(m.group(1))}


def check(t):
    """A header counts for every file, a source for itself and for all headers."""
    paths = t.files('.c', '.h', under=('src', 'include', 'tests'))
    enums = {path: enumerators(t.code(path)) for path in paths}
    shared = {name: path for path in paths if path.endswith('.h') for name in enums[path]}
    bad = []
    for path in paths:
        others = paths if path.endswith('.h') else [path]
        for name, at in macros(t.code(path)).items():
            where = shared.get(name) or next((o for o in others if name in enums[o]), None)
            if where:
                bad.append('%s:%d: the macro %s is also an enumerator of %s' %
                           (path, tree.line_of(t.code(path), at), name, where))
    return bad


if __name__ == '__main__':
    tree.run(check)
