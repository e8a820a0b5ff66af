# SPDX-License-Identifier: MIT
"""screens: how fast the full screens are, from a pseudo-terminal, beside other programs that fill one."""
import os
import shutil
import statistics
import sys

SRC = os.path.abspath(os.environ.get('srcdir') or os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, os.path.join(SRC, 'tests', 'tui'))
import lib                          # noqa: E402 the terminal of the tests

RUNS = 11
KEYS = 40
QUIET_MS = 60
IDLE_MS = 5000


def first_screen(home, program, *args):
    """Median ms from the start of a program until it has painted its first screen."""
    times = []
    for _ in range(RUNS):
        s = lib.Screen(home, *args, program=program)
        times.append(int(s.tell('started %d' % (QUIET_MS * 3)).split()[1]) / 1000)
        s.close()
    return statistics.median(times)


def key_to_paint(s, name, n=KEYS, quiet=QUIET_MS):
    """(median, worst) ms from a key to what it paints."""
    times = [s.time_key(name, quiet)[0] / 1000 for _ in range(n)]
    times = [t for t in times if t >= 0]
    return statistics.median(times), max(times)


def peers(home):
    """Programs that fill a terminal: name, program (None: not installed), arguments, a key."""
    disk = os.path.join(home.root, 'disk.img')
    with open(disk, 'wb') as out:
        out.truncate(64 << 20)
    items = [str(i) for n in range(20) for i in ('item-%d' % n, n)]
    known = (('whiptail', ['--menu', 'which', '20', '60', '10', *items], 'Down'),
             ('cfdisk', [disk], 'Down'), ('htop', [], 'Down'))
    path = home.env['PATH'] + ':/usr/sbin:/sbin'
    return [(name, shutil.which(name, path=path), args, key) for name, args, key in known]


def idle(home):
    """Rows (figure, ours, peer, whose, asked, unit) that need no archive."""
    for i in range(20):
        home.machine('machine-%02d' % i)
    others = peers(home)
    ours = first_screen(home, lib.DEBWIZ)
    rows = [('first screen after the start', ours, None, '', '<= 30 ms', 'ms')]
    rows += [('first screen after the start', ours,
              first_screen(home, program, *args) if program else None,
              name if program else name + ' is not installed', '', 'ms')
             for name, program, args, _ in others]
    others = [o for o in others if o[1]]
    s = lib.Screen(home)
    s.wait('debwiz · machines')
    s.settle(300)
    ours, worst = key_to_paint(s, 'Down', 15)
    rows.append(('key to paint', ours, None, '', '<= 2 ms', 'ms'))
    rows.append(('key to paint, the worst', worst, None, '', '', 'ms'))
    for name, program, args, key in others:
        other = lib.Screen(home, *args, program=program)
        other.settle(300)
        rows.append(('key to paint', ours, key_to_paint(other, key, 15)[0], name, '', 'ms'))
        other.close()
    before = s.cpu()
    s.settle(IDLE_MS)
    ticks = s.cpu() - before
    rows.append(('CPU of the idle screen in %d s' % (IDLE_MS // 1000),
                 ticks * 1000 / os.sysconf('SC_CLK_TCK'), None, '', '0', 'ms'))
    rows.append(('memory of the idle screen', s.rss() / (1 << 20), None, '', '<= 20 MiB', 'MiB'))
    s.close()
    s = lib.Screen(home, 'new', '--offline')
    s.wait('Which machine')
    s.settle(300)
    rows.append(('key to paint, the wizard', key_to_paint(s, 'Down', 15)[0], None, '', '<= 2 ms', 'ms'))
    rows.append(('memory of the idle wizard', s.rss() / (1 << 20), None, '', '<= 20 MiB', 'MiB'))
    s.close()
    return rows


def busy(home, ini):
    """Key to paint while a machine is downloaded and unpacked; stopped then."""
    s = lib.Screen(home, 'open', ini)
    s.wait('Enter prepare and boot')
    s.key('Enter')
    rows = []
    for step in ('Download', 'Unpack'):
        s.wait('◐ ' + step, limit=600)
        times = []
        while len(times) < KEYS and s.has('◐ ' + step):
            times.append(s.time_key('v', 5)[0] / 1000)
        times = [t for t in times if t >= 0]
        if times:
            rows.append(('key to paint during %s' % step.lower(), statistics.median(times), None, '',
                         '<= 16 ms', 'ms'))
            rows.append(('the worst of %d' % len(times), max(times), None, '', '', 'ms'))
    s.key('C')
    s.wait('Stop the work')
    s.key('Right', 'Enter')
    s.wait('Cancelled.')
    s.key('C-q')
    s.wait_end()
    s.close()
    return rows
