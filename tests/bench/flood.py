# SPDX-License-Identifier: MIT
"""flood: how fast a guest fills its console, with debwiz's supervisor at the other end and, beside it,
with QEMU writing to a file. The guest is the kernel and the initrd of Debian's installer, whose shell
prints numbers and the times of its own clock before and after; the two take turns."""
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import time

SIZE = 1000  # KB at a time …
TIMES = 3    # … so many times a boot
PACKAGES = ('debian-installer-12-netboot-armhf', 'debian-installer-13-netboot-armhf')
SCRIPT = ('mount -t proc proc /proc; stty raw; seq 100000 %d > /f; for i in %s; do sleep 1; '
          'read a b < /proc/uptime; cat /f; read c d < /proc/uptime; echo; echo RES $a $c END; done; '
          'echo ALL DONE; sleep 5; poweroff -f') % (100000 + SIZE * 1000 // 8 - 1,
                                                    ' '.join(str(i) for i in range(TIMES)))
LIMIT = 300


def guest(folder):
    """Kernel and initrd of the installer, as the archive has them."""
    for package in PACKAGES:
        if subprocess.run(['apt-get', '-q', 'download', package], cwd=folder, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            break
    else:
        return None
    subprocess.run(['dpkg-deb', '-x', glob.glob(folder + '/debian-installer-*.deb')[0], folder], check=True)
    found = [glob.glob('%s/usr/lib/debian-installer/images/*/armhf/text/debian-installer/armhf/%s'
                       % (folder, name)) for name in ('vmlinuz', 'initrd.gz')]
    return [f[0] for f in found] if all(found) else None


def qemu(kernel, initrd):
    return ['qemu-system-arm', '-nodefaults', '-M', 'virt', '-cpu', 'cortex-a15', '-accel', 'tcg,thread=multi',
            '-smp', '2', '-m', '512', '-display', 'none', '-kernel', kernel, '-initrd', initrd, '-append',
            'console=ttyAMA0 quiet rdinit=/bin/sh -- -c "%s"' % SCRIPT]


def speeds(text):
    """KB/s of each time, once all are done."""
    if b'ALL DONE' not in text:
        return []
    return [SIZE / (float(after) - float(before))
            for before, after in re.findall(rb'RES ([0-9.]+) ([0-9.]+) END', text)]


def wait(process, paths):
    """Until these files, one after the other, hold it all; the speeds."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and process.poll() is None:
        text = b''
        for path in paths:
            if os.path.exists(path):
                with open(path, 'rb') as f:
                    text += f.read()
        found = speeds(text)
        if found:
            return found
        time.sleep(0.5)
    return []


def to_file(folder, argv):
    path = os.path.join(folder, 'serial')
    p = subprocess.Popen(argv + ['-serial', 'file:' + path], stdin=subprocess.DEVNULL)
    try:
        return wait(p, [path])
    finally:
        p.kill()
        p.wait()
        os.unlink(path)


def supervised(program, folder, argv):
    own, runtime = folder + '/d', folder + '/r'
    for name in (own, runtime):
        shutil.rmtree(name, ignore_errors=True)
        os.mkdir(name, 0o700)
    lines = ['-chardev', 'pipe,id=serial,path=%s/serial' % runtime, '-serial', 'chardev:serial',
             '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=progress', '-S',
             '-mon', 'chardev=qmp,mode=control']
    for name in ('progress', 'qmp'):
        lines += ['-chardev', 'socket,id=%s,path=%s/%s,server=on,wait=off' % (name, runtime, name)]
    request = runtime + '/start.json'
    with open(request, 'w', encoding='utf-8') as f:
        json.dump({'format': 1, 'name': 'm', 'dir': own, 'runtime_dir': runtime, 'what': 'running',
                   'accel': 'tcg', 'argv': argv + lines}, f)
    p = subprocess.Popen([program, 'supervise', request], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return wait(p, [own + '/console.log.2', own + '/console.log.1', own + '/console.log'])
    finally:
        with open(own + '/run.json', encoding='utf-8') as f:
            pid = json.load(f).get('qemu_pid')
        if pid and p.poll() is None:
            os.kill(pid, 9)
        p.wait()


def measure(bench, program, folder, rounds):
    """Adds the row to the table; False where the archive has no installer."""
    files = guest(folder)
    if not files:
        return False
    argv = qemu(*files)
    ours, peer = [], []
    for _ in range(rounds):
        peer += to_file(folder, argv)
        ours += supervised(program, folder, argv)
    if not ours or not peer:
        return False
    a, b = statistics.median(ours), statistics.median(peer)
    bench.add_text('console: a guest that floods it, nobody looks', '%.0f KB/s' % a,
                   '-serial file: %.0f KB/s' % b, '%.2f' % (a / b), '>= 0.95 of its speed')
    return True
