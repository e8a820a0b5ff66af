# SPDX-License-Identifier: MIT
"""replay: every fuzz target plays its seeds and what was once found (corpus/TARGET); `--seed TARGET
FOLDER` writes them there, to start a fuzzer with."""
import gzip
import json
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'transcript'))
sys.path.append(os.path.join(HERE, '..', 'mirror'))
import console  # noqa: E402
import debfile  # noqa: E402
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


def release_text():
    return ('Origin: Debian\nLabel: Debian\nSuite: oldstable\nVersion: 12.9\nCodename: bookworm\n'
            'Date: Sat, 11 Jan 2025 09:23:20 UTC\nValid-Until: Sat, 18 Jan 2030 09:23:20 UTC\n'
            'Acquire-By-Hash: yes\nArchitectures: all armhf\nComponents: main\nSHA256:\n'
            ' %s     12 main/binary-armhf/Packages.xz\n %s 999 main/binary-armhf/Packages\n' %
            ('0' * 64, 'a1' * 32))


def release_seeds():
    armour = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n%s-----BEGIN PGP SIGNATURE-----\n\n%s' \
             '-----END PGP SIGNATURE-----\n'
    text = release_text()
    yield 'plain', text.encode()
    yield 'signed', (armour % (text, 'iQIzBAEBCAAdFiEE\n=abcd\n')).encode()
    yield 'escaped', (armour % ('- -x\n' + text, 'aa\n')).encode()
    yield 'empty-signature', (armour % (text, '')).encode()
    yield 'two-stanzas', (text + '\n' + text).encode()
    yield 'odd', text.replace('12 main', '99999999999999999999 main').replace('12.9', '12.' + '9' * 40).encode()
    yield 'html', b'<html><body>log in</body></html>\n'


def packages_seeds():
    text = ('Package: base\nVersion: 1:2.0-1\nArchitecture: armhf\nEssential: yes\nPriority: required\n'
            'Multi-Arch: foreign\nPre-Depends: lib (>= 1.0)\nDepends: a | b (<< 2),\n c [armhf]\n'
            'Provides: x (= 1), y\nDescription: short\n long\n .\n text\nDescription-md5: 00\n'
            'Filename: pool/b_1.deb\nSize: 123\nSHA256: %s\n\nPackage: lib\nVersion: 1\n'
            'Architecture: all\nFilename: x\n' % ('0' * 64)).encode()
    yield 'plain', text
    yield 'gz', gzip.compress(text, mtime=0)
    yield 'xz', lzma.compress(text)
    yield 'empty', b''
    yield 'empty-gz', gzip.compress(b'', mtime=0)
    yield 'blank', b'\n\n \n\nPackage:\n x\n\nPackage: a\r\n\n'
    yield 'html', b'<html>\n'


def deb_seeds():
    entries = [debfile.Entry('/usr/bin/tool', data=b'tool'), debfile.Entry('/usr/bin/hard', kind=tarfile.LNKTYPE,
                                                                           target='./usr/bin/tool'),
               debfile.Entry('/link', kind=tarfile.SYMTYPE, target='usr'),
               debfile.Entry('/disk', kind=tarfile.BLKTYPE, major=8, minor=1),
               debfile.Entry('/pipe', kind=tarfile.FIFOTYPE)]
    control = 'Package: a\nVersion: 1\nArchitecture: all\n'
    for kind in ('none', 'gz', 'xz'):
        yield kind, debfile.deb_bytes(control, entries, control_kind=kind, data_kind=kind)
    small = debfile.tar_bytes([debfile.Entry('/usr/bin/tool', data=b'tool')]).rstrip(b'\0')
    yield 'small', debfile.ar_bytes([('debian-binary', b'2.0\n'), ('_odd', b'x'),
                                     ('control.tar', small.replace(b'usr/bin/tool', b'control\0\0\0\0\0')),
                                     ('data.tar', small), ('_gpgorigin', b'xx')])
    yield 'ar', b'!<arch>\n'


def qcow2_seeds():
    """Headers as in QEMU's docs/interop/qcow2.txt, with clusters of 512 bytes so that all is small."""
    def image(version=3, bits=9, size=4096, backing=b'', tables=True, extensions=b'', incompatible=0):
        head = struct.pack('>IIQIIQIIQQIIQ', 0x514649fb, version, 256 if backing else 0, len(backing), bits,
                           size, 0, 1, 512, 1024, 1, 0, 0)
        if version == 3:
            head += struct.pack('>QQQII', incompatible, 0, 0, 4, 104) + extensions
        data = bytearray(4096)
        data[:len(head)] = head
        data[256:256 + len(backing)] = backing
        if tables:
            data[512:520] = struct.pack('>Q', 1 << 63 | 1536)
            data[1536:1560] = struct.pack('>QQQ', 1 << 63 | 2048, 1, 1 << 62 | 2560)
        return bytes(data)
    yield 'two', image(2)
    yield 'three', image()
    yield 'backing', image(backing=b'base.raw', extensions=struct.pack('>II', 0xe2792aca, 3) + b'raw\0\0\0\0\0')
    yield 'foreign', image(backing=b'/etc/passwd')
    yield 'large', image(bits=16, size=128 << 30)
    yield 'empty', image(size=0, tables=False)
    yield 'data-file', image(incompatible=4, extensions=struct.pack('>II', 0x44415441, 4) + b'data\0\0\0\0')
    yield 'corrupt', image(incompatible=2)


def gpt_seeds():
    def disk(first, last, name, count=4, size=128, table=2):
        head = bytearray(512)
        head[:8] = b'EFI PART'
        head[72:88] = struct.pack('<QII', table, count, size)
        entry = struct.pack('<16s16sQQQ', b'\1' * 16, b'\2' * 16, first, last, 0) + \
            name.encode('utf-16-le').ljust(72, b'\0')
        return bytes(512) + bytes(head) + entry.ljust(512, b'\0') + bytes(1024)
    yield 'root', disk(3, 4, 'debwiz-root')
    yield 'long', disk(3, 3, 'a name of thirty-six characters at m')
    yield 'outside', disk(3, 1 << 60, 'debwiz-root')
    yield 'backwards', disk(4, 3, 'ESP')
    yield 'many', disk(3, 4, 'ESP', count=1024, size=4096)
    yield 'wrap', disk(2, (1 << 64) - 1, 'ESP', table=1 << 55)
    yield 'none', bytes(1536)


def extfs_seeds():
    yield 'sound', b''
    for block in range(40):
        for at, data in ((0, b'\xff' * 16), (24, b'\0' * 32), (512, b'\1' * 8), (1064, b'\2\0\0\0' * 8)):
            yield '%d-%d' % (block, at), struct.pack('<BHB', block, at, len(data) - 1) + data


SEEDS = {'console': console_seeds, 'control': control_seeds, 'deb': deb_seeds, 'extfs': extfs_seeds,
         'gpt': gpt_seeds, 'ini': ini_seeds, 'packages': packages_seeds, 'qcow2': qcow2_seeds,
         'qmp': qmp_seeds, 'release': release_seeds}


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
