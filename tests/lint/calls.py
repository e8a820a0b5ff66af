# SPDX-License-Identifier: MIT
"""calls: refuses functions that must not be called, formats that are not literals, and words that the code must not
have (a disabled certificate check, notes to oneself)."""
import re

import tree

BANNED = {
    'strcpy': 'xasprintf or buf', 'strcat': 'buf', 'sprintf': 'snprintf', 'vsprintf': 'vsnprintf',
    'gets': 'fgets', 'atoi': 'text_*', 'atol': 'text_*', 'atoll': 'text_*', 'atof': 'text_*',
    'strtok': 'strv_split', 'strtok_r': 'strv_split', 'system': 'proc', 'popen': 'proc',
    'alloca': 'xmalloc', 'signal': 'loop or sigaction', 'setjmp': 'a return code',
    'longjmp': 'a return code', 'sleep': 'a timer', 'usleep': 'a timer', 'nanosleep': 'a timer',
    'mktemp': 'mkstemp', 'tmpnam': 'mkstemp', 'tempnam': 'mkstemp', 'vfork': 'proc',
    'pthread_create': 'loop_work', 'thrd_create': 'loop_work', 'rand': 'getrandom',
    'execlp': 'proc', 'execvp': 'proc', 'gmtime': 'gmtime_r', 'localtime': 'localtime_r',
    'strerror_r': 'err_errno', 'readdir_r': 'readdir', 'strncpy': 'snprintf or memcpy',
    'strncat': 'buf', 'qsort': 'mem_sort',
}
# (file, function): why it is right there.
CALLS_ALLOWED = {
    ('src/base/mem.c', 'qsort'): 'mem_sort is made of it',
    ('src/host/fatal_win.c', 'signal'): 'Windows has no sigaction',
    ('tests/unit/test_proc.c', 'pthread_create'): 'a process that outlives its first thread',
}
# Calls whose format is not a literal. (file, argument): why it is correct.
FORMATS_ALLOWED = {
}
# Files are opened, renamed, synced and locked by host/file alone, so that another host system needs one other file.
SEAM = re.compile(r'(?<![.>\w])(open|openat|creat|fopen|mkostemp|mkstemp|rename|renameat|fsync|fdatasync|flock|lockf|'
                  r'pread|pwrite)\s*\(|\b(F_(?:OFD_)?SETLKW?)\b')
# (file, function): why it is right there.
SEAM_ALLOWED = {
    ('src/cli/main.c', 'open'): 'fills the descriptors 0 to 2 before anything else runs',
    ('src/tui/toolkit/term_fatal.c', 'open'): 'in a signal handler',
}
PY_BANNED = re.compile(r'\b(os\.system|os\.popen|shell\s*=\s*True|time\.sleep)\b')
PY_ALLOWED = {
    ('tests/mirror/server.py', 'time.sleep'): 'a mirror that stalls; its thread dies with it',
    ('tests/bench/run.py', 'time.sleep'): 'measures a while in which nothing happens',
    ('tests/bench/console.py', 'time.sleep'): 'measures a while in which nothing happens',
    ('tests/bench/warm.py', 'time.sleep'): 'measures a while in which nothing happens',
    ('tests/bench/builds.py', 'time.sleep'): 'between two looks at a folder, with a deadline',
    ('tests/bench/flood.py', 'time.sleep'): 'between two looks at a file, with a deadline',
    ('tests/e2e/life.py', 'time.sleep'): 'a guest is paused for longer than its clock may be off by',
    ('tests/e2e/world.py', 'time.sleep'): 'between two looks at a machine, with a deadline',
    ('tests/fault/test_build.py', 'time.sleep'): 'measures a while in which nothing happens',
    ('tests/fault/lib.py', 'time.sleep'): 'between two looks at a condition, with a deadline',
}
SH_SLEEP = re.compile(r'^[^#\n]*\b(?:u?sleep)\s+[0-9]', re.M)
FORMATTED = re.compile(r'\b(\w+)\s*\([^;{]*?\)\s*__attribute__\(\(format\(printf, (\d+), (\d+)\)\)\)')
LIBC = {'printf': 1, 'fprintf': 2, 'dprintf': 2, 'snprintf': 3, 'vprintf': 1, 'vfprintf': 2,
        'vdprintf': 2, 'vsnprintf': 3, 'asprintf': 2, 'vasprintf': 2, 'syslog': 2}
