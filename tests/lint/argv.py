# SPDX-License-Identifier: MIT
"""argv: what a command line of QEMU must not hold, looked for in the golden command lines and in
the words of src/qemu: anything that listens beyond a private socket, that shells out, that probes
a format, or that puts guest bytes into a terminal of QEMU's own."""
import json
import re

import tree

FOLDER = 'tests/golden/argv/'
OPTIONS = ('-daemonize', '-monitor', '-vnc', '-gdb', '-s', '-qtest', '-qmp', '-incoming', '-hda',
           '-hdb', '-cdrom', '-drive', '-fda', '-curses', '-nographic', '-readconfig', '-runas', '-chroot')
WORDS = {
    r'\b(smb|smbserver)=': 'user networking would start smbd through a shell',
    r'\b(tftp|bootfile)=': 'TFTP hands out a host folder',
    r'\bguestfwd=': 'a guest could start a host command',
    r'(^|[,:])vc([,:]|$)': 'guest bytes would reach a console of QEMU',
    r'\bstdio\b': 'guest bytes would reach the terminal',
    r'^(exec|fd):': 'not from a command line',
    r'\b(telnet|websocket)\b': 'listens on the network',
    r'\b(file|raw)\.locking=off': 'two machines could write one disk',
}
SPICE = re.compile(r'addr=.*[^,](,,)*,unix=on,disable-ticketing=on$')     # a private socket and nothing else
CONNECTED = re.compile(r'socket,id=(?:tpm|virtiofs\d+),fd=\d+')       # before QEMU starts
ALONE = 'stdio,id=serial,mux=on,signal=off'     # of a script that starts a machine without debwiz
LISTEN = re.compile(r'\b(tcp|udp):(?!127\.0\.0\.1:\d)')


def check_drivers(where, value):
    """Each node of a -blockdev names its driver: no format is ever probed."""
    bad = []
    if isinstance(value, dict):
        if 'driver' not in value and 'qom-type' not in value and \
                not set(value) <= {'direct', 'no-flush'}:
            bad.append('%s: no driver: %s' % (where, json.dumps(value)[:60]))
        for v in value.values():
            bad += check_drivers(where, v)
    return bad


def check_args(path, args):
    bad = []
    if args[1:3] != ['-no-user-config', '-nodefaults']:
        bad.append('%s:2: does not begin with -no-user-config -nodefaults' % path)
    if '-display' not in args:
        bad.append('%s:1: no -display: QEMU would open a window' % path)
    for i, arg in enumerate(args):
        where, before = '%s:%d' % (path, i + 1), args[i - 1]
        if arg in OPTIONS:
            bad.append('%s: %s' % (where, arg))
        if before == '-display' and arg != 'none' and not arg.startswith('vnc=unix:'):
            bad.append('%s: a display of QEMU: %s' % (where, arg))
        if before == '-spice' and not SPICE.match(arg):
            bad.append('%s: a screen that listens elsewhere: %s' % (where, arg))
        if before in ('-chardev', '-netdev') or before == '-serial':
            bad += ['%s: %s: %s' % (where, arg, why) for word, why in WORDS.items()
                    if re.search(word, arg)]
            if LISTEN.search(arg):
                bad.append('%s: listens beyond 127.0.0.1: %s' % (where, arg))
        if before == '-chardev' and arg.startswith('socket,') and not ',path=' in arg and not CONNECTED.fullmatch(arg):
            bad.append('%s: a socket without a path: %s' % (where, arg))
        if before in ('-blockdev', '-device', '-object') and arg.startswith('{'):
            bad += check_drivers(where, json.loads(arg))
    return bad


def check_cases(path, lines):
    """The arguments that the cases of cases.txt bring; a forward to the network exists only if a file has it."""
    bad, alone, before = [], False, None
    for number, line in enumerate(lines, 1):
        alone = line == 'file alone=true' or (alone and not line.startswith('['))
        if not line.startswith('+ ') or (alone and line == '+ ' + ALONE):
            continue
        where, arg = '%s:%d' % (path, number), line[2:]
        if before == '-spice' and not SPICE.match(arg):
            bad.append('%s: a screen that listens elsewhere: %s' % (where, arg))
        before = arg
        if arg in OPTIONS:
            bad.append('%s: %s' % (where, arg))
        bad += ['%s: %s: %s' % (where, arg, why) for word, why in WORDS.items() if re.search(word, arg)]
        if arg.startswith('{'):
            bad += check_drivers(where, json.loads(arg))
    return bad


def check(t):
    bad = []
    for path in t.files('cases.txt', under=('tests/golden',)):
        bad += check_cases(path, t.text(path).split('\n'))
    for path in t.files('.args', under=('tests',)):
        bad += check_args(path, t.text(path).rstrip('\n').split('\n'))
    for path in t.files('.c', '.h', under=('src',)):
        if not path.startswith('src/qemu/'):
            continue
        for line, word in t.strings(path):
            if word in OPTIONS:
                bad.append('%s:%d: %s' % (path, line, word))
            bad += ['%s:%d: %s: %s' % (path, line, word, WORDS[w])
                    for w in list(WORDS)[:4] if re.search(w, word)]
            if '0.0.0.0' in word or re.search(r'\b(tcp|udp)::', word):
                bad.append('%s:%d: listens beyond 127.0.0.1: %s' % (path, line, word))
    return bad


if __name__ == '__main__':
    tree.run(check)
