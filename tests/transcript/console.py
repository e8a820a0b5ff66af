# SPDX-License-Identifier: MIT
"""console: the emulator's screen for a guest's bytes, case by case (console/*.case), fed whole and
byte by byte. If tmux is installed, its screen for the same bytes is compared, too; a case in
which it differs has the reason. A case:

    == NAME [ROWSxCOLUMNS [> ROWSxCOLUMNS]]     and the size it is changed to at the end
    # why
    in ESCAPED BYTES                  more than once: one after the other
    file NAME                         or: the bytes of a file of this folder, gzipped
    tmux REASON                       tmux shows something else
    then what is expected: `R|text` for each row that is not blank, `style ROW FROM-TO WORDS`,
    `cursor ROW COLUMN`, `mode WORDS`, `reply ESCAPED`, `title TEXT`, `clip ESCAPED`, `history TEXT`

DEBWIZ_REGEN=1 writes the expectations again: read the diff.
"""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, 'console')
PLAY = os.environ.get('PLAY', os.path.join(HERE, 'play'))
EXPECTED = re.compile(r'(\d+\||style |cursor |mode |reply |title |clip |history )')


def unescape(text):
    return text.encode('utf-8').decode('unicode_escape').encode('latin-1') if '\\' in text else text.encode()


def escape(data):
    return ''.join(chr(b) if 0x20 <= b < 0x7f and b != 0x5c else '\\x%02x' % b for b in data)


class Case:
    def __init__(self, head):
        words = head.split()
        self.name = words[1]
        sizes = re.findall(r'(\d+)x(\d+)', head)
        self.size = [int(n) for n in sizes[0]] if sizes else [24, 80]
        self.then = [int(n) for n in sizes[1]] if len(sizes) > 1 else []
        self.given, self.expected = [], []

    def bytes(self):
        out = b''
        for line in self.given:
            if line.startswith('in '):
                out += unescape(line[3:])
            elif line.startswith('file '):
                with gzip.open(os.path.join(CASES, line[5:])) as f:
                    out += f.read()
        return out

    def tmux_differs(self):
        return any(line.startswith('tmux ') for line in self.given)


def read(path):
    cases, head = [], []
    with open(path, encoding='utf-8') as f:
        for line in f.read().split('\n'):
            if line.startswith('== '):
                cases.append(Case(line))
                cases[-1].head = line
            elif not cases:
                head.append(line)
            elif EXPECTED.match(line):
                cases[-1].expected.append(line)
            elif line.strip():
                cases[-1].given.append(line)
    return head, cases


def play(data, size, split=0, then=()):
    argv = [PLAY] + [str(n) for n in [*size, split, *then]]
    done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if done.returncode:
        raise AssertionError('%s: %d %s' % (' '.join(argv), done.returncode, done.stderr.decode()))
    return json.loads(done.stdout)


def describe(screen):
    out = ['%d|%s' % (i, row) for i, row in enumerate(screen['rows']) if row]
    out += ['style ' + s for s in screen['styles']]
    out.append('cursor %d %d' % tuple(screen['cursor']))
    mode = [w for w in ('alternate', 'reverse') if screen[w]]
    mode += [] if screen['shown'] else ['hidden']
    mode += ['mouse=%d' % screen['mouse']] if screen['mouse'] else []
    mode += ['shape=%d' % screen['shape']] if screen['shape'] != 1 else []
    mode += ['bells=%d' % screen['bells']] if screen['bells'] else []
    if mode:
        out.append('mode ' + ' '.join(mode))
    if screen['replies']:
        out.append('reply ' + escape(bytes(screen['replies'])))
    if screen['title']:
        out.append('title ' + screen['title'])
    if screen['clips']:
        out.append('clip ' + escape(screen['clip'].encode()))
    out += ['history ' + line for line in screen['history'][-30:]]
    return out


# Writes a file to the terminal and waits until all of it was read there: until it answers.
FEED = '''import os, sys, termios, tty
tty.setraw(0)
data = open(sys.argv[1], "rb").read() + b"\\x1b[>c"
count = data.count(b"\\x1b[>c")
while data:
    data = data[os.write(1, data):]
got = b""
while got.count(b"\\x1b[>") < count or not got.endswith(b"c"):
    got += os.read(0, 1)
'''


