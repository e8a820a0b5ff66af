# SPDX-License-Identifier: MIT
"""The live console: a supervisor with a fake QEMU whose guest is the test."""
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import lib

sys.path.insert(0, os.path.join(lib.SRC, "tests", "transcript"))
import hostile  # noqa: E402

ROWS, COLUMNS = 23, 80
FLOOD = int(os.environ.get("DEBWIZ_FLOOD") or 64)     # MiB; 1024 in `make check-long`
MOUSE = {1000: 1, 1002: 2, 1003: 3}     # modes, as libvterm numbers them

# What xterm sends (ctlseqs: PC-Style Function Keys; modifyOtherKeys). The parameter of the modifiers
# is 1 + Shift 1 + Alt 2 + Ctrl 4 + Meta 8.
MODIFIERS = range(2, 17)


def xterm_keys():
    """(name, bytes) of each key with a modifier, and of characters with Alt and Ctrl."""
    for m in MODIFIERS:
        for name, final in (("Up", "A"), ("Down", "B"), ("Right", "C"), ("Left", "D"), ("Begin", "E"),
                            ("End", "F"), ("Home", "H"), ("F1", "P"), ("F2", "Q"), ("F3", "R"), ("F4", "S")):
            yield "%d-%s" % (m, name), "\033[1;%d%s" % (m, final)
        for name, number in (("Insert", 2), ("Delete", 3), ("PageUp", 5), ("PageDown", 6), ("F5", 15),
                             ("F6", 17), ("F7", 18), ("F8", 19), ("F9", 20), ("F10", 21), ("F11", 23),
                             ("F12", 24), ("F13", 25), ("F20", 34), ("Menu", 29)):
            yield "%d-%s" % (m, name), "\033[%d;%d~" % (number, m)
        for name, code in (("Tab", 9), ("Enter", 13), ("Escape", 27), ("Space", 32), ("Backspace", 127),
                           ("b", 98), ("B", 66), ("I", 73), ("1", 49), (";", 59), ("/", 47), ("ä", 0xe4)):
            yield "%d-%s by modifyOtherKeys" % (m, name), "\033[27;%d;%d~" % (m, code)
            yield "%d-%s by CSI u" % (m, name), "\033[%d;%du" % (code, m)
    for number in (25, 26, 28, 29, 31, 32, 33, 34, 1, 4):
        yield "function key %d" % number, "\033[%d~" % number
    yield "Shift-Tab", "\033[Z"
    for c in range(0x21, 0x7f):
        if chr(c) not in "[O":
            yield "Alt-" + chr(c), "\033" + chr(c)
    yield "Alt-ä", "\033ä"
    for c in list(range(0x02, 0x1b)) + [0x1c, 0x1d, 0x1e, 0x1f, 0x7f]:
        yield "Ctrl-" + chr(c ^ 0x40), chr(c)
        yield "Ctrl-Alt-" + chr(c ^ 0x40), "\033" + chr(c)
    yield "Ctrl-Space", "\0"


# The keys whose form the guest chooses: (name, what the terminal sends, in the guest's normal mode, in its
# application mode) of cursor keys and keypad.
CURSOR_KEYS = [(name, "\033O" + final, "\033[" + final, "\033O" + final)
               for name, final in (("Up", "A"), ("Down", "B"), ("Right", "C"), ("Left", "D"), ("Begin", "E"),
                                   ("End", "F"), ("Home", "H"))]
CURSOR_KEYS += [(name + " in normal mode", normal, normal, application)
                for name, _, normal, application in CURSOR_KEYS]
PLAIN_KEYS = ([("F%d" % (i + 1), "\033O" + c) for i, c in enumerate("PQRS")] +
              [("CSI %d~" % n, "\033[%d~" % n) for n in (2, 3, 5, 6, 15, 17, 18, 19, 20, 21, 23, 24)])
KEYPAD = [("keypad " + name, "\033O" + final, name, "\033O" + final)
          for name, final in list(zip("0123456789", "pqrstuvwxy")) +
          [("*", "j"), ("+", "k"), (",", "l"), ("-", "m"), (".", "n"), ("/", "o"), ("\r", "M"), ("=", "X")]]



