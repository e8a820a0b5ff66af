#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The full screens of debwiz.exe under Wine, on a pseudo-terminal. What is typed comes through Wine's console, as records,
and what Wine's terminal cannot send is put into that console by console.c. What is drawn goes to the terminal by
DEBWIZ_CONSOLE, because Wine's console takes control sequences for text.

Inputs: environment DEBWIZ (a debwiz.exe), TUI_TERM (tests/tui/term of this host), WINE, WINEPREFIX (default: a new one),
srcdir. Skipped without Wine or its compiler.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import bridge

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tui"))
import lib          # noqa: E402
import walk         # noqa: E402
import world        # noqa: E402

WINE = os.environ.get("WINE") or "wine"
# The terminal by its path, because Wine's server, which opens it, has no terminal of its own.
STARTS = """#!/bin/sh
DEBWIZ_CONSOLE='\\\\?\\unix'$(tty | tr / '\\\\')
export DEBWIZ_CONSOLE
exec '%s' "$@"
"""
CTRL = 8                            # of a record's control keys
INI = """; debwiz machine; "debwiz --help" and the man page explain every key

[machine]
format = 1
name = armhf-bookworm
arch = armhf
release = bookworm
method = bootstrap

[mirror]
url = URL
security = no
updates = no
keyring = KEYRING
components = main

[firmware]
mode = uefi

[cpu]
"""


def windows(path):
    return "Z:" + path


def units(text):
    """The UTF-16 units of a text, four digits each."""
    return text.encode("utf-16-be").hex()


