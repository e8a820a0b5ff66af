# SPDX-License-Identifier: MIT
"""hostile: input of a hostile guest. For each: the emulator returns soon, its memory stays small, the screen is
printable, replies are limited and of known forms, and a plain line afterwards is at its place."""
import re
import resource
import subprocess
import sys
import unicodedata

import console

ANSWER = re.compile(rb'(\x1b\[[0-9;?>]*[cnRyt$]+|\x1bP[01]\$r[0-9;: "\']*[a-zA-Z ]*\x1b\\|\x1b\[[?0-9;]*\$y)*\Z')
AFTER = b'\x18\x1b\\\x1bc' + b'\r\nstill here'


def corpus():
    """Name and bytes of each."""
    esc = b'\x1b'
    big = b'A' * 1100000
    for name, kind in (('osc', b']'), ('dcs', b'P'), ('apc', b'_'), ('pm', b'^'), ('sos', b'X')):
        yield name + '-huge', esc + kind + b'0;' + big
        yield name + '-huge-ended', esc + kind + b'0;' + big + esc + b'\\'
        yield name + '-empty', esc + kind + esc + b'\\'
        yield name + '-nested', esc + kind + b'a' + esc + kind + b'b' + esc + b'\\'
        yield name + '-nul', esc + kind + b'\0' * 70000 + esc + b'\\'
        yield name + '-bel', esc + kind + b'52;c;QUJD\x07'
        yield name + '-cut', esc + kind
    for n in list(range(0, 20)) + [46, 50, 52, 104, 110, 111, 112, 133, 777, 1337, 9999]:
        yield 'osc-%d' % n, b'\x1b]%d;c;cm0gLXJmIC8=\x07' % n
        yield 'osc-%d-query' % n, b'\x1b]%d;?\x1b\\' % n
    for final in b'@ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstux':
        yield 'csi-80-digits-%c' % final, b'ab\x1b[' + b'9' * 80 + bytes([final])
        yield 'csi-many-%c' % final, b'ab\x1b[' + b'1;' * 200 + bytes([final])
        yield 'csi-billion-%c' % final, b'ab\x1b[1000000000' + bytes([final])
        yield 'csi-private-%c' % final, b'ab\x1b[?1000000000;77;88' + bytes([final])
    for final in b'bLMPX@STIZ':
        yield 'csi-max-%c' % final, b'ab\x1b[2147483647' + bytes([final]) + b'\x1b[4294967295' + bytes([final])
        yield 'csi-often-%c' % final, b'x' + (b'\x1b[99999' + bytes([final])) * 20000
    yield 'rep-first', b'\x1b[1000000000b'
    yield 'rep-behind-mark', b'\x1b[5;5H\xcc\x81\x1b[1000000000b'
    yield 'rep-behind-wide', b'\xe6\x97\xa5\x1b[1000000000b'
    yield 'rep-often', b'x\x1b[99999b' * 20000
    yield 'combining-1000', b'a' + b'\xcc\x81' * 1000
    yield 'combining-million', b'a' + b'\xcc\x81' * 1000000
    yield 'combining-alone', b'\xcc\x81' * 100000
    yield 'combining-moved', b'\x1b[3;3H\xcc\x81' * 20000
    yield 'variation-selectors', b'\xe2\x98\x83' + b'\xef\xb8\x8f' * 50000
    yield 'tags', b'x' + b'\xf3\xa0\x81\x81' * 50000
    yield 'zwj', b'\xf0\x9f\x91\xa9\xe2\x80\x8d' * 20000
    yield 'bidi', b'a\xe2\x80\xaeb\xe2\x81\xa6c\xe2\x80\x8fd\xd8\x9ce\xe2\x81\xa9'
    yield 'line-separators', b'a\xe2\x80\xa8b\xe2\x80\xa9c\xc2\x85d'
    yield 'c1-all-utf8', b''.join(b'\xc2' + bytes([c]) + b'x' for c in range(0x80, 0xa0)) * 100
    yield 'c1-column-0', (b'\r\xc2\x85\xc2\x9b' * 50 + b'x') * 100
    yield 'c1-all-raw', bytes(range(0x80, 0xa0)) * 1000
    yield 'all-bytes', bytes(range(256)) * 200
    yield 'all-bytes-backwards', bytes(range(255, -1, -1)) * 200
    yield 'ff', b'\xff' * 100000
    yield 'utf8-cut', b'\xf0\x9f\x98' * 20000
    yield 'utf8-overlong', b'\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf\xf8\x88\x80\x80\x80' * 5000
    yield 'utf8-surrogates', b'\xed\xa0\x80\xed\xbf\xbf' * 5000
    yield 'utf8-beyond', b'\xf4\x90\x80\x80\xf7\xbf\xbf\xbf' * 5000
    yield 'utf8-nonchars', b'\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbf' * 1000
    yield 'soft-hyphen', b'a\xc2\xadb' * 1000
    yield 'dsr-million', b'\x1b[6n' * 1000000
    yield 'da-many', b'\x1b[c\x1b[>c\x1b[=c' * 50000
    yield 'decrqm-many', b'\x1b[?1$p' * 50000
    yield 'decrqss-bad', b''.join(b'\x1bP$q' + bytes([c]) + b'\x1b\\' for c in range(0x20, 0x7f))
    yield 'decrqss-long', b'\x1bP$q' + b'm' * 500 + b'\x1b\\'
    yield 'decrqss-many', b'\x1bP$qm\x1b\\' * 50000
    yield 'xtgettcap', b'\x1bP+q544e\x1b\\' * 100
    yield 'xtwinops', b''.join(b'\x1b[%dt' % n for n in range(30))
    yield 'resize-request', b'\x1b[8;9999;9999t\x1b[?40h\x1b[?3h\x1b[?3l' * 1000
    yield 'answerback', b'\x05' * 100000
    yield 'bells', b'\x07' * 1000000
    yield 'ris-many', b'x\x1bc' * 20000
    yield 'decaln-many', b'\x1b#8' * 5000
    yield 'alternate-many', b'\x1b[?1049hx\x1b[?1049l' * 5000
    yield 'regions-odd', b''.join(b'\x1b[%d;%dr\n\x1bM' % (a, b) for a in range(0, 40, 3) for b in range(0, 40, 3))
    yield 'margins-odd', b'\x1b[?69h' + b''.join(b'\x1b[%d;%dsxxx\x1b[9@\x1b[9P' % (a, b)
                                                for a in range(0, 99, 7) for b in range(0, 99, 7))
    yield 'columns-insert', (b'\x1b[?69h\x1b[2;9s' + b"\x1b[99'}\x1b[99'~") * 1000
    yield 'double-size', b''.join(b'\x1b#%c%s' % (c, b'x' * 100) for c in b'3456') * 50
    yield 'double-width-edge', b'\x1b#6' + b'\xe6\x97\xa5' * 100 + b'\x1b#5'
    yield 'tabs-clear', b'\x1b[3g' + b'\t' * 100000 + b'\x1b[99999I\x1b[99999Z'
    yield 'wide-edge', b'\x1b[1;80H\xe6\x97\xa5\x1b[1;80H\xe6\x97\xa5x' * 1000
    yield 'no-wrap-wide', b'\x1b[?7l' + b'\xe6\x97\xa5' * 1000
    yield 'insert-wide', b'\x1b[4h' + b'\xe6\x97\xa5a' * 1000
    yield 'charsets', b''.join(b'\x1b' + bytes([g, f]) + b'abc~' for g in b'()*+-./' for f in range(0x20, 0x7f))
    yield 'locking-shifts', b'\x0e\x1bn\x1bo\x1b|\x1b}\x1b~\x1bN\xc3\xa4\x1bO\xff' * 1000
    yield 'encoding', b'\x1b%@' + bytes(range(0x80, 0x100)) + b'\x1b%G\x1b%/G'
    yield 'escapes', b'\x1b' * 100000 + b'[' * 1000
    for inter in b' !"#$%&\'()*+,-./':
        yield 'csi-behind-%02x' % inter, b'\x1b' + bytes([inter]) + b'[' + b'1;' * 500 + b'mx'
    yield 'intermediates', b'\x1b' + b' !"#$%&' * 5000 + b'x'
    yield 'csi-intermediates', b'\x1b[' + b' !"#$' * 5000 + b'x'
    yield 'csi-open', b'\x1b[' + b'1;2:3' * 100000
    yield 'csi-controls', b'\x1b[1' + b'\r\n\x07' * 5000 + b'm'
    yield 'sgr-odd', b'\x1b[38m\x1b[38;m\x1b[38;5m\x1b[38;2;1m\x1b[38;9;1m\x1b[48:2:::::1m\x1b[38;5;999m' \
        b'\x1b[38;2;999;-1;70000m\x1b[4:9m\x1b[::m\x1b[1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1mx'
    yield 'sgr-long', b'\x1b[' + b'1;' * 17 + b'38m' + b'\x1b[' + b'1:' * 17 + b'38mx'
    yield 'modes-all', b''.join(b'\x1b[?%dh\x1b[%dh' % (n, n) for n in range(0, 3000))
    yield 'modes-all-off', b''.join(b'\x1b[?%dl' % n for n in range(0, 3000))
    yield 'mouse-all', b''.join(b'\x1b[?%dh' % n for n in (9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016)) * 100
    yield 'printer', b'\x1b[5i' + b'secret' * 100 + b'\x1b[4i'
    yield 'tek', b'\x1b[?38h\x1b\x0c' + b'x' * 100
    yield 'sixel', b'\x1bPq#0;2;0;0;0' + b'~' * 100000 + b'\x1b\\'
    yield 'kitty', b'\x1b_Gf=24,s=9999,v=9999;' + b'AAAA' * 10000 + b'\x1b\\'
    yield 'flood', (b'y' * 79 + b'\r\n') * 30000


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