LITERAL = re.compile(r'^(?:"|PRI|[A-Z][A-Z_]*\b)')


def arguments(text, at):
    """The arguments of the call whose bracket opens at `at`; None where it does not close."""
    depth, start, found = 0, at + 1, []
    for m in re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[(){}\[\],]').finditer(text, at):
        c = m.group()
        if c in '([{':
            depth += 1
        elif c in ')]}':
            depth -= 1
            if not depth:
                return found + [text[start:m.start()].strip()]
        elif c == ',' and depth == 1:
            found.append(text[start:m.start()].strip())
            start = m.end()
    return None


def is_literal(arg):
    if LITERAL.match(arg):
        return True
    m = re.match(r'^.*?\?\s*(.*?)\s*:\s*(.*)$', arg, re.S)  # one of two literals
    return bool(m and is_literal(m.group(1)) and is_literal(m.group(2)))


def formatted(t):
    """Functions with a format, by name: which argument it is, and whether it takes a va_list."""
    found = dict(LIBC)
    for path in t.files('.c', '.h', under=('src', 'include', 'tests')):
        for m in FORMATTED.finditer(t.uncommented(path)):
            found[m.group(1)] = int(m.group(2))
    return found


def check_formats(t, path, functions):
    text, bad = t.uncommented(path), []
    for m in re.finditer(r'(?<![.>\w])(%s)\s*\(' % '|'.join(functions), text):
        args = arguments(text, m.end() - 1)
        n = functions[m.group(1)]
        if not args or len(args) < n or re.match(r'^(const )?char\b', args[n - 1]):
            continue  # its declaration
        arg = args[n - 1]
        # A function that has a format itself hands it on, with its va_list.
        if is_literal(arg) or arg == '__VA_ARGS__' or \
                m.group(1).startswith(('v', 'xv')) and arg in ('fmt', 'format'):
            continue
        if (path, arg) not in FORMATS_ALLOWED:
            bad.append('%s:%d: the format of %s is no literal: %s' %
                       (path, tree.line_of(text, m.start()), m.group(1), arg))
    return bad


def check(t):
    bad = []
    # A declaration or a member of the same name is not a call: `.sleep(` and `->signal(` neither.
    call = re.compile(r'(?<![.>\w])(%s)\s*\(' % '|'.join(BANNED))
    functions = formatted(t)
    for path in t.files('.c', '.h', under=('src', 'include', 'tests')):
        code = t.code(path)
        for m in call.finditer(code):
            if (path, m.group(1)) not in CALLS_ALLOWED:
                bad.append('%s:%d: %s is not called here: %s' %
                           (path, tree.line_of(code, m.start()), m.group(1), BANNED[m.group(1)]))
        bad += check_formats(t, path, functions)
        if path.startswith('src/') and not path.startswith('src/host/'):
            bad += ['%s:%d: %s belongs in src/host: host/file' % (path, tree.line_of(code, m.start()), m.group(1) or m.group(2))
                    for m in SEAM.finditer(code) if (path, m.group(1)) not in SEAM_ALLOWED]
        text = t.uncommented(path)
        for m in re.finditer(r'VERIFY(?:PEER|HOST)\s*,\s*(?:0[uUlL]*|false)\b', text):
            bad.append('%s:%d: certificates are always checked' %
                       (path, tree.line_of(text, m.start())))
        if path.startswith(('src/', 'include/')) and not path.startswith(('src/cli/', 'src/tui/')):
            for m in re.finditer(r'(?<![.>\w])(?:v?printf|puts|putchar|perror)\s*\(|\bstdout\b', code):
                bad.append('%s:%d: only the faces print' % (path, tree.line_of(code, m.start())))
    for path in t.files('.py'):
        for m in PY_BANNED.finditer(t.text(path)):
            if (path, m.group(1)) not in PY_ALLOWED and not path.startswith('tests/lint/'):
                bad.append('%s:%d: %s' % (path, tree.line_of(t.text(path), m.start()), m.group(1)))
    for path in t.files('.sh', under=('tests',)):
        for m in SH_SLEEP.finditer(t.text(path)):
            bad.append('%s:%d: a test waits for something, never for time' %
                       (path, tree.line_of(t.text(path), m.start())))
    return bad


if __name__ == '__main__':
    tree.run(check)
