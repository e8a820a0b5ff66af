# SPDX-License-Identifier: MIT
"""map: prints what each source file is for: the first sentence of its first comment. A header and the
source of its name are one line."""
import re

import tree


def role(text):
    """The first sentence of the first comment behind the licence, on one line."""
    found = re.search(r'SPDX[^\n]*\n/\*(.*?)\*/', text, re.S)
    words = ' '.join(re.sub(r'^\s*\*', '', s).strip() for s in found.group(1).split('\n')).strip() if found else ''
    return re.match(r'(.*?)(\.\s|\.$|$)', words).group(1)


def rows(t):
    """(paths, role), in the order of the folders."""
    for path in t.files('.c', '.h', under=('include', 'src')):
        twin = re.sub(r'^include/(.*)\.h$', r'src/\1.c', path)
        if path.startswith('src/') and t.has(re.sub(r'^src/(.*)\.c$', r'include/\1.h', path)):
            continue
        yield [path] + ([twin] if twin != path and t.has(twin) else []), role(t.text(path))


if __name__ == '__main__':
    for paths, text in sorted(rows(tree.Tree(tree.top_folder())), key=lambda r: r[0][0].split('/')[1:]):
        print('%s: %s' % (', '.join(paths), text))
