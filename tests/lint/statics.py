# SPDX-License-Identifier: MIT
"""statics: the name of a static function says its file (it begins with a word of the file's name), and no two
share one: a back trace or grep is enough to find it."""
import os
import re

import tree

STATIC = re.compile(r'^static\s+(?:inline\s+)?[\w\s\*]*?[\s\*](\w+)\(', re.M)


def check(t):
    bad, first = [], {}
    for path in t.files('.c', under=('src',)):
        if path == 'src/main.c':
            continue
        stem = os.path.splitext(os.path.basename(path))[0]
        text = t.code(path)
        for m in STATIC.finditer(text):
            name, where = m.group(1), '%s:%d' % (path, tree.line_of(text, m.start()))
            if name == '__attribute__':
                continue
            if not any(name == w or name.startswith(w + '_') for w in [stem] + stem.split('_')):
                bad.append('%s: %s does not begin with %s_' % (where, name, stem))
            if first.setdefault(name, path) != path:
                bad.append('%s: %s has that name, too: %s' % (where, first[name], name))
    return bad


if __name__ == '__main__':
    tree.run(check)
