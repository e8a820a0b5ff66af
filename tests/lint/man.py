# SPDX-License-Identifier: MIT
"""man: the manual page has every verb and option of --help, every field of the examples and of the
table, and no line that mandoc finds fault with."""
import os
import re
import shutil
import subprocess
import sys

import tree


def output(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True, encoding='utf-8').stdout


def plain(roff):
    return roff.replace('\\-', '-').replace('\\&', '').replace('\\e', '\\')


def page(t, debwiz):
    """The whole page, as the build makes it."""
    frame = t.text('assets/debwiz.1.in')
    return frame.replace('@TABLES@\n', output(debwiz, 'man'))


def check_cross(makefile):
    """A cross build cannot run its own program for the page."""
    rule = makefile.partition('assets/debwiz.1: ')[2].partition('\n\n')[0]
    if not rule or './debwiz' in rule or '$(DEBWIZ_FOR_BUILD)' not in rule:
        return ['Makefile.am:1: the rule of debwiz.1 runs the built program; use $(DEBWIZ_FOR_BUILD)']
    return []


def verbs(usage):
    return re.findall(r'^  ([a-z][a-z-]*)\b', usage.partition('verbs:')[2].partition('options:')[0], re.M)


def options(usage):
    """The long ones, with their dashes."""
    return re.findall(r'^ +(?:-\w, )?(--[a-z][a-z-]*)', usage, re.M)


def check_words(text, usage, fields):
    """`text` is the page, `usage` what --help says, `fields` (section, key) pairs."""
    bad = []
    tags = {line.split()[0].strip('"') for line in re.findall(r'^\.TP\n\.B[R]? "?([^\n]+)', text, re.M)}
    for verb in verbs(usage):
        if verb not in tags:
            bad.append('debwiz.1:1: the verb %s is missing' % verb)
    for option in options(usage):
        if option not in text:
            bad.append('debwiz.1:1: the option %s is missing' % option)
    sections = dict(re.findall(r'^\.SS \[([\w-]+)\]\n(.*?)(?=^\.S[SH]|\Z)', text, re.M | re.S))
    for section, key in fields:
        if not re.search(r'^\.B "?%s\b' % re.escape(key), sections.get(section, ''), re.M):
            bad.append('debwiz.1:1: [%s] %s is missing' % (section, key))
    return bad


def table_fields(t):
    """(section, key) of the field table, from the first two strings of its rows, and of the
    examples."""
    found = set()
    for path in t.files('.c', under=('src',)):
        if path.startswith('src/spec/') and 'field_table[]' in t.text(path):
            text = t.uncommented(path)
            body = text[text.index('field_table[]'):].partition('\n};')[0]
            found |= set(re.findall(r'\{\s*"([\w-]+)",\s*COLUMN\("([\w-]+)"', body))
    for path in t.files('.ini', under=('assets',)):
        section = ''
        if not path.startswith('assets/examples/'):
            continue
        for line in t.text(path).split('\n'):
            head, row = re.match(r'\[([\w-]+)\]', line), re.match(r'([\w-]+) *=', line)
            section = head.group(1) if head else section
            if row:
                found.add((section, row.group(1)))
    return sorted(found)


def check(t, debwiz):
    text = page(t, debwiz)
    fields = table_fields(t)
    bad = check_words(plain(text), output(debwiz, '--help'), fields) + check_cross(t.text('Makefile.am'))
    if len(fields) < 20:
        bad.append('src/spec:1: the field table was not found')
    if shutil.which('mandoc'):
        done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning'], input=text, encoding='utf-8',
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        bad += ['debwiz.1: ' + s for s in done.stdout.split('\n') if s]
    return bad


if __name__ == '__main__':
    program = os.environ.get('DEBWIZ')
    if not program:
        sys.exit(77)  # skipped: no program to ask
    tree.run(lambda t: check(t, program))