class Guest:
    """A machine `m` that runs in this home; what the serial line brings and takes."""

    def __init__(self, home, rows=ROWS, columns=COLUMNS, **values):
        self.home = home
        home.machine("m", **values)
        self.dir = os.path.join(home.root, "data", "debwiz", "machines", "m")
        runtime = os.path.join(home.run, "m")
        os.makedirs(self.dir, 0o700)
        os.mkdir(runtime, 0o700)
        control = os.path.join(home.run, "guest")
        argv = [sys.executable, os.path.join(lib.SRC, "tests", "fake", "guest.py"), control]
        for name in ("qmp", "serial", "progress"):
            argv += ["-chardev", "%s,id=%s,path=%s" % ("pipe" if name == "serial" else "socket", name,
                                                  os.path.join(runtime, name))]
        request = os.path.join(runtime, "start.json")
        with open(request, "w", encoding="utf-8") as out:
            json.dump({"format": 1, "name": "m", "dir": self.dir, "runtime_dir": runtime,
                       "what": "running", "accel": "tcg", "argv": argv, "rows": rows,
                       "columns": columns}, out)
        self.supervisor = subprocess.Popen([lib.DEBWIZ, "supervise", request], env=home.env,
                                           stdin=subprocess.DEVNULL, start_new_session=True)
        self.line = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + lib.LIMIT
        while True:
            try:
                self.line.connect(control)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                select.select([], [], [], 0.01)
        self.line.settimeout(lib.LIMIT)
        self.got = self.seen = b""

    def says(self, data):
        self.line.sendall(data if isinstance(data, bytes) else data.encode())

    def gets(self, want):
        """Waits until the guest was sent these bytes; what came before them is `seen`, both are forgotten."""
        want = want if isinstance(want, bytes) else want.encode()
        while want not in self.got:
            data = self.line.recv(65536)
            if not data:
                raise AssertionError("the line ended; the guest had got %r" % self.got)
            self.got += data
        self.seen, self.got = self.got.partition(want)[0], self.got.partition(want)[2]

    def close(self):
        self.line.close()
        self.supervisor.send_signal(signal.SIGTERM)
        try:
            self.supervisor.wait(lib.LIMIT)
        except subprocess.TimeoutExpired:
            self.supervisor.kill()
            self.supervisor.wait()


