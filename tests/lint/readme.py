# SPDX-License-Identifier: MIT
"""readme: the files and functions that src/README and tests/README name exist, a function in the file behind it."""
import fnmatch
import os
import re

import tree

READMES = ('src/README', 'tests/README')
FILE = re.compile(r'(?<![\w/.*-])(?:[\w*-]+/)*[\w*-]+\.(?:c|h|py|sh|mk|txt)\b')
GENERATED = ('config.h',)
PLACE = re.compile(r'\b(\w+)\s\(((?:[\w-]+/)*\w+\.c)\b')     # spec_read (spec/spec.c)
FUNCTION = re.compile(r'(?<![\w/.*-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b(?![/.*-]\w)')


def exists(name, paths, writing):
    """A file by its path, or by its name, in the tree, in include, or beside the readme."""
    if '/' not in name:
        return any(fnmatch.fnmatch(os.path.basename(p), name) for p in paths)
    return any(fnmatch.fnmatch(p, top + name) for p in paths for top in ('', 'src/', 'include/', 'assets/', writing))


def check(t):
    paths = t.files() + [p for p in tree.TOP_FILES if t.has(p)]
    words = None
    bad = []
    for readme in READMES:
        if not t.has(readme):
            continue
        text = t.text(readme)
        for m in FILE.finditer(text):
            if m.group() not in GENERATED and not exists(m.group(), paths, os.path.dirname(readme) + '/'):
                bad.append('%s:%d: there is no %s' % (readme, tree.line_of(text, m.start()), m.group()))
        for m in FUNCTION.finditer(text):
            if words is None:
                words = {w for p in paths if p not in READMES for w in re.findall(r'\w+', t.text(p))}
            if m.group() not in words and 'test_' + m.group() not in words:
                bad.append('%s:%d: nothing is called %s' % (readme, tree.line_of(text, m.start()), m.group()))
        for m in PLACE.finditer(text):
            if '_' in m.group(1) and t.has('src/' + m.group(2)) and \
                    not re.search(r'^[^\s#].*\b%s\(' % m.group(1), t.code('src/' + m.group(2)), re.M):
                bad.append('%s:%d: %s is not in src/%s' % (readme, tree.line_of(text, m.start()), *m.groups()))
    return bad


if __name__ == '__main__':
    tree.run(check)
