# SPDX-License-Identifier: MIT
"""console: figures of the live console: the same bytes through the supervisor and the pane on one
pseudo-terminal, and through tmux and screen on another, until the end was answered there (DSR)."""
import json
import os
import pty
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, '..', 'fake', 'guest.py')
MB = 1024 * 1024
# Writes the file to the terminal and waits until that has read it all.
FEED = '''import os, sys, time, tty
tty.setraw(0)
began = time.monotonic()
with open(sys.argv[1], "rb") as f:
    while True:
        data = f.read(65536)
        if not data:
            break
        while data:
            data = data[os.write(1, data):]
os.write(1, b"\\x1b[6n")
got = b""
while not got.endswith(b"R"):
    got += os.read(0, 1)
with open(sys.argv[2], "w") as f:
    f.write(str(time.monotonic() - began))
time.sleep(600)
'''


def sample(size):
    """Text as a build prints it: long lines, some colour, some UTF-8."""
    block = b''
    for i in range(400):
        line = b'gcc -DHAVE_CONFIG_H -I. -I../include -g -O2 -Wall -c -o obj/file%05d.o src/file%05d.c' % (i, i)
        if i % 10 == 0:
            line = b'\x1b[01;32m' + line[:30] + b'\x1b[0m' + line[30:] + ' ‘ok’ …'.encode()
        block += line[:40 + i % 45] + b'\r\n'
    return (block * (size // len(block) + 1))[:size]


class Terminal:
    """A program on a pseudo-terminal of 25 x 80 whose output is thrown away."""

    def __init__(self, argv, env):
        self.text = b''
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvpe(argv[0], argv, env)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 25, 80, 0, 0))
        self.seen = threading.Condition()
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            with self.seen:
                self.text = (self.text + data)[-100000:]
                self.seen.notify_all()

    def wait(self, text, limit=30):
        with self.seen:
            if not self.seen.wait_for(lambda: text in self.text, limit):
                raise AssertionError('%r did not appear: %r' % (text, self.text[-500:]))

    def type(self, data):
        os.write(self.fd, data)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Machine:
    """A supervisor with a QEMU whose guest we are (tests/fake/guest.py)."""

    def __init__(self, program, folder):
        self.env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder + '/c', XDG_DATA_HOME=folder + '/d',
                        XDG_RUNTIME_DIR=folder + '/r', LC_ALL='C.UTF-8', TERM='xterm-256color')
        own, runtime = folder + '/d/debwiz/machines/m', folder + '/r/m'
        for name in (own, folder + '/c/debwiz/machines', folder + '/r', runtime):
            os.makedirs(name, 0o700)
        with open(folder + '/c/debwiz/machines/m.ini', 'w', encoding='utf-8') as f:
            f.write('[machine]\nformat = 1\nname = m\narch = armhf\nrelease = bookworm\n')
        argv = [sys.executable, GUEST, folder + '/guest']
        for name in ('qmp', 'serial', 'progress'):
            argv += ['-chardev', '%s,id=%s,path=%s/%s' % ('pipe' if name == 'serial' else 'socket', name, runtime, name)]
        with open(runtime + '/start.json', 'w', encoding='utf-8') as f:
            json.dump({'format': 1, 'name': 'm', 'dir': own, 'runtime_dir': runtime, 'what': 'running',
                       'accel': 'tcg', 'argv': argv, 'rows': 24, 'columns': 80}, f)
        self.process = subprocess.Popen([program, 'supervise', runtime + '/start.json'], env=self.env,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        self.line = socket.socket(socket.AF_UNIX)
        for _ in range(1000):
            try:
                self.line.connect(folder + '/guest')
                break
            except OSError:
                time.sleep(0.01)

    def flood(self, data, times=1):
        """Seconds until all was read and the query at its end answered."""
        began = time.monotonic()
        for _ in range(times):
            self.line.sendall(data)
        self.line.sendall(b'\x18\x1b[6n')
        got = b''
        while not got.endswith(b'R'):
            got += self.line.recv(1)
        return time.monotonic() - began

    def close(self):
        self.line.close()
        self.process.terminate()
        self.process.wait()


def peer(argv, env, folder, data_path):
    """The same through `argv` (with FEED's command at its end); seconds."""
    out = os.path.join(folder, 'took')
    feed = os.path.join(folder, 'feed.py')
    with open(feed, 'w', encoding='utf-8') as f:
        f.write(FEED)
    if os.path.exists(out):
        os.unlink(out)
    t = Terminal(argv + [' '.join([sys.executable, feed, data_path, out])] if argv[0] == 'tmux'
                 else argv + [sys.executable, feed, data_path, out], env)
    try:
        for _ in range(3000):
            if os.path.exists(out) and os.path.getsize(out):
                break
            time.sleep(0.1)
        with open(out, encoding='utf-8') as f:
            return float(f.read())
    finally:
        t.close()


def rest(pid):
    """What a process holds of the memory, in MiB: resident, its share of that, its alone."""
    held = {}
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as f:
        for line in f:
            name, _, value = line.partition(':')
            held[name] = held.get(name, 0) + int(value.split()[0]) / 1024 if 'kB' in value else 0
    return held['Rss'], held['Pss'], held['Private_Clean'] + held['Private_Dirty']


def latency(machine, terminal, data):
    """Milliseconds from a key in the pane to the guest, while the guest floods."""
    stop = threading.Event()

    def pour():
        while not stop.is_set():
            machine.line.sendall(data)

    thread = threading.Thread(target=pour)
    thread.start()
    took = []
    for _ in range(40):
        time.sleep(0.05)
        began = time.monotonic()
        terminal.type(b'k')
        while machine.line.recv(1) != b'k':
            pass
        took.append((time.monotonic() - began) * 1000)
    stop.set()
    thread.join()
    return sorted(took)


def measure(bench, program, folder, cpu, memory):
    """Adds the rows to the table."""
    data = sample(10 * MB)
    path = os.path.join(folder, 'flood')
    with open(path, 'wb') as f:
        for _ in range(10):
            f.write(data)
    env = dict(os.environ, LC_ALL='C.UTF-8', TERM='xterm-256color', SHELL='/bin/sh')
    env.pop('TMUX', None)
    m = Machine(program, folder)
    t = Terminal([program, 'console', 'm'], m.env)
    t.wait(b'keys')
    time.sleep(5)
    rests = rest(m.process.pid), rest(t.pid)
    t.close()
    alone = m.flood(data, 10)
    idle = cpu(m.process.pid)
    time.sleep(5)
    idle = (cpu(m.process.pid) - idle) / 5 * 100
    starts = []
    for _ in range(5):
        began = time.monotonic()
        t = Terminal([program, 'console', 'm'], m.env)
        t.wait(b'gcc -DHAVE')
        starts.append((time.monotonic() - began) * 1000)
        t.close()
    t = Terminal([program, 'console', 'm'], m.env)
    t.wait(b'keys')
    pane = m.flood(data, 10)
    keys = latency(m, t, data)
    m.flood(data, 90)
    rss, face_rss = memory(m.process.pid), memory(t.pid)
    time.sleep(1)
    face = cpu(t.pid)
    time.sleep(5)
    face = (cpu(t.pid) - face) / 5 * 100
    t.close()
    m.close()
    tmux = screen = None
    if shutil.which('tmux'):
        conf = os.path.join(folder, 'tmux.conf')
        with open(conf, 'w', encoding='utf-8') as f:
            f.write('set -g history-limit 10000\n')
        server = ['tmux', '-L', 'debwiz-bench-%d' % os.getpid(), '-f', conf]
        tmux = peer(server + ['new-session'], env, folder, path)
        subprocess.run(server + ['kill-server'], check=False, stderr=subprocess.DEVNULL)
    if shutil.which('screen'):
        screen = peer(['screen', '-h', '10000'], env, folder, path)
    for name, took in (('tmux', tmux), ('screen', screen)):
        if took:
            bench.add_text('console: 100 MB with the pane shown, beside ' + name, '%.2f s' % pane, '%.2f s' % took,
                      '%.2f' % (took / pane), '>= 0.5 of its speed')
    bench.add_text('console: 100 MB, nobody looks', '%.2f s' % alone, '', '', '')
    for who, held in zip(('supervisor', 'pane'), rests):
        bench.add_text('console: %s, nothing in the scrollback' % who, '%.1f MiB' % held[0],
                       'shares counted by their part %.1f, its alone %.1f' % held[1:], '', '<= 16 MiB')
    bench.add_text('console: supervisor after 1 GB', '%.1f MiB' % rss, '', '', '<= 64 MiB')
    bench.add_text('console: pane after 1 GB', '%.1f MiB' % face_rss, '', '', '')
    bench.add_text('console: key to guest in a flood, median, worst of 40',
              '%.1f, %.1f ms' % (statistics.median(keys), keys[-1]), '', '', '<= 100 ms')
    bench.add_text('console: from start to the screen', '%.0f ms' % statistics.median(starts), '', '', '<= 50 ms')
    bench.add_text('console: supervisor idle', '%.2f %%' % idle, '', '', '0 %')
    bench.add_text('console: pane idle, status line shown', '%.2f %%' % face, '', '', '<= 0.5 %')
