# SPDX-License-Identifier: MIT
"""files: each file says its licence and its role, lies where the tree has a place for it, and holds no
note to oneself, no path and no package host of this machine."""
import glob
import os
import re
import shutil
import subprocess

import tree

SPDX = 'SPDX-License-Identifier: MIT'
# These have no place for a comment, or are taken as they are.
NO_LICENCE = re.compile(r'^(assets/(catalog|examples|keys|guest/root/etc)/|assets/guest/files\.list$|'
                        r'tests/(golden|fuzz/corpus|transcript)/|tests/.*/data/)')
LICENSED = ('.c', '.h', '.py', '.sh', '.supp', 'Makefile.am', 'configure.ac', '.1.in')
NOTES = re.compile(r'\b(TODO|FIXME|XXX)\b')
PUBLIC = ('debian.org', 'example.com', 'example.org', 'example.net', 'localhost')
MAX_COLUMNS = 120


def files(t):
    return t.files() + [f for f in tree.TOP_FILES if t.has(f)]


def is_script(text):
    return text.startswith('#!')


def check_head(t, path):
    text = t.text(path)
    if NO_LICENCE.match(path) or not (path.endswith(LICENSED) or is_script(text)):
        return []
    lines = text.split('\n')
    at = next((i for i, s in enumerate(lines[:3]) if SPDX in s), None)
    if at is None:
        return ['%s:1: the line %s is missing' % (path, SPDX)]
    if path.endswith(('.c', '.h')):
        role = re.match(r'\s*/\*[\s*]*\S+', '\n'.join(lines[at + 1:at + 4]))
    elif path.endswith(('.py', '.sh')) or is_script(text):
        role = any(re.match(r'# \S|"""', s) for s in lines[at + 1:at + 4])
    else:
        role = True
    return [] if role else ['%s:%d: the file does not begin with its role' % (path, at + 2)]


def check_place(t):
    """What git tracks lies below the agreed folders; a tree without git was checked before."""
    if not t.has('.git') or not shutil.which('git'):
        return []
    done = subprocess.run(['git', '-c', 'safe.directory=*', '-C', t.root, 'ls-files', '-z'],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    names = done.stdout.decode(errors='replace').split('\0')[:-1]
    return ['%s:1: has no place here' % n for n in names
            if n.split('/')[0] not in tree.FOLDERS and n not in tree.TOP_FILES or
            n.endswith(('.orig', '.rej', '.swp', '~', '.o', '.log'))]


def check_assets(t):
    """Makefile.am must name each asset, or it would not be built in."""
    if not t.has('Makefile.am'):
        return []
    named = set(t.text('Makefile.am').split())
    return ['%s:1: is no asset of Makefile.am' % path
            for path in t.files(under=('assets/catalog', 'assets/guest', 'assets/keys'))
            if path[len('assets/'):] not in named]


def package_hosts():
    """Hosts that this machine's apt and pip use, but for the public ones."""
    text = ''
    for name in (['/etc/apt/sources.list', '/etc/pip.conf', os.path.expanduser('~/.config/pip/pip.conf')] +
                 glob.glob('/etc/apt/sources.list.d/*') + glob.glob('/etc/apt/apt.conf.d/*')):
        try:
            with open(name, encoding='utf-8', errors='replace') as f:
                text += ''.join(s for s in f if not s.lstrip().startswith(('#', '//')))
        except OSError:
            pass
    for name, value in os.environ.items():
        if name.lower().endswith(('_proxy', '_index_url', '_registry', 'goproxy')):
            text += ' ' + value
    hosts = {h.lower() for h in re.findall(r'https?://(?:[^/@\s"]*@)?([\w.-]+)', text)}
    return {h for h in hosts if '.' in h and not re.match(r'^[\d.]+$', h) and
            not any(h == p or h.endswith('.' + p) for p in PUBLIC)}


def check_words(t, hosts, root):
    bad = []
    for path in files(t):
        text = t.text(path)
        if not path.startswith('tests/lint/') and path != 'ChangeLog':
            bad += ['%s:%d: %s' % (path, tree.line_of(text, m.start()), m.group())
                    for m in NOTES.finditer(text)]
        low = text.lower()
        for word in hosts:
            if word in low:
                bad.append('%s:%d: names a package host of this machine' %
                           (path, tree.line_of(low, low.index(word))))
        if root.count('/') > 1 and re.search(re.escape(root) + r'\b', text):
            bad.append('%s:1: names the folder that this tree lies in' % path)
    return bad


def check_shape(t, path):
    bad = []
    for i, line in enumerate(t.text(path).split('\n'), 1):
        width = len(line.expandtabs(8))
        if width > MAX_COLUMNS and path.endswith(('.c', '.h')):
            bad.append('%s:%d: %d columns' % (path, i, width))
        if line != line.rstrip():
            bad.append('%s:%d: blanks at the end of the line' % (path, i))
        if path.endswith(('.c', '.h')) and re.match(r' {2,}[^\s*\\]', line):
            bad.append('%s:%d: indented by blanks' % (path, i))
    if t.text(path) and not t.text(path).endswith('\n'):
        bad.append('%s:1: does not end with a line end' % path)
    return bad


def check(t):
    bad = check_place(t) + check_assets(t)
    bad += check_words(t, package_hosts(), os.path.realpath(t.root))
    for path in files(t):
        bad += check_head(t, path)
        if path.endswith(('.c', '.h', '.py')):
            bad += check_shape(t, path)
    return bad


if __name__ == '__main__':
    tree.run(check)
