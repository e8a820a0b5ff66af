# SPDX-License-Identifier: MIT
"""replay: every fuzz target plays its seeds and what was once found (corpus/TARGET); `--seed TARGET
FOLDER` writes them there, to start a fuzzer with."""
import os
import shutil
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
            yield name, f.read()


SEEDS = {'console': console_seeds, 'ini': ini_seeds}


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
