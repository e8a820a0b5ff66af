# SPDX-License-Identifier: MIT
"""warm: machines that resume a copy of a saved guest: `run`, `up` of a new machine, ten in parallel, and what a copy
takes of the host's memory. The peer is the same with a boot."""
import json
import os
import statistics
import subprocess
import time

COUNT = 10
SETTLE_SECONDS = 5  # from the login prompt until memory is read


def remove(bench, name):
    bench.debwiz('kill', name)
    bench.debwiz('delete', '--yes', '--confirm', name, name)


def up(bench, name, warm):
    """Seconds until the login prompt of a new machine, which is removed again."""
    seconds = bench.debwiz('up', '--offline', '--set', 'boot.warm=' + warm, bench.machine(name))
    remove(bench, name)
    return seconds


def qemu(bench, program, name):
    """Process id of the machine's QEMU."""
    out = subprocess.run([program, '--json', 'status', name], env=bench.env, check=True, stdout=subprocess.PIPE).stdout
    return next(event['qemu_pid'] for event in map(json.loads, out.splitlines()) if event.get('qemu_pid'))


def own_memory(pid):
    """MiB that only this process has: pages of the template that it has not written are shared."""
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as f:
        fields = dict((line.split()[0], line.split()[1]) for line in f if line.split()[-1] == 'kB')
    return (int(fields['Private_Dirty:']) + int(fields['Private_Clean:'])) / 1024


def in_parallel(bench, program, failed):
    """Starts COUNT machines at the same time; seconds until the last has its login prompt, and memory of each."""
    names = ['bench-ten-%d' % i for i in range(COUNT)]
    paths = [bench.machine(name) for name in names]
    begin = time.monotonic()
    started = [subprocess.Popen([program, '--plain', 'up', '--offline', '--set', 'boot.warm=yes', path], env=bench.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for path in paths]
    memory, errors = 0.0, []
    for p in started:
        text = p.stderr.read().decode(errors='replace')
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        memory = max(memory, usage.ru_maxrss / 1024)
        errors += [text] if p.returncode else []
    seconds = time.monotonic() - begin
    if errors:
        raise failed('%d of %d machines in parallel did not start:\n%s' % (len(errors), COUNT, errors[0][-2000:]))
    time.sleep(SETTLE_SECONDS)  # what is measured: guests at their prompts
    own = [own_memory(qemu(bench, program, name)) for name in names]
    for name in names:
        remove(bench, name)
    return seconds, memory, own


def measure(bench, program, arch, runs, failed):
    bench.base('bookworm')

    def once(warm):
        return bench.debwiz('run', '--offline', '--arch', arch, '--release', 'bookworm', '--set', 'boot.warm=' + warm,
                            '--', 'true')
    once('yes')  # makes the template
    bench.add('run -- true, resumed from a template', statistics.median(once('yes') for _ in range(runs)), once('no'),
              'the same with a boot', '>= 12')
    up(bench, 'bench-warm', 'yes')
    ours = statistics.median(up(bench, 'bench-warm-%d' % i, 'yes') for i in range(runs))
    one = up(bench, 'bench-cold', 'no')
    bench.add('up of a new machine, resumed', ours, one, 'the same with a boot', '>= 8')
    seconds, memory, own = in_parallel(bench, program, failed)
    bench.add('up of %d new machines in parallel' % COUNT, seconds, one * COUNT, '%d boots, one by one' % COUNT, '')
    bench.add('peak memory of debwiz in that, each', memory, None, '', '<= 256 MiB', 'MiB')
    bench.add('memory of a copy that is not shared', statistics.median(own), None, '', '', 'MiB')
