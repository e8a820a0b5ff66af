# SPDX-License-Identifier: MIT
"""hardening: what an ELF program says of itself (readelf): it is position-independent, its relocations
are read-only from the start (full RELRO), its stack is not executable, it checks its stack frames and,
where it was built without a sanitizer, the lengths that it hands to the C library. A build that configure
was told to leave plain (--disable-hardening), another file format or a host without readelf: nothing
to check."""
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
    """`text`: of readelf; `fortified`: the build optimises, without which there is no FORTIFY_SOURCE."""
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
    """What configure was told and has found out; '' of a program that lies elsewhere."""
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