class Screens(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="dwwine-")
        cls.addClassCleanup(shutil.rmtree, cls.tmp, True)
        cls.console = os.path.join(cls.tmp, "console.exe")
        if not shutil.which(WINE) or not bridge.compile_to(cls.console, "console.c"):
            raise unittest.SkipTest("Wine or its compiler is not installed")
        super().setUpClass()
        cls.programs = os.path.join(cls.tmp, "programs")
        os.mkdir(cls.programs)
        for name in ("qemu-system-arm", "qemu-img", "ssh", "ssh-keygen"):
            bridge.compile_to(os.path.join(cls.programs, name + ".exe"))
        cls.prefix = os.environ.get("WINEPREFIX") or os.path.join(cls.tmp, "wine")
        cls.starts = os.path.join(cls.tmp, "starts")
        with open(cls.starts, "w", encoding="utf-8") as out:
            out.write(STARTS % shutil.which(WINE))
        os.chmod(cls.starts, 0o755)
        subprocess.run([WINE, "wineboot", "-i"], env=dict(os.environ, WINEPREFIX=cls.prefix, WINEDEBUG="-all"), check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wine_home(self):
        home = self.world_home()
        home.set(**{name: windows(path) for name, path in home.env.items() if name.startswith("XDG_")})
        home.set(WINEPREFIX=self.prefix, WINEDEBUG="-all", WINEDLLOVERRIDES="winedbg.exe=d", TERM=None)
        return home

    def ring(self):
        return windows(self.world.archive.keys.ring("pinned"))

    def mirror(self, home):
        return "--mirror", home.box.url + "/debian", "--set", "mirror.keyring=" + self.ring()

    def start(self, home, *args, **how):
        """debwiz on a terminal; .order(...) does something to its console."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(lib.LIMIT)
            home.set(DEBWIZ_ORDERS=str(server.getsockname()[1]))
            s = self.screen(home, *args, wrap=(self.starts, self.console), **how)
            line = server.accept()[0]
        self.addCleanup(line.close)
        answers = line.makefile("r", encoding="ascii")
        self.addCleanup(answers.close)

        def order(*words):
            """A line of console.c."""
            line.sendall((" ".join(str(word) for word in words) + "\n").encode())
            self.assertEqual(answers.readline(), "ok\n")
        s.order = order
        return s

    def home_with(self, *names):
        home = self.wine_home()
        for name in names:
            home.machine(name)
        s = self.start(home)
        s.wait("debwiz · machines", "Windows x86_64", "▸ " + names[0], "q quit")
        return s

    def test_home(self):
        """Home with its machines, moving, help; the console is given back."""
        s = self.home_with("first", "second")
        self.assertTrue(s.modes()["alternate"])
        self.assertIsNone(s.cursor())
        self.assertEqual(s.look("debwiz")[0], "b")
        s.key("Down")
        s.wait("▸ second", gone="▸ first")
        s.key("Up")
        s.wait("▸ first")
        s.key("F1")
        s.wait("Help", "Esc close")
        s.key("Esc")
        s.wait("▸ first", gone="Help")
        s.click_text("second")
        s.wait("▸ second")
        self.leave(s, "F10")

    def test_text(self):
        """What is typed, of one UTF-16 unit and of two; a paste with its marks is a text, not keys."""
        s = self.home_with("first", "second")
        s.key("/")
        s.type("zw-ä你😀")
        s.wait("zw-ä你😀")
        s.key("Backspace", "Backspace", "Backspace")
        s.wait("zw-", gone="ä")
        s.key("C-u")
        s.wait("type part of a name", gone="zw-")
        s.order("text", units("\033[200~sec\rx\033[201~"))
        s.wait("sec")
        self.assertTrue(s.has("type part of a name"))
        s.key("Esc")
        s.wait("q quit")
        self.leave(s, "C-q")

    def test_records(self):
        """What Wine's terminal does not send: Ctrl-C as a key, records of the mouse, sequences made by Windows."""
        s = self.home_with("first", "second", "third")
        s.order("text", units("\033[B"))
        s.wait("▸ second")
        s.order("mouse", s.find("third")[0], s.find("third")[1], 1)
        s.order("mouse", s.find("third")[0], s.find("third")[1], 0)
        s.wait("▸ third")
        s.order("wheel", 5, 5, 120)
        s.wait("▸ first")
        s.order("key", 0x43, 3, CTRL)
        self.assertEqual(s.wait_end(), 0)
        self.assert_given_back(s)

    def test_exception(self):
        """One that nothing handles: the console is given back, and a report is left."""
        home = self.wine_home()
        home.machine("first")
        s = self.screen(home, wrap=(self.starts,))
        s.wait("▸ first", "q quit")
        s.signal(signal.SIGSEGV)            # Wine makes an exception of it
        self.assertNotEqual(s.wait_end(), 0)
        s.wait("was ended by an ", ", at: home", "machines keep running")
        self.assert_given_back(s)
        with open(os.path.join(home.box.data, "crash.txt"), encoding="utf-8") as report:
            self.assertRegex(report.read(), r"^debwiz \S+ was ended by an .*, at: home$")

    def test_resize(self):
        s = self.home_with("first")
        for rows, columns in ((40, 100), (12, 40), (24, 80)):
            s.resize(rows, columns)
            s.order("size", rows, columns)
            if rows < 20:
                s.wait("needs 80 x 24")
            else:
                s.until(lambda text, rows=rows: "q quit" in text.split("\n")[rows - 1] and "▸ first" in text,
                        "the keys in the last row")
                self.assertTrue(s.lines()[0].rstrip().endswith("CPUs"))
                self.assertEqual(len(s.lines()[0]), columns - 2)
        self.leave(s, "C-q")

    def test_machine(self):
        """Prepared and booted by its screen, with the fake QEMU by the bridge; its console."""
        home = self.wine_home()
        home.machine("m", mirror_components="main", mirror_security="no", mirror_updates="no", disk_size="16G",
                     system_profile="base")
        ends = bridge.Bridge(self.prefix, {"qemu-system-arm": home.box.qemu})
        self.addCleanup(ends.close)
        home.set(DEBWIZ_BRIDGE=ends.place, WINEPATH=windows(self.programs))
        s = self.start(home, "open", "m", *self.mirror(home))
        s.wait("Enter prepare and boot")
        s.key("p")
        s.wait("✓ Release", "✓ Configure", "m is ready to boot.")
        s.key("Enter")
        s.wait("Enter boot")
        home.plays(walk.BOOTED)
        s.key("Enter")
        s.wait("m is up.")
        s.key("Enter")
        s.wait("● running", "Enter console")
        s.key("Enter")
        s.wait("Debian GNU/Linux 12 m ttyAMA0", "m login:")
        s.key("C-a", "d")
        s.wait("● running", "Enter console")
        s.key("s")
        s.wait("○ ready", "Enter boot")
        self.leave(s, "C-q")

    def test_wizard(self):
        """From the first question to the saved file, with a mirror."""
        home = self.wine_home()
        s = self.start(home, "new", *self.mirror(home), "--set", "mirror.components=main", "--set", "disk.size=16G")
        seen = []
        walk.questions(s, lambda name, _: seen.append(name))
        self.assertEqual(seen, [*walk.HEADINGS, "review"])
        s.key("Right", "Right", "Enter")
        s.wait("debwiz · armhf-bookworm", "○ not prepared yet", "Enter prepare and boot", gone="Review")
        expected = INI.replace("URL", home.box.url + "/debian").replace("KEYRING", self.ring())
        self.assertTrue(home.ini("armhf-bookworm").startswith(expected), home.ini("armhf-bookworm"))
        s.key("Esc")
        s.wait("debwiz · machines", "▸ armhf-bookworm")
        self.leave(s, "C-q")


if __name__ == "__main__":
    lib.main()