class Console(lib.Case):
    def guest(self, **how):
        home = self.home()
        guest = Guest(home, **how)
        self.addCleanup(guest.close)
        return guest

    def test_typed_before_the_connection(self):
        """A key that is typed before the console has come is the guest's all the same."""
        g = self.guest()
        s = self.open(g)                        # it is up, and its supervisor waits for nothing
        s.key("C-a", "d")
        self.assertEqual(s.wait_end(), 0)
        os.kill(g.supervisor.pid, signal.SIGSTOP)
        self.addCleanup(g.supervisor.send_signal, signal.SIGCONT)
        s = self.screen(g.home, "console", "m")
        s.wait("Connecting")
        s.type("early")
        s.wait("Connecting", gone="keyboard")
        s.settle()
        os.kill(g.supervisor.pid, signal.SIGCONT)
        g.gets("early")
        s.wait("^A ? keys", gone="keyboard")

    def open(self, guest, **how):
        s = self.screen(guest.home, "console", "m", **how)
        s.wait("booting", "^A ? keys")
        return s

    def test_shows_types_detaches(self):
        g = self.guest()
        g.says("\033[2J\033[Hhello\r\n\033[1;31mred\033[m 日")
        s = self.open(g)
        s.wait("hello", "red")
        self.assertEqual(s.look("red")[1], "1")
        self.assertEqual(s.cursor()[0], 1)
        s.type("ls -l\r")
        g.gets("ls -l\r")
        s.key("Up")
        g.gets("\033[A")
        g.says("\033[?1h")
        g.says("appl")
        s.wait("appl")
        s.key("Up", "F5", "C-c", "Esc")
        g.gets("\033OA\033[15~\003\033")
        s.key("C-a", "C-a")
        g.gets("\001")
        s.paste("two\nlines")
        g.gets("two\rlines")
        s.key("C-a", "d")
        self.assertEqual(s.wait_end(), 0)
        self.assert_given_back(s)
        self.assertIsNone(g.supervisor.poll())      # the machine keeps running
        s = self.open(g)
        s.wait("hello", "red")

    def test_alt_keys(self):
        """Esc and a key together are one key: the guest gets one Esc, and the screens do not use it."""
        g = self.guest()
        g.says("".join("line %d\r\n" % i for i in range(100)))
        s = self.open(g)
        s.wait("line 99")
        s.type("\033b")
        s.type("\033\r")
        s.type("\033\033[A")
        s.type("x")
        g.gets("x")
        s.key("C-a", "PageUp")
        s.wait(re.compile(r"line \d+ of \d+ │"))
        s.type("\033q")                     # not the q that leaves
        s.settle()
        self.assertRegex(s.text(), r"line \d+ of \d+ │")

    def each(self, s, g, keys):
        """Each key alone, so that a wrong one is named; the mark is sure to get through."""
        wrong = []
        for name, sent, want in keys:
            s.type(sent)
            s.type("ß")
            try:
                g.gets("ß")
            except TimeoutError:
                self.fail("after %s the guest got %r; the screen is\n%s" % (name, g.got, s.text()))
            if g.seen != want.encode():
                wrong.append("%s: sent %r, the guest got %r, not %r" % (name, sent, g.seen, want))
        self.assertFalse(wrong, "%d keys:\n%s" % (len(wrong), "\n".join(wrong)))

    def test_every_key(self):
        """The guest gets xterm's sequences unchanged, with each modifier; keys with two forms in the form that it
        enabled."""
        g = self.guest()
        s = self.open(g)
        self.each(s, g, [(name, sent, sent) for name, sent in xterm_keys()])
        self.each(s, g, [(name, sent, sent) for name, sent in PLAIN_KEYS])
        self.each(s, g, [(name, sent, normal) for name, sent, normal, _ in CURSOR_KEYS + KEYPAD])
        g.says("\033[?1h\033=application")
        s.wait("application")
        self.each(s, g, [(name, sent, sent) for name, sent in xterm_keys() if "[" in sent])
        self.each(s, g, [(name, sent, sent) for name, sent in PLAIN_KEYS])
        self.each(s, g, [(name, sent, app) for name, sent, _, app in CURSOR_KEYS + KEYPAD])
        g.says("\033[?1l\033>normal")
        s.wait("normal")
        self.each(s, g, [(name, sent, normal) for name, sent, normal, _ in CURSOR_KEYS + KEYPAD])

    def test_columns(self):
        """Each character is in the guest's column, with any locale: wide ones, combining ones, and newer ones whose
        width two tables disagree on."""
        lines = ["a", "日", "\u00e9", "e\u0301", "日\u0301", "\u00bd", "…", "\U0001f600", "\U0001fae0", "\U0001faf7",
                 "\u1abf", "\u08ff", "\u20bf", "\u1f18a", "\ua8ff", "\U0001e944", "│", "\u2015", "\u231a", "\ufe0f"]
        for locale in ("C", "C.UTF-8"):
            with self.subTest(locale):
                g = self.guest()
                g.home.set(LC_ALL=locale)
                g.says("\033[2J\033[H")
                for i, text in enumerate(lines):
                    g.says("%s\033[6n" % text)
                    g.gets("R")
                    row, column = map(int, re.search(rb"(\d+);(\d+)$", g.seen).groups())
                    self.assertEqual(row, i + 1)
                    g.says("#%d\033[20G<%s>\033[6n" % (column, text))
                    g.gets("R")
                    g.says("#%s\r\n" % re.search(rb"(\d+)$", g.seen).group(1).decode())
                s = self.open(g)
                s.wait("#2")
                for i, (text, line) in enumerate(zip(lines, s.columns_of())):
                    found = [i + 1 for i, c in enumerate(line) if c[:1] in ("#", "<")]
                    said = [int(n) for n in re.findall(r"#(\d+)", "".join(line))]
                    self.assertEqual(found, [said[0], 20, said[1]], "%r: %r" % (text, "".join(line)))

    def test_prefix_in_other_forms(self):
        """A terminal that sends Ctrl-A with a code of its own (modifyOtherKeys, CSI u): the prefix all the same."""
        g = self.guest()
        s = self.open(g)
        for prefix in ("\033[27;5;97~", "\033[97;5u", "\033[97;69u"):     # the last: with NumLock
            s.type(prefix)
            s.wait("d leave  [ scroll")
            s.type(prefix)
            s.wait("^A ? keys")
            g.gets("\001")
        s.type("!")
        g.gets("!")
        self.assertEqual(g.seen, b"")

    def test_backspace_of_the_terminal(self):
        """Where Backspace sends Ctrl-H (stty erase ^H) that is the guest's Backspace, and DEL is itself."""
        g = self.guest()
        s = self.screen(g.home, "-c", "stty erase ^H; exec %s console m" % lib.DEBWIZ, program="/bin/sh")
        s.wait("booting", "^A ? keys")
        s.type("\b|")
        g.gets("\x7f|")
        s.type("\x7f|")
        g.gets("\x7f|")
        s.type("\033\b|")
        g.gets("\033\x7f|")

    def mouse_events(self, mode):
        """SGR events of each button with each modifier at a place, and movements between where asked for."""
        column = 4
        for held in (0, 1, 2):
            for modifiers in range(0, 32, 4):
                column = column + 1 if column < 70 else 5
                yield held + modifiers, column, 6, "M"
                if mode >= 1002:
                    yield held + modifiers + 32, column + 1, 7, "M"
                    yield held + modifiers + 32, column + 2, 7, "M"
                yield held + modifiers, column + 2 if mode >= 1002 else column, 7 if mode >= 1002 else 6, "m"
                if mode == 1003:
                    yield 35 + modifiers, column + 2, 8, "M"
        for wheel in (64, 65):
            for modifiers in range(0, 32, 4):
                yield wheel + modifiers, column + 2, 8 if mode == 1003 else 7 if mode >= 1002 else 6, "M"

    def test_mouse(self):
        """Each button, modifier, movement and the wheel in the modes that a guest may ask for, unchanged."""
        for mode in (1000, 1002, 1003):
            with self.subTest(mode):
                g = self.guest()
                s = self.open(g)
                g.says("\033[?1006h\033[?%dhmouse" % mode)
                s.wait("mouse")
                s.until(lambda _: s.modes()["mouse"] == MOUSE[mode], "mode %d" % mode)
                wrong = []
                for event in self.mouse_events(mode):
                    sent = "\033[<%d;%d;%d%s" % event
                    s.type(sent + "ß")
                    g.gets("ß")
                    if g.seen != sent.encode():
                        wrong.append("sent %r, the guest got %r" % (sent, g.seen))
                self.assertFalse(wrong, "\n".join(wrong))
                # its old form: 32 + number, and a release does not say of which button
                g.says("\033[?1006lold form")
                s.wait("old form")
                for event in self.mouse_events(mode):
                    number, column, row, end = event
                    s.type("\033[<%d;%d;%d%sß" % event)
                    g.gets("ß")
                    number = number & ~3 | 3 if end == "m" else number
                    self.assertEqual(g.seen, b"\033[M" + bytes((32 + number, 32 + column, 32 + row)), event)
                # disabled again: only the press and wheel of our own screens
                g.says("\033[?%dldone" % mode)
                s.wait("done")
                s.until(lambda _: s.modes()["mouse"] == 1, "the mouse as before")
                s.click(3, 3)
                s.type("!")
                g.gets("!")
                self.assertEqual(g.seen, b"")
                # a dialog above: not the guest's
                g.says("\033[?%dhagain" % mode)
                s.wait("again")
                s.key("C-a", "?")
                s.until(lambda _: s.modes()["mouse"] == 1, "the mouse of the dialog")
                s.key("Esc")
                s.until(lambda _: s.modes()["mouse"] == MOUSE[mode], "the guest's again")
                s.key("C-a", "d")
                self.assertEqual(s.wait_end(), 0)
                self.assert_given_back(s)

    def test_mouse_released_elsewhere(self):
        """A button that is released below the guest's screen is released for the guest, at its edge."""
        g = self.guest()
        s = self.open(g)
        g.says("\033[?1006h\033[?1002hmouse")
        s.wait("mouse")
        s.until(lambda _: s.modes()["mouse"] == 2, "drags")
        s.type("\033[<0;5;5M")
        g.gets("\033[<0;5;5M")
        s.type("\033[<0;7;24m")
        g.gets("\033[<0;7;23m")
        self.assertEqual(g.seen, b"")
        s.type("\033[<0;7;24M\033[<0;7;24mß")       # the status line is not the guest's
        g.gets("ß")
        self.assertEqual(g.seen, b"")
        # pressed, then the guest asks for no mouse, then it does again: the button is up
        s.type("\033[<0;5;5M")
        g.gets("\033[<0;5;5M")
        g.says("\033[?1002lnone")
        s.wait("none")
        s.type("\033[<0;5;5mß")
        g.gets("ß")
        g.says("\033[?1002hagain")
        s.wait("again")
        s.until(lambda _: s.modes()["mouse"] == 2, "drags")
        s.type("\033[<0;5;5M")
        g.gets("\033[<0;5;5M")

    def test_dense_scrollback(self):
        """Lines in as many colours as letters are more than one answer holds: each is found all the same."""
        g = self.guest()
        for i in range(700):
            g.says("%03d " % i + "".join("\033[38;2;%d;%d;%dm\u2580" % (i % 256, c, 255 - c) for c in range(70)) +
                   "\033[m\r\n")
        s = self.open(g)
        s.wait("699 ")
        s.key("C-a", "[", "Home")
        for top in ("000 ", "022 ", "044 ", "066 ", "088 "):
            s.wait(top)
            s.key("PageDown")
        s.key("End")
        s.wait("699 ")
        s.key("q", "C-a", "S")
        s.wait("Save to: m-log.txt")
        s.key("Enter")
        s.wait("Saved:")
        with open(os.path.join(g.home.root, "m-log.txt"), encoding="utf-8") as text:
            self.assertEqual([line[:4] for line in text.read().split("\n")[:700]],
                             ["%03d " % i for i in range(700)])

    def test_long_paste(self):
        """It goes as fast as the guest takes it, whole; what is too long is not cut but refused."""
        g = self.guest()
        s = self.open(g)
        text = "".join("number %d\n" % i for i in range(12000))        # 150 KB
        s.paste(text)
        g.gets(text.replace("\n", "\r"))
        s.wait("Sent: what was pasted")
        s.paste("z" * 1100000)
        s.wait("Not pasted: it is more than 1 M")
        s.type("!")
        g.gets("!")
        self.assertNotIn(b"z", g.got)

    def test_after_the_end(self):
        """What needs the machine says that it has ended, and where its log is."""
        g = self.guest()
        s = self.open(g)
        g.says("last words")
        s.wait("last words")
        g.close()
        s.wait("Esc leaves")
        s.key("C-a", "S")
        s.wait("It has exited: `debwiz logs m` shows what it printed")
        s.key("C-a", "?")
        s.wait("the machine keeps running")
        s.key("Esc", "Esc")
        self.assertEqual(s.wait_end(), 0)

    # ---- exec and logs: no screens, the same guest ----------------------------------------------
    def run_verb(self, g, *args, **popen):
        p = subprocess.Popen([lib.DEBWIZ, *args], env=g.home.env, stdin=subprocess.DEVNULL, **popen)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        return p

    def test_exec(self):
        """A command at the shell's prompt; however it is ended, the terminal there is as it was."""
        g = self.guest()
        p = self.run_verb(g, "exec", "m", "--", "echo hello", stdout=subprocess.PIPE)
        g.gets("\x15\r")
        g.says("\r\n$ ")
        g.gets("stty echo\r")
        g.says(" stty -echo ...\r\n")
        mark = re.search(rb"' (\S+) begin", g.seen).group(1).decode()
        g.says("\r\n%s-begin\r\nhello\r\n\r\n%s-end-3\r\n$ " % (mark, mark))
        self.assertEqual(p.communicate(timeout=lib.LIMIT)[0], b"hello\n")
        self.assertEqual(p.returncode, 3)
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number):
                p = self.run_verb(g, "exec", "m", "--", "sleep 100")
                g.gets("\x15\r")
                g.says("\r\n$ ")
                g.gets("stty echo\r")
                p.send_signal(number)
                g.gets("\003 stty echo\r")
                self.assertEqual(p.wait(lib.LIMIT), status)

    def test_exec_without_a_shell(self):
        """What the console shows instead of a prompt is named, with what to do."""
        g = self.guest()
        p = self.run_verb(g, "exec", "m", "--", "true", stderr=subprocess.PIPE)
        g.gets("\x15\r")
        g.says("\r\nm login: ")
        said = p.communicate(timeout=lib.LIMIT)[1]
        self.assertIn(b"the console shows no shell's prompt, but: m login:", said)
        self.assertIn(b"debwiz console m", said)
        self.assertEqual(p.returncode, 125)

    def test_logs(self):
        """A terminal gets only text; a file all bytes; a reader that has exited ends it."""
        g = self.guest()
        g.says("one\r\n\033]52;c;aGVsbG8=\007\033[31mtwo\033[m\r\n\033[6nthree")
        g.gets("R")
        p = self.run_verb(g, "logs", "m", stdout=subprocess.PIPE)
        self.assertIn(b"\033]52;c;aGVsbG8=\007\033[31mtwo", p.communicate(timeout=lib.LIMIT)[0])
        s = self.screen(g.home, "logs", "m", "-f")
        s.wait("one", "two", "three")
        g.says(" and four\r\n")
        s.wait("three and four")
        self.assertNotIn(b"\033", s.raw())
        self.assertNotIn(b"\007", s.raw())
        s.key("C-c")
        s.wait_end()
        p = self.run_verb(g, "logs", "m", "-f", stdout=subprocess.PIPE)
        self.assertTrue(p.stdout.readline())
        p.stdout.close()
        self.assertEqual(p.wait(lib.LIMIT), 0)
        with open("/dev/full", "w", encoding="ascii") as full:
            p = self.run_verb(g, "logs", "m", stdout=full, stderr=subprocess.PIPE)
            self.assertIn(b"cannot write to standard output", p.communicate(timeout=lib.LIMIT)[1])
        self.assertEqual(p.returncode, 1)

    def test_logs_rotated(self):
        """The whole log since the last start, even if it was rotated; nothing of earlier ones."""
        g = self.guest()
        g.says("the beginning\r\n" + ("x" * 99 + "\n") * 25000 + "\033[6nthe end\r\n")
        g.gets("R")
        with open(os.path.join(g.dir, "console.log.2"), "w", encoding="ascii") as old:
            old.write("an earlier start\n")
        p = self.run_verb(g, "logs", "m", stdout=subprocess.PIPE)
        out = p.communicate(timeout=lib.LIMIT)[0]
        self.assertTrue(out.startswith(b"the beginning"), out[:100])
        self.assertIn(b"the end", out[-100:])
        self.assertEqual(out.count(b"x"), 99 * 25000)

    def test_two_clients_one_types(self):
        """Both clients show who has the keyboard, and it is released when that client leaves."""
        g = self.guest()
        a = self.open(g)
        a.wait("^A ? keys", gone=("keyboard",))
        b = self.open(g)
        b.wait("You have the keyboard; another watches")
        a.wait("Another console has taken the keyboard", "^A t keyboard")
        a.type("x")
        a.wait("Another console has the keyboard")
        b.type("y")
        g.gets("y")
        self.assertNotIn(b"x", g.seen + g.got)
        a.key("C-a", "t")
        a.wait("You have the keyboard; another watches")
        b.wait("Another console has taken the keyboard")
        a.type("z")
        g.gets("z")
        g.says("both see it")
        a.wait("both see it")
        b.wait("both see it")
        b.key("C-a", "t")
        b.wait("You have the keyboard")
        a.wait("Another console has taken the keyboard")
        b.key("C-a", "d")
        self.assertEqual(b.wait_end(), 0)
        a.wait("You have the keyboard again", gone=("watching",))
        a.type("mine")
        g.gets("mine")
        # left to the other by hand
        c = self.open(g)
        c.wait("You have the keyboard; another watches")
        c.key("C-a", "t")
        c.wait("You have left the keyboard to others")
        a.wait("You have the keyboard; another watches")
        a.key("C-a", "t")
        a.wait("You have left the keyboard to others")
        a.type("x")
        a.wait("No console has the keyboard", "^A t keyboard")
        c.signal(signal.SIGKILL)
        c.wait_end()
        a.key("C-a", "t")
        a.wait("^A ? keys", gone=("t keyboard",))
        a.type("!")
        g.gets("!")
        self.assertEqual(g.seen, b"")

    def test_scrollback_search_copy(self):
        g = self.guest()
        for i in range(300):
            g.says("line %d of many%s\r\n" % (i, " needle" if i == 77 else ""))
        s = self.open(g)
        s.wait("line 299 of many")
        s.key("C-a", "PageUp")
        s.wait(re.compile(r"line \d+ of \d+ │"), "line 260 of many")
        s.key("/")
        s.wait("Search back:")
        s.type("need")
        s.wait("line 77 of many needle")
        s.until(lambda t: s.cursor()[0] == s.rows - 1, "the cursor on the search line")
        row = s.find("needle")[0]
        s.key("Enter")
        s.until(lambda t: s.cursor() == (row, 16), "the cursor on the match")
        s.key("Home")
        s.wait("line 0 of many")
        s.key("Space", "Down", "Right", "Right", "Right", "Enter")
        s.wait("Copied 19 bytes")
        s.key("C-a", "]")
        g.gets("line 0 of many\rline")
        s.wheel(5, 5, up=True)
        s.wait(re.compile(r"line \d+ of \d+ │"))
        s.key("q")
        s.wait("^A ? keys")

    def test_saves_and_sends(self):
        g = self.guest()
        for i in range(100):
            g.says("row %d\r\n" % i)
        s = self.open(g)
        s.wait("row 99")
        s.key("C-a", "S")
        s.wait("Save to: m-log.txt")
        s.key("Enter")
        s.wait("Saved:")
        with open(os.path.join(g.home.root, "m-log.txt"), encoding="utf-8") as text:
            self.assertEqual(text.read().split("\n")[:100], ["row %d" % i for i in range(100)])
        s.key("C-a", "s")
        s.wait("Save to: m-screen.txt")
        s.key("Enter")
        s.wait("Saved:")
        with open(os.path.join(g.home.root, "m-screen.txt"), encoding="utf-8") as text:
            self.assertIn("row 99", text.read())
        data = "".join("echo %d äöü\n" % i for i in range(3000))
        with open(os.path.join(g.home.root, "script.sh"), "w", encoding="utf-8") as out:
            out.write(data)
        s.key("C-a", "f")
        s.wait("Type a file into the guest")
        s.type("script.sh\r")
        g.gets(data.replace("\n", "\r"))
        s.wait("Sent:")

    def test_size_of_the_window(self):
        g = self.guest()
        s = self.open(g)
        g.says("\033[23;1Hlast row\033[1;1Hfirst row")
        s.wait("first row", "last row")
        s.resize(40, 120)
        s.wait("first row", "last row")
        self.assertEqual(s.find("last row")[0], 22)
        s.key("C-a", "z")
        s.wait("Size of the guest's screen", "this window has 39")
        s.key("Right", "Enter")
        g.gets("stty rows 39 columns 120\r")
        g.says("\033[39;110Hcorner")
        s.wait("corner")
        s.resize(12, 40)                   # around the cursor
        s.wait("corner")

    def test_power(self):
        g = self.guest()
        s = self.open(g)
        s.key("C-a", "p")
        s.wait("Power", "the power button", "Suspend", "Kill")
        s.key("Right", "Enter")
        s.wait("│ stopped", "Esc leaves")
        s.key("Esc")
        self.assertEqual(s.wait_end(), 0)

    def test_help_and_prefix(self):
        g = self.guest()
        folder = os.path.join(g.home.root, "config", "debwiz")
        with open(os.path.join(folder, "debwiz.ini"), "w", encoding="utf-8") as out:
            out.write("[keys]\nprefix = Ctrl-B\n")
        s = self.screen(g.home, "console", "m")
        s.wait("booting", "^B ? keys")
        s.key("C-b", "?")
        s.wait("^B d", "the machine keeps running")
        s.key("Esc")
        s.key("C-a")
        g.gets("\001")

    def test_talks_elsewhere(self):
        """A kernel with another console: the pane reports it, also if the serial line is quiet."""
        g = self.guest(firmware_mode="direct", boot_cmdline="quiet console=tty0")
        s = self.screen(g.home, "console", "m")
        s.wait("The kernel's console is tty0, not this one")
        s.type("x")
        s.wait("│ the kernel's console is tty0 (boot.cmdline)")
        g = self.guest(firmware_mode="direct", boot_cmdline="console=tty0 console=ttyAMA0")
        s = self.open(g)
        s.wait(re.compile(r"quiet \d+ s, guest idle"), gone=("console is",))

    def silent(self, g, seconds):
        """The record says that it was started that long before: as if so much had passed."""
        record = os.path.join(g.dir, "run.json")
        end = time.monotonic() + lib.LIMIT
        while True:
            with open(record, encoding="utf-8") as text:
                run = json.load(text)
            if run["state"] == "booting":       # it is written no more
                break
            self.assertLess(time.monotonic(), end, run)
            select.select([], [], [], 0.01)
        run["started"] -= seconds
        with open(record + ".new", "w", encoding="utf-8") as out:
            json.dump(run, out)
        os.rename(record + ".new", record)

    def test_nothing_came(self):
        """A minute without a byte: the guest may use another console; an image may have a virtio one. A guest that has
        printed something, or has run for less than a minute, is only quiet."""
        for values, where in (({"machine_method": "image", "disk_image": "x.raw"}, "console = virtio may show it"),
                              ({}, "the guest may use another console"),
                              ({"devices_display": "gtk"}, "the guest may use its display")):
            with self.subTest(**values):
                g = self.guest(**values)
                self.silent(g, 61)
                s = self.screen(g.home, "console", "m")
                s.wait("no output yet: " + where)
        g.says("x")
        s.wait("x", re.compile(r"quiet \d+ s, guest idle"), gone=("no output",))
        g = self.guest()
        self.silent(g, 20)
        s = self.open(g)
        s.wait(re.compile(r"quiet \d+ s, guest idle"), gone=("no output",))

    def test_killed_and_hung_up(self):
        g = self.guest()
        s = self.open(g)
        s.signal(signal.SIGKILL)
        s.wait_end()
        s = self.open(g)
        g.says("still here")
        s.wait("still here")
        s.hangup()
        s.wait_end()
        s = self.open(g)
        s.wait("still here")

    def test_flood(self):
        """A guest that prints without end (FLOOD MiB of it here) fills neither the disk nor the memory; typed keys
        still work, and so does detaching."""
        g = self.guest()
        s = self.open(g)
        line = b"flood \033[3%dm%s\033[m\r\n" % (1, b"x" * 70)
        block = line * (65536 // len(line))
        typed = threading.Event()

        def flood():
            sent = 0
            with contextlib.suppress(OSError):      # the test has failed and closed it
                while sent < FLOOD << 20 or not typed.is_set():
                    g.line.sendall(block)
                    sent += len(block)
        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        s.wait("flood xxx")
        for key in "abc":
            s.type(key)
            g.gets(key)
        s.key("C-a", "d")
        self.assertEqual(s.wait_end(), 0)
        s = self.open(g)
        s.wait("flood xxx")
        resident = s.rss()
        typed.set()
        thread.join()
        g.says("it has ended\r\n")
        s.wait("it has ended")
        logs = [os.path.join(g.dir, n) for n in os.listdir(g.dir) if n.startswith("console.log")]
        self.assertEqual(len(logs), 3)
        self.assertLessEqual(sum(os.path.getsize(n) for n in logs), 6 << 20)
        if not hostile.SANITIZED:
            with open("/proc/%d/status" % g.supervisor.pid, encoding="utf-8") as status:
                peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) << 10
            self.assertLess(peak, 64 << 20)
            self.assertLess(resident, 64 << 20)

    def test_hostile_guest(self):
        """The user's terminal only gets the sequences of curses (allow-list parser)."""
        g = self.guest()
        s = self.open(g)
        for name, data in hostile.corpus():
            g.says(data[:20000] + hostile.AFTER + b" \033[32m" + name.encode())
            s.wait("still here " + name)
        # sequences of terminfo's xterm-256color, character by character
        allowed = re.compile(
            rb"\x1b\[[0-9;?]*[ABCDGHJKLMPSTXZ@bdfghlmrt]|\x1b\[\?[0-9;]+[hl]|\x1b[()][B0]|\x1b[78=>M]|"
            rb"\x1b\[[0-9 ]*q|\x1b\[>?[0-9;]*m|[\x08\x09\x0a\x0d\x0e\x0f]|[\x20-\x7e]|"
            rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
        raw = s.raw()
        at = 0
        while at < len(raw):
            found = allowed.match(raw, at)
            if not found:
                self.fail("sent to the terminal: %r" % raw[max(0, at - 40):at + 40])
            at = found.end()
        for bad in ("\u202e", "\u2066", "\u200b", "\u009b", "\u0085", "\ufeff"):
            self.assertNotIn(bad.encode(), raw)
        self.assertNotIn(b"\x1b]", raw)
        self.assertNotIn(b"\x07", raw)

    def test_osc_requests_denied_and_granted(self):
        """Bell, title and clipboard of the guest's: nothing by default, each by its setting; no answer."""
        wishes = (b"\x07\x1b]0;editing \x1b[31mred\x07\x1b]2;editing\xe2\x80\xae\x1b\\"
                  b"\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07\x1b]2;" + b"x" * 70000 + b"\x18\x1b[6n\x1b[H")
        for allowed in ("", "bell", "title", "clipboard", "bell title clipboard"):
            with self.subTest(allowed):
                g = self.guest()
                folder = os.path.join(g.home.root, "config", "debwiz")
                with open(os.path.join(folder, "debwiz.ini"), "w", encoding="utf-8") as out:
                    out.write("[console]\n" + "".join("%s = yes\n" % w for w in allowed.split()))
                g.says(b"\x07\x1b[2J\x1b[Hat first\r\n\x1b[6n")
                g.gets(b"R")            # it has been heard: what was before does not count
                s = self.open(g)
                s.wait("at first")
                s.settle()
                self.assertNotIn(b"\x07", s.raw())
                g.says(wishes + b"\x1b[2J\x1b[Hmade wishes")
                s.wait("made wishes")
                g.gets(b"R")
                self.assertNotIn(b"]", g.got)
                if "clipboard" in allowed:
                    s.wait("The guest put 5 bytes on the clipboard")
                s.key("C-a", "d")
                self.assertEqual(s.wait_end(), 0)
                raw = s.raw()
                self.assertEqual(raw.count(b"\x07"), int("bell" in allowed))
                self.assertEqual(raw.count(b"\x1b]52;c;aGVsbG8=\x1b\\"), int("clipboard" in allowed))
                self.assertEqual(b"\x1b]2;m: editing?\x1b\\" in raw, "title" in allowed)
                self.assertEqual((raw.count(b"\x1b[22;2t"), raw.count(b"\x1b[23;2t")),
                                 (1, 1) if "title" in allowed else (0, 0))
                self.assertEqual(raw.count(b"\x1b]"), sum(w in allowed for w in ("title", "clipboard")))
                self.assertNotIn("\u202e".encode(), raw)

    def test_title_is_restored_without_the_console(self):
        """On another screen the terminal's own title is restored, while the program runs."""
        g = self.guest()
        folder = os.path.join(g.home.root, "config", "debwiz")
        with open(os.path.join(folder, "debwiz.ini"), "w", encoding="utf-8") as out:
            out.write("[console]\ntitle = yes\n")
        g.says(b"\x1b]2;editing\x07at first")
        s = self.screen(g.home)
        s.wait("debwiz · machines", "booting")
        s.key("c")
        s.wait("at first", "^A ? keys")
        s.settle()
        raw = s.raw()
        self.assertEqual((raw.count(b"\x1b]2;m: editing\x1b\\"), raw.count(b"\x1b[23;2t")), (1, 0))
        s.key("C-a", "d")
        s.wait("debwiz · machines")
        s.settle()
        self.assertEqual(s.raw().count(b"\x1b[23;2t"), 1)
        self.leave(s)


if __name__ == "__main__":
    lib.main()
