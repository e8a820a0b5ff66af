# SPDX-License-Identifier: MIT
"""many: unpacks one package of 40,000 small files, once in one folder and once spread over 500: a
large folder must not cost more than its files."""
import hashlib
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'mirror'))
import debfile  # noqa: E402

FILES = 40000
FOLDERS = 500
CONTROL = 'Package: many\nVersion: 1-1\nArchitecture: all\nDescription: many files\n'


def make(path, folders):
    """Writes the package; returns its line for bench_unpack."""
    entries = debfile.parse_files(['/srv/d%d/file-%05d' % (i % folders, i) for i in range(FILES)])
    data = debfile.deb_bytes(CONTROL, entries, data_kind='gz')
    with open(path, 'wb') as f:
        f.write(data)
    return 'deb many 1-1 all %d %s %s\n' % (len(data), hashlib.sha256(data).hexdigest(), path)


def measure(bench, run, program, runs):
    """Adds one row; the ratio is that of the times of the spread files and of those in one folder."""
    image, seconds = bench.path('image'), {}
    for folders in (1, FOLDERS):
        with open(bench.path('packages'), 'w+', encoding='utf-8') as f:
            f.write(make(bench.path('many.deb'), folders))
            cpu = []
            for _ in range(runs):
                f.seek(0)
                f.flush()
                cpu.append(run([program, image], stdin=f).cpu)
                subprocess.run(['rm', '-f', image], check=True)
        seconds[folders] = statistics.median(cpu)
    bench.add('%d files unpacked into one folder, CPU' % FILES, seconds[1], seconds[FOLDERS],
              'spread over %d folders' % FOLDERS, '>= 0.5')
