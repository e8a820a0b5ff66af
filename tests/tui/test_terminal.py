# SPDX-License-Identifier: MIT
"""The terminal: set up, resized, and always restored."""
import os
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

import lib

# What the screens may send: text, and these control sequences (ECMA-48, xterm's ctlseqs).
ALLOWED = re.compile(rb"\033\[[0-9;]*[A-HJKLMPXbcdfghlmr@]|\033\[\?[0-9;]*[hl]|\033[()][0AB]|"
                     rb"\033[=>78M]|\033\[[0-9;]*t|[\r\n\b\t\016\017]")


class Terminal(lib.Case):
    def start(self, *args, home=None, **how):
        s = self.screen(home or self.home(), *args, **how)
        s.wait("debwiz · machines")
        return s

    def test_restores_the_terminal(self):
        s = self.start()
        self.assertTrue(s.modes()["alternate"])
        self.leave(s)

    def test_sends_nothing_but_known_sequences(self):
        s = self.start()
        s.key("?", "Esc", "Down")
        s.resize(40, 120)
        s.settle()
        self.leave(s)
        rest = ALLOWED.sub(b"", s.raw())
        self.assertEqual(re.findall(rb"[\000-\037]", rest), [])

    def test_frames_are_synchronized(self):
        """Synchronized output: every text lies between the marks, where the terminal is an xterm."""
        for term, marked in (("xterm-256color", True), ("screen", True), ("vt220", False)):
            with self.subTest(term):
                s = self.start(home=self.home(TERM=term))
                s.key("?")
                s.wait("Help")
                s.key("Esc")
                s.wait("debwiz · machines", gone="Help")
                self.leave(s)
                raw = s.raw()
                pictures = re.findall(rb"\033\[\?2026h(.*?)\033\[\?2026l", raw, re.S)
                self.assertEqual(len(pictures), raw.count(b"\033[?2026h"))
                self.assertEqual(len(pictures) > 2, marked)
                between = re.sub(rb"\033\[\?2026h.*?\033\[\?2026l", b"", raw, flags=re.S)
                self.assertEqual(b"machines" in between, not marked)

    def test_ctrl_c_and_signals(self):
        for how in ("C-c", "C-\\", signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(how):
                s = self.start()
                before = s.modes()["line"]
                if isinstance(how, str):
                    s.key(how)
                else:
                    s.signal(how)
                self.assertIn(s.wait_end(), (0, 130))
                self.assert_given_back(s)
                self.assertNotEqual(s.modes()["line"], before)

    def test_crash_restores_the_terminal(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            with self.subTest(number):
                home = self.home()
                s = self.start(home=home)
                s.signal(number)
                self.assertIn(s.wait_end(), (-number, 1))
                self.assert_given_back(s)
                self.assertTrue(s.modes()["line"][3] & 0o12, "no echo, no lines")
                report = os.path.join(home.root, "data", "debwiz", "crash.txt")
                s.wait("crash.txt")
                with open(report, encoding="utf-8") as text:
                    self.assertIn(number.name, text.read())

    def test_hangup(self):
        for ignore in (False, True):
            with self.subTest(ignore=ignore):
                wrap = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""] if ignore else []
                s = self.start(wrap=wrap)
                s.hangup()
                self.assertIsNotNone(s.wait_end())

    def test_no_full_screen(self):
        for env, what in (({"TERM": "dumb"}, "TERM is dumb"), ({"TERM": None}, "TERM is not set"),
                          ({"TERM": "no-such"}, 'no entry for the terminal "no-such"')):
            with self.subTest(env):
                s = self.screen(self.home(**env), columns=200)
                self.assertEqual(s.wait_end(), 2)
                self.assertIn(what, s.text())
                self.assertIn("--plain", s.text().replace("\n", ""))
                self.assertEqual("try `TERM=" in s.text(), env["TERM"] == "no-such")

    def test_terminal_without_its_entry(self):
        """What to try is said, and it works there."""
        for name, instead in (("xterm-kitty", "xterm-256color"), ("alacritty-none", "xterm-256color"),
                              ("tmux-none", "screen-256color")):
            with self.subTest(name):
                home = self.home(TERM=name)
                s = self.screen(home, columns=200)
                self.assertEqual(s.wait_end(), 2)
                found = re.search(r"try `TERM=(\S+) debwiz`", s.text())
                self.assertTrue(found, s.text())
                self.assertEqual(found.group(1), instead)
                home.set(TERM=instead)
                s = self.screen(home)
                s.wait("debwiz · machines")
                self.leave(s)

    def test_not_a_terminal(self):
        """Input or output is something else: said in a line, and where to go instead."""
        env = self.home().env
        for name in ("stdin", "stdout"):
            with self.subTest(name):
                master, line = os.openpty()
                how = {"stdin": line, "stdout": line, name: subprocess.DEVNULL}
                done = subprocess.run([lib.DEBWIZ, "new"], env=env, stderr=subprocess.PIPE, text=True,
                                      check=False, timeout=lib.LIMIT, **how)
                os.close(master)
                os.close(line)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("--plain", done.stderr)
                self.assertLessEqual(done.stderr.count("\n"), 2)

    def test_lines_on_a_terminal(self):
        """new --plain, as a screen reader has it: one question a line, nothing is painted over."""
        s = self.screen(self.home(), "new", "--plain", "--offline")
        s.wait("Architecture [armhf]:")
        self.assertFalse(s.modes()["alternate"])
        s.type("\r")
        s.wait("Name [")
        s.type("?\r")
        s.wait(re.compile(r"Name \[.*Name \[", re.S))
        s.type("mine\r")
        s.wait("2 of 8: Release", "Debian release [")
        raw = s.raw()
        self.assertNotIn(b"\033", raw)
        self.assertNotIn(b"\b", raw)
        self.assertNotIn(b"\r", raw.replace(b"\r\n", b""))
        for line in raw.decode().split("\r\n"):
            self.assertLessEqual(line.count("]: "), 1, line)
        s.key("C-c")
        self.assertIn(s.wait_end(), (130, -signal.SIGINT))

    def test_locales_colours_sizes(self):
        for env, columns, rows in (({"LC_ALL": "C"}, 80, 24), ({"NO_COLOR": "1"}, 80, 24),
                                   ({"TERM": "vt100"}, 80, 24), ({"TERM": "linux"}, 80, 24),
                                   ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, 80, 24),
                                   ({"TERM": "xterm"}, 80, 24), ({"TERM": "xterm-mono"}, 80, 24),
                                   ({"TERM": "screen-256color"}, 80, 24), ({"TERM": "vt220"}, 80, 24),
                                   ({"TERM": "tmux-256color", "LC_ALL": "POSIX"}, 80, 24),
                                   ({"LC_ALL": None, "LANG": "C"}, 80, 24),
                                   ({"LC_ALL": None, "LC_CTYPE": "C.UTF-8", "LANG": "C"}, 80, 24),
                                   ({"LC_ALL": "xx_XX.UTF-8"}, 80, 24),
                                   ({"LINES": "9999", "COLUMNS": "9999"}, 80, 24),
                                   ({}, 500, 200), ({}, 72, 20)):
            with self.subTest(env=env, columns=columns):
                s = self.screen(self.home(**env), rows=rows, columns=columns)
                ascii_only = env.get("LC_CTYPE", env.get("LC_ALL") or env.get("LANG", "")) in (
                    "C", "POSIX", "xx_XX.UTF-8")
                s.wait("debwiz %s machines" % ("-" if ascii_only else "·"))
                if ascii_only:
                    self.assertTrue(s.text().isascii())
                if "NO_COLOR" in env or env.get("TERM") == "vt100":
                    self.assertNotRegex(s.raw(), rb"\033\[[0-9;]*[34][0-9][;m]")
                self.leave(s)

    def test_too_small_shows_the_required_size(self):
        s = self.start()
        for rows, columns in ((12, 40), (19, 80), (24, 71), (3, 10), (1, 1)):
            s.resize(rows, columns)
            s.settle()
            if columns >= 40:
                self.assertIn("needs 80 x 24", s.text())
        s.resize(24, 80)
        s.wait("debwiz · machines")
        s.resize(12, 40)
        s.wait("Ctrl-Q leaves")
        self.leave(s)

    def test_resize_storm(self):
        s = self.start()
        for i in range(1000):
            s.tell("resize %d %d" % (10 + i % 40, 40 + i % 100))
        s.resize(24, 80)
        s.wait("debwiz · machines")
        s.tell("winsize 0 0")
        s.settle()
        self.leave(s)

    def under_a_shell(self):
        """The first screen as a job of a shell, and its pid."""
        home = self.home(PS1="shell> ", ENV=None)
        s = self.screen(home, "--norc", "--noprofile", "-i", program=shutil.which("bash"))
        s.wait("shell>")
        s.type(lib.DEBWIZ + "\r")
        s.wait("debwiz · machines")
        return s, child_of(s.pid())

    def becomes(self, s, pid, stopped):
        """Waits until the process is stopped, or continued; reads the terminal all the time."""
        end = time.monotonic() + lib.LIMIT
        while is_stopped(pid) != stopped:
            s.tell("sync 5")
            self.assertLess(time.monotonic(), end, "stopped: %s\n%s" % (not stopped, s.text()))

    def continue_it(self, s):
        s.type("fg\r")
        s.wait("debwiz · machines", gone="Stopped")

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_ctrl_z(self):
        s, pid = self.under_a_shell()
        for how in ("key", "signal") * 12:
            if how == "key":
                s.key("C-z")
            else:
                os.kill(pid, signal.SIGTSTP)
            self.becomes(s, pid, True)
            s.wait("Stopped", "shell>")
            self.assertFalse(s.modes()["alternate"])
            self.continue_it(s)
        s.key("C-q")
        s.wait("shell>", gone="machines")
        s.type("exit\r")
        s.wait_end()

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_stop_and_continue_together(self):
        """Of many signals the last one counts, whether to stop or to continue."""
        s, pid = self.under_a_shell()
        for _ in range(100):
            os.kill(pid, signal.SIGTSTP)
            os.kill(pid, signal.SIGCONT)
        s.until(lambda text: "debwiz · machines" in text or "Stopped" in text, "it, or the shell")
        if s.has("Stopped"):            # the shell saw one of the stops and has the terminal now
            self.continue_it(s)
        self.assertFalse(is_stopped(pid))
        for _ in range(30):             # each SIGCONT repaints, and the stop arrives during that
            os.kill(pid, signal.SIGCONT)
            for _ in range(3):
                os.kill(pid, signal.SIGTSTP)
            self.becomes(s, pid, True)
            self.continue_it(s)
        s.key("C-q")
        s.wait("shell>", gone="machines")
        s.type("exit\r")
        s.wait_end()

    def keep_writing(self, s, pid):
        """Waits until the program blocks in the middle of a frame, as nothing reads it."""
        for i in range(300):
            s.tell("resize %d 200" % (50 + i % 2))
            select.select([], [], [], 0.001)
        cpu = -1
        while cpu != (cpu := cpu_of(pid)):
            select.select([], [], [], 0.05)

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_stop_during_a_write(self):
        """curses ignores it then, left to itself."""
        s, pid = self.under_a_shell()
        for _ in range(3):
            self.keep_writing(s, pid)
            os.kill(pid, signal.SIGTSTP)
            self.becomes(s, pid, True)
            self.continue_it(s)
            self.keep_writing(s, pid)
            os.kill(pid, signal.SIGTSTP)
            os.kill(pid, signal.SIGCONT)
            s.settle()
            s.until(lambda text: "debwiz · machines" in text or "Stopped" in text, "it, or the shell")
            if s.has("Stopped"):        # it stopped between the two: the shell saw that and has the terminal now
                self.continue_it(s)
            self.assertFalse(is_stopped(pid))
        s.key("C-q")
        s.wait("shell>", gone="machines")
        s.type("exit\r")
        s.wait_end()

    def test_no_stop_without_a_shell(self):
        """No shell could continue it, and the system would not stop it: a message is shown, and nothing changes."""
        s = self.start()
        s.key("C-z")
        s.wait("no shell waits", "F10 leaves")
        s.key("Esc")
        s.wait("debwiz · machines", gone="no shell waits")
        s.signal(signal.SIGTSTP)
        s.settle()
        self.assertFalse(is_stopped(s.pid()))
        self.assertTrue(s.modes()["alternate"])
        self.leave(s)


def cpu_of(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[11:13]


def is_stopped(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def child_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as children:
        return int(children.read().split()[0])


if __name__ == "__main__":
    lib.main()
