# SPDX-License-Identifier: MIT
"""Snapshots of a stopped machine (by the real qemu-img, if it is installed) and of a running one (a fake QEMU):
created, listed, reverted after two questions, deleted."""
import os
import re
import shutil
import subprocess
import unittest

import lib
from test_console import Guest

QEMU_IMG = shutil.which("qemu-img")


def tags(disk):
    """What qemu-img itself says."""
    out = subprocess.run([QEMU_IMG, "snapshot", "-l", "-U", disk], check=True, capture_output=True,
                         text=True).stdout
    return re.findall(r"^\d+ +(\S+)", out, re.M)


class Snapshots(lib.Case):
    def made(self):
        """A home with a machine that has a disk."""
        home = self.home()
        home.machine("m")
        folder = os.path.join(home.root, "data", "debwiz", "machines", "m")
        os.makedirs(folder, 0o700)
        with open(os.path.join(folder, "base.raw"), "wb") as base:
            base.truncate(1 << 20)
        disk = os.path.join(folder, "disk.qcow2")
        subprocess.run([QEMU_IMG, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", disk,
                        "2M"], check=True, cwd=folder)
        return home, disk

    def make(self, s, name):
        s.key("n")
        s.wait("New snapshot: its name", re.compile(r"at-\d{8}-\d{6}"))
        s.key("C-u")
        s.type("1st")
        s.key("Enter")
        s.wait("a letter, then letters")
        s.key("C-u")
        s.type(name)
        s.key("Enter")
        s.wait("%s was created." % name, re.compile(r"▸ %s +\d\d " % name))

    @unittest.skipUnless(QEMU_IMG, "there is no qemu-img")
    def test_of_a_stopped_machine(self):
        home, disk = self.made()
        s = self.screen(home, "m")
        s.wait("debwiz · m", "t snapshots", "C clone", "N rename", "X recreate", "D delete")
        s.click_text("t snapshots")
        s.wait("m · snapshots", "None yet")
        self.make(s, "clean")
        s.wait("disk alone", "R revert", "D delete")
        self.assertEqual(tags(disk), ["clean"])
        s.key("n")
        s.wait("New snapshot")
        s.key("C-u")
        s.type("clean")
        s.key("Enter")
        s.wait("there is one of this name already")
        s.key("Esc")
        s.wait("▸ clean", gone="New snapshot")
        subprocess.run(["qemu-io", "-c", "write -P 7 0 64k", disk], check=True, capture_output=True)
        s.key("R")
        s.wait("clean as of", "is lost for good")
        s.key("Enter")                  # the first button leaves it
        s.wait("▸ clean", gone="lost for good")
        s.key("R", "Right", "Enter")
        s.wait("Type the machine's name")
        s.type("n")
        s.key("Enter")
        s.wait("that is not its name: m")
        s.key("C-u")
        s.type("m")
        s.key("Enter")
        s.wait("clean is what the machine is again.")
        found = subprocess.run(["qemu-io", "-r", "-c", "read -P 7 0 64k", disk], check=False,
                               capture_output=True, text=True)
        self.assertIn("verification failed", found.stdout + found.stderr)
        s.key("D")
        s.wait("Delete the snapshot clean")
        s.key("Right", "Enter")
        s.wait("clean was deleted.", "None yet")
        self.assertEqual(tags(disk), [])
        s.key("Esc")
        s.wait("debwiz · m", gone="snapshots of")
        s.key("Esc")
        self.leave(s)

    def test_of_a_running_machine(self):
        home = self.home()
        guest = Guest(home)
        self.addCleanup(guest.close)
        guest.says("login: ")
        s = self.screen(home, "m")
        s.wait("debwiz · m", "t snapshots", "s stop", "p pause", "S suspend", "R reset", "K kill")
        s.key("t")
        s.wait("m · snapshots", "disk and memory", "None yet")
        self.make(s, "warm")
        s.wait("disk and memory, 1.0 M")
        s.key("R", "Right", "Enter")
        s.wait("Type the machine's name")
        s.type("m")
        s.key("Enter")
        s.wait("warm is what the machine is again.")
        s.key("D", "Right", "Enter")
        s.wait("warm was deleted.", "None yet")
        s.key("Esc", "Esc")
        self.leave(s)

    def test_without_a_disk(self):
        home = self.home()
        home.machine("m")
        s = self.screen(home, "m")
        s.wait("not prepared yet", "p prepare", gone="t snapshots")
        s.key("t")
        s.wait("m · snapshots", "m has no disk yet")
        s.key("Esc", "Esc")
        self.leave(s)


if __name__ == "__main__":
    lib.main()