class Tmux:
    """One server of its own; each case in a new session."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.conf = os.path.join(self.dir, 'conf')
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write('set -g status off\nset -g default-terminal tmux-256color\nset -g escape-time 0\n'
                    'set -g remain-on-exit on\nset -g history-limit 20000\nset -g default-command ""\n')
        self.feed = os.path.join(self.dir, 'feed.py')
        with open(self.feed, 'w', encoding='utf-8') as f:
            f.write(FEED)
        self.count = 0
        self.do('new-session', '-d', 'sleep 600')  # a server without sessions ends

    def do(self, *argv):
        env = dict(os.environ, LC_ALL='C.UTF-8', TERM='xterm-256color', SHELL='/bin/sh')
        env.pop('TMUX', None)
        return subprocess.run(['tmux', '-u', '-S', os.path.join(self.dir, 's'), '-f', self.conf, *argv],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=300,
                              check=False).stdout.decode('utf-8', 'replace')

    def screen(self, data, size):
        self.count += 1
        name = 'c%d' % self.count
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as f:
            f.write(data)
        self.do('new-session', '-d', '-s', name, '-x', str(size[1]), '-y', str(size[0]),
                '%s -S %s %s; tmux -S %s/s wait-for -S %s; sleep 30' %
                (sys.executable, self.feed, path, self.dir, name))
        self.do('wait-for', name)
        text = self.do('capture-pane', '-p', '-e', '-N', '-t', name)
        cursor = self.do('display-message', '-p', '-t', name, '#{cursor_y} #{cursor_x}').split()
        self.do('kill-session', '-t', name)
        lines = text.split('\n')[:size[0]]
        # lines are drawn between SO and SI
        screen = play(('\x1b)0\x1b[?7l' + '\r\n'.join(lines)).encode(), size)
        screen['cursor'] = [int(n) for n in cursor]
        return screen

    def close(self):
        self.do('kill-server')
        shutil.rmtree(self.dir, ignore_errors=True)


def seen(screen):
    """Without the colour of blanks at the end of a row, which tmux's capture leaves out."""
    out = []
    for style in screen['styles']:
        row, columns = style.split(' ')[:2]
        if int(columns.split('-')[0]) < len(screen['rows'][int(row)]) or ' bg=' not in style:
            out.append(style)
    return out


def against_tmux(tmux, case, screen):
    theirs = tmux.screen(case.bytes(), case.size)
    out = []
    for i, (a, b) in enumerate(zip(screen['rows'], theirs['rows'])):
        if a != b:
            out.append('row %d: %r, tmux: %r' % (i, a, b))
    ours, others = set(seen(screen)), set(seen(theirs))
    if ours != others:
        out.append('styles: %s, tmux: %s' % (sorted(ours - others), sorted(others - ours)))
    cols = case.size[1]
    if screen['cursor'][0] != theirs['cursor'][0] or \
            min(screen['cursor'][1], cols - 1) != min(theirs['cursor'][1], cols - 1):
        out.append('cursor %s, tmux: %s' % (screen['cursor'], theirs['cursor']))
    return out


def main():
    regen = os.environ.get('DEBWIZ_REGEN')
    tmux = Tmux() if shutil.which('tmux') and not os.environ.get('DEBWIZ_NO_TMUX') else None
    failed = count = compared = 0
    try:
        for name in sorted(os.listdir(CASES)):
            if not name.endswith('.case') or (sys.argv[1:] and name not in sys.argv[1:]):
                continue
            path = os.path.join(CASES, name)
            head, cases = read(path)
            for case in cases:
                data = case.bytes()
                screen = play(data, case.size, then=case.then)
                said = describe(screen)
                wrong = []
                if regen:
                    case.expected = said
                elif said != case.expected:
                    wrong += ['- ' + s for s in case.expected if s not in said]
                    wrong += ['+ ' + s for s in said if s not in case.expected]
                    wrong = wrong or ['another order']
                if len(data) < 20000 and describe(play(data, case.size, 1, case.then)) != said:
                    wrong.append('byte by byte it is another screen')
                if tmux and not case.then and not case.tmux_differs():
                    wrong += against_tmux(tmux, case, screen)
                    compared += 1
                count += 1
                if wrong:
                    failed += 1
                    print('FAIL %s: %s\n    %s' % (name, case.name, '\n    '.join(wrong)))
            if regen:
                with open(path, 'w', encoding='utf-8') as f:
                    f.write('\n'.join(head).rstrip('\n') + '\n')
                    for case in cases:
                        f.write('\n' + '\n'.join([case.head] + case.given + case.expected) + '\n')
    finally:
        if tmux:
            tmux.close()
    print('%d cases, %d of them compared with %s, %d failed' %
          (count, compared, 'tmux' if tmux else 'tmux, which is not installed', failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
