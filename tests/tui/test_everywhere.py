# SPDX-License-Identifier: MIT
"""Rules for every screen, with a running machine: any
size, a storm of sizes, signals, a stop and its end, a crash."""
import os
import re
import shutil
import signal
import unittest

import everywhere
import lib

SIZES = ((79, 23), (80, 20), (72, 24), (72, 20), (71, 24), (80, 19), (40, 12), (20, 5), (10, 3), (5, 2),
         (2, 1), (1, 1), (500, 200), (132, 50), (200, 20))
WINDS = 1000
# one of each kind: a list, a dialog, questions, what hears of a machine, its console, work
SOME = ("home", "question", "wizard", "machine", "console", "progress")


class Everywhere(everywhere.Case):
    def each(self, check, names=everywhere.SCREENS):
        """check(name, home, guest) at each screen; the machine keeps running."""
        for name in names:
            with self.subTest(screen=name):
                home, guest = self.somewhere(name)
                check(name, home, guest)
                if guest:
                    self.assert_runs(home, guest)
                    guest.close()

    def end_by(self, number, s, name, home):
        """The signal ends it, after a question if work is under way; the next run continues that work."""
        before = s.modes()["line"]
        s.signal(number)
        if number != signal.SIGTERM and name == "progress":
            s.wait("Work is under way")
            s.key("Right", "Enter")
        self.assertIn(s.wait_end(), (0, 130))
        self.assert_given_back(s)
        self.assertNotEqual(s.modes()["line"], before)
        if name == "progress":
            s.close()
            everywhere.world.faultlib.poll(lambda: not home.box.processes())
            home.plays(everywhere.world.faultlib.CONFIGURED)
            again = self.screen(home, *self.arguments(home, name))
            again.wait("Enter prepare and boot")
            again.key("p")
            again.wait("is ready to boot.")

    def test_sizes_and_sigterm(self):
        def check(name, home, _guest):
            s = self.at(name, home)
            for columns, rows in SIZES:
                s.resize(rows, columns)
                if name == "console":
                    s.settle(30)
                elif columns < 72 or rows < 20:
                    if columns >= 40 and rows >= 5:
                        s.wait("needs 80 x 24", "Ctrl-Q leaves")
                else:
                    s.wait("debwiz", gone="needs 80 x 24")
                self.assertIsNone(s.status())
            s.resize(24, 80)
            self.assert_there(s, name)
            self.end_by(signal.SIGTERM, s, name, home)
        self.each(check)

    def test_hangup(self):
        """The terminal has gone, whether SIGHUP reports it or not: the program ends, and does not spin;
        what a machine's guest runs is left alone, and work that was under way begins again another time."""
        ignoring = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]

        def check(name, home, _guest):
            for wrap in ([], ignoring):
                s = self.at(name, home, wrap=wrap)
                s.hangup()
                self.assertIsNotNone(s.wait_end())
                s.close()
                if name == "progress":
                    everywhere.world.faultlib.poll(lambda: not home.box.processes())
        self.each(check)

    def test_hangup_during_a_verb(self):
        """The same for verbs that keep running: their output has no reader."""
        ignoring = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]

        def check(words, shown, home, guest):
            s = self.screen(home, *words, wrap=ignoring)
            s.wait(shown)
            s.hangup()
            guest.says("more\r\n")
            self.assertIsNotNone(s.wait_end())
            s.close()
        for words, shown in ((("list", "--watch"), "off"), (("logs", "m", "-f"), "begins"),
                             (("new", "--plain", "--offline"), "Architecture [")):
            with self.subTest(words):
                home, guest = self.somewhere("home")
                guest.says("it begins\r\n")
                check(words, shown, home, guest)
                self.assert_runs(home, guest)
                guest.close()

    def test_resize_storm_and_sigint(self):
        def check(name, home, guest):
            s = self.at(name, home)
            if guest:
                guest.says("busy\r\n" * 500)
            for i in range(WINDS):
                s.tell("resize %d %d" % (20 + i % 40, 72 + i % 100))
            s.resize(24, 80)
            self.assert_there(s, name)
            self.end_by(signal.SIGINT, s, name, home)
        self.each(check, SOME)

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_stopped_and_continued_and_sigquit(self):
        def check(name, home, _guest):
            home.set(PS1="shell> ", ENV=None)
            s = self.screen(home, "--norc", "--noprofile", "-i", program=shutil.which("bash"))
            s.wait("shell>")
            plain = s.modes()["line"]
            s.type(" ".join([lib.DEBWIZ, *self.arguments(home, name)]) + "\r")
            self.go(s, name)
            full = s.modes()
            os.kill(child_of(s.pid()), signal.SIGTSTP)
            s.wait("Stopped", "shell>")
            everywhere.world.faultlib.poll(lambda: s.modes()["line"] == plain)
            self.assertFalse(s.modes()["alternate"])
            self.assertEqual(s.modes()["mouse"], 0)
            s.type("fg\r")
            s.wait(*everywhere.SCREENS[name][2], gone="Stopped")
            self.assertEqual(s.modes(), full)
            os.kill(child_of(s.pid()), signal.SIGQUIT)
            if name == "progress":
                s.wait("Work is under way")
                s.key("Right", "Enter")
            everywhere.world.faultlib.poll(lambda: s.modes()["line"] == plain)
            self.assertFalse(s.modes()["alternate"])
            s.type("exit\r")
            s.wait_end()
        self.each(check)

    def test_crash(self):
        def check(name, home, _guest):
            s = self.at(name, home)
            s.signal(signal.SIGSEGV)
            self.assertIn(s.wait_end(), (-signal.SIGSEGV, 1))
            self.assert_given_back(s)
            self.assertTrue(s.modes()["line"][3] & 0o12, "no echo, no lines")
            report = re.search(r"(/\S+crash\.txt)", s.text().replace("\n", ""))
            self.assertTrue(report, s.text())
            with open(report.group(1), encoding="utf-8") as text:
                self.assertIn("SIGSEGV", text.read())
        self.each(check, SOME)


def child_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as children:
        return int(children.read().split()[0])


if __name__ == "__main__":
    lib.main()