def check(name, data):
    done = subprocess.run([console.PLAY, '24', '80', '4096'], input=data + AFTER, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=300, preexec_fn=None if SANITIZED else limits)
    if done.returncode:
        return 'status %d %s' % (done.returncode, done.stderr.decode()[:300])
    screen = console.json.loads(done.stdout)
    if 'still here' not in screen['rows']:
        return 'the line afterwards: %r' % [row for row in screen['rows'] if row][:3]
    for line in screen['rows'] + screen['history']:
        bad = [c for c in line if unicodedata.category(c) in ('Cc', 'Zl', 'Zp') or c in '\u200b\u200e\u202e\ufeff']
        if bad:
            return 'on the screen: %r' % bad[:5]
    answers = bytes(screen['replies'])
    if len(answers) > 4096:
        return '%d bytes of answers' % len(answers)
    if not ANSWER.match(answers):
        return 'an answer of another form: %r' % answers[:200]
    return None


SANITIZED = 'asan' in subprocess.run(['ldd', console.PLAY], stdout=subprocess.PIPE, check=False).stdout.decode()


def main():
    failed = count = 0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name, data in corpus():
        before = used.ru_utime + used.ru_stime
        wrong = check(name, data)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = used.ru_utime + used.ru_stime - before
        if not wrong and took > 60:
            wrong = '%.1f s' % took
        count += 1
        if wrong:
            failed += 1
            print('FAIL %s: %s' % (name, wrong))
    print('%d streams, the largest process %d KiB, %d failed' % (count, used.ru_maxrss, failed))
    if not SANITIZED and used.ru_maxrss > 65536:
        print('FAIL a stream took more than 64 MiB')
        failed += 1
    return 1 if failed or count < 150 else 0


if __name__ == '__main__':
    sys.exit(main())
