# SPDX-License-Identifier: MIT
"""sources: src/sources.mk lists what is compiled, a variable a folder. --write writes it (make sources); without
that the file must be as it would be written, and Makefile.am must compile each group of src/host for some host."""
import os
import re
import sys

import tree

FACES = ('cli', 'tui')      # everything else is libcore, which the unit tests link alone
# What is compiled for some hosts alone, by the end of the file's name; Makefile.am chooses. A file X_none, for hosts that
# have nothing of that kind, is chosen by itself (HOST_X_NONE).
HOSTS = ('posix', 'linux', 'darwin', 'bsd', 'kqueue', 'win')
# The back ends of the screens, likewise.
BACKENDS = {'src/tui/toolkit/backend_%s.c' % name: 'tui_' + name for name in ('curses', 'vt')}
HEAD = '# SPDX-License-Identifier: MIT\n# Written by `make sources` from the files of src and include.\n'


def host_of(path):
    """The end of the name of a group for a file of src/host: 'posix', 'clock_none', or ''."""
    folder, _, name = path.rpartition('/')
    stem = name.rpartition('.')[0]
    end = stem.rpartition('_')[2]
    if folder != 'src/host':
        return ''
    return stem if end == 'none' else end if end in HOSTS else ''


def text_of(t):
    groups = {}
    for path in t.files('.c', '.h', under=('src', 'include')):
        parts = path.split('/')
        if path not in ('src/main.c', 'src/main_plain.c', 'src/assets.c'):
            host = host_of(path)
            groups.setdefault(BACKENDS.get(path) or parts[1] + (host and '_' + host), []).append(path)
    text = HEAD
    for name, paths in sorted(groups.items()):
        text += '\n%s = \\\n\t%s\n' % (name.upper(), ' \\\n\t'.join(sorted(paths)))
    return text + '\nCORE = %s\n' % ' '.join('$(%s)' % n.upper() for n in sorted(groups)
                                                   if n not in FACES and n not in BACKENDS.values() and not n.startswith('host_'))


def check(t):
    text = text_of(t)
    bad = []
    if not t.has('src/sources.mk') or t.text('src/sources.mk') != text:
        bad.append('src/sources.mk:1: does not list the files of src and include as they are: make sources')
    for name in re.findall(r'^HOST_\w+', text, re.M):
        if '$(%s)' % name not in t.text('Makefile.am'):
            bad.append('Makefile.am:1: compiles $(%s) of src/sources.mk for no host' % name)
    return bad


if __name__ == '__main__':
    if '--write' in sys.argv:
        top = tree.Tree(tree.top_folder())
        with open(os.path.join(top.root, 'src', 'sources.mk'), 'w', encoding='utf-8') as out:
            out.write(text_of(top))
    else:
        tree.run(check)
