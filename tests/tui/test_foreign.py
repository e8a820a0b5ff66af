# SPDX-License-Identifier: MIT
"""Texts from outside on the screens: escapes, format strings, line ends, tabs and
characters that turn the writing round, in a Release file's fields, a package's description, a server's
reason and redirect, QEMU's complaints. They are harmless, and the layout stays what it is."""
import re
import sys
import os

import lib
import walk
import world

sys.path.insert(0, os.path.join(lib.SRC, "tests", "mirror"))
import packages                     # noqa: E402

HOSTILE = "\x1b[2J\x1b]0;title\x07 %n%s\u202etxt\tend"
RAW = (b"\x1b[2J%n", b"\x1b]0;title", "\u202e".encode(), b"\x07")


class Foreign(world.Case):
    @classmethod
    def setUpClass(cls):
        suites = world.faultlib.archmod.SUITES
        cls.addClassCleanup(setattr, suites["bookworm"], "version", suites["bookworm"].version)
        suites["bookworm"].version = "12.12 %n%s\u202etxt"
        if packages.TABLE[-1].name != "zz-hostile":
            packages.pkg("zz-hostile", "1.0", short=HOSTILE)
        super().setUpClass()

    def setUp(self):
        self.addCleanup(self.world.server.rules)

    def harmless(self, s):
        """Nothing of it reached the terminal as it is, and every frame is straight."""
        raw = s.raw()
        for bad in RAW:
            self.assertNotIn(bad, raw)
        lines = s.lines()
        self.assertTrue(lines[0].startswith("  debwiz · "), s.text())
        for line in lines:
            self.assertLessEqual(len(line), s.columns)
            if line.startswith(" │") or line.startswith("   │"):
                self.assertRegex(line, r"│.?$")

    def test_release_and_description(self):
        home = self.world_home()
        s = self.screen(home, *walk.arguments(home), "--set", "machine.release=bookworm",
                        "--set", "mirror.updates=no", "--set", "mirror.security=no")
        s.wait("Which machine")
        s.key("Enter")
        s.wait("Debian release", re.compile(r"bookworm +12\.12 %n%s"), gone="◐")
        self.harmless(s)
        s.click_text("System")
        s.wait("The system on")
        s.click_text("Further packages")
        s.wait("Further packages", "Enter accept")
        s.type("zz-hos")
        s.wait("zz-hostile", "%n%s")
        self.harmless(s)
        s.key("Esc", "C-q", "Right", "Enter")
        s.wait_end()

    def test_server(self):
        for rule in ({"mode": "status", "code": 403, "reason": "no " + HOSTILE},
                     {"mode": "redirect", "to": "http://127.0.0.1:1/" + HOSTILE.replace("\x1b", "%1b")},
                     {"mode": "redirect", "to": "gopher://x/%n%s"}):
            with self.subTest(rule["mode"], to=rule.get("to", "")):
                self.world.server.rules({"match": "InRelease", **rule})
                home = self.world_home()
                s = self.screen(home, *walk.arguments(home), "--set", "machine.release=bookworm")
                s.wait("Which machine")
                s.key("Enter")
                s.wait("Debian release", gone="◐")
                self.harmless(s)
                s.click_text("Review")
                s.wait("8 Review of 8")
                s.key("Right", "Enter")
                s.wait("✗ Release", "r retry")
                self.harmless(s)
                self.leave(s)

    def test_qemu(self):
        home = self.world_home()
        home.plays("up\nstderr 3 bad \\x1b[2J\\x1b]0;title\\x07 %n%s\nexit 1\n")
        s = self.screen(home, *walk.arguments(home))
        walk.questions(s, lambda name, s: None)
        s.key("Right", "Enter")
        s.wait("✗ Configure", "r retry")
        self.harmless(s)
        s.key("l")
        s.wait("armhf-bookworm · log")
        self.harmless(s)
        s.key("Esc")
        s.wait("✗ Configure")
        self.leave(s)

    def test_file(self):
        """A foreign file: a dialog asks about what it would run or expose."""
        home = self.world_home()
        ran = os.path.join(home.box.root, "ran")
        evil = os.path.join(home.box.root, "evil")
        with open(evil, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\necho x >>%s\necho 'QEMU emulator version 7.2.0 (evil)'\n" % ran)
        os.chmod(evil, 0o755)
        file = {"mirror_url": home.box.url + "/debian", "mirror_components": "main", "disk_size": "16G",
                "mirror_security": "no", "mirror_updates": "no", "system_profile": "base", "qemu_binary": evil,
                "devices_share": "path=/,tag=all"}
        home.machine("m", **file)
        s = self.screen(home, "edit", "m", "--offline")
        s.wait("m · edit", "32-bit ARM", gone="◐")      # how the architectures run here was asked
        s.click_text("Review")
        s.wait("8 Review of 8")
        s.key("c")                                      # and QEMU's command line
        s.wait("nothing of it runs before")
        s.key("Esc", "C-q")
        s.wait_end()
        self.assertFalse(os.path.exists(ran))
        s = self.screen(home, "open", "m")
        s.wait("debwiz · m", "Enter prepare and boot")
        s.key("b")
        s.wait("Nothing of it runs before you agree", "it gives the guest the folder / of this host",
               "it runs the program", "No", "Agree")
        self.harmless(s)
        s.key("Enter")                                  # No
        s.wait("Enter prepare and boot", gone="Agree")
        self.assertFalse(os.path.exists(ran))
        s.key("b")
        s.wait("Agree")
        home.machine("m", **dict(file, devices_share="path=/usr,tag=all"))   # another program changes it
        s.key("Right", "Enter")
        s.wait("the folder /usr of this host", "No", "Agree", gone="runs the program")
        self.assertFalse(os.path.exists(ran))
        s.key("Right", "Enter")
        s.wait("preparing and booting", re.compile("Release|Accelerator"), gone="Agree")
        s.wait("✗ Release")         # signed by no key of Debian
        self.assertTrue(os.path.exists(ran))
        self.leave(s)


if __name__ == "__main__":
    lib.main()
