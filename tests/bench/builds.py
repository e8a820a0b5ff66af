# SPDX-License-Identifier: MIT
"""builds: source packages built by debwiz, beside the same by hand in the guest, in a chroot with qemu-user and by a cross
compiler on the host, all without their tests (nocheck).

BENCH_BUILD: the sources (hello zlib lua5.4 libjsoncpp); BENCH_BY_HAND: the one that is also built by hand, which takes
15 minutes (hello; empty: none); BENCH_TARGET: ARCH-RELEASE (armhf-bookworm). The chroot and the cross build need root, mmdebstrap,
arch-test, qemu-user-static registered with binfmt_misc, and crossbuild-essential; a peer that this host lacks is left out."""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

SOURCES = os.environ.get('BENCH_BUILD', 'hello zlib lua5.4 libjsoncpp').split()
BY_HAND = os.environ.get('BENCH_BY_HAND', 'hello')
TARGET = os.environ.get('BENCH_TARGET', 'armhf-bookworm')
COMPILES = re.compile(r'(^|[ /\t])([a-z0-9_]+-linux-gnu[a-z]*-)?(gcc|g\+\+|cc|c\+\+|c99)(-\d+)? .*-c\b|Building CX?X? ?.*object')
OPTIONS = 'nocheck parallel=%d' % os.cpu_count()


class Followed:
    """A program's output, each line with the second of its arrival."""

    def __init__(self, argv, env=None, cwd=None):
        begin = time.monotonic()
        self.lines = []
        with subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as p:
            for line in p.stdout:
                self.lines.append((time.monotonic() - begin, line.decode(errors='replace').rstrip()))
        self.seconds = time.monotonic() - begin
        if p.returncode:
            raise OSError('%s ended with %d:\n%s' % (' '.join(argv[:6]), p.returncode,
                                                     '\n'.join(line for _, line in self.lines[-20:])))

    def span(self, matches):
        """Seconds from the first line that matches to the one after the last that does; None: there is none."""
        at = [i for i, (_, line) in enumerate(self.lines) if matches(line)]
        return self.lines[min(at[-1] + 1, len(self.lines) - 1)][0] - self.lines[at[0]][0] if at else None

    def compiling(self):
        return self.span(COMPILES.search)

    def building(self):
        """Within dpkg-buildpackage, from its first message to its last."""
        return self.span(lambda line: line.startswith('dpkg-buildpackage: info:'))


class Guest:
    """A lasting machine, in which the packages are built by hand."""

    def __init__(self, bench, program, arch, release):
        self.bench, self.program, self.path = bench, program, bench.machine('bench-by-hand', release, arch=arch)
        bench.debwiz('up', self.path)

    def run(self, command):
        return Followed([self.program, 'ssh', self.path, '--', command], env=self.bench.env)

    def build(self, source):
        """Seconds for the index, the dependencies, the source and the build."""
        quiet = 'sudo DEBIAN_FRONTEND=noninteractive '
        # a suite that is out of step on the mirror makes the first one fail; the rest of the index is there
        steps = [self.run(quiet + 'apt-get update || :'),
                 self.run(quiet + 'apt-get build-dep -y --no-install-recommends ' + source),
                 self.run('mkdir -p src && cd src && apt-get source -q ' + source),
                 self.run("cd src/%s-*/ && DEB_BUILD_OPTIONS='%s' dpkg-buildpackage -us -uc -b" % (source, OPTIONS))]
        return [step.seconds for step in steps], steps[-1]

    def close(self):
        self.bench.debwiz('stop', self.path)


class Chroot:
    """A chroot of the same packages, whose programs qemu-user emulates."""

    def __init__(self, bench, arch, release, mirror):
        self.top = bench.path('chroot')
        if not os.path.exists(self.top):
            subprocess.run(['mmdebstrap', '--quiet', '--mode=root', '--variant=buildd', '--architectures=' + arch, release,
                            self.top, 'deb %s %s main' % (mirror, release), 'deb-src %s %s main' % (mirror, release)],
                           check=True)

    def run(self, command):
        return Followed(['chroot', self.top, 'sh', '-ec', command],
                        env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LC_ALL': 'C.UTF-8',
                             'DEBIAN_FRONTEND': 'noninteractive', 'DEB_BUILD_OPTIONS': OPTIONS})

    def build(self, source):
        shutil.rmtree(self.top + '/src', ignore_errors=True)
        self.run('apt-get update || :; apt-get build-dep -y --no-install-recommends %s; mkdir /src; cd /src; apt-get source %s'
                 % (source, source))
        return self.run('cd /src/%s-*/; dpkg-buildpackage -us -uc -b' % source)


