# SPDX-License-Identifier: MIT
"""hardening: checks the ELF program by readelf: position-independent, relocations read-only from the start (full RELRO),
stack not executable, stack frames checked and, without a sanitizer, the lengths passed to the C library. Skips a build
with --disable-hardening, another file format and a host without readelf."""
import os
import re
import shutil
import subprocess
import sys



def readelf(program):
    """What is looked at, in the C locale: headers, segments, the dynamic section and its symbols."""
    return subprocess.run(['readelf', '--wide', '--file-header', '--segments', '--dynamic', '--dyn-syms',
                           program], env=dict(os.environ, LC_ALL='C'), stdout=subprocess.PIPE,
                          check=True, encoding='utf-8').stdout


def complaints(text, fortified=True):
    """`text`: of readelf; `fortified`: the build optimizes, which FORTIFY_SOURCE requires."""
    bad = []

    def want(pattern, sentence):
        if not re.search(pattern, text, re.M):
            bad.append(sentence)

    want(r'^ +Type: +DYN\b', 'is not position-independent (PIE)')
    want(r'^ +GNU_RELRO\b', 'has no RELRO segment')
    want(r'\((FLAGS|BIND_NOW)\).*BIND_NOW|\(BIND_NOW\)|\(FLAGS_1\).*\bNOW\b',
         'binds symbols late: RELRO is not full')
    want(r'^ +GNU_STACK +(0x[0-9a-f]+ +){5}RW +', 'has an executable stack')
    want(r' __stack_chk_fail\b', 'does not check its stack frames')
    if fortified and ' __asan_' not in text and not re.search(r' __\w+_chk\b(?<!__stack_chk)', text):
        bad.append('does not check lengths (FORTIFY_SOURCE)')
    return bad


def config(build):
    """The options and results of configure; '' for a program elsewhere."""
    try:
        with open(os.path.join(build, 'config.status'), encoding='utf-8') as text:
            return text.read()
    except OSError:
        return ''


def main():
    program = os.path.abspath(os.environ.get('DEBWIZ') or './debwiz')
    with open(program, 'rb') as f:
        elf = f.read(4) == b'\x7fELF'
    build = config(os.path.dirname(program))
    if not elf or not shutil.which('readelf') or '--disable-hardening' in build:
        return 77
    flags = re.search(r'^S\["CFLAGS"\]="(.*)"', build, re.M)
    bad = complaints(readelf(program), not flags or bool(re.search(r'-O[^0]', flags.group(1))))
    for line in bad:
        print('%s: %s' % (os.path.basename(program), line))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
