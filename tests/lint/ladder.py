# SPDX-License-Identifier: MIT
"""ladder: an include points only down, a library is included in its own folder alone, and what
differs by operating system lies in src/host."""
import re

import tree

LADDER = ('base', 'host', 'catalog', 'spec', 'archive', 'image', 'console', 'qemu', 'machine', 'supervisor', 'prepare', 'build', 'export',
          'wizard', 'session', 'tui/toolkit', 'tui', 'tui/console')
RUNG = {name: i for i, name in enumerate(LADDER)}
RUNG['cli'] = RUNG['tui']  # two interfaces of the same level: neither includes the other
# The supervisor is a process of its own, which one hidden verb becomes.
CLOSED = {'supervisor': ('src/cli/verb_life.c',)}

# Folders that know some of those below alone: widgets know no machine, file or question.
NARROW = {'tui/toolkit': ('base', 'host', 'console')}

# Files are reached through host/file alone. Readers in base (asset, json, log) need it, so it lies below them: it
# includes nothing but this.
FILE_SEAM = 'host/file.h'
FILE_SEAM_SOURCES = {'src/host/file.c', 'include/host/file.h'}
FILE_SEAM_USES = {FILE_SEAM, 'base/buf.h', 'base/err.h', 'base/mem.h'}

# Header (by the start of its name) -> folders or files that may include it.
LIBRARIES = {
    'uv.h': ('base', 'host'),
    'ini.h': ('base',),
    'jansson.h': ('include/base/json.h', 'src/base/json.c'),
    'openssl/': ('base',),
    'lzma.h': ('base', 'archive', 'image'),
    'archive.h': ('base', 'archive', 'image'),
    'archive_entry.h': ('base', 'archive', 'image'),
    'curl/': ('archive',),
    'rnp/': ('archive', 'src/base/hash.c'),
    'solv/': ('archive',),
    'ext2fs/': ('image',),
    'et/': ('image',),
    'com_err.h': ('image',),
    'vterm': ('console',),
    'curses.h': ('src/tui/toolkit/backend_curses.c',),
    'ncurses': ('src/tui/toolkit/backend_curses.c',),
    'panel.h': ('src/tui/toolkit/backend_curses.c',),
    'form.h': ('src/tui/toolkit/backend_curses.c',),
    'menu.h': ('src/tui/toolkit/backend_curses.c',),
    'term.h': ('src/tui/toolkit/backend_curses.c',),
    'termcap.h': ('src/tui/toolkit/backend_curses.c',),
    'linux/': ('src/host',),
    'mach/': ('src/host',),
    'sys/epoll.h': ('src/host',),
    'sys/eventfd.h': ('src/host',),
    'sys/inotify.h': ('src/host',),
    'sys/prctl.h': ('src/host',),
    'sys/sendfile.h': ('src/host',),
    'sys/signalfd.h': ('src/host',),
    'sys/sysctl.h': ('src/host',),
    'sys/sysinfo.h': ('src/host',),
    'sys/vfs.h': ('src/host',),
    'windows.h': ('src/host',),
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)
SYSTEM = re.compile(r'^[ \t]*#[ \t]*(?:el)?if(?:n?def)?\b.*?(\b_*(?:linux|gnu_linux|APPLE|MACH|'
                    r'FreeBSD|NetBSD|OpenBSD|DragonFly|sun|CYGWIN|MINGW(?:32|64)|MSYS|WIN32|WIN64|'
                    r'HAIKU)_*\b)', re.M)


def folder_of(path):
    """The folder of the ladder that a file of src or include lies in."""
    return '/'.join(path.split('/')[1:-1])


def may_use(path, allowed):
    folder = folder_of(path)
    return folder in allowed or folder.split('/')[0] in allowed or any(path == a or path.startswith(a + '/') for a in allowed)


def check_local(t, path, name, where):
    target, own = name.rpartition('/')[0], folder_of(path)
    if not target:
        if not t.has('%s/%s' % (path.rpartition('/')[0], name)):
            return ['%s: "%s" is not in this folder' % (where, name)]
        return []
    if not t.has('include/' + name):
        return ['%s: "%s" is not below include/' % (where, name)]
    if not own:  # main.c: the faces
        return [] if target in ('cli', 'tui') else ['%s: main includes %s' % (where, name)]
    if path in FILE_SEAM_SOURCES and name not in FILE_SEAM_USES:
        return ['%s: base includes this, which uses %s alone' % (where, ', '.join(sorted(FILE_SEAM_USES)))]
    if own == target or name == FILE_SEAM:
        return []
    if target in CLOSED and path not in CLOSED[target]:
        return ['%s: %s includes %s: it is a process of its own' % (where, own, name)]
    if target not in RUNG:
        return ['%s: %s has no place in the ladder' % (where, name)]
    if target not in NARROW.get(own, RUNG):
        return ['%s: %s includes %s: it knows nothing of that' % (where, own, name)]
    if RUNG[target] >= RUNG[own]:
        return ['%s: %s includes %s, which is not below it' % (where, own, name)]
    return []


def check(t):
    bad = []
    for path in t.files('.c', '.h', under=('src', 'include')):
        own = folder_of(path)
        if own and own not in RUNG:
            bad.append('%s:1: the folder %s has no place in the ladder' % (path, own))
            continue
        text = t.uncommented(path)
        for m in INCLUDE.finditer(text):
            where = '%s:%d' % (path, tree.line_of(text, m.start(1)))
            quote, name = m.groups()
            if quote == '"' and name == 'config.h':
                bad.append('%s: config.h comes from the command line' % where)
            elif quote == '"' and name.rpartition('/')[0] in RUNG or quote == '"' and '/' not in name:
                bad += check_local(t, path, name, where)
            elif quote == '"':
                bad.append('%s: "%s" is no header of ours' % (where, name))
            else:
                bad += ['%s: <%s> belongs in %s' % (where, name, ', '.join(allowed))
                        for start, allowed in LIBRARIES.items()
                        if name.startswith(start) and not may_use(path, allowed)]
        if own != 'host':
            for m in SYSTEM.finditer(text):
                bad.append('%s:%d: %s: what differs by system lies in src/host' %
                           (path, tree.line_of(text, m.start(1)), m.group(1)))
    return bad


if __name__ == '__main__':
    tree.run(check)
