# SPDX-License-Identifier: MIT
"""words: messages, help, the man page, the READMEs, the catalogue and the comments of the code have none of the words
that replace a standard term, such as "goes on" for resumes or continues."""
import os
import re

import tree

WORDS = {
    r'anew': 'again',
    r'meanwhile': 'until then',
    r'nobody|somebody': 'no user, another user, no one',
    r'go(es|ing)? on\b(?! (the|its|a|each|this|every)\b)': 'resumes, continues, keeps running',
    r'stand(s|ing)? still|stands': 'is paused',
    r'lets? go': 'resumes',
    r'at once': 'immediately, in parallel',
    r'(is|are|was|were|be) told(?! to)|tells': 'is reported, reports',
    r'for the few|few need': 'advanced',
    r'(is|are) there already|that is there': 'exists, existing',
    r'(?<!there )(?<!there, )(is|are) no(?! longer| more|t)': 'is not a',
    r'wants|(is|are) wanted': 'requires',
    r'any more': 'no longer',
    r'once more|tried again': 'again, retried',
    r'says? (so|why)': 'reports or shows it, the reason',
}
# Parts of identifiers: what each was called before it got the standard name.
NAMES = {
    'deed': 'snapshot_job',
    'lookout': 'file_watch',
    'parting': 'leave_dialog',
    'saver': 'async_writer',
    'shelf': 'open_archive',
    'wishes': 'osc_requests',
    'young': 'starting',
}
NAME = re.compile(r'\b(?:\w+_)?(%s)(?:_\w+)?\b' % '|'.join(NAMES))
RULES = [(re.compile(r'\b(?:%s)\b' % word, re.I), better) for word, better in WORDS.items()]


def look(path, line, text):
    return ['%s:%d: "%s"; write: %s' % (path, line, m.group(), better)
            for rule, better in RULES for m in [rule.search(text)] if m]


def prose(path, text):
    bad = []
    for number, line in enumerate(text.split('\n'), 1):
        bad += look(path, number, line.replace('\\-', '-'))
    return bad


def check(t):
    bad = []
    for path in t.files('.c', '.h', under=('include', 'src', 'tests')):
        for line, text in t.comments(path):
            bad += look(path, line, text)
        code = t.code(path)
        bad += ['%s:%d: %s; the name is %s' % (path, tree.line_of(code, m.start()), m.group(), NAMES[m.group(1)])
                for m in NAME.finditer(code)]
    for path in t.files('.c', under=('src',)):
        if path != 'src/assets.c':
            for line, text in t.strings(path):
                bad += look(path, line, text) if ' ' in text else []
    for path in t.files('.py', under=('tests',)):
        if os.path.dirname(path) != 'tests/lint':
            for line, text in t.remarks(path):
                bad += look(path, line, text)
    for path in [p for p in ('README', 'src/README', 'tests/README', 'ChangeLog', 'assets/debwiz.1.in') if t.has(p)]:
        bad += prose(path, t.text(path))
    for path in t.files('.ini', under=('assets/catalog', 'assets/examples')):
        bad += prose(path, re.sub(r'^;.*$', '', t.text(path), flags=re.M) if 'catalog' in path else t.text(path))
    return bad


if __name__ == '__main__':
    tree.run(check)
