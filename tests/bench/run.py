#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run: measures debwiz and its peers in the same run. The ratio counts; no time is asserted.

usage: run.py [PART...]    parts, by default all but the last: solve unpack many prepare second boot
warm idle screens console flood build

Inputs: the real archive (the mirror that this host's apt uses), apt-get, dpkg-deb, QEMU; DEBWIZ (the
program) and BENCH_PROGRAMS (folder of bench_solve and bench_unpack). BENCH_RUNS: runs of the short
ones, whose median counts (3). BENCH_PEER=1: also debvm-create, about 15 minutes. BENCH_DIR: a
folder to keep and use again instead of a temporary one; an existing base there is reused. For build: builds.py.
Output: a table on standard output."""
import collections
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import builds
import console
import flood
import many
import warm

ARCH = 'armhf'
PARTS = ('solve', 'unpack', 'many', 'prepare', 'second', 'boot', 'warm', 'idle', 'screens', 'console', 'flood', 'build')
LONG = ('build',)  # an hour: only if it is named
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
RUNS = int(os.environ.get('BENCH_RUNS', '3'))
DEBWIZ = os.path.abspath(os.environ.get('DEBWIZ', 'debwiz'))
PROGRAMS = os.path.abspath(os.environ.get('BENCH_PROGRAMS', 'tests/bench'))
IDLE_SECONDS = 10
MACHINE = """[machine]
format = 1
name = {name}
arch = {arch}
release = {release}
[firmware]
mode = direct
initrd = {initrd}
[disk]
size = 16G
[network]
forward = 127.0.0.1:auto:22
[system]
user = {user}
profile = build
"""


class Failed(Exception):
    pass


Ran = collections.namedtuple('Ran', 'seconds rss text cpu')


def run(argv, env=None, stdin=None, quiet=True):
    """Wall seconds, its peak memory in MiB, its output, its CPU seconds; Failed when it fails."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out:
        p = subprocess.Popen(argv, env=env, stdin=stdin or subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT if quiet else None)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        out.seek(0)
        text = out.read().decode(errors='replace')
    if p.returncode:
        raise Failed('%s ended with %d:\n%s' % (' '.join(argv[:3]), p.returncode, text[-2000:]))
    return Ran(seconds, usage.ru_maxrss / 1024, text, usage.ru_utime + usage.ru_stime)


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.rows = []
        self.memory = self.cpu = 0.0
        self.left_out = None
        self.env = dict(os.environ, HOME=self.path('home'), XDG_CONFIG_HOME=self.path('config'),
                        XDG_DATA_HOME=self.path('data'), XDG_CACHE_HOME=self.path('cache'))
        self.env.pop('XDG_RUNTIME_DIR', None)
        os.makedirs(self.path('home'), exist_ok=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def add(self, what, ours, peer, peer_name, asked, unit='s'):
        self.rows.append((what, '%.2f %s' % (ours, unit),
                          '%.2f %s' % (peer, unit) if peer is not None else '-', peer_name,
                          '%.2f' % (peer / ours) if peer and ours else '-', asked))
        print('  '.join(self.rows[-1]), file=sys.stderr, flush=True)

    def add_text(self, *row):
        """A row as it is: figure, ours, the peer's, their ratio, what was asked."""
        what, ours, peer, ratio, asked = row
        self.rows.append((what, ours, peer or '-', '', ratio or '-', asked))
        print('  '.join(self.rows[-1]), file=sys.stderr, flush=True)

    def console(self):
        console.measure(self, DEBWIZ, self.folder, cpu, peak_memory)

    def flood(self):
        if not flood.measure(self, DEBWIZ, self.folder, RUNS):
            raise Failed('the installer of Debian could not be had or did not run')

    def table(self):
        head = ('figure', 'debwiz', 'peer', 'which peer', 'peer/debwiz', 'asked')
        widths = [max(len(r[i]) for r in [head] + self.rows) for i in range(len(head))]
        for row in [head] + self.rows:
            print('  '.join(c.ljust(w) for c, w in zip(row, widths)).rstrip())

    # ---- (a) index, signatures, solving ----

    @staticmethod
    def sources(words):
        """The lines of a sources.list for what bench_solve says that it took."""
        components = ' '.join(w[1] for w in words if w[0] == 'component')
        return ['deb [signed-by=%s] %s %s %s' % (KEYRING, base, suite, components)
                for _, base, suite in (w for w in words if w[0] == 'mirror')]

    def apt(self, words):
        """An apt-get with the suites, and without a package, of its own."""
        top = self.path('apt')
        for name in ('lists/partial', 'archives/partial', 'log'):
            os.makedirs(os.path.join(top, name), exist_ok=True)
        with open(os.path.join(top, 'sources.list'), 'w', encoding='ascii') as f:
            f.writelines(line + '\n' for line in self.sources(words))
        with open(os.path.join(top, 'status'), 'w', encoding='ascii'):
            pass
        options = {
            'Dir::Etc::SourceList': top + '/sources.list', 'Dir::Etc::SourceParts': '/dev/null',
            'Dir::Etc::Preferences': '/dev/null', 'Dir::Etc::PreferencesParts': '/dev/null',
            'Dir::State::Lists': top + '/lists', 'Dir::State::Status': top + '/status',
            'Dir::State::extended_states': top + '/extended_states',
            'Dir::Cache::Archives': top + '/archives', 'Dir::Cache::pkgcache': top + '/pkgcache.bin',
            'Dir::Cache::srcpkgcache': top + '/srcpkgcache.bin', 'Dir::Log': top + '/log',
            'APT::Architecture': ARCH, 'APT::Architectures::': ARCH, 'Acquire::Languages': 'none',
            'APT::Install-Recommends': 'false', 'APT::Sandbox::User': 'root', 'Debug::NoLocking': 'true',
        }
        argv = ['apt-get', '-q', '-o', 'APT::Architectures=']
        for key, value in options.items():
            argv += ['-o', '%s=%s' % (key, value)]
        return argv

    def suites(self):
        """Options of bench_solve that leave out what is out of step on the mirror just now: it is
        retried with pauses, which apt would not do, and apt would fail."""
        if self.left_out is None:
            self.left_out = []
            text = run([PROGRAMS + '/bench_solve', self.path('solve'), 'bookworm', ARCH]).text
            for suite in ('bookworm-updates', 'bookworm-security'):
                if ' %s\n' % suite not in text:
                    self.left_out += ['-x', suite]
                    print('run.py: without %s, which is out of step' % suite, file=sys.stderr)
        return self.left_out

    def solve(self):
        program, cache = PROGRAMS + '/bench_solve', self.path('solve')
        without = self.suites()
        base = [program] + without + [cache, 'bookworm', ARCH]
        cold, again, offline, update, solved = [], [], [], [], []
        memory = 0.0
        for _ in range(RUNS):
            shutil.rmtree(cache, ignore_errors=True)
            ran = run(base)
            cold.append(ran.seconds)
            memory = max(memory, ran.rss)
            words = [line.split() for line in ran.text.split('\n') if line]
            shutil.rmtree(self.path('apt'), ignore_errors=True)
            apt = self.apt(words)
            unwanted = ''.join(',?not(?name(^%s$))' % w[1] for w in words if w[0] == 'without')
            wanted = [w[1] for w in words if w[0] == 'want'] + \
                     ['?and(?or(?essential,?priority(required),?priority(important))%s)' % unwanted]
            seconds = run(apt + ['update'])[0]
            first = run(apt + ['-s', 'install'] + wanted)
            update.append(seconds + first.seconds)
            theirs = first.text.count('\nInst ')
            again.append(run(base)[0])
            offline.append(run(base[:1] + ['-o'] + base[1:])[0])
            update_again = run(apt + ['update'])[0]
            solved.append((update_again, run(apt + ['-s', 'install'] + wanted)[0]))
        ours = sum(w[0] == 'deb' for w in words)
        if abs(ours - theirs) > ours / 20:
            raise Failed('%d packages here, %d for apt: not the same task' % (ours, theirs))
        self.add('index fetched, verified, parsed, solved', statistics.median(cold),
                 statistics.median(update), 'apt-get update, -s install', '>= 1')
        self.add('the same again', statistics.median(again),
                 statistics.median(a + b for a, b in solved), 'the same again', '')
        self.add('the same from cache, offline', statistics.median(offline),
                 statistics.median(b for _, b in solved), 'apt-get -s install', '<= 0.5 s')
        self.add('peak memory of that', memory, None, '', '<= 256 MiB', 'MiB')

    # ---- (b) unpacking ----

    def unpack(self):
        cache, packages = self.path('solve'), self.path('packages')
        with open(packages, 'w', encoding='utf-8') as f:
            f.write(run([PROGRAMS + '/bench_solve', '-f'] + self.suites() + [cache, 'bookworm', ARCH])[2])
        with open(packages, encoding='utf-8') as f:
            debs = [line.split()[6] for line in f if line.startswith('deb ')]
        ours, peer, memory, cpus = [], [], 0.0, ([], [])
        for _ in range(RUNS):
            with open(packages, 'rb') as f:
                ran = run([PROGRAMS + '/bench_unpack', self.path('image')], stdin=f)
            ours.append(ran.seconds)
            cpus[0].append(ran.cpu)
            memory = max(memory, ran.rss)
            os.makedirs(self.path('tree'))
            begin, used = time.monotonic(), children_cpu()
            for deb in debs:
                subprocess.run(['dpkg-deb', '-x', deb, self.path('tree')], check=True)
            peer.append(time.monotonic() - begin)
            cpus[1].append(children_cpu() - used)
            subprocess.run(['rm', '-rf', self.path('tree'), self.path('image')], check=True)
        self.add('%d packages unpacked into the image' % len(debs), statistics.median(ours),
                 statistics.median(peer), 'dpkg-deb -x into a folder', '>= 1.5')
        self.add('CPU time of that', statistics.median(cpus[0]), statistics.median(cpus[1]),
                 'the same', '')
        self.add('peak memory of that', memory, None, '', '<= 256 MiB', 'MiB')

    def many(self):
        many.measure(self, run, PROGRAMS + '/bench_unpack', RUNS)

    # ---- (c) to (f): machines ----

    def machine(self, name, release='bookworm', user='build', initrd='own', arch=ARCH):
        path = self.path(name + '.ini')
        with open(path, 'w', encoding='ascii') as f:
            f.write(MACHINE.format(name=name, arch=arch, release=release, user=user, initrd=initrd))
        return path

    def debwiz(self, *args):
        ran = run([DEBWIZ, '--plain'] + list(args), env=self.env)
        self.memory = max(self.memory, ran.rss)
        self.cpu = ran.cpu
        return ran.seconds

    def base(self, release):
        """Creates a machine of that release, and with it the base, unless they exist."""
        name = 'bench-' + release
        path = self.machine(name, release)
        made = self.path('data', 'debwiz', 'machines', name, 'disk.qcow2')
        return None if os.path.exists(made) else self.debwiz('prepare', path)

    def prepare(self):
        shutil.rmtree(self.path('data'), ignore_errors=True)
        shutil.rmtree(self.path('cache'), ignore_errors=True)
        seconds, peer = self.base('bookworm'), None
        if os.environ.get('BENCH_PEER') == '1':
            with open(self.path('packages'), encoding='utf-8') as f:
                words = [line.split() for line in f if line.strip()]
            names = [w[1] for w in words if w[0] == 'want']
            peer = run(['debvm-create', '-r', 'bookworm', '-o', self.path('debvm.ext4'), '--',
                        '--architecture=' + ARCH, '--include=' + ','.join(names)] +
                       self.sources(words))[0]
        self.add('first machine, cold cache to prepared', seconds, peer,
                 'debvm-create' if peer else 'debvm-create (BENCH_PEER=1)', '>= 7')
        self.add('peak memory of debwiz or a tool it ran', self.memory, None, '', '<= 256 MiB', 'MiB')

    def second(self):
        self.base('bookworm')
        bases = self.path('data', 'debwiz', 'bases')
        image = os.path.join(bases, sorted(os.listdir(bases))[0], 'disk.raw')
        ours, peer = [], []
        for i in range(RUNS):
            path = self.machine('bench-second-%d-%d' % (os.getpid(), i), user='someone')
            ours.append(self.debwiz('--offline', 'prepare', path))
            peer.append(run(['cp', '--sparse=always', image, self.path('copy')])[0])
            os.remove(self.path('copy'))
        self.add('second machine prepared, offline', statistics.median(ours), statistics.median(peer),
                 'a copy of the base', '<= 2 s')

    def boot_once(self, name, release, initrd):
        """Seconds from the command to login, at the second boot: the first one grows and seeds."""
        path = self.machine(name, release, initrd=initrd)
        self.debwiz('up', path)
        self.debwiz('stop', path)
        seconds = self.debwiz('boot', path)
        used = self.cpu
        self.debwiz('stop', path)
        self.cpu = used
        return seconds

    def boot(self):
        for release, asked in (('bookworm', '<= 20 s'), ('trixie', '<= 40 s')):
            self.base(release)
            ours = self.boot_once('bench-own-' + release, release, 'own')
            used = self.cpu
            peer = self.boot_once('bench-guest-' + release, release, 'guest')
            self.add('direct boot to login, ' + release, ours, peer, 'with the guest\'s own initrd', asked)
            self.add('CPU of debwiz in that, its start included', used * 1000, None, '', '0 waiting', 'ms')

    def warm(self):
        warm.measure(self, DEBWIZ, ARCH, RUNS, Failed)

    def build(self):
        words = (line.split() for line in run([PROGRAMS + '/bench_solve', self.path('solve'), 'bookworm', ARCH]).text.split('\n'))
        builds.measure(self, DEBWIZ, next(w[1] for w in words if w[:1] == ['mirror']))

    def idle(self):
        self.base('bookworm')
        path = self.machine('bench-bookworm')
        self.debwiz('up', path)
        ours = processes(DEBWIZ)
        before = {pid: cpu(pid) for pid in ours}
        time.sleep(IDLE_SECONDS)  # what is measured: nothing happens
        used = sum(cpu(pid) - before[pid] for pid in ours)
        peak = max(peak_memory(pid) for pid in ours)
        self.debwiz('stop', path)
        self.add('CPU of the supervisor in %d s at the prompt' % IDLE_SECONDS, used * 1000, None, '',
                 '0', 'ms')
        self.add('peak memory of the supervisor', peak, None, '', '<= 256 MiB', 'MiB')


    # ---- the full screens ----

    def screens(self):
        """Beside whiptail, cfdisk and htop, as far as they are installed."""
        import screens  # needs libvterm's helper, which the other parts do not
        if not os.access(screens.lib.TERM, os.X_OK):
            raise Failed('there is no %s' % screens.lib.TERM)
        home = screens.lib.Home()
        try:
            for row in screens.idle(home):
                self.add(*row)
            home.set(XDG_CACHE_HOME=self.path('cache'))
            path = home.machine('bench-screens', firmware_mode='direct', disk_size='16G',
                                system_profile='build', system_packages='hello',
                                mirror_security='no', mirror_updates='no')
            for row in screens.busy(home, path):
                self.add(*row)
        except AssertionError as e:
            raise Failed(str(e)) from e
        finally:
            home.close()


def processes(program):
    """Process ids that run this very file."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.path.samefile('/proc/%s/exe' % pid, program):
                found.append(int(pid))
        except OSError:
            pass
    if not found:
        raise Failed('no supervisor is running')
    return found


def children_cpu():
    """CPU seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu(pid):
    with open('/proc/%d/stat' % pid, encoding='utf-8', errors='replace') as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def peak_memory(pid):
    with open('/proc/%d/status' % pid, encoding='utf-8', errors='replace') as f:
        return next(int(line.split()[1]) for line in f if line.startswith('VmHWM')) / 1024


def main():
    parts = sys.argv[1:] or [p for p in PARTS if p not in LONG]
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit('run.py: no such part: %s' % ', '.join(sorted(unknown)))
    keep = os.environ.get('BENCH_DIR')
    folder = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix='debwiz-bench-')
    os.makedirs(folder, exist_ok=True)
    bench = Bench(folder)
    status = 0
    try:
        for part in PARTS:
            if part not in parts:
                continue
            try:
                getattr(bench, part)()
            except (Failed, OSError) as e:
                print('run.py: %s: %s' % (part, e), file=sys.stderr)
                status = 1
    finally:
        if not keep:
            subprocess.run(['chmod', '-R', 'u+rwX', folder], check=False)
            shutil.rmtree(folder, ignore_errors=True)
    print('load of the last minute: %.1f on %d CPUs' % (os.getloadavg()[0], os.cpu_count()))
    bench.table()
    sys.exit(status)


if __name__ == '__main__':
    main()
