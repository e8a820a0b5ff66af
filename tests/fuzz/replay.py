# SPDX-License-Identifier: MIT
"""replay: every fuzz target plays its seeds and what was once found (corpus/TARGET); `--seed TARGET
FOLDER` writes them there, to start a fuzzer with."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'transcript'))
import console  # noqa: E402
import hostile  # noqa: E402

ROOT = os.path.join(HERE, '..', '..')
BUILT = os.path.join(os.path.dirname(os.environ.get('DEBWIZ', os.path.join(ROOT, 'debwiz'))), 'tests', 'fuzz')


def console_seeds():
    for name, data in hostile.corpus():
        yield name, data[:2000]
    for name in sorted(os.listdir(console.CASES)):
        if name.endswith('.case'):
            for case in console.read(os.path.join(console.CASES, name))[1]:
                yield 'case-' + case.name, case.bytes()[:2000]


def ini_seeds():
    folder = os.path.join(ROOT, 'assets', 'examples')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as f:
            text = f.read()
        yield name, text
        yield name + '-crlf', b'\xef\xbb\xbf' + text.replace(b'\n', b'\r\n')
    yield 'risks', (b'[mirror]\nkeyring = k\n[network]\nforward = 0.0.0.0:80:80\n[devices]\nshare = path=/,tag=a\n'
                    b'drive = path=x,,y,format=qcow2\n[qemu]\nbinary = ./q\nextra = -device\n'
                    b'extra = usb-tablet,bus=x\nextra = -no-reboot\n')
    yield 'guesses', (b'[CPU]\nmemory = 2\n[cpu]\nmemory = 2.5 gib\n[disk]\nstandalone = TRUE\n'
                      b'[boot]\ntimeout = 1h\n[machine]\narch = x86_64\n')
    yield 'tail', b'[cpu]\nmemory = 2G\r'


def control_seeds():
    def frames(*objects):
        out = b''
        for o in objects:
            payload = b'J' + json.dumps(o).encode()
            out += struct.pack('>I', len(payload)) + payload
        return out
    requests = [{'op': op, 'id': n, 'text': 'ls\r', 'key': 'up', 'rows': 30, 'columns': 90, 'from': 0,
                 'count': 5, 'tag': 'x', 'type': True, 'console': True}
                for n, op in enumerate('hello subscribe status attach take type paste key click resize lines find '
                                       'kill nothing'.split())]
    for cut in (0, 1, 255):
        yield 'all-%d' % cut, bytes([cut]) + frames(*requests)
    for r in requests:
        yield 'one-' + r['op'], b'\x10' + frames({'op': 'attach', 'id': 1, 'type': True}, r)
    yield 'rubbish', b'\x05GET / HTTP/1.1\r\n\r\n'
    yield 'long', b'\xff\x7f\xff\xff\xffJ'
    yield 'empty', b'\x05\0\0\0\0'


def qmp_seeds():
    folder = os.path.join(HERE, '..', 'fake', 'qmp')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            lines = [qmp_line(line.rstrip('\n')) for line in f if not line.startswith('#')]
        yield name, b'\xbf' + b''.join(lines)


def qmp_line(line):
    """What the fake QEMU says for a line of its script."""
    word, _, rest = line.partition(' ')
    if word == 'E':
        name, _, data = rest.partition(' ')
        return ('{"event": "%s", "data": %s}\r\n' % (name, data or '{}')).encode()
    if word == 'R':
        return ('{"return": %s, "id": 1}\r\n' % (rest or '{}')).encode()
    return (rest + '\r\n').encode() if word == 'S' else b''


SEEDS = {'console': console_seeds, 'control': control_seeds, 'ini': ini_seeds, 'qmp': qmp_seeds}


def fill(target, folder):
    for name, data in SEEDS[target]():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)
    found = os.path.join(HERE, 'corpus', target)
    if os.path.isdir(found):
        for name in os.listdir(found):
            shutil.copy(os.path.join(found, name), os.path.join(folder, 'found-' + name))


def main():
    if sys.argv[1:2] == ['--seed']:
        fill(sys.argv[2], sys.argv[3])
        return 0
    failed = 0
    for target in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            fill(target, folder)
            done = subprocess.run([os.path.join(BUILT, 'fuzz_' + target), folder], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=300, check=False)
        print('%s: %s' % (target, done.stdout.decode('utf-8', 'replace').strip()[-2000:]))
        failed |= done.returncode
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
