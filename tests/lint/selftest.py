# SPDX-License-Identifier: MIT
"""selftest: each rule of the lint scripts finds what it is for (a tree with one fault), and finds
nothing in the same tree without it."""
import os
import shutil
import subprocess
import tempfile
import unittest

import argv
import calls
import files
import hardening
import ladder
import man
import names
import offered
import readme
import sources
import statics
import tree
import words

LICENCE = '/* SPDX-License-Identifier: MIT */\n/* x: an example. */\n'
ARGS = '/usr/bin/qemu\n-no-user-config\n-nodefaults\n-display\nnone\n'


class Rules(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='debwiz-lint-')
        self.addCleanup(shutil.rmtree, self.root)
        self.put('include/base/buf.h', LICENCE + 'int buf_addf(int *b, const char *fmt, ...)\n'
                 '\t__attribute__((format(printf, 2, 3)));\n')
        self.put('include/machine/run.h', LICENCE)

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)

    def finds(self, check, path, good, bad):
        """`check` is silent on the file with each text of `good`, and not with any of `bad`."""
        for texts, wanted in ((good, False), (bad, True)):
            for text in texts:
                self.put(path, text)
                found = check(tree.Tree(self.root))
                self.assertEqual(bool(found), wanted, '%r: %r' % (text, found))
        os.remove(os.path.join(self.root, path))

    def test_readme(self):
        self.put('src/spec/a.c', LICENCE + 'int spec_read(void)\n{\n\treturn spec_other();\n}\n')
        self.finds(readme.check, 'src/README',
                   ['spec_read (spec/a.c) reads, a*.c and spec/a.c\n', 'nothing of that.\n'],
                   ['spec_write writes\n', 'b.c\n', 'spec/b.c\n', 'spec_other (spec/a.c)\n', 'base/a.c'])

    def test_ladder(self):
        self.finds(ladder.check, 'src/spec/a.c',
                   ['#include "base/buf.h"\n', '// #include "machine/run.h"\n', '/*\n#include <uv.h>\n*/'],
                   ['#include "machine/run.h"\n', '#include <uv.h>\n', '#include <archive.h>\n',
                    '#include "nowhere.h"\n', '#include "base/nowhere.h"\n', '#include "config.h"\n',
                    '#ifdef __linux__\n#endif\n', '#if defined(__APPLE__)\n#endif\n',
                    '#include <sys/prctl.h>\n', '#include <curses.h>\n'])
        self.finds(ladder.check, 'src/host/a.c', ['#ifdef __linux__\n#endif\n#include <uv.h>\n'],
                   ['#include <jansson.h>\n', '#include "machine/run.h"\n'])
        self.put('include/host/file.h', LICENCE)
        self.put('include/host/lock.h', LICENCE)
        self.put('include/base/text.h', LICENCE)
        self.finds(ladder.check, 'src/base/a.c', ['#include "host/file.h"\n'], ['#include "host/lock.h"\n'])
        self.finds(ladder.check, 'src/host/file.c', ['#include "base/buf.h"\n'], ['#include "base/text.h"\n'])
        self.put('include/supervisor/supervisor.h', LICENCE)
        self.finds(ladder.check, 'src/prepare/a.c', ['#include "machine/run.h"\n'],
                   ['#include "supervisor/supervisor.h"\n'])
        self.put('include/tui/screens.h', LICENCE)
        self.finds(ladder.check, 'src/tui/console/a.c', ['#include "tui/screens.h"\n'],
                   ['#include <uv.h>\n'])
        self.finds(ladder.check, 'src/tui/toolkit/a.c', ['#include "base/buf.h"\n'],
                   ['#include "tui/screens.h"\n', '#include "machine/run.h"\n', '#include <curses.h>\n'])
        self.finds(ladder.check, 'src/tui/toolkit/backend_curses.c', ['#include <curses.h>\n#include <termcap.h>\n'], [])
        self.finds(ladder.check, 'src/cli/a.c', ['#include "machine/run.h"\n'],
                   ['#include <uv.h>\n', '#include "tui/screens.h"\n'])

    def test_statics(self):
        self.put('src/base/a_b.c', LICENCE + 'static int a_two(void)\n{\n\treturn 1;\n}\n')
        self.finds(statics.check, 'src/host/a.c', ['static int a_one(void)\n', 'int any(void);\nstatic const int t[] = {1};\n'],
                   ['static struct x *one(int a)\n', 'static int\nab_one(void)\n', 'static int a_two(void)\n'])

    def test_sources(self):
        self.put('src/base/a.c', LICENCE)
        self.put('src/cli/b.c', LICENCE)
        text = sources.text_of(tree.Tree(self.root))
        self.assertIn('CORE = $(BASE) $(MACHINE)\n', text)
        self.finds(sources.check, 'src/sources.mk', [text], ['', text.replace('a.c', 'c.c')])
        self.put('src/host/a_bsd.c', LICENCE)
        self.put('src/host/b_none.c', LICENCE)
        self.put('src/sources.mk', sources.text_of(tree.Tree(self.root)))
        self.finds(sources.check, 'Makefile.am', ['$(HOST_BSD) $(HOST_B_NONE)\n'], ['$(HOST_BSD)\n', '$(HOST_B_NONE)\n'])

    def test_ladder_places(self):
        self.finds(ladder.check, 'src/new/a.c', [], [''])

    def test_calls(self):
        self.finds(calls.check, 'src/base/a.c',
                   ['int f(void) { /* strcpy(a, b) */ return g("system(x)"); }', 'v->signal(1);',
                    'my_system(1);', 'buf_addf(b, "%d", 1);', 'snprintf(b, n, x ? "a" : "b");',
                    'buf_addf(b, PRIu64, 1);', 'file_open(path, FILE_READ);', 'a->open(b);', 'int x;\nvsnprintf(b, n, fmt, ap);'],
                   ['strcpy(a, b);', 'sleep (1);', 'x = atoi(s);', 'system("x");', 'strtok(a, b);',
                    'signal(SIGINT, f);', 'setjmp(j);', 'alloca(3);', 'printf("x");', 'fputs(s, stdout);',
                    'int fd = open(path, O_RDONLY);', 'rename(a, b);', 'fsync(fd);', 'fcntl(fd, F_SETLK, &l);',
                    'buf_addf(b, text);', 'buf_addf(b, x ? "a" : t);', 'snprintf(b, f(1, 2), text, "a");',
                    'curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);',
                    'curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0);'])
        self.finds(calls.check, 'src/host/a.c', ['open(path, O_RDONLY);'], ['strcpy(a, b);'])
        self.finds(calls.check, 'tests/a.py', ['x.sleeps()'], ['time.sleep(1)', 'os.system("x")'])
        self.finds(calls.check, 'tests/a.sh', ['# sleep 1'], ['sleep 1', 'x && sleep 0.1'])

    def test_files(self):
        self.finds(files.check, 'src/base/a.c', [LICENCE + 'int a;\n'],
                   ['int a;\n', '/* SPDX-License-Identifier: MIT */\nint a;\n', LICENCE + 'int a; \n',
                    LICENCE + '    int a;\n', LICENCE + 'int a;', LICENCE + '/* TO' 'DO */\n',
                    LICENCE + '/* ' + 'x' * 120 + ' */\n', LICENCE + '/* %s/x */\n' %
                    os.path.realpath(self.root)])
        self.finds(files.check, 'tests/a.py', ['# SPDX-License-Identifier: MIT\n"""what it does"""\n'],
                   ['"""what it does"""\n', '# SPDX-License-Identifier: MIT\nimport os\n'])

    def test_names(self):
        self.put('include/machine/kinds.h', LICENCE + 'enum kind {\n\tONE, /* a, TWO */\n\tTHREE = 3,\n};\n')
        self.finds(names.check, 'src/supervisor/a.h', ['#define TWO 2\n', '#define ONES 1\nenum { A };\n'],
                   ['#define ONE 1\n', '# define THREE\n', '#define A 1\nenum { A };\n'])
        self.finds(names.check, 'src/supervisor/a.c', ['enum { TWO };\n'], ['#define ONE 1\n'])
        self.put('src/supervisor/b.c', 'enum { LOCAL };\n')
        self.finds(names.check, 'src/supervisor/a.c', ['#define LOCAL 1\n'], ['#define LOCAL 1\nenum { LOCAL };\n'])
        self.finds(names.check, 'src/supervisor/a.h', [], ['#define LOCAL 1\n'])

    def test_hosts(self):
        self.put('src/base/a.c', LICENCE + '/* http://mirror.internal.test/debian */\n')
        t = tree.Tree(self.root)
        self.assertTrue(files.check_words(t, {'mirror.internal.test'}, '/nowhere/else'))
        self.assertFalse(files.check_words(t, {'other.internal.test'}, '/nowhere/else'))

    def test_assets(self):
        self.put('assets/guest/root/etc/hosts', '')
        self.finds(files.check_assets, 'Makefile.am', ['ASSETS = \\\n\tguest/root/etc/hosts\n'],
                   ['ASSETS = \\\n\tguest/init\n'])

    @unittest.skipUnless(shutil.which('git'), 'git is not installed')
    def test_place(self):
        git = ['git', '-c', 'safe.directory=*', '-C', self.root]
        subprocess.run(git + ['init', '-q'], check=True)
        subprocess.run(git + ['add', '-A'], check=True)
        self.assertEqual(files.check_place(tree.Tree(self.root)), [])
        self.put('notes/a', '')
        self.assertEqual(files.check_place(tree.Tree(self.root)), [])
        subprocess.run(git + ['add', '-A'], check=True)
        self.assertTrue(files.check_place(tree.Tree(self.root)))

    def test_argv(self):
        net = ARGS + '-netdev\nuser,id=net%s\n'
        self.finds(argv.check, 'tests/golden/argv/a.args',
                   [ARGS, net % ',hostfwd=tcp:127.0.0.1:22-:22',
                    ARGS + '-blockdev\n{"driver":"raw","file":{"driver":"file","filename":"x"}}\n',
                    ARGS + '-chardev\nsocket,id=tpm,fd=3\n',
                    ARGS + '-chardev\nsocket,id=virtiofs1,fd=4\n'],
                   [ARGS.replace('-nodefaults\n', ''), ARGS.replace('none', 'gtk'), ARGS + '-daemonize\n',
                    net % ',hostfwd=tcp::22-:22', net % ',hostfwd=tcp:0.0.0.0:22-:22', net % ',smb=/x',
                    net % ',tftp=/x', net % ',guestfwd=tcp:10.0.2.1:1-cmd:x', ARGS + '-serial\nvc\n',
                    ARGS + '-serial\nmon:stdio\n', ARGS + '-chardev\nsocket,id=a,host=x,port=1\n',
                    ARGS + '-blockdev\n{"driver":"raw","file":{"filename":"x"}}\n'])
        self.finds(argv.check, 'tests/golden/argv/cases.txt',
                   ['[a]\n- -daemonize\n+ -display\n+ none\n', '[a]\nfile alone=true\n+ %s\n' % argv.ALONE,
                    '[a]\n+ -spice\n+ addr=/m/spice,unix=on,disable-ticketing=on\n'],
                   ['[a]\n+ -spice\n+ port=5900,addr=127.0.0.1,disable-ticketing=on\n',
                    '[a]\nfile alone=true\n[b]\n+ %s\n' % argv.ALONE, '[a]\n+ -daemonize\n', '[a]\n+ user,id=net,smb=/x\n', '[a]\n+ {"filename":"x"}\n'])
        self.finds(argv.check, 'src/qemu/a.c', ['x("user,id=net");'],
                   ['x(",smb=%s");', 'x("-monitor");', 'x("hostfwd=tcp::%u-:22");'])

    def test_hardening(self):
        good = ('  Type:                              DYN (Position-Independent Executable file)\n'
                '  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10\n'
                '  GNU_RELRO      0x0f94b0 0x00000000000f94b0 0x00000000000f94b0 0x007b50 0x007b50 R   0x1\n'
                ' 0x0000000000000018 (BIND_NOW)\n'
                '     5: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND __stack_chk_fail@GLIBC_2.4 (3)\n'
                '     6: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND __memcpy_chk@GLIBC_2.3.4 (4)\n')
        self.assertEqual(hardening.complaints(good), [])
        for was, now in (('DYN (', 'EXEC ('), ('RW  0x10', 'RWE 0x10'), ('GNU_RELRO', 'NOTE'),
                         ('BIND_NOW', 'RPATH'), ('__stack_chk_fail', 'f'), ('__memcpy_chk', 'memcpy')):
            self.assertEqual(len(hardening.complaints(good.replace(was, now))), 1, now)
        self.assertEqual(hardening.complaints(good.replace('__memcpy_chk', 'memcpy'), False), [])
        self.assertEqual(hardening.complaints(good.replace('__memcpy_chk', '__asan_init')), [])

    def test_man(self):
        usage = 'verbs:\n  up M    x\n\noptions:\n      --plain     x\n'
        page = '.TP\n.B "up M"\nx\n.TP\n.B "--plain"\n.SS [disk]\n.TP\n.B size = 1\nx\n'
        self.assertEqual(man.check_words(page, usage, [('disk', 'size')]), [])
        self.assertTrue(man.check_words(page.replace('up M', 'ap M'), usage, []))
        self.assertTrue(man.check_words(page.replace('--plain', '--plan'), usage, []))
        self.assertTrue(man.check_words(page, usage, [('disk', 'bus')]))
        self.assertTrue(man.check_words(page, usage, [('cpu', 'size')]))
        rule = 'man_MANS = x\nassets/debwiz.1: x\n\t%s man\n\nnext:\n\t./debwiz\n'
        self.assertEqual(man.check_cross(rule % '$(DEBWIZ_FOR_BUILD)'), [])
        self.assertTrue(man.check_cross(rule % './debwiz'))
        self.assertTrue(man.check_cross(''))

    def test_words(self):
        self.finds(words.check, 'src/supervisor/a.c',
                   ['f("the guest resumes");', 'f("there is no guest");', 'f("it is no longer");',
                    'f("QEMU is told to quit");', '/* Resumes the guest. */', 'int younger;'],
                   ['f("the guest goes on");', 'f("made anew");', 'f("it is no guest");', 'f("Nobody looks");',
                    'f("the log says why");', '/* It goes on. */', '/* It goes\n * on. */', '// Nobody looks.', 'int osc_wishes;'])
        self.finds(words.check, 'README', ['It continues.\n'], ['It goes on.\n'])
        self.finds(words.check, 'tests/fault/a.py', ['f("goes on")\n', '# continues\n', 'x = "goes on"\n'],
                   ['# goes on\n', '"""Goes on."""\n', 'def f():\n    """It\n    goes on."""\n'])

    def test_offered(self):
        usage = 'verbs:\n  up M    x\n\noptions:\n      --plain     x\n'
        good = ('FIELDS = {"disk.size": "a.f"}\nVERBS = {"up": "- no guest is needed"}\n'
                'OPTIONS = {"--plain": "a.f"}\n')
        self.put('tests/e2e/a.py', 'def f(): pass\n')
        for old, new, wanted in (('', '', 0), ('a.f', 'a.g', 2), ('"- no guest is needed"', '"-"', 1),
                                 ('"up"', '"down"', 2), ('"disk.size": "a.f"', '', 1)):
            self.put('tests/e2e/offered.py', good.replace(old, new) if old else good)
            found = offered.check_table(tree.Tree(self.root), usage, [('disk', 'size')])
            self.assertEqual(len(found), wanted, found)


if __name__ == '__main__':
    unittest.main()