def cross(bench, arch, source, files):
    """The same source by the host's cross compiler; `files`: the folder with the .dsc."""
    folder = bench.path('cross', source)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    dsc, = glob.glob(os.path.join(files, source + '_*.dsc'))
    subprocess.run(['dpkg-source', '--no-check', '-x', dsc, 'source'], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return Followed(['dpkg-buildpackage', '-us', '-uc', '-b', '-d', '-a' + arch], cwd=folder + '/source',
                    env=dict(os.environ, DEB_BUILD_OPTIONS=OPTIONS, DEB_BUILD_PROFILES='cross nocheck'))


def has_chroot(arch):
    name = {'armhf': 'arm', 'arm64': 'aarch64'}.get(arch, arch)
    return os.geteuid() == 0 and shutil.which('mmdebstrap') and shutil.which('arch-test') and os.path.exists('/proc/sys/fs/binfmt_misc/qemu-' + name)


def rest(bench):
    """Waits until the template, which is made in the background, is there: it is not to be measured."""
    end = time.monotonic() + 900
    while glob.glob(bench.path('data', 'debwiz', 'templates', '*.part')) and time.monotonic() < end:
        time.sleep(1)


def debwiz(bench, program, arch, release, source, *words):
    out = bench.path('out', source)
    shutil.rmtree(out, ignore_errors=True)
    ran = Followed([program, '--plain', 'build', '--arch', arch, '--release', release, source, '--out', out, *words],
                   env=dict(bench.env, DEB_BUILD_OPTIONS=OPTIONS))
    rest(bench)
    return ran


def ratio(bench, what, ours, peer, name, asked):
    if ours and peer:
        bench.add(what, ours, peer, name, asked)


def measure_source(bench, program, target, source, chroot):
    arch, _, release = target.partition('-')
    what = '%s, %s: ' % (source, target)
    first = debwiz(bench, program, arch, release, source) if source == BY_HAND else None
    native = debwiz(bench, program, arch, release, source, '--native')
    again = debwiz(bench, program, arch, release, source)
    ratio(bench, what + 'compiling', again.compiling(), native.compiling(), 'debwiz build --native', '>= 4, C++ 6')
    ratio(bench, what + 'dpkg-buildpackage', again.building(), native.building(), 'debwiz build --native', '>= 2.5, C++ 4')
    if first:
        bench.add(what + 'the command', again.seconds, first.seconds, 'the first one, without a layer', '')
    bench.add(what + 'the command', again.seconds, native.seconds, 'debwiz build --native', '')
    if chroot:
        user = chroot.build(source)
        ratio(bench, what + 'compiling', again.compiling(), user.compiling(), 'chroot, qemu-user', '')
        ratio(bench, what + 'dpkg-buildpackage', again.building(), user.building(), 'chroot, qemu-user', '>= 1')
        if os.path.exists('/usr/share/doc/crossbuild-essential-' + arch):
            try:
                host = cross(bench, arch, source, chroot.top + '/src')
                ratio(bench, what + 'dpkg-buildpackage', again.building(), host.building(), 'cross build on the host', '')
            except OSError as e:  # such as a host without the architecture's libraries
                print('builds.py: no cross build: %s' % str(e).splitlines()[-1], file=sys.stderr)
    return first, native, again


def measure(bench, program, mirror):
    arch, _, release = TARGET.partition('-')
    chroot = Chroot(bench, arch, release, mirror) if has_chroot(arch) else None
    for source in SOURCES:
        if source != BY_HAND:
            measure_source(bench, program, TARGET, source, chroot)
            continue
        what = '%s, %s: ' % (source, TARGET)
        guest = Guest(bench, program, arch, release)
        try:
            steps, by_hand = guest.build(source)
        finally:
            guest.close()
        bench.add_text(what + 'by hand: index, dependencies, source, build', '', ' '.join('%.0f s' % s for s in steps), '', '')
        first, native, again = measure_source(bench, program, TARGET, source, chroot)
        bench.add(what + 'without a layer', first.seconds, sum(steps), 'by hand in the guest', '>= 4')
        bench.add(what + 'again', again.seconds, sum(steps), 'by hand in the guest', '>= 8')
        ratio(bench, what + 'dpkg-buildpackage', native.building(), by_hand.building(), 'by hand', '')
