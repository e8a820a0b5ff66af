# SPDX-License-Identifier: MIT
"""offered: each field of the INI, each verb and each option has a row in tests/e2e/offered.py that names
the check which exercises it on a real guest, or a reason; no row names what is not offered, and each check
exists."""
import ast
import os
import sys

import man
import tree

TABLE = 'tests/e2e/offered.py'


def literals(text):
    """The tables of the module, without running it: {name of the table: {row: value}}."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def functions(t):
    """MODULE.FUNCTION of everything defined at the top of a file below tests/e2e."""
    found = set()
    for path in t.files('.py', under=('tests/e2e',)):
        module = os.path.basename(path)[:-3]
        found |= {'%s.%s' % (module, node.name) for node in ast.parse(t.text(path)).body
                  if isinstance(node, ast.FunctionDef)}
    return found


def check_table(t, usage, fields):
    """`usage` is what --help says, `fields` are (section, key) pairs."""
    tables = literals(t.text(TABLE))
    offered = {
        'FIELDS': {'%s.%s' % pair for pair in fields},
        'VERBS': set(man.verbs(usage)),
        'OPTIONS': set(man.options(usage)),
    }
    bad = []
    known = functions(t)
    for name, wanted in offered.items():
        rows = tables.get(name, {})
        bad += ['%s:1: %s has no row for %s' % (TABLE, name, x) for x in sorted(wanted - set(rows))]
        bad += ['%s:1: %s has a row for %s, which is not offered' % (TABLE, name, x)
                for x in sorted(set(rows) - wanted)]
        for x, value in rows.items():
            if value.startswith('-'):
                if len(value) < 10:
                    bad.append('%s:1: %s gives no reason' % (TABLE, x))
            elif value not in known:
                bad.append('%s:1: the check %s of %s does not exist' % (TABLE, value, x))
    return bad


def check(t, debwiz):
    return check_table(t, man.output(debwiz, '--help'), man.table_fields(t))


if __name__ == '__main__':
    program = os.environ.get('DEBWIZ')
    if not program:
        sys.exit(77)  # skipped: no program to ask
    tree.run(lambda t: check(t, program))
